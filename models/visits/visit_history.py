"""Visit history: the changes to a visit that its patient may see; entries are never changed."""

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model
from uuid6 import uuid7

from models.values.visit_status import Channel

if TYPE_CHECKING:
    from models.visits.visit import Visit


class VisitChange(Model):
    id = fields.UUIDField(primary_key=True, default=uuid7)
    visit: fields.ForeignKeyRelation["Visit"] = fields.ForeignKeyField(
        "models.Visit", related_name="changes", on_delete=fields.RESTRICT
    )
    at = fields.DatetimeField()
    kind = fields.CharField(20)
    from_starts_at = fields.DatetimeField(null=True)
    to_starts_at = fields.DatetimeField(null=True)
    by = fields.CharField(20)
    reason = fields.CharField(500, null=True)
    channel = fields.CharEnumField(Channel, max_length=10, null=True)
    override_reason = fields.CharField(500, null=True)
    account_id = fields.UUIDField(null=True)

    class Meta:
        table = "visit_change"

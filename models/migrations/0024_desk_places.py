"""Desk: slots of clinics that are closed and of doctors who have retired."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

# Whoever writes, a slot of a closed place is withdrawn or has a visit, which reception then has to move or cancel.
PROMISE = """
ALTER TABLE slot ADD CONSTRAINT slot_of_closed_place
    CHECK (place_closed_at IS NULL OR withdrawn_at IS NOT NULL OR visit_id IS NOT NULL);
"""


class Migration(migrations.Migration):
    dependencies = [("models", "0021_desk_waiting")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Slot",
            name="place_closed_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.RunSQL(PROMISE, reverse_sql="ALTER TABLE slot DROP CONSTRAINT slot_of_closed_place"),
    ]

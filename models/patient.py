"""Patient (pacjent): the person visits are for; known by a sealed PESEL or document, reachable by e-mail and phone."""

from typing import TYPE_CHECKING, Self
from uuid import UUID

from tortoise import fields
from tortoise.models import Model
from uuid6 import uuid7

from models import pesel
from models.document import Document

if TYPE_CHECKING:
    from models.account import Account


class Patient(Model):
    id = fields.UUIDField(primary_key=True, default=uuid7)
    first_name = fields.CharField(100)
    last_name = fields.CharField(100)
    pesel_sealed = fields.BinaryField(null=True)
    pesel_index = fields.CharField(64, null=True, unique=True)
    document_sealed = fields.BinaryField(null=True)
    document_index = fields.CharField(64, null=True, unique=True)
    document_number_index = fields.CharField(64, null=True, db_index=True)
    phone = fields.CharField(20, null=True, db_index=True)
    sms_reminders = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()
    account: fields.BackwardOneToOneRelation["Account"]
    sort_name: str = ""  # of a row that was searched for: as the database spells the name

    @property
    def pesel(self) -> str:
        """The whole number: for rules and reception only, never for an answer, a message or a log."""
        return pesel.opened(self.pesel_sealed) if self.pesel_sealed else ""

    @property
    def pesel_masked(self) -> str:
        return pesel.masked(self.pesel) if self.pesel_sealed else ""

    @property
    def document(self) -> Document | None:
        """What a person without a PESEL is known by: for rules and reception only, like the PESEL."""
        return Document.opened(self.document_sealed) if self.document_sealed else None

    @classmethod
    async def lock(cls, patient_id: UUID) -> Self:
        """First in the order of locks: all changes of one patient's visits and holds wait for each other."""
        return await cls.filter(id=patient_id).select_for_update(no_key=True).get()

"""Patient (pacjent): the person who comes for visits, identified by an encrypted PESEL or document number.

A number is only claimed until reception has seen a document (visits/identity_confirmation.py).
"""

from datetime import date
from typing import TYPE_CHECKING, Self
from uuid import UUID

from tortoise import fields
from tortoise.models import Model
from uuid6 import uuid7

from infra import database
from infra.keyset import Key, rows_after
from models.refusals.desk import PatientNotFound
from models.values import pesel
from models.values.identity_document import IdentityDocument, SeenDocument

if TYPE_CHECKING:
    from models.accounts.account import Account

BATCH = 500


class Patient(Model):
    """`is_claim`: the record of an account whose owner has not been identified; the centre writes nothing into it.

    The database ensures that at most one record per number is not a claim. `joined_to_id`: the record that this one has
    joined; this one is now only an alias. `invited_from_id`: if reception opened this claim's account, the unconfirmed
    record from which it did so. `double_of_id`: another record of the same person, which should be used instead
    (double_record.py).
    """

    id = fields.UUIDField(primary_key=True, default=uuid7)
    first_name = fields.CharField(100)
    last_name = fields.CharField(100)
    pesel_sealed = fields.BinaryField(null=True)
    pesel_index = fields.CharField(64, null=True)
    birth_date_index = fields.CharField(64, null=True, db_index=True)
    document_sealed = fields.BinaryField(null=True)
    document_index = fields.CharField(64, null=True)
    document_number_index = fields.CharField(64, null=True, db_index=True)
    phone = fields.CharField(20, null=True, db_index=True)
    sms_reminders = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()
    identity_confirmed_at = fields.DatetimeField(null=True)
    identity_seen = fields.CharEnumField(SeenDocument, max_length=20, null=True)
    identity_confirmed_by = fields.UUIDField(null=True)
    is_claim = fields.BooleanField(default=False)
    joined_to_id = fields.UUIDField(null=True)
    invited_from_id = fields.UUIDField(null=True)
    double_of_id = fields.UUIDField(null=True)
    birth_date_sealed = fields.BinaryField(null=True)
    account: fields.BackwardOneToOneRelation["Account"]
    sort_name: str = ""  # set only by patient_search.py, which sorts by it

    @property
    def pesel(self) -> str:
        """The full PESEL: for rules, and for reception on request (`reveal_pesel`); never in a message or a log."""
        return pesel.decrypt(self.pesel_sealed) if self.pesel_sealed else ""

    @property
    def pesel_masked(self) -> str:
        return pesel.mask(self.pesel) if self.pesel_sealed else ""

    @property
    def document(self) -> IdentityDocument | None:
        """The document of a person without a PESEL: for rules and reception only, like the PESEL."""
        return IdentityDocument.decrypt(self.document_sealed) if self.document_sealed else None

    @property
    def birth_date(self) -> date | None:
        """The date from the PESEL, or as stated by a person without one; shown to reception only."""
        if self.pesel_sealed:
            return pesel.birth_date(self.pesel)
        return pesel.decrypt_birth_date(self.birth_date_sealed) if self.birth_date_sealed else None

    @property
    def is_to_be_completed(self) -> bool:
        """Whether the person only telephoned and gave a name: the PESEL or document is added when they come."""
        has_number = self.pesel_index or self.document_index
        return not (has_number or self.is_claim or self.identity_confirmed_at)

    @classmethod
    async def list_to_complete(cls, after: Key | None, limit: int) -> list[Self]:
        """The records that still lack a number, oldest first, except known doubles."""
        waiting = cls.filter(pesel_index=None, document_index=None, identity_confirmed_at=None, is_claim=False)
        query = waiting.filter(rows_after("created_at", after), double_of_id=None)
        return await query.order_by("created_at", "id").limit(limit).select_related("account")

    @classmethod
    async def index_birth_dates(cls) -> int:
        """Index the birth dates of rows that were written by a release without the index; returns how many."""
        count = 0
        while rows := await cls.filter(birth_date_index=None, pesel_sealed__isnull=False).limit(BATCH):
            for row in rows:
                index = pesel.birth_date_index(pesel.birth_date(row.pesel))
                count += await cls.filter(id=row.id, birth_date_index=None).update(birth_date_index=index)
        return count

    @classmethod
    async def lock(cls, patient_id: UUID) -> Self:
        """Lock the patient, after doctors and before slots: their visits and holds are changed one at a time.

        If this record has joined another one meanwhile, that one is returned: use its id from then on.
        """
        database.require_transaction()
        locked = await cls.filter(id=patient_id).select_for_update(no_key=True).first()
        if locked is None:
            raise PatientNotFound  # the account was closed meanwhile, and nothing had to be kept
        return await cls.lock(locked.joined_to_id) if locked.joined_to_id else locked

    @classmethod
    async def find_current_id(cls, patient_id: UUID) -> UUID:
        """The id of the record that this one has joined, or its own id if it has joined none."""
        joined = await cls.filter(id=patient_id, joined_to_id__isnull=False).only("id", "joined_to_id").first()
        return (joined.joined_to_id if joined else None) or patient_id

    @classmethod
    async def find_aliases(cls, patient_id: UUID) -> list[UUID]:
        """The ids under which entries about this patient were written: this one and those that joined it."""
        joined = await cls.filter(joined_to_id=patient_id).values_list("id", flat=True)
        return [patient_id, *(UUID(str(id_)) for id_ in joined)]

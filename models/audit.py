"""Audit (dziennik): who did what to whose data, when and with what outcome; append-only, the database sees to it."""

from typing import TYPE_CHECKING, Self
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q
from tortoise.models import Model
from uuid6 import uuid7

from models import clock, trace
from models.keyset import Key, behind

if TYPE_CHECKING:
    from models.account import Account


class AuditEntry(Model):
    """No PESEL, secret or content: ids, an action's name and its outcome ("done", "refused").

    Only an override has words: reception's reason, and the names of the clinic's rules that it passed over.
    """

    id = fields.UUIDField(primary_key=True, default=uuid7)
    at = fields.DatetimeField(db_index=True)
    account_id = fields.UUIDField(null=True)
    role = fields.CharField(20)
    patient_id = fields.UUIDField(null=True, db_index=True)
    action = fields.CharField(40)
    subject_id = fields.UUIDField(null=True, db_index=True)
    outcome = fields.CharField(20)
    request_id = fields.CharField(64)
    override_reason = fields.CharField(500, null=True)
    passed_over = fields.CharField(200, null=True)

    class Meta:
        table = "audit_entry"

    @classmethod
    async def record(
        cls,
        action: str,
        *,
        account: "Account | None",
        patient_id: UUID | None = None,
        subject_id: UUID | None = None,
        outcome: str = "done",
        override_reason: str | None = None,
        passed_over: str | None = None,
    ) -> Self:
        """Joins the caller's transaction: what is undone leaves no entry. The patient: the account's own by default."""
        own_patient: UUID | None = account.patient_id if account else None
        return await cls.create(
            at=clock.now(),
            account_id=account.id if account else None,
            role=account.role.value if account else "NOBODY",
            patient_id=patient_id or own_patient,
            action=action,
            subject_id=subject_id,
            outcome=outcome,
            request_id=trace.current(),
            override_reason=override_reason,
            passed_over=passed_over,
        )

    @classmethod
    async def about_patient(cls, patient_id: UUID, after: Key | None, limit: int) -> list[Self]:
        """What was done with a patient's data, latest first."""
        query = cls.filter(behind("at", after, descending=True), patient_id=patient_id)
        return await query.order_by("-at", "-id").limit(limit)

    @classmethod
    async def about(cls, id_: UUID, after: Key | None, limit: int) -> list[Self]:
        """What was done with a thing or a patient's data, or by an account, latest first."""
        query = cls.filter(Q(subject_id=id_) | Q(patient_id=id_) | Q(account_id=id_))
        return await query.filter(behind("at", after, descending=True)).order_by("-at", "-id").limit(limit)

"""Audit trail (dziennik): who did what to whose data, when and with what outcome; the database keeps it append-only."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, Self
from uuid import UUID

import orjson
from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.expressions import Q
from tortoise.models import Model
from tortoise.queryset import QuerySet
from uuid6 import uuid7

import settings
from infra import clock, database, logs
from infra.keyset import Key, rows_after

if TYPE_CHECKING:
    from models.accounts.account import Account

AuditAction = Literal[
    "open_account",
    "sign_up_again",
    "log_in",
    "log_in_once",
    "log_out",
    "prove_password",
    "change_password",
    "request_new_password",
    "update_contact",
    "hold_slot",
    "release_slot",
    "visit_booked",
    "visit_moved",
    "visit_cancelled",
    "confirm_visit",
    "use_visit_link",
    "join_waiting_list",
    "leave_waiting_list",
    "offer_term",
    "decline_offer",
    "doctor_absent",
    "visit_takes_place",
    "export_data",
    "open_record",
    "read_list",
    "register_patient",
    "change_patient",
    "mark_double",
    "unmark_double",
    "invite_patient",
    "confirm_identity",
    "replace_email",
    "request_email",
    "confirm_email",
    "remove_unclaimed",
    "reveal_pesel",
    "visit_arrived",
    "visit_fulfilled",
    "visit_no_show",
    "visit_called",
    "undo_status",
    "record_visit",
    "resend_message",
    "invite_staff",
    "change_staff",
    "remove_staff",
    "add_partner",
    "rotate_partner_key",
    "remove_partner",
    "rotate_secret",
    "publish_schedule",
    "change_schedule",
    "add_slot",
    "withdraw_slots",
    "block_slot",
    "unblock_slot",
    "report_absence",
    "end_absence",
    "open_clinic",
    "change_clinic",
    "add_doctor",
    "change_doctor",
    "close_clinic",
    "reopen_clinic",
    "retire_doctor",
    "reinstate_doctor",
    "second_factor",
    "use_recovery_code",
    "confirm_second_factor",
    "remove_second_factor",
    "reset_second_factor",
    "close_account",
]  # schema/audit.py describes each


STAFF = ("RECEPTIONIST", "ADMINISTRATOR")
Changes = Mapping[str, tuple[Any, Any]]  # each field's value before and after

IDENTIFYING = ("email", "phone", "first_name", "last_name")  # masked, because an entry outlives its subject
# Never recorded: secrets, derived values, and raw ids, which are never shown to anybody.
HIDDEN = ("_sealed", "_index", "_hash", "_key", "_id", "_ids", "search_name", "sort_name")


# Most operations add an entry; the ORM would need three times as long to make this statement.
_INSERT = """
    INSERT INTO audit_entry (id, at, account_id, role, patient_id, action, subject_id, outcome, request_id,
                             override_reason, passed_over, changes)
    VALUES (:id, :at, :account_id, :role, :patient_id, :action, :subject_id, :outcome, :request_id,
            :override_reason, :passed_over, :changes)
"""


class AuditEntry(Model):
    """Ids, the action's name and its outcome ("done", "refused"); no PESEL, secret or content.

    `subject_id` is the object; `subject_kind` is its kind, unless the action implies it. `changes` has the values
    before and after, masked if they identify a person. `patient_ids`: the patients shown on a page of the list
    `list_name`. Only an override has text: reception's reason and the names of the overridden rules.
    """

    id = fields.UUIDField(primary_key=True, default=uuid7)
    at = fields.DatetimeField()
    account_id = fields.UUIDField(null=True)
    role = fields.CharField(20)
    patient_id = fields.UUIDField(null=True)
    action = fields.CharField(40)
    subject_id = fields.UUIDField(null=True, db_index=True)
    outcome = fields.CharField(20)
    request_id = fields.CharField(64)
    override_reason = fields.CharField(500, null=True)
    passed_over = fields.CharField(200, null=True)
    subject_kind = fields.CharField(30, null=True)
    changes: dict[str, list[str | None]] | None = fields.JSONField(null=True)
    list_name = fields.CharField(100, null=True)
    patient_ids: list[UUID] | None = ArrayField(element_type="uuid", null=True)

    class Meta:
        table = "audit_entry"

    @classmethod
    async def record(
        cls,
        action: AuditAction,
        *,
        account: "Account | None",
        patient_id: UUID | None = None,
        subject_id: UUID | None = None,
        outcome: str = "done",
        override_reason: str | None = None,
        passed_over: str | None = None,
        changes: Changes | None = None,
    ) -> None:
        """Add an entry in the caller's transaction, if there is one; the patient is the account's own by default."""
        own_patient: UUID | None = account.patient_id if account else None
        written = {name: [_write(value) for value in values] for name, values in (changes or {}).items()}
        values = {
            "id": uuid7(),
            "at": clock.now(),
            "account_id": account.id if account else None,
            "role": account.role.value if account else "NOBODY",
            "patient_id": patient_id or own_patient,
            "action": action,
            "subject_id": subject_id,
            "outcome": outcome,
            "request_id": logs.current_request_id(),
            "override_reason": override_reason,
            "passed_over": passed_over,
            "changes": orjson.dumps(written).decode() if written else None,
        }
        await database.fetch_rows(_INSERT, values)

    @classmethod
    async def record_reading(
        cls,
        account: "Account",
        opened: Mapping[UUID, tuple[str, UUID]],
        pages: Collection[tuple[str, Collection[UUID]]],
        *,
        since: datetime | None = None,
    ) -> None:
        """Add an entry for each opened patient, with the object read, and for each page of a list.

        With `since`, skip patients about whom this request has added an entry since then, such as for a booking.
        """
        known: set[UUID] = set()
        if since is not None:
            own = cls.filter(account_id=account.id, at__gte=since, request_id=logs.current_request_id())
            known = set(await own.exclude(patient_id=None).values_list("patient_id", flat=True))  # type: ignore[arg-type]  # a list of ids
        common = {"at": clock.now(), "account_id": account.id, "role": account.role.value, "outcome": "done"}
        common["request_id"] = logs.current_request_id()
        entries = [
            cls(action="open_record", patient_id=patient_id, subject_kind=kind, subject_id=id_, **common)
            for patient_id, (kind, id_) in opened.items()
            if patient_id not in known
        ]
        for name, patient_ids in pages:
            if shown := sorted(set(patient_ids) - known - set(opened)):
                entries.append(cls(action="read_list", list_name=name, patient_ids=shown, **common))
        if entries:
            await cls.bulk_create(entries)

    @classmethod
    async def purge(cls) -> int:
        """Remove the entries that are older than AUDIT_YEARS; the database protects those under three years old."""
        before, total = clock.now() - timedelta(days=366 * settings.AUDIT_YEARS), 0
        while removed := int((await database.fetch_rows("SELECT forget_audit_entries($1)", [before]))[0][0]):
            total += removed
        return total

    @classmethod
    def of_patient(cls, patient_ids: Collection[UUID], *, is_claim: bool) -> QuerySet[Self]:
        """Entries about a patient's data that the patient may see; for a claim, only what its own account has done."""
        about = cls.filter(_is_about(patient_ids))
        return about.exclude(role__in=STAFF) if is_claim else about

    @classmethod
    async def list_for_patient(
        cls,
        patient_ids: Collection[UUID],
        after: Key | None,
        limit: int,
        *,
        is_claim: bool,
        by_others: bool | None = None,
    ) -> list[Self]:
        """Entries that the patient may see, latest first; `by_others`: by others (True) or by the patient (False)."""
        query = cls.of_patient(patient_ids, is_claim=is_claim).filter(rows_after("at", after, descending=True))
        if by_others is not None:
            query = query.exclude(role="PATIENT") if by_others else query.filter(role="PATIENT")
        return await query.order_by("-at", "-id").limit(limit)

    @classmethod
    async def list_for_object(cls, ids: Collection[UUID], after: Key | None, limit: int) -> list[Self]:
        """Entries about an object, about a patient under all of their ids, or by an account; latest first."""
        wanted = list(ids)
        query = cls.filter(_is_about(wanted) | Q(subject_id__in=wanted) | Q(account_id__in=wanted))
        return await query.filter(rows_after("at", after, descending=True)).order_by("-at", "-id").limit(limit)


def _is_about(patient_ids: Collection[UUID]) -> Q:
    """Entries about one of these patients, alone or among those shown on a page of a list."""
    return Q(patient_id__in=list(patient_ids)) | Q(patient_ids__overlap=list(patient_ids))


def compare(row: Model | None, columns: Mapping[str, Any], *, is_public: bool = False) -> Changes:
    """The changes that new values will make to a row when they are written, or the values of a new row.

    A changed number appears only as "***". `is_public`: anybody can see the row, so nothing in it is masked.
    """
    found: dict[str, tuple[Any, Any]] = {}
    for name, after in columns.items():
        before = getattr(row, name) if row else None
        if name in ("pesel_index", "document_index"):
            found[name.removesuffix("_index")] = (before and "***", after and "***")
        elif before != after and not name.endswith(HIDDEN):
            found[name] = (before, after) if is_public or name not in IDENTIFYING else (mask(before), mask(after))
    return found


def mask(text: str | None) -> str | None:
    """Mask all but the first character and, in an address, the domain."""
    if not text:
        return text
    name, at, domain = text.partition("@")
    return f"{name[:1]}***{at}{domain}"


def _write(value: Any) -> str | None:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, datetime):
        value = value.isoformat()
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, list):
        value = ", ".join(value)
    return None if value is None else str(value)[:200]

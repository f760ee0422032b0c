"""Staff (zespół): inviting colleagues to reception and administration, and removing them."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from tortoise.transactions import in_transaction

from infra import clock, database
from infra.keyset import Key, rows_after
from models import audit
from models.accounts.account import Account, Language, Role
from models.accounts.one_time_password import OneTimePassword
from models.accounts.second_factor import SecondFactor
from models.accounts.session import Session
from models.audit import AuditEntry
from models.outbox import Message, MessageKind
from models.refusals import constraints
from models.refusals.desk import LastAdministrator, StaffAtWork, StaffNotFound
from models.values import contact
from models.values.form import Form

ROLES = (Role.RECEPTIONIST, Role.ADMINISTRATOR)


async def invite(
    email: str,
    name: str,
    role: Role,
    *,
    by: Account | None,
    language: Language = Language.PL,
    clinic_ids: Collection[UUID] | None = None,
) -> Account:
    """Open a colleague's account and mail a one-time password. `by` is None on the server's command line.

    `clinic_ids`: the clinics to which a receptionist's work is limited; None or empty for all.
    """
    form = Form()
    address, name = form.email("email", email), form.text("name", name, 200) or ""
    if role not in ROLES:
        form.add_flaw("role", "OUT_OF_RANGE")
    await _check_clinics(form, clinic_ids)
    form.raise_if_flawed()
    with constraints.raise_refusals():
        async with in_transaction():
            account = await Account.create(
                email=address,
                email_key=contact.email_key(address),
                role=role,
                staff_name=name,
                language=language,
                clinic_ids=_sorted(clinic_ids),
                created_at=clock.now(),
            )
            columns = {"email": address, "staff_name": name, "role": role}
            changes = {**audit.compare(None, columns), **await _compare_clinics(None, account.clinic_ids)}
            await AuditEntry.record("invite_staff", account=by, subject_id=account.id, changes=changes)
            await Message.post(MessageKind.STAFF_INVITED, account)
    return account


async def _compare_clinics(before: Collection[UUID] | None, after: Collection[UUID] | None) -> audit.Changes:
    """The names of the clinics to which a colleague's work is limited, before and after a change; None: all clinics."""
    if _sorted(before) == _sorted(after):
        return {}
    rows = await database.fetch(
        "SELECT id, name FROM clinic WHERE id = ANY(:ids::uuid[])", {"ids": [*(before or []), *(after or [])]}
    )
    names = {row["id"]: row["name"] for row in rows}
    known = [sorted(names[id_] for id_ in ids) if ids else None for ids in (before, after)]
    return {"clinics": (known[0], known[1])}


async def _check_clinics(form: Form, ids: Collection[UUID] | None) -> None:
    if ids:
        found = await database.fetch("SELECT id FROM clinic WHERE id = ANY(:ids::uuid[])", {"ids": list(ids)})
        if len(found) < len(set(ids)):
            form.add_flaw("clinicIds", "NOT_AVAILABLE")


def _sorted(clinic_ids: Collection[UUID] | None) -> list[UUID] | None:
    return sorted(set(clinic_ids)) if clinic_ids else None


async def change(
    account_id: UUID,
    *,
    by: Account,
    name: str | None = None,
    role: Role | None = None,
    clinic_ids: Collection[UUID] | None = None,
) -> Account:
    """Change a colleague's name, role or clinics, whichever are given; a changed role ends their sessions.

    An empty collection of clinics means that their work is no longer limited.
    """
    form = Form()
    cleaned = None if name is None else form.text("name", name, 200)
    if role not in (None, *ROLES):
        form.add_flaw("role", "OUT_OF_RANGE")
    await _check_clinics(form, clinic_ids)
    form.raise_if_flawed()
    async with in_transaction():
        colleague, is_last = await _lock(account_id)
        present: dict[str, Any] = {
            "staff_name": colleague.staff_name,
            "role": colleague.role,
            "clinic_ids": colleague.clinic_ids,
        }
        columns: dict[str, Any] = {"staff_name": cleaned or colleague.staff_name, "role": role or colleague.role}
        columns |= {"clinic_ids": present["clinic_ids"] if clinic_ids is None else _sorted(clinic_ids)}
        if is_last and columns["role"] != Role.ADMINISTRATOR:
            raise LastAdministrator
        if columns == present:
            return colleague
        if columns["role"] != colleague.role:
            await Session.end_all(colleague)
        limits = await _compare_clinics(present["clinic_ids"], columns["clinic_ids"])
        changes = {**audit.compare(colleague, columns), **limits}
        await colleague.update_from_dict(columns).save(update_fields=[*columns])
        await AuditEntry.record("change_staff", account=by, subject_id=colleague.id, changes=changes)
    return colleague


async def invite_again(account_id: UUID, *, by: Account) -> Account:
    """Mail a new one-time password to a colleague who has not set a password of their own yet."""
    async with in_transaction():
        colleague, _ = await _lock(account_id)
        if colleague.password_hash is not None:
            raise StaffAtWork
        await AuditEntry.record("invite_staff", account=by, subject_id=colleague.id)
        await Message.post(MessageKind.STAFF_INVITED, colleague)
    return colleague


async def _lock(account_id: UUID) -> tuple[Account, bool]:
    """Lock all administrators; return a colleague who has not left, and whether they are the last administrator."""
    open_ones = Account.filter(role=Role.ADMINISTRATOR, closed_at=None).order_by("id").select_for_update()
    administrators = [account.id for account in await open_ones]
    colleague = await Account.filter(id=account_id, role__in=ROLES, closed_at=None).select_for_update().first()
    if colleague is None:
        raise StaffNotFound
    return colleague, administrators == [colleague.id]


async def remove(account_id: UUID, *, by: Account) -> Account:
    """Close the account and end its sessions; the name stays for the audit trail."""
    async with in_transaction():
        leaver, is_last = await _lock(account_id)
        if is_last:
            raise LastAdministrator
        await OneTimePassword.void(leaver.id)
        await Session.end_all(leaver)
        await SecondFactor.delete_for(leaver.id)
        leaver.update_from_dict(
            {
                "email": None,
                "email_key": None,
                "password_hash": None,  # nosec B105 - there is none
                "closed_at": clock.now(),
            }
        )
        await leaver.save()
        await Message.erase_addresses(leaver)
        await AuditEntry.record("remove_staff", account=by, subject_id=leaver.id)
    return leaver


async def reset_second_factor(account_id: UUID, *, by: Account | None) -> Account:
    """Let a colleague who lost telephone and recovery codes sign in by password alone; their sessions end."""
    async with in_transaction():
        colleague = await Account.filter(id=account_id, role__in=ROLES, closed_at=None).select_for_update().first()
        if colleague is None or (by and by.id == colleague.id):  # one's own second factor is removed only with a code
            raise StaffNotFound
        if await SecondFactor.delete_for(colleague.id):
            await Session.end_all(colleague)
            await Message.post(MessageKind.SECOND_FACTOR_CHANGED, colleague)
        await AuditEntry.record("reset_second_factor", account=by, subject_id=colleague.id)
    return colleague


async def list_page(after: Key | None, limit: int) -> list[Account]:
    """Colleagues who may sign in, ordered by invitation."""
    colleagues = Account.filter(rows_after("created_at", after), role__in=ROLES, closed_at=None)
    return await colleagues.order_by("created_at", "id").limit(limit)


async def get(account_id: UUID) -> Account | None:
    """A colleague, including one who has left."""
    return await Account.get_or_none(id=account_id, role__in=ROLES)


async def find_names(ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of these colleagues, including former ones; patients are omitted."""
    colleagues = await Account.filter(id__in=ids, role__in=ROLES)
    return {account.id: account.staff_name or "" for account in colleagues}

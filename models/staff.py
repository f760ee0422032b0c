"""Staff (personel): who may be let in to reception and administration, and who is let out again."""

from collections.abc import Collection
from uuid import UUID

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from models import clock, contact
from models.account import Account, Language, Role
from models.audit import AuditEntry
from models.intake import Form
from models.keyset import Key, behind
from models.message import Kind, Message
from models.refusal import Flaw, InvalidInput
from models.second_factor import SecondFactor
from models.session import Session
from models.staff_refusal import LastAdministrator, StaffNotFound

ROLES = (Role.RECEPTIONIST, Role.ADMINISTRATOR)


async def invite(email: str, name: str, role: Role, *, by: Account | None, language: Language = Language.PL) -> Account:
    """Open an account without a patient and mail a one-time password. `by` is None on the server's command line."""
    form = Form()
    address, name = form.email("email", email), form.text("name", name, 200) or ""
    if role not in ROLES:
        form.wrong("role", "OUT_OF_RANGE")
    form.check()
    try:
        async with in_transaction():
            account = await Account.create(
                email=address, email_key=contact.email_key(address), role=role, staff_name=name, language=language,
                created_at=clock.now(),
            )  # fmt: skip
            await AuditEntry.record("invite_staff", account=by, subject_id=account.id)
            await Message.post(Kind.STAFF_INVITED, account)
    except IntegrityError:  # a patient's address, or a colleague's
        raise InvalidInput.of([Flaw(("email",), "NOT_AVAILABLE")]) from None
    return account


async def remove(account_id: UUID, *, by: Account) -> Account:
    """Nobody signs in with this account again, and its sessions end; the name stays for the audit trail."""
    async with in_transaction():
        open_ones = Account.filter(role=Role.ADMINISTRATOR, closed_at=None).order_by("id").select_for_update()
        administrators = [account.id for account in await open_ones]
        leaver = await Account.filter(id=account_id, role__in=ROLES, closed_at=None).select_for_update().first()
        if leaver is None:
            raise StaffNotFound
        if administrators == [leaver.id]:
            raise LastAdministrator
        await Session.end_all(leaver)
        await SecondFactor.forget(leaver.id)
        leaver.update_from_dict(
            {"email": None, "email_key": None, "password_hash": None, "one_time_hash": None,  # nosec B105 - forgets it
             "one_time_expires_at": None, "closed_at": clock.now()}
        )  # fmt: skip
        await leaver.save()
        await Message.forget_address(leaver)
        await AuditEntry.record("remove_staff", account=by, subject_id=leaver.id)
    return leaver


async def reset_second_factor(account_id: UUID, *, by: Account | None) -> Account:
    """For who has lost telephone and recovery codes: the password is enough again, and their sessions end."""
    async with in_transaction():
        colleague = await Account.filter(id=account_id, role__in=ROLES, closed_at=None).select_for_update().first()
        if colleague is None or (by and by.id == colleague.id):  # one's own: only with a code of it
            raise StaffNotFound
        if await SecondFactor.forget(colleague.id):
            await Session.end_all(colleague)
            await Message.post(Kind.SECOND_FACTOR_CHANGED, colleague)
        await AuditEntry.record("reset_second_factor", account=by, subject_id=colleague.id)
    return colleague


async def listed(after: Key | None, limit: int) -> list[Account]:
    """Those who may sign in, in the order in which they were invited."""
    colleagues = Account.filter(behind("created_at", after), role__in=ROLES, closed_at=None)
    return await colleagues.order_by("created_at", "id").limit(limit)


async def of(account_id: UUID) -> Account | None:
    """A colleague, also one who has left."""
    return await Account.get_or_none(id=account_id, role__in=ROLES)


async def names(ids: Collection[UUID]) -> dict[UUID, str]:
    """Who these accounts are, also those who have left; patients are not named."""
    colleagues = await Account.filter(id__in=ids, role__in=ROLES)
    return {account.id: account.staff_name or "" for account in colleagues}

"""Change of address: a new e-mail address takes effect when its owner follows the link in the letter sent to it."""

from datetime import timedelta
from uuid import UUID

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

import settings
from infra import clock, crypto, database, logs
from models import audit
from models.accounts.account import Account
from models.accounts.account_request import AccountRequest, AccountRequestKind, may_mail
from models.accounts.one_time_password import OneTimePassword
from models.audit import AuditEntry
from models.outbox import Message, MessageKind, NoLongerWanted
from models.refusals import constraints
from models.refusals.booking import LinkNotValid
from models.values import contact


async def request(account: Account, address: str) -> None:
    """Store the address as unconfirmed and notify the current one. Whether the new one is in use is checked later."""
    database.require_transaction()
    until = clock.now() + timedelta(hours=settings.EMAIL_CONFIRMATION_HOURS)
    wanted = {"pending_email": address, "pending_email_until": until, "email_token_hash": None}  # nosec B105 - there is none
    await account.update_from_dict(wanted).save(update_fields=[*wanted])
    await AccountRequest.receive(
        AccountRequestKind.NEW_EMAIL, logs.current_request_id(), account_id=str(account.id), email=address
    )
    asked = {"email": (audit.mask(account.email), audit.mask(address))}
    await AuditEntry.record("request_email", account=account, changes=asked)
    if await may_mail(account, MessageKind.EMAIL_REQUESTED):
        await Message.post(MessageKind.EMAIL_REQUESTED, account)


async def withdraw(account: Account) -> None:
    """Cancel the change: the current address stays, and links already sent to the new one no longer work."""
    kept = {"pending_email": None, "pending_email_until": None, "email_token_hash": None}  # nosec B105 - there is none
    await account.update_from_dict(kept).save(update_fields=[*kept])


async def issue_token(letter: Message) -> str:
    """Make the token for the letter's link, the same each time the letter is sent; only its hash is stored."""
    token = crypto.blind_index(str(letter.id), "letter's link")
    waiting = Account.filter(id=letter.account_id, pending_email=letter.to, pending_email_until__gt=clock.now())
    if not await waiting.update(email_token_hash=crypto.hash_token(token)):
        raise NoLongerWanted("another address has been requested, or none")
    return token


async def confirm(token: str) -> None:
    """Make the new address the login; repeating the call changes nothing."""
    hash_ = crypto.hash_token(token)
    try:
        async with in_transaction():
            account = await Account.filter(email_token_hash=hash_, closed_at=None).select_for_update().first()
            if account is None:
                raise LinkNotValid
            if account.pending_email:
                await _take_effect(account, account.pending_email)
    except IntegrityError as broken:
        if constraints.find_refusal(broken) is None:
            raise
        raise LinkNotValid from None  # another account has taken the address in the meantime


async def _take_effect(account: Account, address: str) -> None:
    if account.pending_email_until is None or account.pending_email_until <= clock.now():
        raise LinkNotValid
    former = account.email
    changes = {
        "email": address,
        "email_key": contact.email_key(address),
        "pending_email": None,
        "pending_email_until": None,
    }
    noted = audit.compare(account, {"email": address})
    await account.update_from_dict(changes).save(update_fields=[*changes])
    await AuditEntry.record("confirm_email", account=account, changes=noted)
    for to in sorted({former or address, address}):
        await Message.post(MessageKind.CONTACT_CHANGED, account, to=to, changed=["email"])


async def forget_expired() -> int:
    """Delete pending addresses that have not been confirmed in time."""
    expired = Account.filter(pending_email_until__lt=clock.now())
    return await expired.update(pending_email=None, pending_email_until=None, email_token_hash=None)


def pending_email_of(account: Account) -> str | None:
    """The address awaiting confirmation, while it can still be confirmed."""
    is_open = account.pending_email_until is not None and account.pending_email_until > clock.now()
    return account.pending_email if is_open else None


async def replace(account_id: UUID, address: str) -> None:
    """Replace the address without confirmation, for reception; links and passwords sent to the old one become void."""
    database.require_transaction()
    void = ("pending_email", "pending_email_until", "email_token_hash")
    await Account.filter(id=account_id).update(
        email=address, email_key=contact.email_key(address), **dict.fromkeys(void)
    )
    await OneTimePassword.void(account_id)

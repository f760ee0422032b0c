"""Second factor (drugi składnik): a code in addition to the password, optional for staff (TOTP, RFC 6238)."""

import hmac
import secrets
from base64 import b32decode, b32encode
from typing import TYPE_CHECKING, Self
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from tortoise import fields
from tortoise.models import Model
from tortoise.transactions import in_transaction
from uuid6 import uuid7

import settings
from infra import clock, crypto, database
from models.accounts.login_throttle import LoginThrottle
from models.accounts.recovery_code import RecoveryCode
from models.accounts.session import Session
from models.audit import AuditAction, AuditEntry
from models.outbox import Message, MessageKind
from models.refusals.booking import SecondFactorRequired
from models.refusals.desk import SecondFactorNotBegun, SecondFactorPresent, WrongCode

if TYPE_CHECKING:
    from models.accounts.account import Account

DIGITS, STEP_SECONDS, SECRET_BYTES = 6, 30, 20  # supported by every authenticator app
DRIFT = 1  # steps by which the telephone's clock may be wrong


class SecondFactor(Model):
    """A factor is required once a code has confirmed it. `last_step` is the time step of the last code used."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    account: fields.OneToOneRelation["Account"] = fields.OneToOneField("models.Account", related_name="second_factor")
    sealed = fields.BinaryField()
    last_step = fields.BigIntField(default=0)
    begun_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True)
    account_id: UUID

    class Meta:
        table = "second_factor"

    @classmethod
    async def begin(cls, account: "Account") -> tuple[str, str]:
        """Make a secret and its URI for an authenticator app, both shown only once; replace an unconfirmed secret."""
        secret = b32encode(secrets.token_bytes(SECRET_BYTES)).decode()
        async with in_transaction():
            await _lock_account(account)
            if await cls._lock(account, confirmed=True):
                raise SecondFactorPresent
            await cls.filter(account_id=account.id).delete()
            await cls.create(account=account, sealed=crypto.encrypt(secret, "second factor"), begun_at=clock.now())
        return secret, _totp(secret).get_provisioning_uri(account.email or "", settings.CENTRE_NAME)

    @classmethod
    async def confirm(cls, account: "Account", session: Session, code: str) -> list[str]:
        """Require a code at every log-in from now on, end all other sessions and return the recovery codes."""
        async with in_transaction():
            await _lock_account(account)
            mine = await cls._lock(account, confirmed=False)
            if mine is None:
                raise SecondFactorNotBegun
            is_right = await mine._use(account, code)
            if is_right:
                await cls.filter(id=mine.id).update(confirmed_at=clock.now())
                codes = await RecoveryCode.renew(account.id)
                await _record_change(account, "confirm_second_factor", session)
        if not is_right:
            raise WrongCode
        return codes

    @classmethod
    async def remove(cls, account: "Account", session: Session, code: str) -> None:
        """Remove the second factor with a code or a recovery code; the caller has verified the password."""
        async with in_transaction():
            await _lock_account(account)
            mine = await cls._lock(account, confirmed=True)
            if mine is None:
                raise SecondFactorNotBegun
            is_right = await mine._use(account, code)
            if is_right:
                await cls.delete_for(account.id)
                await _record_change(account, "remove_second_factor", session)
        if not is_right:
            raise WrongCode

    @classmethod
    async def require(cls, account: "Account", code: str | None) -> None:
        """Raise SecondFactorRequired if the account has a second factor and the code is missing or wrong.

        A correct code is used up. Call this only after the password has been verified: otherwise anybody could find
        out which accounts have a second factor.
        """
        async with in_transaction():
            mine = await cls._lock(account, confirmed=True)
            is_right = mine is None or (code is not None and await mine._use(account, code))
        if not is_right:
            raise SecondFactorRequired(reason="MISSING" if code is None else "WRONG")

    @classmethod
    async def delete_for(cls, account_id: UUID) -> bool:
        await RecoveryCode.filter(account_id=account_id).delete()
        return bool(await cls.filter(account_id=account_id).delete())

    @classmethod
    async def find_holders(cls, account_ids: list[UUID]) -> set[UUID]:
        """The accounts among these that have a second factor."""
        found = cls.filter(account_id__in=account_ids).exclude(confirmed_at=None)
        return {account_id async for (account_id,) in found.values_list("account_id")}

    @classmethod
    async def _lock(cls, account: "Account", *, confirmed: bool) -> Self | None:
        """Serialise concurrent attempts at one account, so that a burst gets no more attempts than a sequence would."""
        database.require_transaction()
        mine = cls.filter(account_id=account.id, confirmed_at__isnull=not confirmed)
        return await mine.select_for_update().first()

    async def _use(self, account: "Account", code: str) -> bool:
        """Whether the code is right and unused; failures delay further attempts, as with passwords."""
        if self.confirmed_at and await RecoveryCode.use(account.id, code):
            await AuditEntry.record("use_recovery_code", account=account)
            return True
        counters = LoginThrottle.for_code(account.id)
        await LoginThrottle.count(counters)
        step = self._step_of(code)
        if step and await SecondFactor.filter(id=self.id, last_step__lt=step).update(last_step=step):
            await LoginThrottle.forgive(counters)
            return True
        await AuditEntry.record("second_factor", account=account, outcome="refused")
        return False

    def _step_of(self, code: str) -> int | None:
        """The time step for which the code is right, within the allowed drift; None if it is wrong."""
        totp = _totp(crypto.decrypt(self.sealed, "second factor"))
        typed = "".join(code.split()).encode(errors="replace")
        now = int(clock.now().timestamp()) // STEP_SECONDS
        steps = range(now - DRIFT, now + DRIFT + 1)
        right = [step for step in steps if hmac.compare_digest(totp.generate(step * STEP_SECONDS), typed)]
        return right[-1] if right else None


def _totp(secret: str) -> TOTP:
    return TOTP(b32decode(secret), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 - RFC 6238's default; still safe  # nosec B303


async def _lock_account(account: "Account") -> None:
    database.require_transaction()
    await type(account).filter(id=account.id).select_for_update(no_key=True).get()


async def _record_change(account: "Account", action: AuditAction, session: Session) -> None:
    """End all other sessions and inform the account's owner by mail."""
    await session.end_others()
    await AuditEntry.record(action, account=account)
    await Message.post(MessageKind.SECOND_FACTOR_CHANGED, account)

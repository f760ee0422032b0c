"""Second factor (drugi składnik): a code beside the password, for staff who want one (TOTP, RFC 6238)."""

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
from models import clock, seal
from models.audit import AuditEntry
from models.message import Kind, Message
from models.recovery_code import RecoveryCode
from models.refusal import SecondFactorRequired
from models.session import Session
from models.staff_refusal import SecondFactorNotBegun, SecondFactorPresent, WrongCode
from models.throttle import Throttle

if TYPE_CHECKING:
    from models.account import Account

DIGITS, STEP_SECONDS, SECRET_BYTES = 6, 30, 20  # what every authenticator program knows
DRIFT = 1  # steps by which a telephone's clock may be wrong


class SecondFactor(Model):
    """It counts once it is confirmed by a code. `last_step`: the time of the last code used; none is good twice."""

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
        """A new secret and its address for an authenticator program; shown once, it replaces one not confirmed."""
        secret = b32encode(secrets.token_bytes(SECRET_BYTES)).decode()
        async with in_transaction():
            await _one_at_a_time(account)
            if await cls._locked(account, confirmed=True):
                raise SecondFactorPresent
            await cls.filter(account_id=account.id).delete()
            await cls.create(account=account, sealed=seal.close(secret, "second factor"), begun_at=clock.now())
        return secret, _totp(secret).get_provisioning_uri(account.email or "", settings.CENTRE_NAME)

    @classmethod
    async def confirm(cls, account: "Account", session: Session, code: str) -> list[str]:
        """From now on log-in asks for a code. The recovery codes, shown once; every other session ends."""
        async with in_transaction():
            await _one_at_a_time(account)
            mine = await cls._locked(account, confirmed=False)
            if mine is None:
                raise SecondFactorNotBegun
            is_right = await mine._spend(account, code)
            if is_right:
                await cls.filter(id=mine.id).update(confirmed_at=clock.now())
                codes = await RecoveryCode.renew(account.id)
                await _told(account, "confirm_second_factor", session)
        if not is_right:
            raise WrongCode
        return codes

    @classmethod
    async def remove(cls, account: "Account", session: Session, code: str) -> None:
        """With a code, or a recovery code; the password has been proved before."""
        async with in_transaction():
            await _one_at_a_time(account)
            mine = await cls._locked(account, confirmed=True)
            if mine is None:
                raise SecondFactorNotBegun
            is_right = await mine._spend(account, code)
            if is_right:
                await cls.forget(account.id)
                await _told(account, "remove_second_factor", session)
        if not is_right:
            raise WrongCode

    @classmethod
    async def ask(cls, account: "Account", code: str | None) -> None:
        """Raise SecondFactorRequired unless there is no second factor, or this is a code of it; spends the code.

        Asked only after the password was right, so that nobody else learns who has one.
        """
        async with in_transaction():
            mine = await cls._locked(account, confirmed=True)
            is_right = mine is None or (code is not None and await mine._spend(account, code))
        if not is_right:
            raise SecondFactorRequired(reason="MISSING" if code is None else "WRONG")

    @classmethod
    async def forget(cls, account_id: UUID) -> bool:
        await RecoveryCode.filter(account_id=account_id).delete()
        return bool(await cls.filter(account_id=account_id).delete())

    @classmethod
    async def present(cls, account_ids: list[UUID]) -> set[UUID]:
        """Those of the accounts that have one."""
        found = cls.filter(account_id__in=account_ids).exclude(confirmed_at=None)
        return {account_id async for (account_id,) in found.values_list("account_id")}

    @classmethod
    async def _locked(cls, account: "Account", *, confirmed: bool) -> Self | None:
        """Tries at one account's codes wait for each other: a burst gets no more of them than a row of single ones."""
        mine = cls.filter(account_id=account.id, confirmed_at__isnull=not confirmed)
        return await mine.select_for_update().first()

    async def _spend(self, account: "Account", code: str) -> bool:
        """Whether the code is right and was not used before; failures slow down further tries, as of passwords."""
        if self.confirmed_at and await RecoveryCode.spend(account.id, code):
            await AuditEntry.record("use_recovery_code", account=account)
            return True
        throttles = [Throttle.of_code(account.id)]
        await Throttle.check(throttles)
        step = self._step_of(code)
        if step and await SecondFactor.filter(id=self.id, last_step__lt=step).update(last_step=step):
            await Throttle.forget(throttles)
            return True
        await Throttle.failed(throttles)
        await AuditEntry.record("second_factor", account=account, outcome="refused")
        return False

    def _step_of(self, code: str) -> int | None:
        """The moment that the code belongs to, now or a little off."""
        totp, typed = _totp(seal.open_(self.sealed, "second factor")), "".join(code.split()).encode(errors="replace")
        now = int(clock.now().timestamp()) // STEP_SECONDS
        steps = range(now - DRIFT, now + DRIFT + 1)
        right = [step for step in steps if hmac.compare_digest(totp.generate(step * STEP_SECONDS), typed)]
        return right[-1] if right else None


def _totp(secret: str) -> TOTP:
    return TOTP(b32decode(secret), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 - RFC 6238's usual; HMAC-SHA-1 holds  # nosec B303


async def _one_at_a_time(account: "Account") -> None:
    await type(account).filter(id=account.id).select_for_update(no_key=True).get()


async def _told(account: "Account", action: str, session: Session) -> None:
    """Whoever else is signed in with this account is out; its holder learns of the change by mail."""
    await session.end_others()
    await AuditEntry.record(action, account=account)
    await Message.post(Kind.SECOND_FACTOR_CHANGED, account)

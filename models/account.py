"""Account (konto): who may sign in, with which password; one per e-mail address and person."""

from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID

from tortoise import fields
from tortoise.models import Model
from tortoise.transactions import in_transaction
from uuid6 import uuid7

import settings
from models import clock, contact, password, pesel
from models.audit import AuditEntry
from models.message import Kind, Message, State
from models.patient import Patient
from models.refusal import WeakPassword, WrongCredentials
from models.second_factor import SecondFactor
from models.session import Session
from models.throttle import Throttle


class Role(StrEnum):
    PATIENT = "PATIENT"
    RECEPTIONIST = "RECEPTIONIST"
    ADMINISTRATOR = "ADMINISTRATOR"
    PARTNER = "PARTNER"


class Language(StrEnum):
    PL = "PL"
    EN = "EN"


class Account(Model):
    id = fields.UUIDField(primary_key=True, default=uuid7)
    email = fields.CharField(320, null=True)
    email_key = fields.CharField(320, null=True, unique=True)
    role = fields.CharEnumField(Role, max_length=20)
    staff_name = fields.CharField(200, null=True)
    language = fields.CharEnumField(Language, max_length=2, default=Language.PL)
    password_hash = fields.TextField(null=True)
    one_time_hash = fields.CharField(64, null=True)
    one_time_expires_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)
    patient: fields.OneToOneNullableRelation[Patient] = fields.OneToOneField(
        "models.Patient", related_name="account", null=True, on_delete=fields.RESTRICT
    )
    patient_id: UUID | None

    @classmethod
    async def of_email(cls, email: str) -> Self | None:
        key = contact.email_key(email)
        if len(key) > contact.LONGEST_EMAIL or not key.isprintable():
            return None  # nobody's, and PostgreSQL would not even compare it
        return await cls.filter(email_key=key).select_related("patient").first()

    @classmethod
    async def log_in(cls, login: str, secret: str, *, address: str, code: str | None = None) -> "tuple[Session, str]":
        """A new session and its token. Own and one-time passwords both open one; the latter only to set an own one.

        Failures slow down the account and the network address; unknown logins count and cost the same. Who has a second
        factor is asked for its code after the password, be it the own or a one-time one.
        """
        account = await cls.of_email(login)
        if opened := await cls._with_one_time(account, secret, code):
            return opened  # however often others have failed: 79 random bits are not guessed
        throttles = [Throttle.of_login(login), Throttle.of_address(address)]
        await Throttle.check(throttles)
        is_right = await password.matches(secret, account.password_hash if account else None)
        await Throttle.check(throttles)  # again: of a burst that came at once only the free tries are answered
        if account and is_right and (opened := await account._with_own_password(secret, code)):
            await Throttle.forget(throttles[:1])
            return opened
        await Throttle.failed(throttles)
        await AuditEntry.record("log_in", account=account, outcome="refused")
        raise WrongCredentials

    async def _with_own_password(self, secret: str, code: str | None) -> "tuple[Session, str] | None":
        """A session, unless the password that was right has been changed meanwhile."""
        await SecondFactor.ask(self, code)
        is_outdated = password.is_outdated(self.password_hash or "")
        renewed = await password.hashed(secret) if is_outdated else self.password_hash
        async with in_transaction():
            mine = Account.filter(id=self.id, password_hash=self.password_hash)
            return await self._open_session("log_in") if await mine.update(password_hash=renewed) else None

    @classmethod
    async def _with_one_time(cls, account: Self | None, secret: str, code: str | None) -> "tuple[Session, str] | None":
        is_right = password.is_one_time(secret, account.one_time_hash if account else None)
        if account is None or not is_right:
            return None
        if (account.one_time_expires_at or clock.now()) <= clock.now():
            return None
        await SecondFactor.ask(account, code)
        async with in_transaction():
            used = await cls.filter(
                id=account.id, one_time_hash=account.one_time_hash, one_time_expires_at__gt=clock.now()
            ).update(one_time_hash=None, one_time_expires_at=None)
            return await account._open_session("log_in_once", account.one_time_hash) if used else None

    async def _open_session(self, action: str, one_time_hash: str | None = None) -> "tuple[Session, str]":
        opened = await Session.open_for(self, one_time_hash=one_time_hash)
        await AuditEntry.record(action, account=self)
        return opened

    async def new_one_time_password(self, letter: UUID | None = None) -> str:
        """Make a one-time password, for a letter always the same, and keep only its hash; others are void from now."""
        secret = password.one_time(letter)
        self.one_time_hash = password.one_time_hash(secret)
        self.one_time_expires_at = clock.now() + timedelta(hours=settings.ONE_TIME_PASSWORD_HOURS)
        await self.save(update_fields=["one_time_hash", "one_time_expires_at"])
        return secret

    async def needs_no_more(self, letter: Message, kinds: Collection[Kind]) -> bool:
        """Whether a later one of these kinds has been sent, or a one-time password used since it was written."""
        later = Message.filter(account_id=self.id, kind__in=kinds, created_at__gt=letter.created_at, state=State.SENT)
        used = AuditEntry.filter(account_id=self.id, action="log_in_once", at__gte=letter.created_at)
        return await later.exists() or await used.exists()

    @classmethod
    async def forget_one_time_passwords(cls) -> int:
        """Those that have expired: they open nothing any more."""
        expired = cls.filter(one_time_expires_at__lt=clock.now())
        return await expired.update(one_time_hash=None, one_time_expires_at=None)

    async def change_password(self, session: Session, current: str, new: str) -> "tuple[Session, str]":
        """Set an own password; every session of the account ends, and a new one begins."""
        await self.prove(current, session)
        if reasons := password.weaknesses(new, await self._own_words()):
            raise WeakPassword(reasons=reasons)
        hash_ = await password.hashed(new)
        async with in_transaction():
            await Account.filter(id=self.id).select_for_update(no_key=True).get()
            if not await Session.filter(id=session.id, ended_at=None).exists():
                raise WrongCredentials  # another change has ended this session meanwhile
            self.password_hash, self.one_time_hash, self.one_time_expires_at = hash_, None, None
            await self.save(update_fields=["password_hash", "one_time_hash", "one_time_expires_at"])
            await Session.end_all(self)
            await Throttle.forget([Throttle.of_login(self.email or "")])
            await Message.post(Kind.PASSWORD_CHANGED, self)
            return await self._open_session("change_password")

    async def prove(self, current: str, session: Session) -> None:
        """The password once more, before something that matters; a one-time session proves its one-time password."""
        throttle = [Throttle.of_login(str(self.id))]  # not the login's: strangers must not block a signed-in owner
        if session.one_time_hash is not None:
            right = password.is_one_time(current, session.one_time_hash)
        else:
            right = await password.matches(current, self.password_hash)
        is_blocked = await Throttle.wait_until(throttle)
        if right and not is_blocked:
            await Throttle.forget(throttle)
            return
        if not is_blocked:
            await Throttle.failed(throttle)
        await AuditEntry.record("prove_password", account=self, outcome="refused")
        raise WrongCredentials

    async def _own_words(self) -> list[str]:
        words = [self.email or "", self.staff_name or ""]
        patient = await Patient.get_or_none(id=self.patient_id)
        if patient:
            words += [patient.first_name, patient.last_name]
            if patient.pesel_sealed:
                words.append(str(pesel.birth_date(patient.pesel).year))
        return words

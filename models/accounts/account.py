"""Account (konto): a person's login and password; one per e-mail address and per person."""

from contextlib import AsyncExitStack
from enum import StrEnum
from functools import cache
from typing import Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model
from tortoise.transactions import in_transaction
from uuid6 import uuid7

import settings
from infra import clock, database
from infra.joined_rows import Joined
from models.accounts import known_device, login_turns, password
from models.accounts.login_throttle import LoginThrottle
from models.accounts.one_time_password import OneTimePassword
from models.accounts.patient import Patient
from models.accounts.second_factor import SecondFactor
from models.accounts.session import Session
from models.audit import AuditAction, AuditEntry
from models.outbox import Message, MessageKind
from models.refusals.booking import TooManyAttempts, WeakPassword, WrongCredentials
from models.values import contact

FORGOTTEN = (
    "email",
    "email_key",
    "password_hash",
    "pending_email",
    "pending_email_until",
    "email_token_hash",
)  # columns that are cleared when an account is closed


_FIND_BY_EMAIL = """
    SELECT {columns} FROM account LEFT JOIN patient ON patient.id = account.patient_id WHERE account.email_key = :key
"""


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
    created_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)
    pending_email = fields.CharField(320, null=True)
    pending_email_until = fields.DatetimeField(null=True)
    email_token_hash = fields.CharField(64, null=True, unique=True)
    clinic_ids: list[UUID] | None = ArrayField(element_type="UUID", null=True)
    patient: fields.OneToOneNullableRelation[Patient] = fields.OneToOneField(
        "models.Patient", related_name="account", null=True, on_delete=fields.RESTRICT
    )
    patient_id: UUID | None

    @property
    def allowed_clinics(self) -> list[UUID] | None:
        """The clinics to which a receptionist's work is limited; None for everybody else (visits/clinic_access.py)."""
        if self.clinic_ids is None or self.role != Role.RECEPTIONIST:
            return None
        return [UUID(str(id_)) for id_ in self.clinic_ids]

    @classmethod
    async def find_by_email(cls, email: str) -> Self | None:
        key = contact.email_key(email)
        if len(key) > contact.LONGEST_EMAIL or not key.isprintable():
            return None  # no account can have it, and PostgreSQL would refuse to compare it
        rows = await database.fetch_rows(_finding_by_email(), {"key": key})
        return cls.read_with_patient(_RELATED, rows[0]) if rows else None

    @classmethod
    def read_with_patient(cls, related: Joined, row: Any) -> Self:
        """The account of a joined row, with its patient, as the ORM would set it; staff have none."""
        account = related.read("account", cls, row)
        vars(account).update(_patient=related.find("patient", Patient, row))
        return account

    @classmethod
    async def log_in(
        cls, login: str, secret: str, *, address: str, code: str | None = None, device: str = ""
    ) -> "tuple[Session, str]":
        """Open a session and return it with its token; with a one-time password, it only allows setting a password.

        A failure on a known device delays only that device; elsewhere it delays further attempts at this login from the
        same network address. Unknown logins are counted like known ones and take as long. An account with a second
        factor requires its code with either kind of password.
        """
        async with AsyncExitStack() as attempt:
            async with login_turns.take():
                account = await cls.find_by_email(login)
                one_time_hash = await OneTimePassword.find_hash(secret, account.id if account else None)
                if account and one_time_hash and (opened := await account._open_once(one_time_hash, code)):
                    return opened  # needs no throttling: 79 random bits cannot be guessed
                mark = known_device.find_mark(device, account)
                counters = LoginThrottle.for_device(mark) if mark else LoginThrottle.for_stranger(login, address)
                await attempt.enter_async_context(LoginThrottle.attempt(counters))
            known = account.password_hash if account else None
            is_right = await password.verify(secret, known, is_stranger=mark is None)
            await LoginThrottle.check_address(counters)
            if account and is_right and (opened := await account._open_with_own_password(secret, code)):
                return opened
            await AuditEntry.record("log_in", account=account, outcome="refused")
            raise WrongCredentials

    async def _open_with_own_password(self, secret: str, code: str | None) -> "tuple[Session, str] | None":
        """Open a session, unless the password has been changed meanwhile."""
        await SecondFactor.require(self, code)
        is_outdated = password.is_outdated(self.password_hash or "")
        renewed = await password.hash_password(secret) if is_outdated else self.password_hash
        async with in_transaction():
            mine = Account.filter(id=self.id, password_hash=self.password_hash)
            opened = await self._open_session("log_in") if await mine.update(password_hash=renewed) else None
        self.password_hash = renewed
        return opened

    async def _open_once(self, one_time_hash: str, code: str | None) -> "tuple[Session, str] | None":
        await SecondFactor.require(self, code)
        async with in_transaction():
            used = await OneTimePassword.use(one_time_hash)
            return await self._open_session("log_in_once", one_time_hash) if used else None

    async def _open_session(self, action: AuditAction, one_time_hash: str | None = None) -> "tuple[Session, str]":
        opened = await Session.open_for(self, one_time_hash=one_time_hash)
        await AuditEntry.record(action, account=self)
        return opened

    async def end_login(self) -> None:
        """Delete the address and passwords and end every session, so that nobody can sign in any more."""
        database.require_transaction()
        await Account.filter(id=self.id).update(**dict.fromkeys(FORGOTTEN), closed_at=clock.now())
        await OneTimePassword.void(self.id)
        await Session.end_all(self)  # last, because a concurrent log-in waits for the row written above
        await Message.erase_addresses(self)

    async def has_used_a_letter_since(self, letter: Message) -> bool:
        """Whether a one-time password has been used since this letter was written."""
        used = AuditEntry.filter(account_id=self.id, action="log_in_once", at__gte=letter.created_at)
        return await used.exists()

    async def change_password(self, session: Session, current: str | None, new: str) -> "tuple[Session, str]":
        """Set the password, end every session of the account and open a new one."""
        if current is not None or not session.must_change_password:
            await self.reauthenticate(current or "", session)
        if reasons := password.find_weaknesses(new, await self._personal_words()):
            raise WeakPassword(reasons=reasons)
        hash_ = await password.hash_password(new)
        async with in_transaction():
            await Account.filter(id=self.id).select_for_update(no_key=True).first()
            if not await Session.filter(id=session.id, ended_at=None).exists():
                raise WrongCredentials  # another change has ended this session meanwhile
            self.password_hash = hash_
            await self.save(update_fields=["password_hash"])
            await OneTimePassword.void(self.id)
            await Session.end_all(self)
            await Message.post(MessageKind.PASSWORD_CHANGED, self)
            return await self._open_session("change_password")

    async def reauthenticate(self, current: str, session: Session) -> None:
        """Verify the password (after a one-time log-in, the one-time password) again before an important change."""
        try:
            async with LoginThrottle.attempt(LoginThrottle.for_session(self.id)):
                if not await self._is_right(current, session):
                    raise WrongCredentials
        except (WrongCredentials, TooManyAttempts):
            await AuditEntry.record("prove_password", account=self, outcome="refused")
            raise WrongCredentials from None

    async def _is_right(self, current: str, session: Session) -> bool:
        if session.one_time_hash is not None:
            return password.is_one_time_password(current, session.one_time_hash)
        return await password.verify(current, self.password_hash)

    async def _personal_words(self) -> list[str]:
        words = [self.email or "", self.staff_name or "", settings.CENTRE_NAME]
        patient = await Patient.get_or_none(id=self.patient_id)
        if patient:
            words += [patient.first_name, patient.last_name]
            if patient.birth_date:
                words.append(str(patient.birth_date.year))
        return words


_RELATED = Joined(account=Account, patient=Patient)


@cache
def _finding_by_email() -> str:
    return _FIND_BY_EMAIL.format(columns=_RELATED.columns)

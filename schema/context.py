"""What a resolver knows of its caller: who asks, in which language, from where."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from models import trace, vacancy
from models.account import Account, Language, Role
from models.audit import AuditEntry
from models.clinic import Clinic
from models.doctor import Doctor
from models.offer import Offer
from models.partner import Partner, PartnerKey
from models.patient import Patient
from models.second_factor import SecondFactor
from models.session import Session
from models.slot import Slot
from models.waiting_list import WaitingListEntry

STAFF = (Role.RECEPTIONIST, Role.ADMINISTRATOR)


@dataclass
class Context:
    """One operation's caller. `keep_cookie`: gives the browser a token to keep; "" makes it forget the old one.

    `can_follow`: came over a socket or for an event stream, which can be told more than one answer.
    """

    session: Session | None = None
    partner_key: PartnerKey | None = None
    language: Language = Language.PL
    address: str = ""
    request_id: str = ""
    came_by_cookie: bool = False
    keep_cookie: Callable[[str], None] = lambda _: None
    opened: set[tuple[str, UUID]] = field(default_factory=set)
    can_follow: bool = False
    cost: int = 0

    @property
    def account(self) -> Account | None:
        return self.session.account if self.session else None

    @property
    def role(self) -> Role | None:
        if self.partner_key:
            return Role.PARTNER
        return self.account.role if self.account else None

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF

    @property
    def partner(self) -> Partner | None:
        return self.partner_key.partner if self.partner_key else None

    @property
    def is_staff_at_work(self) -> bool:
        """With an own password: a one-time one opens nothing but the way to it."""
        return self.is_staff and not self.open_session.must_change_password

    async def open_record(self, patient_id: UUID) -> None:
        """Once a request: the patient will see that reception opened their record. One's own leaves no entry."""
        opening = (trace.current(), patient_id)
        if self.is_staff and opening not in self.opened:
            self.opened.add(opening)
            await AuditEntry.record("open_record", account=self.account, patient_id=patient_id, subject_id=patient_id)

    @property
    def viewer(self) -> UUID | None:
        """The patient who looks, to whom their own hold is free."""
        return self.account.patient_id if self.account else None

    @property
    def patient(self) -> Patient:
        """The signed-in patient; fields that use it are declared `Requires(Role.PATIENT)`."""
        account = self.me
        if not isinstance(account.patient, Patient):
            raise LookupError("This account has no patient.")
        return account.patient

    @property
    def open_session(self) -> Session:
        if self.session is None:
            raise LookupError("Nobody is signed in.")
        return self.session

    @property
    def me(self) -> Account:
        if self.account is None:
            raise LookupError("Nobody is signed in.")
        return self.account

    def look_afresh(self) -> None:
        """Forget what was read for the answer before: each event of a subscription is an answer of its own."""
        for name in ("clinics_of_doctor", "next_free_slot"):
            self.__dict__.pop(name, None)

    @cached_property
    def clinics_of_doctor(self) -> DataLoader[UUID, list[Clinic]]:
        async def load(ids: list[UUID]) -> list[list[Clinic]]:
            found = await Doctor.with_clinics(ids)
            return [found[id_] for id_ in ids]

        return DataLoader(load)

    @cached_property
    def offer_of_entry(self) -> DataLoader[UUID, Offer | None]:
        async def load(ids: list[UUID]) -> list[Offer | None]:
            found = await WaitingListEntry.offers(ids)
            return [found.get(id_) for id_ in ids]

        return DataLoader(load)

    @cached_property
    def second_factors(self) -> DataLoader[UUID, bool]:
        async def load(ids: list[UUID]) -> list[bool]:
            found = await SecondFactor.present(ids)
            return [id_ in found for id_ in ids]

        return DataLoader(load)

    @cached_property
    def next_free_slot(self) -> DataLoader[tuple[str, UUID, UUID | None], Slot | None]:
        """Keys: ("clinic_id" or "doctor_id", its value, only in this clinic)."""

        async def load(keys: list[tuple[str, UUID, UUID | None]]) -> list[Slot | None]:
            found: dict[tuple[str, UUID, UUID | None], Slot] = {}
            for column, clinic_id in {(column, clinic_id) for column, _, clinic_id in keys}:
                ids = {id_ for name, id_, place in keys if (name, place) == (column, clinic_id)}
                slots = await vacancy.next_free(column, ids, vacancy.Wanted(clinic_id=clinic_id), self.viewer)
                found |= {(column, id_, clinic_id): slot for id_, slot in slots.items()}
            return [found.get(key) for key in keys]

        return DataLoader(load)


Info = strawberry.Info[Context, None]

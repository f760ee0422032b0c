"""The context of an operation: the caller, their language and network address, and the data loaders."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TypeVar
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader
from tortoise.models import Model
from tortoise.queryset import QuerySet

from infra import clock
from models.accounts import identity, staff
from models.accounts.account import Account, Language, Role
from models.accounts.former_name import FormerName
from models.accounts.patient import Patient
from models.accounts.second_factor import SecondFactor
from models.accounts.session import Session
from models.events.partner import Partner, PartnerKey
from models.slots import availability, slot_search
from models.slots.absence import Absence
from models.slots.availability import FreeSlot
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot_search import Situation
from models.visits.visit import WITH_DETAILS, Visit
from models.waiting.offer import Offer
from models.waiting.waiting_list import WaitingListEntry
from schema.reading_audit import ReadingAudit

STAFF = (Role.RECEPTIONIST, Role.ADMINISTRATOR)
Row = TypeVar("Row", bound=Model)


def _loader_of(find: Callable[[list[UUID]], QuerySet[Row]]) -> Callable[[list[UUID]], Awaitable[list[Row | None]]]:
    """Load rows by id, in one statement; None for ids that are not found."""

    async def load(ids: list[UUID]) -> list[Row | None]:
        found = {row.pk: row for row in await find(ids)}
        return [found.get(id_) for id_ in ids]

    return load


@dataclass
class Context:
    """`keep_cookie` sets the browser's session cookie; an empty string deletes it.

    `device`: the known-device marks that the browser keeps.
    `can_follow`: the operation came by WebSocket or asks for an event stream, so it can receive several answers.
    `divert`: set by a subscription that can offer its events to a function while it waits. If the function returns
    False, the subscription yields the event as usual.
    """

    session: Session | None = None
    partner_key: PartnerKey | None = None
    language: Language = Language.PL
    address: str = ""
    request_id: str = ""
    came_by_cookie: bool = False
    keep_cookie: Callable[[str], None] = lambda _: None
    device: str = ""
    keep_device: Callable[[str], None] = lambda _: None
    can_follow: bool = False
    divert: Callable[[Callable[[object], bool]], None] | None = None
    cost: int = 0
    began: datetime = field(default_factory=clock.now)

    @property
    def account(self) -> Account | None:
        return self.session.account if self.session else None

    @property
    def role(self) -> Role | None:
        if self.partner_key:
            return Role.PARTNER
        return self.account.role if self.account and not self.is_half_open else None

    @property
    def is_half_open(self) -> bool:
        """Whether the caller signed in with a one-time password, and therefore may only set a password of their own."""
        return self.session is not None and self.session.must_change_password

    @property
    def is_known(self) -> bool:
        """Whether the caller's token or key is valid, regardless of what it gives access to."""
        return self.session is not None or self.partner_key is not None

    @property
    def allowed_clinics(self) -> list[UUID] | None:
        """The clinics to which a receptionist's work is limited; None for everybody else."""
        return self.account.allowed_clinics if self.account else None

    def may_work_in(self, clinic_id: UUID) -> bool:
        return self.allowed_clinics is None or clinic_id in self.allowed_clinics

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF

    @property
    def partner(self) -> Partner | None:
        return self.partner_key.partner if self.partner_key else None

    @cached_property
    def reading_audit(self) -> ReadingAudit | None:
        """The patients whose data the answer shows to staff, for the audit trail. Patients' reads are not recorded."""
        return ReadingAudit(self.began) if self.is_staff else None

    def open_record(self, patient_id: UUID | None) -> None:
        """Record that staff asked about a patient, even if the answer is empty."""
        if self.reading_audit and patient_id:
            self.reading_audit.open(patient_id)

    @property
    def viewer(self) -> UUID | None:
        """The id of the signed-in patient, for whom a slot that they hold counts as free."""
        return self.account.patient_id if self.account and not self.is_half_open else None

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

    def clear_loaders(self) -> None:
        """Discard what was loaded for the previous answer: each event of a subscription is answered separately."""
        for name in ("clinics_of_doctor", "next_free_slot", "slot_situations", "offer_of_slot", "visits", "absences"):
            self.__dict__.pop(name, None)

    @cached_property
    def clinics_of_doctor(self) -> DataLoader[UUID, list[Clinic]]:
        async def load(ids: list[UUID]) -> list[list[Clinic]]:
            found = await Doctor.find_clinics(ids, with_closed=self.is_staff)
            return [found[id_] for id_ in ids]

        return DataLoader(load)

    @cached_property
    def offer_of_entry(self) -> DataLoader[UUID, Offer | None]:
        async def load(ids: list[UUID]) -> list[Offer | None]:
            found = await WaitingListEntry.find_offers(ids)
            return [found.get(id_) for id_ in ids]

        return DataLoader(load)

    @cached_property
    def invited_emails(self) -> DataLoader[UUID, str | None]:
        async def load(ids: list[UUID]) -> list[str | None]:
            found = await identity.find_invited_emails(ids)
            return [found.get(id_) for id_ in ids]

        return DataLoader(load)

    @cached_property
    def slot_situations(self) -> DataLoader[UUID, Situation]:
        async def load(ids: list[UUID]) -> list[Situation]:
            found = await slot_search.find_situations(ids)
            return [found[id_] for id_ in ids]

        return DataLoader(load)

    @cached_property
    def offer_of_slot(self) -> DataLoader[UUID, Offer | None]:
        async def load(ids: list[UUID]) -> list[Offer | None]:
            found = {offer.slot_id: offer for offer in await Offer.find_standing(slot_id__in=ids)}
            return [found.get(id_) for id_ in ids]

        return DataLoader(load)

    @cached_property
    def visits(self) -> DataLoader[UUID, Visit | None]:
        return DataLoader(_loader_of(lambda ids: Visit.filter(id__in=ids).select_related(*WITH_DETAILS)))

    @cached_property
    def absences(self) -> DataLoader[UUID, Absence | None]:
        return DataLoader(_loader_of(lambda ids: Absence.filter(id__in=ids).select_related("doctor")))

    @cached_property
    def patients(self) -> DataLoader[UUID, Patient | None]:
        return DataLoader(_loader_of(lambda ids: Patient.filter(id__in=ids).select_related("account")))

    @cached_property
    def staff_names(self) -> DataLoader[UUID, str | None]:
        async def load(ids: list[UUID]) -> list[str | None]:
            found = await staff.find_names(ids)
            return [found.get(id_) for id_ in ids]

        return DataLoader(load)

    @cached_property
    def former_names(self) -> DataLoader[UUID, list[FormerName]]:
        async def load(ids: list[UUID]) -> list[list[FormerName]]:
            found = await FormerName.find_for(ids)
            return [found[id_] for id_ in ids]

        return DataLoader(load)

    @cached_property
    def second_factors(self) -> DataLoader[UUID, bool]:
        async def load(ids: list[UUID]) -> list[bool]:
            found = await SecondFactor.find_holders(ids)
            return [id_ in found for id_ in ids]

        return DataLoader(load)

    @cached_property
    def next_free_slot(self) -> DataLoader[tuple[str, UUID, UUID | None], FreeSlot | None]:
        """Keys: ("clinic_id" or "doctor_id", its value, the only clinic to search or None)."""

        async def load(keys: list[tuple[str, UUID, UUID | None]]) -> list[FreeSlot | None]:
            found: dict[tuple[str, UUID, UUID | None], FreeSlot] = {}
            for column, clinic_id in {(column, clinic_id) for column, _, clinic_id in keys}:
                ids = {id_ for name, id_, clinic in keys if (name, clinic) == (column, clinic_id)}
                slots = await availability.find_next_free(
                    column, ids, availability.SlotFilter(clinic_id=clinic_id), self.viewer
                )
                found |= {(column, id_, clinic_id): slot for id_, slot in slots.items()}
            return [found.get(key) for key in keys]

        return DataLoader(load)


Info = strawberry.Info[Context, None]

"""Visit (wizyta): a patient's booked term with a doctor; its rules in the order in which a receptionist would ask."""

from typing import TYPE_CHECKING, Self
from uuid import UUID

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from models import aftermath, clock, reference
from models.clinic import Clinic
from models.errand import Errand
from models.kept_answer import KeptAnswer
from models.patient import Patient
from models.refusal import SlotNotFound, VisitNotChangeable, VisitNotFound, VisitsOverlap
from models.slot import Slot
from models.visit_facts import VisitFacts
from models.visit_status import Channel, Status

if TYPE_CHECKING:
    from models.account import Account


class Visit(VisitFacts):
    class Meta:
        table = "visit"

    @classmethod
    async def book(
        cls,
        slot_id: UUID,
        *,
        patient: Patient,
        by: "Account | Errand",
        reason: str | None = None,
        channel: Channel = Channel.ONLINE,
        key: str | None = None,
    ) -> Self:
        """Take a free slot for the patient. Refusals: see BookVisitResult in the schema."""
        errand = Errand.of(by, channel)

        async def deed() -> UUID:
            locked = await Patient.lock(patient.id)  # `patient` may remember relations read in another transaction
            if (slot := (await Slot.lock(slot_id)).get(slot_id)) is None:
                raise SlotNotFound
            await slot.offer_to(patient.id, errand)
            await cls._check_count(patient.id, await slot.clinic, errand)
            visit = cls(reference=reference.new(), patient=locked, reason=reason, booked_at=clock.now())
            visit.channel = errand.channel
            await Slot.claim(slot.id, visit.id, patient.id)
            await visit._put_on(slot)
            await aftermath.booked(visit, errand)
            return visit.id

        asked = ["book", slot_id, patient.id, reason, *errand.asked]
        return await cls.whole(await KeptAnswer.once(errand.by.id, key, asked, deed))

    @classmethod
    async def reschedule(
        cls, visit_id: UUID, slot_id: UUID, *, patient: Patient, by: "Account | Errand", key: str | None = None
    ) -> Self:
        """Move the visit to another free slot: the old one is given up only when the new one is won."""
        errand = Errand.of(by)

        async def deed() -> UUID:
            visit = await cls.lock(visit_id, patient)
            slots = await Slot.lock(visit.slot_id, slot_id)
            visit._check_changeable(errand)
            if (slot := slots.get(slot_id)) is None:
                raise SlotNotFound
            if slot.id != visit.slot_id:  # moved to where it is: nothing to do
                await visit._move(slot, errand)
            return visit.id

        asked = ["reschedule", visit_id, slot_id, *errand.asked]
        return await cls.whole(await KeptAnswer.once(errand.by.id, key, asked, deed))

    async def _move(self, slot: Slot, errand: Errand) -> None:
        await slot.offer_to(self.patient.id, errand)
        if slot.clinic_id != self.clinic_id:
            await self._check_count(self.patient.id, await slot.clinic, errand)
        old_slot_id, old_starts_at = self.slot_id, self.starts_at
        await Slot.give_up(old_slot_id, self.id)
        await Slot.claim(slot.id, self.id, self.patient.id)
        self.status = Status.BOOKED  # who had come already, and is moved for all that, comes again
        self.sequence += 1
        await self._put_on(slot)
        await aftermath.moved(self, errand, old_slot_id, old_starts_at)

    @classmethod
    async def cancel(
        cls,
        visit_id: UUID,
        *,
        patient: Patient,
        by: "Account | Errand",
        reason: str | None = None,
        key: str | None = None,
    ) -> Self:
        """Give the visit up; its slot is free again at once."""
        errand = Errand.of(by)

        async def deed() -> UUID:
            visit = await cls.lock(visit_id, patient)
            await Slot.lock(visit.slot_id)
            visit._check_changeable(errand)
            await Slot.give_up(visit.slot_id, visit.id)
            visit.status, visit.cancelled_at = Status.CANCELLED, clock.now()
            visit.sequence += 1
            await visit._write()
            await aftermath.cancelled(visit, errand, reason)
            return visit.id

        asked = ["cancel", visit_id, reason, *errand.asked]
        return await cls.whole(await KeptAnswer.once(errand.by.id, key, asked, deed))

    @classmethod
    async def lock(cls, visit_id: UUID, patient: Patient) -> Self:
        """The patient's own visit, after their lock: nobody else can change it until the transaction ends."""
        await Patient.lock(patient.id)
        visit = await cls.get_or_none(id=visit_id, patient_id=patient.id).select_related("clinic", "patient", "slot")
        if visit is None:
            raise VisitNotFound
        return visit

    def _check_changeable(self, errand: Errand) -> None:
        if self.status != Status.BOOKED or clock.now() >= self.cancellable_until:
            until = self.cancellable_until.isoformat()
            errand.weigh(VisitNotChangeable(status=self.status.value, cancellable_until=until))

    @classmethod
    async def _check_count(cls, patient_id: UUID, clinic: Clinic, errand: Errand) -> None:
        if refusal := await cls.too_many(patient_id, clinic):
            errand.weigh(refusal)

    async def _put_on(self, slot: Slot) -> None:
        self.slot, self.clinic, self.doctor = slot, await slot.clinic, await slot.doctor
        self.starts_at, self.ends_at = slot.starts_at, slot.ends_at
        await self._write()

    async def _write(self) -> None:
        """Save; the database refuses what overlaps another visit of the patient, whoever wrote that one."""
        self.changed_at = clock.now()
        try:
            async with in_transaction():
                await self.save()
        except IntegrityError as refused:
            if getattr(refused.args[0], "constraint_name", None) != "visit_patient_overlap":
                raise
            rival = await Visit.at_that_time(self.patient.id, self).exclude(id=self.id).first()
            raise VisitsOverlap(visit_id=str(rival.id) if rival else "") from None

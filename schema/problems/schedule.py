"""Refusals concerning schedules and offers."""

from datetime import date
from uuid import UUID

import strawberry

from models.refusals import schedule
from models.refusals.refusal import Refusal
from models.slots.clinic import Clinic as ClinicRow
from models.slots.doctor import Doctor as DoctorRow
from models.slots.slot import Slot as SlotRow
from schema.clinic import Clinic
from schema.context import Info
from schema.doctor import Doctor
from schema.problems.problem import Problem, shows
from schema.slot import Slot


async def _slots(refusal: Refusal) -> list[Slot]:
    ids = [UUID(id_) for id_ in refusal.details["slot_ids"]]
    rows = await SlotRow.filter(id__in=ids).order_by("starts_at", "id").select_related("clinic", "doctor")
    return Slot.many(rows, None)


@shows(schedule.SlotsOverlap)
class SlotsOverlap(Problem):
    @strawberry.field(description="The existing slots at this time: at most the first ten.")
    async def slots(self, info: Info) -> list[Slot]:
        return await _slots(self.refusal)


@shows(schedule.SlotsNotFree)
class SlotsNotFree(Problem):
    @strawberry.field(description="The slots that are not free.")
    async def slots(self, info: Info) -> list[Slot]:
        return await _slots(self.refusal)


@shows(schedule.SlotNotBlocked)
class SlotNotBlocked(Problem):
    pass


@shows(schedule.ClinicClosed)
class ClinicClosed(Problem):
    closed_from: date = strawberry.field(description="The first local day on which the clinic is closed.")


@shows(schedule.DoctorRetired)
class DoctorRetired(Problem):
    retired_from: date = strawberry.field(description="The first local day on which the doctor sees no patients.")


@shows(schedule.ClinicNotYours)
class ClinicNotYours(Problem):
    pass


@shows(schedule.ClinicExists)
class ClinicExists(Problem):
    @strawberry.field(description="The existing clinic.")
    async def clinic(self) -> Clinic:
        return Clinic.of(await ClinicRow.get(id=self.refusal.details["clinic_id"]))


@shows(schedule.DoctorExists)
class DoctorExists(Problem):
    @strawberry.field(description="The existing doctor.")
    async def doctor(self) -> Doctor:
        return Doctor.of(await DoctorRow.get(id=self.refusal.details["doctor_id"]))


@shows(schedule.ScheduleNotFound)
class ScheduleNotFound(Problem):
    pass


@shows(schedule.OfferNotFound)
class OfferNotFound(Problem):
    pass


@shows(schedule.OfferOver)
class OfferOver(Problem):
    pass

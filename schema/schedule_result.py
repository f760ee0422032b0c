"""Results of schedules, absences, offers and the waiting list: what each mutation may answer."""

from typing import Annotated

import strawberry

from schema.absence import AbsenceReport
from schema.clash import OfferNotFound, OfferOver, SlotsNotFree, SlotsOverlap
from schema.clinic import Clinic
from schema.doctor import Doctor
from schema.problem import (
    InvalidInput,
    OutsideServiceHours,
    SlotNotBookable,
    SlotNotFound,
    SlotTaken,
    TooManyVisits,
    VisitNotChangeable,
    VisitsOverlap,
)
from schema.schedule import PublishedSchedule, ScheduleChanges
from schema.slot import Slot
from schema.visit import Visit
from schema.waiting_list import WaitingListEntry


@strawberry.type(description="Slots were taken away.")
class WithdrawnSlots:
    count: int = strawberry.field(description="How many; those withdrawn before are not counted.")


OpenClinicResult = Annotated[Clinic | InvalidInput, strawberry.union("OpenClinicResult")]
ChangeClinicResult = Annotated[Clinic | InvalidInput, strawberry.union("ChangeClinicResult")]
AddDoctorResult = Annotated[Doctor | InvalidInput, strawberry.union("AddDoctorResult")]
ChangeDoctorResult = Annotated[Doctor | InvalidInput, strawberry.union("ChangeDoctorResult")]
PreviewScheduleResult = Annotated[
    ScheduleChanges | InvalidInput | SlotsOverlap, strawberry.union("PreviewScheduleResult")
]
PublishScheduleResult = Annotated[
    PublishedSchedule | InvalidInput | SlotsOverlap, strawberry.union("PublishScheduleResult")
]
AddSlotResult = Annotated[Slot | InvalidInput | SlotsOverlap, strawberry.union("AddSlotResult")]
WithdrawSlotsResult = Annotated[
    WithdrawnSlots | InvalidInput | SlotNotFound | SlotsNotFree, strawberry.union("WithdrawSlotsResult")
]
BlockSlotResult = Annotated[Slot | InvalidInput | SlotNotFound | SlotsNotFree, strawberry.union("BlockSlotResult")]
ReportAbsenceResult = Annotated[AbsenceReport | InvalidInput, strawberry.union("ReportAbsenceResult")]
JoinWaitingListResult = Annotated[
    WaitingListEntry | InvalidInput | TooManyVisits | OutsideServiceHours, strawberry.union("JoinWaitingListResult")
]
AcceptOfferResult = Annotated[
    Visit
    | OfferNotFound
    | OfferOver
    | SlotNotFound
    | SlotTaken
    | SlotNotBookable
    | VisitsOverlap
    | TooManyVisits
    | VisitNotChangeable
    | OutsideServiceHours,
    strawberry.union("AcceptOfferResult"),
]

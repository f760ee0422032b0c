"""Schedules: staff publish weekly templates as slots, manage single slots, and report absences."""

from typing import Annotated

import strawberry

import tasks.freed_slots
import tasks.letters
import tasks.texts
from models.accounts.account import Account
from models.schedules import absence_ending, absence_rebooking, schedule_change, single_slots
from models.schedules.schedule import Schedule as ScheduleRow
from models.slots.absence import Absence as AbsenceRow
from models.visits import clinic_access
from schema.absence import (
    Absence,
    AbsencePreview,
    AbsenceReport,
    EndAbsenceInput,
    PreviewAbsenceResult,
    ReportAbsenceInput,
    ReportAbsenceResult,
)
from schema.access_rules import for_staff
from schema.context import Info
from schema.scalars import optional_id, private_id
from schema.schedule import (
    ChangedSchedule,
    ChangeScheduleInput,
    ChangeScheduleResult,
    PreviewScheduleResult,
    PublishedSchedule,
    PublishScheduleInput,
    PublishScheduleResult,
    Schedule,
    ScheduleChanges,
)
from schema.single_slots import (
    AddSlotInput,
    AddSlotResult,
    BlockSlotInput,
    BlockSlotResult,
    UnblockSlotInput,
    UnblockSlotResult,
    WithdrawnSlots,
    WithdrawSlotsInput,
    WithdrawSlotsResult,
)
from schema.slot import Slot
from tasks.broker import nudge

OfDoctor = Annotated[strawberry.ID, strawberry.argument(description="The doctor.")]


@strawberry.type
class ScheduleQueries:
    @strawberry.field(
        extensions=[for_staff()],
        description="The published schedules of a doctor, ordered by their first day; empty if the doctor is unknown.",
    )
    async def schedules(self, info: Info, doctor_id: OfDoctor) -> list[Schedule]:
        rows = ScheduleRow.filter(doctor_id=private_id("Doctor", doctor_id)).order_by("valid_from", "id")
        found = await rows.select_related("doctor", "clinic")
        return [Schedule.of(row) for row in found if info.context.may_work_in(row.clinic_id)]

    @strawberry.field(
        extensions=[for_staff()],
        description="The current and future absences of a doctor; empty if the doctor is unknown.",
    )
    async def absences(self, info: Info, doctor_id: OfDoctor) -> list[Absence]:
        allowed, doctor = info.context.allowed_clinics, private_id("Doctor", doctor_id)
        if allowed is not None and not await clinic_access.allows(allowed, "Doctor", [doctor]):
            return []
        return [Absence.of(row) for row in await AbsenceRow.list_current(doctor)]


@strawberry.type
class ScheduleMutations:
    @strawberry.mutation(
        extensions=[for_staff()],
        description="Show what `publishSchedule` would change now with the same input. Nothing is changed.",
    )
    async def preview_schedule(self, input: PublishScheduleInput) -> PreviewScheduleResult:
        schedule_id = optional_id("Schedule", input.schedule_id)
        return await ScheduleChanges.of(await ScheduleRow.preview(input.to_model(), schedule_id))

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Publish a weekly template as slots for the next 90 days (setting HORIZON_DAYS); every day, the"
        " slots of one more day are added. With `scheduleId`, change a published schedule: free slots that the template"
        " no longer has are withdrawn; booked visits for which it has no slot stay booked and are listed in"
        " `visitsOutside`. Repeating the call changes nothing.",
    )
    async def publish_schedule(self, info: Info, input: PublishScheduleInput) -> PublishScheduleResult:
        schedule_id = optional_id("Schedule", input.schedule_id)
        row, plan = await ScheduleRow.publish(input.to_model(), schedule_id, by=info.context.me)
        await nudge(tasks.freed_slots.offer_slots)
        return PublishedSchedule(schedule=Schedule.of(row), changes=await ScheduleChanges.of(plan))

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Show what `changeSchedule` would change now with the same input. Nothing is changed.",
    )
    async def preview_schedule_change(self, input: ChangeScheduleInput) -> PreviewScheduleResult:
        return await ScheduleChanges.of(await schedule_change.preview(input.to_model()))

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Change a published schedule from a given day on, in one step: it ends the day before, and another"
        " one follows. Earlier days are not changed. Slots that both schedules have are kept. Booked visits for which"
        " the new one has no slot stay booked and are listed in `visitsOutside`. Repeating the call changes nothing.",
    )
    async def change_schedule(self, info: Info, input: ChangeScheduleInput) -> ChangeScheduleResult:
        changed = await schedule_change.make(input.to_model(), by=info.context.me)
        await nudge(tasks.freed_slots.offer_slots)
        return await ChangedSchedule.of(changed)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Add a single slot outside the templates. This is refused during an absence of the doctor:"
        " InvalidInput, NOT_AVAILABLE.",
    )
    async def add_slot(self, info: Info, input: AddSlotInput) -> AddSlotResult:
        row = await single_slots.add(**input.to_model(), by=info.context.me)
        await nudge(tasks.freed_slots.offer_slots)
        return Slot.of(row, None)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Withdraw free slots: all of them, or none if one is not free. They stay withdrawn when"
        " an absence ends; publishing their template again restores them.",
    )
    async def withdraw_slots(self, info: Info, input: WithdrawSlotsInput) -> WithdrawSlotsResult:
        return WithdrawnSlots(count=await single_slots.withdraw(**input.to_model(), by=info.context.me))

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Withdraw a free slot, giving a reason. No change to a template restores it.",
    )
    async def block_slot(self, info: Info, input: BlockSlotInput) -> BlockSlotResult:
        row = await single_slots.block(**input.to_model(), by=info.context.me)
        return Slot.of(row, None)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Open a blocked slot again: first for the waiting list, then for others. This is refused during an"
        " absence of the doctor: InvalidInput, NOT_AVAILABLE.",
    )
    async def unblock_slot(self, info: Info, input: UnblockSlotInput) -> UnblockSlotResult:
        row = await single_slots.unblock(**input.to_model(), by=info.context.me)
        await nudge(tasks.freed_slots.offer_slots)
        return Slot.of(row, None)

    @strawberry.mutation(
        extensions=[for_staff(also_of_clinics={"Doctor"})],
        description="Show what `reportAbsence` would change now with the same input. Nothing is changed, and nobody is"
        " notified.",
    )
    async def preview_absence(self, input: ReportAbsenceInput) -> PreviewAbsenceResult:
        return AbsencePreview.of(await absence_rebooking.preview(input.to_model()))

    @strawberry.mutation(
        extensions=[for_staff(also_of_clinics={"Doctor"})],
        description="Report that a doctor will be absent. Free slots are withdrawn. For each booked visit another slot"
        " is held (the same doctor's next one, otherwise the clinic's) and offered to the patient by e-mail, and by"
        " SMS if they want SMS. No visit is moved without an answer. Repeating the call offers nothing twice.",
    )
    async def report_absence(self, info: Info, input: ReportAbsenceInput) -> ReportAbsenceResult:
        report = await absence_rebooking.report(input.to_model(), by=info.context.me)
        for task in (tasks.letters.send_letters, tasks.texts.send_texts, tasks.freed_slots.offer_slots):
            await nudge(task)
        accounts = await Account.filter(patient_id__in=[visit.patient_id for visit, _ in report.affected])
        return AbsenceReport.of(report, {account.patient_id: account.email for account in accounts})

    @strawberry.mutation(
        extensions=[for_staff()],
        description="End an absence early. Slots of templates and slots added individually are restored, unless they"
        " were withdrawn by hand. Visits that were not moved stay where they are, and the offers for them are closed."
        " Their patients are notified that the visits take place after all: by e-mail, and by SMS if they want SMS."
        " Patients without an e-mail address appear on `callList`. The result is null if there is no such absence.",
    )
    async def end_absence(self, info: Info, input: EndAbsenceInput) -> Absence | None:
        row = await absence_ending.end(**input.to_model(), by=info.context.me)
        for task in (tasks.letters.send_letters, tasks.texts.send_texts, tasks.freed_slots.offer_slots):
            await nudge(task)
        return Absence.of(row) if row else None

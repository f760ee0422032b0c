"""Scheduling: templates published as slots, single slots, absences: by reception and administration."""

import strawberry

import tasks.letters
import tasks.texts
import tasks.waiting
from models import relief, supply
from models.absence import Absence as AbsenceRow
from models.account import Account
from models.schedule import Schedule as ScheduleRow
from schema.absence import Absence, AbsenceReport, EndAbsenceInput, ReportAbsenceInput
from schema.context import Info
from schema.directives import for_staff
from schema.scalars import private_id
from schema.schedule import (
    AddSlotInput,
    BlockSlotInput,
    PublishedSchedule,
    PublishScheduleInput,
    Schedule,
    ScheduleChanges,
    WithdrawSlotsInput,
)
from schema.schedule_result import (
    AddSlotResult,
    BlockSlotResult,
    PreviewScheduleResult,
    PublishScheduleResult,
    ReportAbsenceResult,
    WithdrawnSlots,
    WithdrawSlotsResult,
)
from schema.slot import Slot
from tasks.broker import nudge


@strawberry.type
class Schedules:
    @strawberry.field(extensions=[for_staff()], description="The published templates of a doctor, oldest first.")
    async def schedules(self, doctor_id: strawberry.ID) -> list[Schedule]:
        rows = ScheduleRow.filter(doctor_id=private_id("Doctor", doctor_id)).order_by("valid_from", "id")
        return [Schedule.of(row) for row in await rows.select_related("doctor", "clinic")]

    @strawberry.field(extensions=[for_staff()], description="A doctor's absences that are not over.")
    async def absences(self, doctor_id: strawberry.ID) -> list[Absence]:
        return [Absence.of(row) for row in await AbsenceRow.of_doctor(private_id("Doctor", doctor_id))]


@strawberry.type
class Scheduling:
    @strawberry.mutation(
        extensions=[for_staff()],
        description="What publishSchedule with the same input would change now; nothing is written.",
    )
    async def preview_schedule(self, input: PublishScheduleInput) -> PreviewScheduleResult:
        return await ScheduleChanges.of(await ScheduleRow.preview(**input.template()))

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Publish a weekly template as slots, 90 days ahead; the clock adds further days. With `scheduleId`:"
        " change it. Free slots that the template no longer has are withdrawn; booked visits stay booked and are listed"
        " in `visitsOutside`. Repeated with the same input it changes nothing.",
    )
    async def publish_schedule(self, info: Info, input: PublishScheduleInput) -> PublishScheduleResult:
        row, plan = await ScheduleRow.publish(by=info.context.me, **input.template())
        await nudge(tasks.waiting.offer_terms)
        return PublishedSchedule(schedule=Schedule.of(row), changes=await ScheduleChanges.of(plan))

    @strawberry.mutation(extensions=[for_staff()], description="Add one slot beside the templates.")
    async def add_slot(self, info: Info, input: AddSlotInput) -> AddSlotResult:
        doctor_id, clinic_id = private_id("Doctor", input.doctor_id), private_id("Clinic", input.clinic_id)
        row = await supply.add(doctor_id, clinic_id, input.starts_at, input.minutes, by=info.context.me)
        await nudge(tasks.waiting.offer_terms)
        return Slot.of(row, None)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Take free slots away, all of them or none. Publishing the template again brings them back.",
    )
    async def withdraw_slots(self, info: Info, input: WithdrawSlotsInput) -> WithdrawSlotsResult:
        ids = [private_id("Slot", id_) for id_ in input.slot_ids]
        return WithdrawnSlots(count=await supply.withdraw(ids, by=info.context.me))

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Take a free slot away for a reason; no change of a template brings it back.",
    )
    async def block_slot(self, info: Info, input: BlockSlotInput) -> BlockSlotResult:
        row = await supply.block(private_id("Slot", input.slot_id), input.reason, by=info.context.me)
        return Slot.of(row, None)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="A doctor will not be there: free slots are withdrawn, and for each booked visit the best other"
        " term is held (the same doctor's next one, else the clinic's) and its patient told by mail, and by SMS where"
        " that is wanted. Nobody is moved unasked. Repeated, it asks nobody twice.",
    )
    async def report_absence(self, info: Info, input: ReportAbsenceInput) -> ReportAbsenceResult:
        report = await relief.report(
            private_id("Doctor", input.doctor_id),
            input.from_,
            input.until,
            reason=input.reason,
            by=info.context.me,
            minutes=input.offer_minutes,
        )
        for task in (tasks.letters.send_letters, tasks.texts.send_texts, tasks.waiting.offer_terms):
            await nudge(task)
        people = [visit.patient_id for visit, _ in report.affected]
        accounts = await Account.filter(patient_id__in=people)
        return AbsenceReport.of(report, {account.patient_id: account.email for account in accounts})

    @strawberry.mutation(
        extensions=[for_staff()],
        description="The doctor is back earlier: the templates' slots come back, visits that were not moved stay where"
        " they are, and what was offered for them is over. null: there is no such absence.",
    )
    async def end_absence(self, info: Info, input: EndAbsenceInput) -> Absence | None:
        row = await relief.end(private_id("Absence", input.absence_id), by=info.context.me)
        await nudge(tasks.waiting.offer_terms)
        return Absence.of(row) if row else None

"""Publication: computes and writes the slots that a template adds and withdraws; finds booked visits outside it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from tortoise.exceptions import IntegrityError
from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from infra import clock, database
from models.events import slot_events
from models.events.event import EventType
from models.refusals import constraints
from models.refusals.schedule import SlotsOverlap
from models.slots.absence import Absence
from models.slots.closing_day import ClosingDays
from models.slots.slot import NOT_HELD, Slot
from models.values.weekly_template import SlotTime, find_overlapping
from models.visits.visit import WITH_DETAILS, Visit
from models.waiting.offer import Offer

BATCH_SIZE = 500


@dataclass(frozen=True)
class Timetable:
    """The slot times of a schedule from `since` (or now) on. It takes over the slots of `replaced_id` from then on."""

    schedule_id: UUID
    doctor_id: UUID
    clinic_id: UUID
    slot_times: Sequence[SlotTime]
    since: datetime | None = None
    replaced_id: UUID | None = None

    def owns(self, slot: Slot) -> bool:
        """Whether this timetable controls a slot."""
        is_own = slot.schedule_id is not None and slot.schedule_id in (self.schedule_id, self.replaced_id)
        return is_own and slot.starts_at > clock.now() and (self.since is None or slot.starts_at >= self.since)


@dataclass
class PublicationPlan:
    """`fresh` slots will be added, and `stale` ones, which are free but no longer in the template, withdrawn.

    `kept` slots are in the template; `outside` are the visits that are not. All these slots are assigned to
    `schedule_id`, if it is given.
    """

    fresh: list[Slot] = field(default_factory=list)
    stale: list[Slot] = field(default_factory=list)
    outside: list[Visit] = field(default_factory=list)
    kept: list[Slot] = field(default_factory=list)
    schedule_id: UUID | None = None

    def days(self) -> list[tuple[date, int, int]]:
        """Each day on which something changes, with the numbers of added and withdrawn slots."""
        added = Counter(clock.local(slot.starts_at).date() for slot in self.fresh)
        withdrawn = Counter(clock.local(slot.starts_at).date() for slot in self.stale)
        return [(day, added[day], withdrawn[day]) for day in sorted(added | withdrawn)]


async def make_plan(timetable: Timetable, *, only_add: bool = False) -> PublicationPlan:
    """Compare the slot times with the existing slots; raises SlotsOverlap or, with `only_add`, skips overlaps.

    If the plan is to be written, lock the doctor first. No slot is added in a blocked time, in an absence, from a
    closing day on or, with `only_add`, where a slot was withdrawn by hand.
    """
    mine, others, closed = await _find_existing(timetable, only_add=only_add)
    existing = {_slot_time(slot): slot for slot in mine}
    plan = PublicationPlan() if only_add else await _compare(timetable, existing)
    stale = {slot.id for slot in plan.stale}
    days = await ClosingDays.find(timetable.clinic_id, timetable.doctor_id)
    wanted = [time for time in timetable.slot_times if time not in existing and days.allow_slot(time)]
    for closed_times in ([_slot_time(slot) for slot in mine if slot.id not in stale], *closed):
        taken = find_overlapping(wanted, closed_times)
        wanted = [slot_time for slot_time in wanted if slot_time not in taken]
    if overlapping := find_overlapping(wanted, [_slot_time(slot) for slot in others]):
        if not only_add:
            raise SlotsOverlap(slot_ids=_find_blocking(overlapping, others))
        wanted = [slot_time for slot_time in wanted if slot_time not in overlapping]
    plan.fresh = [_slot(timetable, slot_time) for slot_time in wanted]
    return plan


async def _compare(timetable: Timetable, existing: dict[SlotTime, Slot]) -> PublicationPlan:
    """A plan for the existing slots: which stay, and which are no longer in the template."""
    in_template = set(timetable.slot_times)
    removed = [slot for slot_time, slot in existing.items() if slot_time not in in_template]
    return PublicationPlan(
        stale=[slot for slot in removed if slot.visit_id is None],
        outside=await _find_visits([slot for slot in removed if slot.visit_id is not None]),
        kept=[slot for slot_time, slot in existing.items() if slot_time in in_template],
        schedule_id=timetable.schedule_id,
    )


async def _find_existing(
    timetable: Timetable, *, only_add: bool
) -> tuple[list[Slot], list[Slot], list[list[SlotTime]]]:
    """The doctor's future slots in this timetable, the doctor's other future slots, and times to keep free of slots."""
    future = Slot.filter(doctor_id=timetable.doctor_id, ends_at__gt=clock.now()).order_by("starts_at")
    present = await future.filter(withdrawn_at=None)
    by_colleagues = Q(closed_reason__isnull=False) | Q(is_withdrawn_by_hand=True)
    blocked = await future.exclude(withdrawn_at=None).filter(
        by_colleagues if only_add else Q(closed_reason__isnull=False)
    )
    mine = [slot for slot in present if timetable.owns(slot)]
    known = {slot.id for slot in mine}
    others = [slot for slot in present if slot.id not in known]
    absent = [[(absence.starts_at, absence.ends_at)] for absence in await Absence.list_current(timetable.doctor_id)]
    return mine, others, [[_slot_time(slot)] for slot in blocked] + absent


def _slot_time(slot: Slot) -> SlotTime:
    return slot.starts_at, slot.ends_at


def _slot(timetable: Timetable, slot_time: SlotTime) -> Slot:
    begin, end = slot_time
    return Slot(
        schedule_id=timetable.schedule_id,
        doctor_id=timetable.doctor_id,
        clinic_id=timetable.clinic_id,
        starts_at=begin,
        ends_at=end,
    )


def _find_blocking(slot_times: set[SlotTime], others: list[Slot], limit: int = 10) -> list[str]:
    """The ids of the first slots that overlap these times."""
    found = [slot for slot in others if find_overlapping([_slot_time(slot)], sorted(slot_times))]
    return [str(slot.id) for slot in found[:limit]]


async def _find_visits(slots: list[Slot]) -> list[Visit]:
    ids = [slot.visit_id for slot in slots]
    return await Visit.filter(id__in=ids).order_by("starts_at").select_related(*WITH_DETAILS)


async def lock(*schedule_ids: UUID) -> None:
    """Lock the slots of the schedules, so that none is booked or freed between planning and writing."""
    database.require_transaction()
    future = Slot.filter(schedule_id__in=schedule_ids, withdrawn_at=None, ends_at__gt=clock.now())
    await future.order_by("id").select_for_update().only("id")


async def apply(plan: PublicationPlan) -> None:
    """Write the plan in the transaction that made it; a slot that was booked in the meantime stays."""
    database.require_transaction()
    await withdraw(plan)
    await _mark(plan)
    if not plan.fresh:
        return
    try:
        async with in_transaction():
            await Slot.bulk_create(plan.fresh, batch_size=BATCH_SIZE)
    except IntegrityError as broken:  # somebody added slots without locking the doctor
        if not isinstance(constraints.find_refusal(broken), SlotsOverlap):
            raise
        rivals = await Slot.filter(doctor_id=plan.fresh[0].doctor_id, withdrawn_at=None).order_by("starts_at")
        raise SlotsOverlap(slot_ids=_find_blocking({_slot_time(slot) for slot in plan.fresh}, rivals)) from None
    if plan.schedule_id:
        await database.fetch(_FORGET_WITHDRAWALS, {"fresh_ids": [slot.id for slot in plan.fresh]})
    await Slot.queue_for_waiting_list(*(slot.id for slot in plan.fresh))
    await slot_events.append(EventType.SLOTS_PUBLISHED, plan.fresh)


# Publishing a template undoes withdrawals by hand, so that the end of a later absence restores these slots, too.
_FORGET_WITHDRAWALS = """
    UPDATE slot SET is_withdrawn_by_hand = false
    FROM slot AS fresh
    WHERE fresh.id = ANY(:fresh_ids::uuid[]) AND slot.doctor_id = fresh.doctor_id
        AND slot.starts_at < fresh.ends_at AND slot.ends_at > fresh.starts_at
        AND slot.is_withdrawn_by_hand AND slot.withdrawn_at IS NOT NULL
"""


async def _mark(plan: PublicationPlan) -> None:
    """Mark the slots to be withdrawn once their visits are moved or cancelled, and assign all slots to the schedule."""
    if plan.schedule_id is None:
        return
    kept, outside = [slot.id for slot in plan.kept], [visit.slot_id for visit in plan.outside]
    await Slot.filter(id__in=kept, is_outside=True).update(is_outside=False)
    await Slot.filter(id__in=outside).update(is_outside=True)
    taken_over = Slot.filter(id__in=[*kept, *outside]).exclude(schedule_id=plan.schedule_id)
    await taken_over.update(schedule_id=plan.schedule_id)


async def withdraw(plan: PublicationPlan) -> None:
    """Withdraw the stale slots that are still free; visits booked in the meantime are added to `outside`."""
    locked = await Slot.lock(*(slot.id for slot in plan.stale))
    booked = [slot for slot in locked.values() if slot.visit_id is not None]
    plan.stale = [slot for slot in locked.values() if slot.visit_id is None and slot.withdrawn_at is None]
    plan.outside += await _find_visits(booked)
    await close(plan.stale)


async def close(slots: Sequence[Slot], reason: str | None = None) -> None:
    """Withdraw these slots, which are free and locked by the caller, and the offers made for them."""
    database.require_transaction()
    ids = [slot.id for slot in slots]
    await Offer.withdraw(ids)
    await Slot.filter(id__in=ids).update(withdrawn_at=clock.now(), queued_at=None, closed_reason=reason, **NOT_HELD)
    await slot_events.append(EventType.SLOTS_WITHDRAWN, slots)

"""Publication: from the terms of a template to the slots of the database: what is new, what goes, what stays booked."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from models import clock
from models.absence import Absence
from models.clash import SlotsOverlap
from models.event import Event, Happening
from models.offer import Offer
from models.slot import NOT_HELD, Slot
from models.visit import Visit
from models.visit_facts import SHOWN
from models.week import Term, clashing

AT_ONCE = 500


@dataclass
class Plan:
    """`fresh` slots are not written yet; `stale` ones are free and no longer in the template; `outside` stay booked."""

    fresh: list[Slot] = field(default_factory=list)
    stale: list[Slot] = field(default_factory=list)
    outside: list[Visit] = field(default_factory=list)

    def days(self) -> list[tuple[date, int, int]]:
        """Each day on which something changes, with how many slots come and go."""
        come, go = (Counter(clock.local(slot.starts_at).date() for slot in slots) for slots in (self.fresh, self.stale))
        return [(day, come[day], go[day]) for day in sorted(come | go)]


async def planned(
    schedule_id: UUID, doctor_id: UUID, clinic_id: UUID, terms: list[Term], *, only_add: bool = False
) -> Plan:
    """Compare the terms with what there is. Raises SlotsOverlap, unless only what fits in shall be added.

    The caller who means to write has locked the doctor: all who make slots do. Blocked terms and absences stay closed.
    """
    mine, others, closed = await _existing(schedule_id, doctor_id)
    there = {_term(slot): slot for slot in mine}
    plan = Plan()
    if not only_add:
        gone = [slot for term, slot in there.items() if term not in set(terms)]
        plan.stale = [slot for slot in gone if slot.visit_id is None]
        plan.outside = await _visits([slot for slot in gone if slot.visit_id is not None])
    stale = {slot.id for slot in plan.stale}
    wanted = [term for term in terms if term not in there]
    for spans in ([_term(slot) for slot in mine if slot.id not in stale], *closed):
        taken = clashing(wanted, spans)
        wanted = [term for term in wanted if term not in taken]
    if clash := clashing(wanted, [_term(slot) for slot in others]):
        if not only_add:
            raise SlotsOverlap(slot_ids=_named(clash, others))
        wanted = [term for term in wanted if term not in clash]
    plan.fresh = [_slot(schedule_id, doctor_id, clinic_id, term) for term in wanted]
    return plan


async def _existing(schedule_id: UUID, doctor_id: UUID) -> tuple[list[Slot], list[Slot], list[list[Term]]]:
    """The doctor's slots to come: of this schedule, and all others; and the times at which there shall be none."""
    to_come = Slot.filter(doctor_id=doctor_id, ends_at__gt=clock.now()).order_by("starts_at")
    present = await to_come.filter(withdrawn_at=None)
    blocked = await to_come.exclude(withdrawn_at=None).exclude(closed_reason=None)
    mine = [slot for slot in present if slot.schedule_id == schedule_id and slot.starts_at > clock.now()]
    known = {slot.id for slot in mine}
    others = [slot for slot in present if slot.id not in known]
    absent = [[(absence.starts_at, absence.ends_at)] for absence in await Absence.of_doctor(doctor_id)]
    return mine, others, [[_term(slot)] for slot in blocked] + absent


def _term(slot: Slot) -> Term:
    return slot.starts_at, slot.ends_at


def _slot(schedule_id: UUID | None, doctor_id: UUID, clinic_id: UUID, term: Term) -> Slot:
    begin, end = term
    return Slot(schedule_id=schedule_id, doctor_id=doctor_id, clinic_id=clinic_id, starts_at=begin, ends_at=end)


def _named(clash: set[Term], others: list[Slot], most: int = 10) -> list[str]:
    """The slots that are in the way, the first few of them."""
    found = [slot for slot in others if clashing([_term(slot)], sorted(clash))]
    return [str(slot.id) for slot in found[:most]]


async def _visits(slots: list[Slot]) -> list[Visit]:
    ids = [slot.visit_id for slot in slots]
    return await Visit.filter(id__in=ids).order_by("starts_at").select_related(*SHOWN)


async def lock(schedule_id: UUID) -> None:
    """Nobody books or gives up a slot of the schedule between planning and writing."""
    to_come = Slot.filter(schedule_id=schedule_id, withdrawn_at=None, ends_at__gt=clock.now())
    await to_come.order_by("id").select_for_update().only("id")


async def carry_out(plan: Plan) -> None:
    """Write it, in the transaction that has planned it. A slot that was booked meanwhile is kept."""
    await withdraw(plan)
    if not plan.fresh:
        return
    try:
        async with in_transaction():
            await Slot.bulk_create(plan.fresh, batch_size=AT_ONCE)
    except IntegrityError as refused:  # somebody makes slots without the doctor's lock
        if getattr(refused.args[0], "constraint_name", None) != "slot_doctor_overlap":
            raise
        rivals = await Slot.filter(doctor_id=plan.fresh[0].doctor_id, withdrawn_at=None).order_by("starts_at")
        raise SlotsOverlap(slot_ids=_named({_term(slot) for slot in plan.fresh}, rivals)) from None
    await Slot.queue(*(slot.id for slot in plan.fresh))
    await tell(Happening.SLOTS_PUBLISHED, plan.fresh)


async def withdraw(plan: Plan) -> None:
    """Take away the stale ones that are still free."""
    locked = await Slot.lock(*(slot.id for slot in plan.stale))
    booked = [slot for slot in locked.values() if slot.visit_id is not None]
    plan.stale = [slot for slot in locked.values() if slot.visit_id is None and slot.withdrawn_at is None]
    plan.outside += await _visits(booked)
    await close(plan.stale)


async def close(slots: Sequence[Slot], reason: str | None = None) -> None:
    """Withdraw slots that the caller has locked and found free; what was offered with them is over, and told so."""
    ids = [slot.id for slot in slots]
    await Offer.withdrawn(ids)
    await Slot.filter(id__in=ids).update(withdrawn_at=clock.now(), queued_at=None, closed_reason=reason, **NOT_HELD)
    await tell(Happening.SLOTS_WITHDRAWN, slots)


async def tell(happening: Happening, slots: Sequence[Slot]) -> None:
    """Events, one for each doctor and clinic and some hundred slots."""
    groups: dict[tuple[UUID, UUID], list[str]] = {}
    for slot in sorted(slots, key=lambda slot: slot.starts_at):
        groups.setdefault((slot.clinic_id, slot.doctor_id), []).append(str(slot.id))
    for (clinic_id, doctor_id), ids in groups.items():
        for n in range(0, len(ids), AT_ONCE):
            await Event.append(happening, clinic_id, doctor_id=doctor_id, slot_ids=ids[n : n + AT_ONCE])

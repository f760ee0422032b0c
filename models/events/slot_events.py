"""Slot events: a change to many slots becomes one event per doctor and clinic, each with 500 slots at most."""

from collections.abc import Sequence
from uuid import UUID

from models.events.event import Event, EventType
from models.slots.slot import Slot

SLOTS_PER_EVENT = 500


async def append(happening: EventType, slots: Sequence[Slot]) -> None:
    groups: dict[tuple[UUID, UUID], list[str]] = {}
    for slot in sorted(slots, key=lambda slot: slot.starts_at):
        groups.setdefault((slot.clinic_id, slot.doctor_id), []).append(str(slot.id))
    for (clinic_id, doctor_id), ids in groups.items():
        for n in range(0, len(ids), SLOTS_PER_EVENT):
            await Event.append(happening, clinic_id, doctor_id=doctor_id, slot_ids=ids[n : n + SLOTS_PER_EVENT])

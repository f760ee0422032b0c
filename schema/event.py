"""Event: what happened to a slot or visit, as partners see it: ids and times, no personal data."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

import orjson
import strawberry

import models.events.event
from infra import crypto
from models.events.event import EventType
from models.events.partner import Partner
from models.refusals.partner import CursorExpired
from models.slots.availability import load_related
from models.slots.slot import Slot as SlotRow
from schema.execution.errors import BadUserInput
from schema.page import Connection, PageInfo
from schema.scalars import public_id
from schema.slot import Slot

PURPOSE = "cursor/events"
SLOT_FIELDS = {"slots", "slot", "fromSlot", "toSlot"}


def cursor(position: int) -> str:
    return crypto.sign(orjson.dumps(position), PURPOSE)


def position(cursor: str | None) -> int | None:
    try:
        return None if cursor is None else int(orjson.loads(crypto.verify(cursor, PURPOSE)))
    except crypto.WrongSignature:  # signed before the key was rotated, or a cursor of another list
        raise CursorExpired from None
    except (crypto.InvalidToken, UnicodeEncodeError):
        raise BadUserInput(pl="`after` nie jest kursorem zdarzeń.", en="`after` is not a cursor of events.") from None


@strawberry.interface(
    description="Something that has happened. Events are final, and come in the order in which they were committed."
)
class Event:
    cursor: str = strawberry.field(
        description="The position of the event in the log: pass it as `after` to continue from here."
    )
    id: strawberry.ID = strawberry.field(
        description="The id of the event, which is the same each time the event is read."
    )
    occurred_at: datetime = strawberry.field(description="When it happened.")
    clinic_id: strawberry.ID = strawberry.field(description="The clinic in which it happened.")

    @classmethod
    def of(cls, row: models.events.event.Event, reader: "EventReader") -> Self:
        return cls(
            cursor=cursor(row.position or 0),
            id=public_id("Event", row.id),
            occurred_at=row.occurred_at,
            clinic_id=public_id("Clinic", row.clinic_id),
            **cls.details(row.details, reader),
        )

    @classmethod
    def details(cls, details: dict[str, Any], reader: "EventReader") -> dict[str, Any]:
        raise NotImplementedError  # abstract: each kind of event has its own fields


class _OfSlots(Event):
    @classmethod
    def details(cls, details: dict[str, Any], reader: "EventReader") -> dict[str, Any]:
        found = [reader.slot(id_) for id_ in details["slot_ids"]]
        doctor_id = public_id("Doctor", UUID(details["doctor_id"]))
        return {"doctor_id": doctor_id, "slots": [slot for slot in found if slot]}


class _OfVisit(Event):
    @classmethod
    def details(cls, details: dict[str, Any], reader: "EventReader") -> dict[str, Any]:
        return {"visit_reference": reader.reference(details), "slot": reader.slot(details["slot_id"])}


@strawberry.type(description="Slots became bookable.")
class SlotsPublished(_OfSlots):
    doctor_id: strawberry.ID = strawberry.field(description="The doctor of the slots.")
    slots: list[Slot] = strawberry.field(description="The slots, in their current state.")


@strawberry.type(description="Slots were withdrawn: they can no longer be booked.")
class SlotsWithdrawn(_OfSlots):
    doctor_id: strawberry.ID = strawberry.field(description="The doctor of the slots.")
    slots: list[Slot] = strawberry.field(description="The slots, in their current state.")


REFERENCE = "The reference of the visit, such as `K7MP-3TQX`; an empty string for partners without `showsReferences`."


@strawberry.type(description="A visit was booked.")
class VisitBooked(_OfVisit):
    visit_reference: str = strawberry.field(description=REFERENCE)
    slot: Slot = strawberry.field(description="The slot of the visit, in its current state.")


@strawberry.type(description="A visit was moved to another slot.")
class VisitRescheduled(Event):
    visit_reference: str = strawberry.field(description=REFERENCE)
    from_slot: Slot = strawberry.field(description="The slot from which the visit was moved, in its current state.")
    to_slot: Slot = strawberry.field(description="The slot to which the visit was moved, in its current state.")

    @classmethod
    def details(cls, details: dict[str, Any], reader: "EventReader") -> dict[str, Any]:
        slots = {"from_slot": reader.slot(details["from_slot_id"]), "to_slot": reader.slot(details["to_slot_id"])}
        return {"visit_reference": reader.reference(details), **slots}


@strawberry.type(description="A visit was cancelled.")
class VisitCancelled(_OfVisit):
    visit_reference: str = strawberry.field(description=REFERENCE)
    slot: Slot = strawberry.field(description="The slot of the visit, in its current state.")


EVENT_TYPES: dict[EventType, type[Event]] = {
    EventType.SLOTS_PUBLISHED: SlotsPublished,
    EventType.SLOTS_WITHDRAWN: SlotsWithdrawn,
    EventType.VISIT_BOOKED: VisitBooked,
    EventType.VISIT_RESCHEDULED: VisitRescheduled,
    EventType.VISIT_CANCELLED: VisitCancelled,
}


class EventReader:
    """Converts events for one reader: all slots are read at once, and references are shown only to some readers."""

    def __init__(self, slots: dict[str, Slot], *, shows_references: bool) -> None:
        self._slots, self._shows_references = slots, shows_references

    @classmethod
    async def read_for(
        cls, partner: Partner | None, rows: list[models.events.event.Event], *, with_slots: bool
    ) -> list[Event]:
        """`with_slots`: an event may have hundreds of slots, which are read only for operations that select them."""
        wanted = {id_ for row in rows for id_ in row.slot_ids} if with_slots else ()
        slots = await load_related(await SlotRow.filter(id__in=wanted)) if wanted else []
        found = dict(zip([str(slot.id) for slot in slots], Slot.many(slots, None), strict=True))
        reader = cls(found, shows_references=partner is None or partner.shows_references)
        return [EVENT_TYPES[row.happening].of(row, reader) for row in rows]

    def slot(self, id_: str) -> Slot | None:
        return self._slots.get(id_)

    def reference(self, details: dict[str, Any]) -> str:
        return str(details["visit_reference"]) if self._shows_references else ""


def connection(events: list[Event], after: str | None, *, has_more: bool) -> Connection[Event]:
    info = PageInfo(
        has_next_page=has_more,
        has_previous_page=after is not None,
        start_cursor=events[0].cursor if events else None,
        end_cursor=events[-1].cursor if events else None,
    )
    return Connection(nodes=events, page_info=info, cursors=lambda: [event.cursor for event in events])


@strawberry.type(description="Something of yours has changed: load your visits, offers and waiting list again.")
class MyChange:
    at: datetime = strawberry.field(description="When the change was noticed.")


@strawberry.type(
    description="A visit, offer or waiting list entry of a patient has changed, for example because the patient"
    " arrived."
)
class PatientChange:
    patient_id: strawberry.ID | None = strawberry.field(
        description="The patient; null if changes may have been missed: then load everything again."
    )
    at: datetime = strawberry.field(description="When the change was noticed.")


@strawberry.type(description="A slot that has become free or taken.")
class SlotChange:
    slot: Slot = strawberry.field(description="The slot in its current state, as an anonymous caller sees it.")
    is_free: bool = strawberry.field(
        description="Whether an anonymous caller can book it now; the same as `slot.isFree`."
    )

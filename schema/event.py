"""Event: what happened to slots and visits, as partners may know it: ids and times, nobody's data."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

import orjson
import strawberry

import models.event
from models import seal
from models.event import Happening
from models.partner import Partner
from models.partner_refusal import CursorExpired
from models.slot import Slot as SlotRow
from models.vacancy import with_people
from schema.fault import BadInput
from schema.page import Connection, PageInfo
from schema.scalars import public_id
from schema.slot import Slot

PURPOSE = "cursor/events"


def cursor(position: int) -> str:
    return seal.sign(orjson.dumps(position), PURPOSE)


def position(cursor: str | None) -> int | None:
    try:
        return None if cursor is None else int(orjson.loads(seal.unsign(cursor, PURPOSE)))
    except seal.Foreign:  # of before the secret was changed, or of another list: to be resynchronised as well
        raise CursorExpired from None
    except (seal.Broken, UnicodeEncodeError):
        raise BadInput("This is not a cursor of events.") from None


@strawberry.interface(description="Something that happened; committed, in the order of commits, never changed.")
class Event:
    cursor: str = strawberry.field(description="Where it stands in the log: the next `after`. Keep it.")
    id: strawberry.ID = strawberry.field(description="The same at every reading.")
    occurred_at: datetime = strawberry.field(description="When.")
    clinic_id: strawberry.ID = strawberry.field(description="In which clinic.")

    @classmethod
    def of(cls, row: models.event.Event, told: "Telling") -> Self:
        return cls(
            cursor=cursor(row.position or 0),
            id=public_id("Event", row.id),
            occurred_at=row.occurred_at,
            clinic_id=public_id("Clinic", row.clinic_id),
            **cls.details(row.details, told),
        )

    @classmethod
    def details(cls, details: dict[str, Any], told: "Telling") -> dict[str, Any]:
        raise NotImplementedError  # each kind of event has its own


class _OfSlots(Event):
    @classmethod
    def details(cls, details: dict[str, Any], told: "Telling") -> dict[str, Any]:
        found = [told.slot(id_) for id_ in details["slot_ids"]]
        doctor_id = public_id("Doctor", UUID(details["doctor_id"]))
        return {"doctor_id": doctor_id, "slots": [slot for slot in found if slot]}


class _OfVisit(Event):
    @classmethod
    def details(cls, details: dict[str, Any], told: "Telling") -> dict[str, Any]:
        return {"visit_reference": told.reference(details), "slot": told.slot(details["slot_id"])}


@strawberry.type(description="Slots were offered.")
class SlotsPublished(_OfSlots):
    doctor_id: strawberry.ID = strawberry.field(description="Whose.")
    slots: list[Slot] = strawberry.field(description="Which, as they are now.")


@strawberry.type(description="Slots are offered no longer.")
class SlotsWithdrawn(_OfSlots):
    doctor_id: strawberry.ID = strawberry.field(description="Whose.")
    slots: list[Slot] = strawberry.field(description="Which, as they are now.")


REFERENCE = "Which visit; an empty string for partners that may not know references."


@strawberry.type(description="A visit was booked.")
class VisitBooked(_OfVisit):
    visit_reference: str = strawberry.field(description=REFERENCE)
    slot: Slot = strawberry.field(description="Its slot, as it is now.")


@strawberry.type(description="A visit was moved.")
class VisitRescheduled(Event):
    visit_reference: str = strawberry.field(description=REFERENCE)
    from_slot: Slot = strawberry.field(description="The slot given up, as it is now.")
    to_slot: Slot = strawberry.field(description="The slot won, as it is now.")

    @classmethod
    def details(cls, details: dict[str, Any], told: "Telling") -> dict[str, Any]:
        slots = {"from_slot": told.slot(details["from_slot_id"]), "to_slot": told.slot(details["to_slot_id"])}
        return {"visit_reference": told.reference(details), **slots}


@strawberry.type(description="A visit was cancelled.")
class VisitCancelled(_OfVisit):
    visit_reference: str = strawberry.field(description=REFERENCE)
    slot: Slot = strawberry.field(description="Its slot, as it is now.")


KINDS: dict[Happening, type[Event]] = {
    Happening.SLOTS_PUBLISHED: SlotsPublished,
    Happening.SLOTS_WITHDRAWN: SlotsWithdrawn,
    Happening.VISIT_BOOKED: VisitBooked,
    Happening.VISIT_RESCHEDULED: VisitRescheduled,
    Happening.VISIT_CANCELLED: VisitCancelled,
}


class Telling:
    """Some events on their way to one reader: their slots read at once, references only for those who may know."""

    def __init__(self, slots: dict[str, Slot], *, shows_references: bool) -> None:
        self._slots, self._shows_references = slots, shows_references

    @classmethod
    async def to(cls, partner: Partner | None, rows: list[models.event.Event]) -> list[Event]:
        wanted = {id_ for row in rows for id_ in _slot_ids(row.details)}
        slots = await with_people(await SlotRow.filter(id__in=wanted)) if wanted else []
        found = dict(zip([str(slot.id) for slot in slots], Slot.many(slots, None), strict=True))
        telling = cls(found, shows_references=partner is None or partner.shows_references)
        return [KINDS[row.happening].of(row, telling) for row in rows]

    def slot(self, id_: str) -> Slot | None:
        return self._slots.get(id_)

    def reference(self, details: dict[str, Any]) -> str:
        return str(details["visit_reference"]) if self._shows_references else ""


def _slot_ids(details: dict[str, Any]) -> list[str]:
    return [*details.get("slot_ids", []), *(details[name] for name in SLOT_NAMES if name in details)]


SLOT_NAMES = ("slot_id", "from_slot_id", "to_slot_id")


def connection(events: list[Event], after: str | None, *, has_more: bool) -> Connection[Event]:
    info = PageInfo(
        has_next_page=has_more,
        has_previous_page=after is not None,
        start_cursor=events[0].cursor if events else None,
        end_cursor=events[-1].cursor if events else None,
    )
    return Connection(nodes=events, page_info=info, cursors=lambda: [event.cursor for event in events])


@strawberry.type(description="A slot that became free or taken.")
class SlotChange:
    slot: Slot = strawberry.field(description="As everybody sees it now.")
    is_free: bool = strawberry.field(description="The same as slot.isFree, as somebody not signed in sees it.")

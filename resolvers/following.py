"""Following: what happens to slots and visits, as it happens and as it happened."""

from collections.abc import AsyncGenerator
from uuid import UUID

import strawberry

from models import allowance, event_log, figures
from models.account import Role
from models.clinic import Clinic
from models.event_log import Stretch
from models.news import bell, lookout, sharing
from schema.context import Context, Info
from schema.directives import Anybody, Requires
from schema.event import Event, SlotChange, Telling, connection, cursor, position
from schema.fault import BadInput, Fault
from schema.limits import PAGED
from schema.page import Connection, Page
from schema.scalars import private_id
from schema.slot import Slot
from schema.spending import paced

MOST_EVENTS, READ_AHEAD = 500, 100


def _scope(context: Context, clinic_ids: list[strawberry.ID] | None) -> list[UUID] | None:
    """The clinics whose events are told: those asked for, of those that a partner may see; None: all there are."""
    wanted = None if clinic_ids is None else [private_id("Clinic", id_) for id_ in clinic_ids]
    if context.role == Role.ADMINISTRATOR:
        return wanted
    if context.partner is None:
        raise Fault("FORBIDDEN", context.language)
    if wanted is None:
        return context.partner.clinic_ids
    if not set(wanted) <= set(context.partner.clinic_ids):
        raise Fault("FORBIDDEN", context.language)
    return wanted


@strawberry.type
class Following:
    @strawberry.field(
        extensions=[Requires(Role.PARTNER, Role.ADMINISTRATOR)],
        directives=[PAGED],
        description="The log that Subscription.events streams, in the same order, from the oldest event kept or behind"
        " `after`. `first` is at most 500. A cursor that is too old: error CURSOR_EXPIRED.",
    )
    async def events(
        self, info: Info, after: str | None = None, first: int = 100, clinic_ids: list[strawberry.ID] | None = None
    ) -> Connection[Event]:
        page, scope = Page("events", first, None, MOST_EVENTS), _scope(info.context, clinic_ids)
        behind = position(after)
        stretch = await event_log.read(behind, scope, page.limit)
        events = await Telling.to(info.context.partner, stretch.events[:first])
        return connection(events, after, has_more=len(stretch.events) > first)

    @strawberry.field(
        extensions=[Requires(Role.PARTNER, Role.ADMINISTRATOR)],
        description="Where the log ends now. To begin, or to begin anew: take this cursor first, then load what you"
        " need (such as `freeSlots`), then follow events from this cursor.",
    )
    async def latest_event_cursor(self, info: Info) -> str:
        _scope(info.context, None)
        return cursor(await event_log.newest())


class Reader:
    """One who follows: reads on from where it is, as fast as it takes; nothing piles up for a slow one."""

    def __init__(self, context: Context, scope: list[UUID] | None) -> None:
        self.context, self.scope = context, scope
        self.heard = -1

    async def read(self, after: int | None) -> tuple[Stretch, list[Event]]:
        self.heard = bell.rung  # before reading: what is numbered meanwhile rings again
        return await self._next(after)

    async def read_on(self, stretch: Stretch) -> tuple[Stretch, list[Event]]:
        """What comes behind a stretch: when there is nothing yet, together with all who wait at the same place."""
        if not stretch.is_all:
            if self.context.partner:  # it catches up: as fast as its budget allows
                await paced(self.context.partner, len(stretch.events) * self.context.cost)
            return await self.read(stretch.end)
        await bell.after(self.heard)
        if bell.rung == self.heard:  # it has been quiet for so long that looking is safer
            return await self.read(stretch.end)
        self.heard = bell.rung
        shows = self.context.partner is None or self.context.partner.shows_references
        what = (stretch.end, None if self.scope is None else tuple(self.scope), shows)
        return await sharing.read(self.heard, what, lambda: self._next(stretch.end))

    async def _next(self, after: int | None) -> tuple[Stretch, list[Event]]:
        stretch = await event_log.read(after, self.scope, READ_AHEAD)
        return stretch, await Telling.to(self.context.partner, stretch.events)


async def _following(
    reader: Reader, stretch: Stretch, events: list[Event], held: allowance.Lease | None
) -> AsyncGenerator[Event, None]:
    async with allowance.given_back(held):
        with figures.SUBSCRIBERS.track_inprogress():
            while True:
                for event in events:
                    reader.context.look_afresh()
                    yield event
                if held:
                    await held.renew()
                stretch, events = await reader.read_on(stretch)


async def _changes(clinic_id: UUID, info: Info) -> AsyncGenerator[SlotChange, None]:
    with figures.SUBSCRIBERS.track_inprogress(), lookout.watching(clinic_id) as watch:
        while True:
            slot = Slot.of(await watch.next(), None)
            info.context.look_afresh()
            yield SlotChange(slot=slot, is_free=slot.is_free)


@strawberry.type(description="What can be followed.")
class Subscription:
    @strawberry.subscription(
        extensions=[Anybody()],
        description="Slots of a clinic that became free or taken: keeps an open calendar true. No personal data;"
        " anybody may watch. Subscribe first, then load the calendar. Error CHANGES_MISSED: load and subscribe again.",
    )
    async def slot_changes(self, info: Info, clinic_id: strawberry.ID) -> AsyncGenerator[SlotChange, None]:
        key = private_id("Clinic", clinic_id)
        if not await Clinic.exists(id=key):
            raise BadInput("There is no such clinic.")
        return _changes(key, info)

    @strawberry.subscription(
        extensions=[Requires(Role.PARTNER, Role.ADMINISTRATOR)],
        description="Every change since `after`, without gap or repeat, then live; without `after` from the oldest"
        " event kept. Reconnect with the last cursor seen. A cursor that is too old: error CURSOR_EXPIRED.",
    )
    async def events(
        self, info: Info, after: str | None = None, clinic_ids: list[strawberry.ID] | None = None
    ) -> AsyncGenerator[Event, None]:
        reader = Reader(info.context, _scope(info.context, clinic_ids))
        stretch, events = await reader.read(position(after))
        held = await allowance.lease(info.context.partner) if info.context.partner else None
        return _following(reader, stretch, events, held)

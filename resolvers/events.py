"""Events: what happens to slots and visits, as a log to read and as live subscriptions."""

from collections.abc import AsyncGenerator, Callable
from typing import Annotated
from uuid import UUID

import strawberry

from infra import clock, metrics
from models.accounts.account import Role
from models.events import event_log, partner_quota
from models.events.event_log import EventPage
from models.events.partner import Partner
from models.events.subscribers import (
    ChangedSlot,
    desk_watchers,
    event_signal,
    patient_watchers,
    single_flight,
    slot_watchers,
)
from models.slots.clinic import Clinic
from schema.access_rules import Anybody, Requires
from schema.context import Context, Info
from schema.event import (
    SLOT_FIELDS,
    Event,
    EventReader,
    MyChange,
    PatientChange,
    SlotChange,
    connection,
    cursor,
    position,
)
from schema.execution.errors import BadUserInput, CodedError
from schema.execution.limits import PAGED
from schema.execution.rate_limits import charge_gradually
from schema.execution.selection import selects
from schema.page import Connection, Page
from schema.scalars import private_id, public_id
from schema.slot import Slot

LARGEST_PAGE, READ_AHEAD = 500, 100
FirstEvents = Annotated[int, strawberry.argument(description="The number of events per page: 1 to 500.")]
AfterEvent = Annotated[
    str | None,
    strawberry.argument(
        description="The cursor of the last event seen; if omitted, the events start with the oldest that is kept."
    ),
]
OfClinics = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(
        description="Only events of these clinics; if omitted, of all clinics that the caller may see. Any other clinic"
        " is refused with the error FORBIDDEN."
    ),
]


def _scope(context: Context, clinic_ids: list[strawberry.ID] | None) -> list[UUID] | None:
    """The clinics whose events the caller gets; None means all. A partner must be allowed to see all requested ones."""
    wanted = None if clinic_ids is None else [private_id("Clinic", id_) for id_ in clinic_ids]
    if context.role == Role.ADMINISTRATOR:
        return wanted
    if context.partner is None:
        raise CodedError("FORBIDDEN", context.language)
    if wanted is None:
        return context.partner.clinic_ids
    if not set(wanted) <= set(context.partner.clinic_ids):
        raise CodedError("FORBIDDEN", context.language)
    return wanted


@strawberry.type
class EventQueries:
    @strawberry.field(
        extensions=[Requires(Role.PARTNER, Role.ADMINISTRATOR)],
        directives=[PAGED],
        description="The event log, in the order of `Subscription.events`. Events are kept for 90 days (setting"
        " EVENT_RETENTION_DAYS); an older `after` is refused with the error CURSOR_EXPIRED. If slots are selected, a"
        " page ends early, with `hasNextPage`, if the next event would bring it to more than 500 slots.",
    )
    async def events(
        self, info: Info, after: AfterEvent = None, first: FirstEvents = 100, clinic_ids: OfClinics = None
    ) -> Connection[Event]:
        page, scope = Page("events", first, None, LARGEST_PAGE), _scope(info.context, clinic_ids)
        found = await event_log.read(position(after), scope, page.limit)
        with_slots = selects(info, SLOT_FIELDS)
        rows = (found.limit_slots() if with_slots else found).events[:first]
        events = await EventReader.read_for(info.context.partner, rows, with_slots=with_slots)
        return connection(events, after, has_more=len(found.events) > len(rows))

    @strawberry.field(
        extensions=[Requires(Role.PARTNER, Role.ADMINISTRATOR)],
        description="The cursor of the current end of the log. To synchronise, or to start again, get this cursor"
        " first, then load what you need (such as `freeSlots`), then follow the events after this cursor.",
    )
    async def latest_event_cursor(self, info: Info) -> str:
        _scope(info.context, None)
        return cursor(await event_log.read_last_position())


class EventFollower:
    """Reads the log for one subscriber, no faster than it consumes events: nothing is queued for a slow one."""

    def __init__(self, context: Context, scope: list[UUID] | None, *, with_slots: bool) -> None:
        self.context, self.scope, self.with_slots = context, scope, with_slots
        self.seen_signal = -1

    async def read(self, after: int | None) -> tuple[EventPage, list[Event]]:
        self.seen_signal = event_signal.count  # read first: a commit during the query then wakes the next wait
        return await self._next(after)

    async def read_on(self, previous: EventPage) -> tuple[EventPage, list[Event]]:
        """The next events. If there are none yet, wait; subscribers waiting at the same position share one read."""
        if not previous.is_last:
            if self.context.partner:  # catching up is limited by the partner's budget
                await charge_gradually(self.context.partner, len(previous.events) * self.context.cost)
            return await self.read(previous.end)
        await event_signal.wait_after(self.seen_signal)
        if event_signal.count == self.seen_signal:  # no signal for a long time: read anyway
            return await self.read(previous.end)
        self.seen_signal = event_signal.count
        shows = self.context.partner is None or self.context.partner.shows_references
        key = (previous.end, None if self.scope is None else tuple(self.scope), shows, self.with_slots)
        return await single_flight.read(self.seen_signal, key, lambda: self._next(previous.end))

    async def _next(self, after: int | None) -> tuple[EventPage, list[Event]]:
        page = await event_log.read(after, self.scope, READ_AHEAD)
        page = page.limit_slots() if self.with_slots else page
        return page, await EventReader.read_for(self.context.partner, page.events, with_slots=self.with_slots)


async def _follow(
    follower: EventFollower, page: EventPage, events: list[Event], partner: Partner | None
) -> AsyncGenerator[Event, None]:
    async with partner_quota.hold_permit(partner) as permit:
        with metrics.SUBSCRIBERS.track_inprogress():
            while True:
                for event in events:
                    follower.context.clear_loaders()
                    yield event
                if permit:
                    await permit.renew()
                page, events = await follower.read_on(page)


async def _follow_slots(clinic_id: UUID, info: Info) -> AsyncGenerator[SlotChange, None]:
    with metrics.SUBSCRIBERS.track_inprogress(), slot_watchers.watch(clinic_id) as watcher:

        def divert(take: Callable[[object], bool]) -> None:
            watcher.take = lambda changed: take(_show(changed))

        info.context.divert = divert
        while True:
            changed = await watcher.next()
            info.context.clear_loaders()
            yield _show(changed)


def _show(changed: ChangedSlot) -> SlotChange:
    """The change as watchers see it, made once for all of them."""
    if changed.shown is None:
        slot = Slot.of(changed.row, None)
        changed.shown = SlotChange(slot=slot, is_free=slot.is_free)
    shown: SlotChange = changed.shown
    return shown


async def _follow_own(patient_id: UUID) -> AsyncGenerator[MyChange, None]:
    with metrics.SUBSCRIBERS.track_inprogress(), patient_watchers.watch(patient_id) as changed:
        while True:
            await changed.wait()
            changed.clear()
            yield MyChange(at=clock.now())


async def _follow_patients() -> AsyncGenerator[PatientChange, None]:
    with metrics.SUBSCRIBERS.track_inprogress(), desk_watchers.watch() as watcher:
        while True:
            patient_id = await watcher.next()
            known = None if patient_id is None else public_id("Patient", patient_id)
            yield PatientChange(patient_id=known, at=clock.now())


@strawberry.type(description="The subscriptions. They need a WebSocket (graphql-transport-ws) or server-sent events.")
class Subscription:
    @strawberry.subscription(
        extensions=[Anybody()],
        description="The slots of a clinic that become free or taken, to keep a calendar up to date. They contain no"
        " personal data, and everybody may subscribe. Subscribe first, then load the calendar. After the error"
        " CHANGES_MISSED, subscribe and load again.",
    )
    async def slot_changes(
        self,
        info: Info,
        clinic_id: Annotated[
            strawberry.ID,
            strawberry.argument(description="The clinic; an unknown clinic is refused with the error BAD_USER_INPUT."),
        ],
    ) -> AsyncGenerator[SlotChange, None]:
        key = private_id("Clinic", clinic_id)
        if not await Clinic.exists(id=key):
            raise BadUserInput(pl="Nie ma takiej poradni.", en="There is no such clinic.")
        return _follow_slots(key, info)

    @strawberry.subscription(
        extensions=[Requires(Role.PATIENT)],
        description="Notifies you when your visits, offers or waiting list entries have changed: load them again."
        " Subscribe first, then load. An open subscription does not keep the session from ending.",
    )
    async def my_changes(self, info: Info) -> AsyncGenerator[MyChange, None]:
        return _follow_own(info.context.patient.id)

    @strawberry.subscription(
        extensions=[Requires(Role.RECEPTIONIST, Role.ADMINISTRATOR)],
        description="Notifies the desk of the patients whose visits, offers or waiting list entries have changed, for"
        " example by an arrival, an answer or a cancellation: load again what you show of them. Subscribe first, then"
        " load. An open subscription does not keep the session from ending.",
    )
    async def patient_changes(self, info: Info) -> AsyncGenerator[PatientChange, None]:
        return _follow_patients()

    @strawberry.subscription(
        extensions=[Requires(Role.PARTNER, Role.ADMINISTRATOR)],
        description="All events after a cursor, without gaps or repetitions, and then new ones as they happen. After a"
        " lost connection, subscribe again with the last cursor received. An `after` that is too old is refused with"
        " the error CURSOR_EXPIRED.",
    )
    async def events(
        self, info: Info, after: AfterEvent = None, clinic_ids: OfClinics = None
    ) -> AsyncGenerator[Event, None]:
        scope, with_slots = _scope(info.context, clinic_ids), selects(info, SLOT_FIELDS)
        follower = EventFollower(info.context, scope, with_slots=with_slots)
        page, events = await follower.read(position(after))
        return _follow(follower, page, events, info.context.partner)

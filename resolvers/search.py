"""Search: everybody can look for clinics, doctors and free slots."""

from dataclasses import replace
from datetime import date, time
from typing import Annotated

import strawberry

from models.accounts.account import Role
from models.slots import availability
from models.slots.clinic import Clinic as ClinicRow
from models.slots.doctor import Doctor as DoctorRow
from schema import wall_clock
from schema.access_rules import Anybody, for_staff
from schema.centre import Centre
from schema.clinic import Clinic
from schema.context import Info
from schema.doctor import Doctor
from schema.execution.errors import BadUserInput
from schema.execution.limits import PAGED, at_most
from schema.page import MAX_ROWS, After, Connection, First, InClinic, Page
from schema.scalars import optional_id, optional_ids, private_id
from schema.service_hours import ServiceHours
from schema.slot import FreeDay, FreeSlotsFilter, Slot, Weekday

MAX_SEARCH, PARTNER_MAX_ROWS = 100, 500
FirstSlots = Annotated[
    int, strawberry.argument(description="The number of rows per page: 1 to 100, for partners 1 to 500.")
]
MatchingName = Annotated[
    str | None,
    strawberry.argument(
        description="Part of the name (for doctors, also of a specialty): at most 100 characters. Case and Polish"
        " diacritics do not matter. If omitted, all are listed."
    ),
]


def _searchable(text: str | None) -> str | None:
    if text is not None and (len(text) > MAX_SEARCH or "\0" in text):
        raise BadUserInput(
            pl=f"`search` może mieć najwyżej {MAX_SEARCH} znaków.",
            en=f"`search` must be at most {MAX_SEARCH} characters.",
        )
    return text


@strawberry.type
class SearchQueries:
    @strawberry.field(
        extensions=[Anybody()],
        description="The medical centre whose e-registration this is: the details that every page shows.",
    )
    def centre(self) -> Centre:
        return Centre.current()

    @strawberry.field(
        extensions=[Anybody()], description="The hours in which e-registration is open, and whether it is open now."
    )
    def service_hours(self) -> ServiceHours:
        return ServiceHours.current()

    @strawberry.field(
        extensions=[Anybody()],
        directives=[PAGED],
        description="The clinics of the centre, ordered by name. Those that are closed are shown to staff only.",
    )
    async def clinics(
        self, info: Info, search: MatchingName = None, first: First = 50, after: After = None
    ) -> Connection[Clinic]:
        page, is_staff = Page("clinics", first, after), info.context.is_staff
        rows = await ClinicRow.list_page(_searchable(search), page.after, page.limit, with_closed=is_staff)
        return Connection.of(rows, page, "search_name", Clinic.of)

    @strawberry.field(
        extensions=[Anybody()],
        directives=[PAGED],
        description="The doctors of the centre, ordered by surname. Those who have retired are shown to staff only.",
    )
    async def doctors(
        self,
        info: Info,
        clinic_id: InClinic = None,
        search: MatchingName = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[Doctor]:
        page, clinic = Page("doctors", first, after), optional_id("Clinic", clinic_id)
        rows = await DoctorRow.list_page(
            clinic, _searchable(search), page.after, page.limit, with_retired=info.context.is_staff
        )
        return Connection.of(rows, page, "search_name", Doctor.of)

    @strawberry.field(
        extensions=[Anybody()],
        directives=[PAGED],
        description="The slots that can be booked online now, earliest first.",
    )
    async def free_slots(
        self, info: Info, filter: FreeSlotsFilter, first: FirstSlots = 50, after: After = None
    ) -> Connection[Slot]:
        max_rows = PARTNER_MAX_ROWS if info.context.role == Role.PARTNER else MAX_ROWS
        page, viewer = Page("freeSlots", first, after, max_rows), info.context.viewer
        if filter.beyond_rules:
            for_staff().check(info.context)
        if info.context.is_staff:
            wall_clock.resolve_filter(from_=filter.from_, until=filter.until)
        else:
            wall_clock.require_offsets(filter.from_, filter.until)
        rows = await availability.find_free_slots(filter.to_model(), viewer, page.after, page.limit)
        return Connection.from_rows(rows, page, "starts_at", Slot.many(rows[: page.first], viewer))

    @strawberry.field(
        extensions=[Anybody()],
        directives=[at_most(availability.MAX_CALENDAR_DAYS)],
        description="The number of free slots on each local day of a period of at most 92 days; days without a free"
        " slot are omitted. A longer or reversed period is refused with the error BAD_USER_INPUT.",
    )
    async def free_days(
        self,
        info: Info,
        clinic_id: Annotated[strawberry.ID, strawberry.argument(description="In this clinic.")],
        from_: Annotated[date, strawberry.argument(name="from", description="The first day.")],
        until: Annotated[date, strawberry.argument(description="The last day, inclusive.")],
        doctor_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only with this doctor; if omitted, with any.")
        ] = None,
        earliest: Annotated[
            time | None, strawberry.argument(description="Only slots that start at or after this time of day.")
        ] = None,
        latest: Annotated[
            time | None, strawberry.argument(description="Only slots that start at or before this time of day.")
        ] = None,
        weekdays: Annotated[
            list[Weekday] | None, strawberry.argument(description="Only on these days of the week.")
        ] = None,
    ) -> list[FreeDay]:
        if not 0 <= (until - from_).days < availability.MAX_CALENDAR_DAYS:
            raise BadUserInput(
                pl=f"`from` nie może być po `until`, a okres może mieć najwyżej {availability.MAX_CALENDAR_DAYS} dni.",
                en=f"`from` must not be after `until`, and the period must be at most {availability.MAX_CALENDAR_DAYS}"
                " days long.",
            )
        doctor_ids = optional_ids("Doctor", [doctor_id] if doctor_id is not None else None)
        wanted = replace(
            availability.SlotFilter.on_days(private_id("Clinic", clinic_id), doctor_ids, from_, until),
            earliest=earliest,
            latest=latest,
            weekdays=None if weekdays is None else [day.value for day in weekdays],
        )
        days = await availability.count_free_days(wanted, info.context.viewer)
        return [FreeDay(date=day.date, free_slots=day.free_slots, first_starts_at=day.first_starts_at) for day in days]

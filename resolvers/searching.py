"""Searching: clinics, doctors and free terms; everybody may look."""

from datetime import date
from typing import Annotated

import strawberry

from models import vacancy
from models.account import Role
from models.clinic import Clinic as ClinicRow
from models.doctor import Doctor as DoctorRow
from schema.clinic import Clinic
from schema.context import Info
from schema.directives import Anybody, for_staff
from schema.doctor import Doctor
from schema.fault import BadInput
from schema.limits import PAGED, at_most
from schema.page import Connection, Page
from schema.scalars import private_id
from schema.service_hours import ServiceHours
from schema.slot import FreeDay, FreeSlotsFilter, Slot

LONGEST_SEARCH = 100


def _searchable(text: str | None) -> str | None:
    if text is not None and (len(text) > LONGEST_SEARCH or "\0" in text):
        raise BadInput(f"`search` must be at most {LONGEST_SEARCH} characters.")
    return text


@strawberry.type
class Searching:
    @strawberry.field(extensions=[Anybody()], description="When e-registration is open.")
    def service_hours(self) -> ServiceHours:
        return ServiceHours.at_present()

    @strawberry.field(
        extensions=[Anybody()],
        directives=[PAGED],
        description="Clinics by name; `search` is any part of it, in any case, with or without Polish letters."
        " `first` is at most 100.",
    )
    async def clinics(self, search: str | None = None, first: int = 50, after: str | None = None) -> Connection[Clinic]:
        page = Page("clinics", first, after)
        rows = await ClinicRow.listed(_searchable(search), page.after, page.limit)
        return Connection.of(rows, page, "search_name", Clinic.of)

    @strawberry.field(
        extensions=[Anybody()],
        directives=[PAGED],
        description="Doctors by surname; `search` is any part of name or specialty, in any case, with or without"
        " Polish letters. `first` is at most 100.",
    )
    async def doctors(
        self,
        clinic_id: strawberry.ID | None = None,
        search: str | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> Connection[Doctor]:
        page = Page("doctors", first, after)
        place = private_id("Clinic", clinic_id) if clinic_id is not None else None
        rows = await DoctorRow.listed(place, _searchable(search), page.after, page.limit)
        return Connection.of(rows, page, "search_name", Doctor.of)

    @strawberry.field(
        extensions=[Anybody()],
        directives=[PAGED],
        description="Slots that can be booked online now, in time order. `first` is at most 100, for partners 500.",
    )
    async def free_slots(
        self, info: Info, filter: FreeSlotsFilter, first: int = 50, after: str | None = None
    ) -> Connection[Slot]:  # fmt: skip
        most = 500 if info.context.role == Role.PARTNER else 100
        page, viewer = Page("freeSlots", first, after, most), info.context.viewer
        if filter.beyond_rules:
            for_staff().check(info.context)
        rows = await vacancy.free_slots(filter.wanted(), viewer, page.after, page.limit)
        return Connection.of_many(rows, page, "starts_at", Slot.many(rows[: page.first], viewer))

    @strawberry.field(
        extensions=[Anybody()],
        directives=[at_most(vacancy.LONGEST_CALENDAR_DAYS)],
        description="How many slots are free on each local day from `from` to `until` (included), at most 92 days;"
        " days without any are left out.",
    )
    async def free_days(
        self,
        info: Info,
        clinic_id: strawberry.ID,
        from_: Annotated[date, strawberry.argument(name="from")],
        until: date,
        doctor_id: strawberry.ID | None = None,
    ) -> list[FreeDay]:
        doctors = None if doctor_id is None else [private_id("Doctor", doctor_id)]
        if not 0 <= (until - from_).days < vacancy.LONGEST_CALENDAR_DAYS:
            raise BadInput(f"`from` must not be after `until`, and at most {vacancy.LONGEST_CALENDAR_DAYS} days apart.")
        wanted = vacancy.Wanted.on_days(private_id("Clinic", clinic_id), doctors, from_, until)
        days = await vacancy.free_days(wanted, info.context.viewer)
        return [FreeDay(date=day.date, free_slots=day.free_slots, first_starts_at=day.first_starts_at) for day in days]

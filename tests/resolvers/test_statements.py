"""A long list costs a constant number of SQL statements, however many rows it has."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest

from tests import cast
from tests.support.client import Client, id_of
from tests.support.statement_count import count_statements


async def statements(work: Awaitable[Any], rows: int) -> int:
    page, count = await count_statements(work)
    assert len(page["nodes"]) == rows
    return count


async def test_fifty_free_slots_with_clinic_and_doctor_cost_as_much_as_one(nobody: Client) -> None:
    clinic = await cast.clinic()
    doctors = [await cast.doctor(clinic) for _ in range(5)]
    await cast.morning(date(2026, 11, 24), 1, at=clinic, by=doctors[0])
    wanted = {"clinicId": id_of(clinic)}
    for_one = await statements(nobody.ask("FreeSlots", filter=wanted), 1)
    for doctor in doctors:
        await cast.morning(date(2026, 11, 25), 10, at=clinic, by=doctor)
    for_fifty = await statements(nobody.ask("FreeSlots", filter=wanted), 50)
    assert 0 < for_fifty == for_one <= 4


@pytest.mark.parametrize("document", ["DoctorsWithTerms", "ClinicsWithTerms"])
async def test_many_doctors_and_clinics_with_their_next_slots_cost_as_much_as_one(
    document: str, nobody: Client
) -> None:
    async def work_day(n: int) -> None:
        clinic = await cast.clinic(f"Poradnia {n}")
        await cast.slot(at=clinic, by=await cast.doctor(clinic, clinic))

    await work_day(0)
    for_one = await statements(nobody.ask(document), 1)
    for n in range(1, 20):
        await work_day(n)
    assert 0 < await statements(nobody.ask(document), 20) == for_one <= 8


@pytest.mark.parametrize("signed_in", [False, True])
async def test_a_calendar_is_one_statement(signed_in: bool, anna: Client, nobody: Client) -> None:
    clinic = await cast.clinic()
    await cast.morning(date(2026, 11, 24), 10, at=clinic, by=await cast.doctor(clinic))
    span = {"from": "2026-11-23", "until": "2027-02-22"}
    client = anna if signed_in else nobody
    days, count = await count_statements(client.ask("FreeDays", clinicId=id_of(clinic), **span))
    assert [day["freeSlots"] for day in days] == [10]
    assert count == 2 + signed_in  # one extra for the rate counter, and one for a session


async def test_planned_visits_with_clinic_doctor_and_calendar_do_not_cost_more_each(anna: Client) -> None:
    """History is not included: it is rarely requested, and for few visits, so it takes one statement per visit."""
    asked = "{ me { patient { plannedVisits { nodes { id calendar clinic { name } doctor { fullName } } } } } }"
    clinic = await cast.clinic(planned_visits_per_patient=50)
    doctor = await cast.doctor(clinic)

    async def planned(work: Callable[[str], Awaitable[Any]] = anna.ask) -> tuple[int, int]:
        me, count = await count_statements(work(asked))
        return len(me["patient"]["plannedVisits"]["nodes"]), count

    slots = await cast.morning(date(2026, 11, 24), 12, at=clinic, by=doctor)
    await anna.do("BookVisit", slotId=id_of(slots[0]))
    one, for_one = await planned()
    for slot in slots[1:]:
        await anna.do("BookVisit", slotId=id_of(slot))
    twelve, for_twelve = await planned()
    assert (one, twelve) == (1, 12)
    assert for_twelve == for_one

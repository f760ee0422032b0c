"""Terms offered on the patient's page: for a visit whose doctor is absent, and to one who waits; in a real browser."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.async_api import Page, expect

from models import clock, relief
from models.account import Account
from models.doctor import Doctor
from models.slot import Slot
from models.visit import Visit
from tests import cast
from tests.models.promises import book, cancel
from tests.portal.test_portal import the_letter

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
async def at_present(fresh: None) -> AsyncIterator[None]:
    """The server's clock is the real one: what a test writes before is of the same time."""
    with clock.pinned(datetime.now(UTC)):
        yield


@pytest.fixture
def faults(page: Page) -> list[str]:
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    return found


async def enter(page: Page, server: str, account: Account) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto(f"{server}/#/log-in")
    await page.fill("[name=login]", account.email or "")
    await page.fill("[name=password]", cast.PASSWORD)
    await page.click("button.main")
    await page.click("text=Moje wizyty")


async def ill(doctor: Doctor, day: date, by: Account) -> None:
    begin = datetime.combine(day, datetime.min.time(), cast.WARSAW)
    await relief.report(doctor.id, begin, begin + DAY, reason="choroba", by=by)


async def absence() -> tuple[Account, list[Slot]]:
    """Anna's visit cannot take place; the same doctor has a term two days later."""
    anna, clinic = await cast.anna(), await cast.clinic()
    doctor, day = await cast.doctor(clinic), clock.today() + 3 * DAY
    slots = [
        *await cast.morning(day, 1, at=clinic, by=doctor),
        *await cast.morning(day + 2 * DAY, 1, at=clinic, by=doctor),
    ]
    await book(anna, slots[0])
    await ill(doctor, day, await cast.rita())
    return anna, slots


async def test_the_offered_term_is_taken_instead_of_the_visit(server: str, page: Page, faults: list[str]) -> None:
    anna, [_, other] = await absence()
    await enter(page, server, anna)
    await expect(page.locator(".refusal").first).to_contain_text("lekarza nie będzie")
    await expect(page.locator(".offer")).to_contain_text("zamiast wizyty")
    await page.click("text=Przyjmij ten termin")
    await expect(page.locator("[role=status]")).to_contain_text("Wizyta przełożona")
    await expect(page.locator(".offer")).to_have_count(0)
    assert [visit.slot_id for visit in await Visit.filter(patient_id=anna.patient_id)] == [other.id]
    assert f"{clock.local(other.starts_at):%H:%M}" in await the_letter(server, "Zmiana terminu")
    assert faults == []


async def test_what_does_not_suit_stays_the_patients_choice(server: str, page: Page, faults: list[str]) -> None:
    anna, [booked, other] = await absence()
    await enter(page, server, anna)
    await page.click("text=Nie odpowiada mi")
    await expect(page.locator("[role=status]")).to_contain_text("Wizyta pozostaje bez zmian")
    await expect(page.locator(".offer")).to_have_count(0)
    await expect(page.locator(".refusal").first).to_contain_text("lekarza nie będzie")
    assert (await Visit.get()).slot_id == booked.id
    assert (await Slot.get(id=other.id)).visit_id is None
    assert faults == []


async def test_who_waits_is_offered_what_comes_free_and_books_it(server: str, page: Page, faults: list[str]) -> None:
    anna, borys, clinic = await cast.anna(), await cast.borys(), await cast.clinic()
    [slot] = await cast.morning(clock.today() + 3 * DAY, 1, at=clinic, by=await cast.doctor(clinic))
    visit = await book(borys, slot)
    await enter(page, server, anna)
    await page.click("text=Umów wizytę")
    await page.click("main button.main")  # the clinic, which has nothing free
    await page.click("summary")
    await page.fill("[name=latest]", "07:00")
    await page.fill("[name=earliest]", "12:00")
    await page.click("details button.main")
    await expect(page.locator("#latest-flaw")).not_to_be_empty()
    await page.fill("[name=latest]", "12:00")
    await page.fill("[name=earliest]", "07:00")
    await page.click("details button.main")
    await expect(page.locator("[role=status]")).to_contain_text("Zapisano na listę")
    await expect(page.locator("main")).to_contain_text(clinic.name)
    await cancel(borys, visit)
    await the_letter(server, "Zwolnił się termin")
    await page.click("text=Moje konto")
    await page.click("text=Moje wizyty")
    await page.click("text=Przyjmij ten termin")
    await expect(page.locator("[role=status]")).to_contain_text("Wizyta umówiona")
    await expect(page.locator("main")).not_to_contain_text("Lista oczekujących")
    assert (await Visit.get(patient_id=anna.patient_id)).slot_id == slot.id
    assert faults == []

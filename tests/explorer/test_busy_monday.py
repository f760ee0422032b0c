"""A whole busy Monday at the desk, by mouse: two colleagues, 92 visits, and all kinds of requests from callers."""

import asyncio
import io
import re
from datetime import datetime, time, timedelta

import pypdf
import pytest
from playwright.async_api import ViewportSize

from infra import clock
from models.accounts.patient import Patient
from models.slots.slot import Slot
from models.values.visit_status import Status
from models.visits.visit import Visit
from models.visits.visit_history import VisitChange
from tests import cast
from tests.explorer.conftest import LARGE, SMALL, Hire
from tests.explorer.desk import MOST_EFFORTS, Desk
from tests.explorer.scene import Scene, busy_day
from tests.support.browser import expect
from tests.support.invariants import check_invariants

A4: ViewportSize = {"width": 794, "height": 1123}


@pytest.mark.journey
async def test_a_busy_monday_goes_by_without_the_editor(hired: Hire) -> None:
    scene = await busy_day()
    dorota = await cast.dorota(scene.rita)
    await cast.roman()
    rita = await hired()
    await all_visits_are_there(scene, rita, booked=92, free=16)
    assert await rita.accessibility_faults() == []
    await rita.picture("day")
    await all_are_printed_on_one_sheet(scene, rita)
    await a_known_caller_is_booked(scene, rita, dorota)
    await the_next_free_slot_of_any_cardiologist_is_two_steps_away(scene, rita)
    await a_new_caller_is_registered_and_booked_in_one_go(rita)
    roman = await hired(LARGE, "roman@diamed.example")
    await all_visits_are_there(scene, roman, booked=94, free=14)
    assert await roman.accessibility_faults(but=("color-contrast",)) == []
    await of_two_callers_at_one_slot_the_second_is_offered_the_next_ones(scene, rita, roman)
    await a_visit_is_moved_by_drag(scene, rita)
    await a_visit_is_cancelled_with_what_was_said(scene, rita)
    await a_blocked_slot_says_why_and_is_opened_again(rita)
    await what_others_do_appears_by_itself(scene, roman)
    await a_doctors_week_stands_side_by_side(scene, roman)
    await check_invariants()


async def all_visits_are_there(scene: Scene, desk: Desk, *, booked: int, free: int) -> None:
    await desk.go_to(scene.day)
    await expect(desk.page.locator(".cell.BOOKED")).to_have_count(booked)
    await expect(desk.free_cells).to_have_count(free)
    cell = desk.cell(scene.person(1))
    for text in ("08:00", "501 000 001", "ból głowy", "tożsamość niepotwierdzona", "umówiona"):
        await expect(cell).to_contain_text(text)


async def all_are_printed_on_one_sheet(scene: Scene, desk: Desk) -> None:
    await desk.page.set_viewport_size(A4)
    await desk.page.emulate_media(media="print")
    await desk.picture("print")
    await desk.page.emulate_media(media="null")
    await desk.page.set_viewport_size(SMALL)  # type: ignore[arg-type]  # a plain dict for the size
    printed = pypdf.PdfReader(io.BytesIO(await desk.page.pdf()))
    assert len(printed.pages) == 1
    text = printed.pages[0].extract_text()
    assert [name for name in map(scene.person, range(92)) if name not in text] == []
    times, phones = (re.findall(number, text) for number in (r"\d\d:\d\d", r"501 \d{3} \d{3}"))
    assert (len(times), len(phones)) == (92 + 1, 92 - 14), "nothing is cut off; every seventh has no telephone"
    assert all(doctor.full_name in text for doctor in scene.doctors)


async def a_known_caller_is_booked(scene: Scene, desk: Desk, dorota: Patient) -> None:
    desk.efforts = 0
    await desk.click(desk.free_cells.first)
    await desk.type("dzwoniaca")
    await desk.click(desk.side.get_by_role("option").first)
    await desk.click(desk.side.get_by_role("button", name="Zarezerwuj"))
    await expect(desk.side).to_contain_text("Zarezerwowano: Dzwoniąca Dorota")
    assert desk.efforts <= MOST_EFFORTS
    visit = await Visit.get(patient_id=dorota.id)
    await expect(desk.side).to_contain_text(visit.reference)
    await desk.picture("booked")


async def the_next_free_slot_of_any_cardiologist_is_two_steps_away(scene: Scene, desk: Desk) -> None:
    kowal, early = scene.doctors[1], datetime.combine(scene.day, time(7), cast.WARSAW)
    slot = await cast.slot(early, at=scene.clinics["Kardiologia"], by=kowal)
    await desk.click(desk.side.get_by_role("button", name="Zamknij"))
    await desk.page.get_by_label("Lekarz lub specjalizacja").fill("kardiolog")
    await desk.press("Enter")
    await expect(desk.page.locator(".next button")).to_have_count(2)
    await desk.picture("next-free")
    await desk.click(desk.page.locator(".next button").first)
    await expect(desk.side.locator("h2").first).to_contain_text("07:00")
    await expect(desk.side).to_contain_text(kowal.full_name)
    await Slot.filter(id=slot.id).update(withdrawn_at=clock.now())


async def a_new_caller_is_registered_and_booked_in_one_go(desk: Desk) -> None:
    await desk.click(desk.free_cells.last)
    await desk.type("Nowicka Zofia")
    await desk.click("text=Nowy pacjent")
    await desk.side.locator("[name=pesel]").fill("44051401358")
    await desk.side.get_by_label("Telefon").fill("501 222 333")
    await desk.click(desk.side.get_by_role("button", name="Zapisz"))
    await expect(desk.side.locator(".wrong")).to_contain_text("PESEL")
    await desk.side.locator("[name=pesel]").fill("44051401359")
    await desk.click(desk.side.get_by_role("button", name="Zapisz"))
    await desk.click(desk.side.get_by_role("button", name="Zarezerwuj"))
    await expect(desk.side).to_contain_text("Zarezerwowano: Nowicka Zofia")


async def of_two_callers_at_one_slot_the_second_is_offered_the_next_ones(scene: Scene, *desks: Desk) -> None:
    for desk, number in zip(desks, (7, 20), strict=True):
        await expect(desk.free_cells).to_have_count(14)
        await desk.click(desk.free_cells.first)
        await desk.type(scene.person(number))
        await expect(desk.side.get_by_role("option")).to_have_count(1)
        await desk.press("Enter")
    buttons = [desk.side.get_by_role("button", name="Zarezerwuj") for desk in desks]
    await asyncio.gather(*(button.click() for button in buttons))
    for desk in desks:
        await expect(desk.side.locator(".done, .trouble")).to_be_visible()
    [loser] = [desk for desk in desks if await desk.side.locator(".trouble").count()]
    await expect(loser.side.locator(".trouble")).to_contain_text("Najbliższe wolne")
    await loser.picture("two-callers")
    await loser.click(loser.side.locator(".trouble button").first)
    await loser.click(loser.side.get_by_role("button", name="Zarezerwuj"))
    await expect(loser.side.locator(".done")).to_be_visible()


async def a_visit_is_moved_by_drag(scene: Scene, desk: Desk) -> None:
    target = desk.free_cells.last
    slot = await target.get_attribute("data-cell")
    await desk.cell(scene.person(90)).drag_to(target)
    await expect(desk.side).to_contain_text(scene.person(90))
    await desk.picture("move")
    await desk.click(desk.side.get_by_role("button", name="Przełóż tutaj"))
    await expect(desk.side.locator(".done")).to_contain_text("Przełożono")
    await expect(desk.page.locator(f"[data-cell='{slot}']")).to_contain_text(scene.person(90))
    assert (await Visit.get(id=scene.visits[90].id)).starts_at > scene.visits[90].starts_at


async def a_visit_is_cancelled_with_what_was_said(scene: Scene, desk: Desk) -> None:
    await desk.click(desk.cell(scene.person(5)))
    await desk.click(desk.side.get_by_role("button", name="Odwołaj…"))
    await desk.type("wyjazd")
    await desk.click(desk.side.get_by_role("button", name="Odwołaj wizytę"))
    await expect(desk.notice).to_contain_text(f"Odwołano wizytę: {scene.person(5)}")
    await expect(desk.cell(scene.person(5))).to_have_count(0)
    change = await VisitChange.get(visit_id=scene.visits[5].id, kind="CANCELLED")
    assert change.reason == "wyjazd"


async def a_blocked_slot_says_why_and_is_opened_again(desk: Desk) -> None:
    await desk.click(desk.free_cells.first)
    await desk.click(desk.side.locator("summary", has_text="Zablokuj"))
    await desk.side.get_by_label("Powód, dla współpracowników").fill("szkolenie")
    await desk.click(desk.side.get_by_role("button", name="Zablokuj", exact=True))
    await expect(desk.page.locator(".cell.BLOCKED")).to_contain_text("szkolenie")
    await desk.click(desk.side.get_by_role("button", name="Odblokuj"))
    await expect(desk.page.locator(".cell.BLOCKED")).to_have_count(0)


async def what_others_do_appears_by_itself(scene: Scene, desk: Desk) -> None:
    anna = await cast.anna()
    assert anna.patient
    free = await Slot.filter(id__in=[slot.id for slot in scene.free], visit_id=None).order_by("starts_at").first()
    assert free
    await Visit.book(free.id, patient=anna.patient, by=anna)
    await expect(desk.cell("Żółć Anna")).to_be_visible()
    await Visit.filter(id=scene.visits[3].id).update(status=Status.ARRIVED)  # as if a colleague had marked it
    await expect(desk.page.locator(".cell.ARRIVED")).to_contain_text(scene.person(3))


async def a_doctors_week_stands_side_by_side(scene: Scene, desk: Desk) -> None:
    doctor = scene.doctors[0]
    another = scene.day + timedelta(days=-1 if scene.day.weekday() else 1)  # another day of the same week
    await cast.morning(another, 3, at=scene.clinics["Kardiologia"], by=doctor)
    await desk.page.get_by_label("Widok").select_option(label=f"Tydzień: {doctor.full_name}")
    await expect(desk.page.locator(".column")).to_have_count(2)
    assert await desk.page.locator(".cell").count() == await Slot.filter(doctor_id=doctor.id).count()
    assert await desk.accessibility_faults(but=("color-contrast",)) == []
    await expect(desk.page.locator("#print h1")).to_contain_text(doctor.full_name)

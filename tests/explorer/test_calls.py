"""A doctor is ill tomorrow: reception reports it by a form and then works through the call list."""

from datetime import datetime, time, timedelta

from playwright.async_api import Locator

from infra import clock
from models.slots.slot import Slot
from models.visits.visit import Visit
from tests import cast
from tests.explorer.conftest import Hire
from tests.explorer.desk import Desk
from tests.explorer.scene import Scene, busy_day
from tests.support.browser import expect
from tests.support.invariants import check_invariants


async def test_a_doctor_is_ill_tomorrow_and_the_call_list_is_worked_off(hired: Hire) -> None:
    """Doctor Wiśniewska has sixteen visits tomorrow; she has free slots the day after."""
    scene = await busy_day()
    doctor, clinic = scene.doctors[0], scene.clinics["Kardiologia"]
    await cast.morning(scene.day + timedelta(days=1), 16, at=clinic, by=doctor)
    desk = await hired()
    await report(desk, scene)
    await the_list_names_everybody_who_could_not_be_reached(scene, desk)
    await the_patient_accepts_and_the_visit_is_moved(scene, desk)
    await the_patient_declines_and_gets_another_slot(scene, desk)
    await who_does_not_answer_stays_on_the_list_for_later(scene, desk)
    await who_was_reached_leaves_the_list_and_the_note_is_on_their_card(scene, desk)
    await check_invariants()


async def report(desk: Desk, scene: Scene) -> None:
    form = await desk.open_form("Podgląd nieobecności")
    await desk.choose(form, "Lekarz", "wisniewska")
    await form.get_by_label("Od kiedy").fill(f"{scene.day}T00:00")
    await form.get_by_label("Do kiedy").fill(f"{scene.day}T23:59")
    await form.get_by_label("Powód").fill("choroba")
    await desk.click(form.get_by_role("button", name="Wykonaj"))
    await expect(desk.page.locator(".answer tbody tr")).to_have_count(16)
    assert await Slot.filter(absence_id__not_isnull=True).count() == 0, "a preview writes nothing"
    await desk.click(form.get_by_role("button", name="Dalej: Lekarza nie będzie"))
    await desk.click(desk.page.locator(".generated").get_by_role("button", name="Wykonaj"))
    await expect(desk.page.locator(".answer .done")).to_contain_text("Zapisano nieobecność")


def rows(desk: Desk) -> Locator:
    return desk.page.get_by_role("list", name="Do kogo zadzwonić").get_by_role("button")


async def at_the_list(desk: Desk, scene: Scene) -> None:
    await desk.open("Do kogo zadzwonić")
    await desk.page.get_by_label("Wizyty dnia").fill(scene.day.isoformat())


async def the_list_names_everybody_who_could_not_be_reached(scene: Scene, desk: Desk) -> None:
    await at_the_list(desk, scene)
    await expect(rows(desk)).to_have_count(92)
    for number in range(0, 92, 6):
        await expect(rows(desk).nth(number // 6)).to_contain_text(scene.person(number))
    assert await desk.accessibility_faults() == []
    await desk.picture("calls")


async def the_patient_accepts_and_the_visit_is_moved(scene: Scene, desk: Desk) -> None:
    await desk.click(rows(desk).filter(has_text=scene.person(6)))
    assert await desk.side.locator("a.dial").get_attribute("href") == "tel:+48501000006"
    await desk.click(desk.side.get_by_role("button", name="Pacjent przyjmuje"))
    await expect(desk.notice).to_contain_text(scene.person(6))
    visit = await Visit.get(id=scene.visits[6].id)
    assert clock.local(visit.starts_at).date() == scene.day + timedelta(days=1)
    await expect(rows(desk)).to_have_count(91)


async def the_patient_declines_and_gets_another_slot(scene: Scene, desk: Desk) -> None:
    await desk.click(rows(desk).filter(has_text=scene.person(12)))
    await desk.click(desk.side.get_by_role("button", name="Nie chce"))
    await expect(desk.side).to_contain_text("nie chce zaproponowanego terminu")
    await desk.click(desk.side.get_by_role("button", name="Wybierz inny termin"))
    await desk.click(desk.free_cells.last)
    await desk.click(desk.side.get_by_role("button", name="Przełóż tutaj"))
    await expect(desk.side.locator(".done")).to_contain_text("Przełożono")


async def who_does_not_answer_stays_on_the_list_for_later(scene: Scene, desk: Desk) -> None:
    await at_the_list(desk, scene)
    await expect(rows(desk)).to_have_count(91)
    again = datetime.combine(scene.day, time(0, 5))
    await desk.click(rows(desk).filter(has_text=scene.person(18)))
    await desk.click(desk.side.get_by_label("nie odbiera"))
    await desk.side.get_by_label("Zadzwonić ponownie").fill(again.isoformat(timespec="minutes"))
    await desk.click(desk.side.get_by_role("button", name="Zapisz rozmowę"))
    row = rows(desk).last
    for text in (scene.person(18), "nie odbiera", "Rita Recepcyjna"):
        await expect(row).to_contain_text(text)
    await expect(rows(desk)).to_have_count(91)


async def who_was_reached_leaves_the_list_and_the_note_is_on_their_card(scene: Scene, desk: Desk) -> None:
    await desk.click(rows(desk).filter(has_text=scene.person(24)))
    await desk.side.get_by_label("Notatka").fill("oddzwoni w środę")
    await desk.click(desk.side.get_by_role("button", name="Zapisz rozmowę"))
    await expect(rows(desk)).to_have_count(90)
    await desk.press("/")
    await desk.type(scene.person(24))
    await desk.page.locator("#found [role=option]").first.wait_for()
    await desk.press("Enter")
    await expect(desk.page.locator(".card-sections")).to_contain_text("oddzwoni w środę")
    assert await desk.accessibility_faults() == []
    await desk.picture("card")

"""Visits are marked on their day by mouse and by single keys, marks are undone, and walk-ins are recorded."""

from datetime import time, timedelta

from infra import clock
from models.accounts.patient import Patient
from models.values import pesel
from models.values.identity_document import SeenDocument
from models.visits.visit import Visit
from tests import cast
from tests.explorer.conftest import Hire
from tests.explorer.desk import Desk
from tests.explorer.scene import Scene, busy_day
from tests.support.browser import expect


async def test_marks_are_made_and_taken_back_and_walk_ins_recorded_afterwards(hired: Hire) -> None:
    scene = await busy_day(clock.today(), visits=12, begin=time(0))
    dorota = await cast.dorota(scene.rita)
    await Patient.filter(id=scene.patients[4].id).update(**pesel.to_columns("44051401359"))
    desk = await hired()
    await expect(desk.page.locator(".cell.BOOKED")).to_have_count(12)
    await by_mouse(scene, desk)
    await by_letters(scene, desk)
    kept = await cast.morning(scene.day - timedelta(days=1), 1, at=scene.clinics["Interna"], by=scene.doctors[4])
    await who_walked_in_is_recorded(desk)
    assert (await Visit.get(patient_id=dorota.id)).slot_id == kept[0].id


async def by_mouse(scene: Scene, desk: Desk) -> None:
    await desk.click(desk.cell(scene.person(0)))
    for button, state in (
        ("Jest na miejscu", "ARRIVED"),
        ("Odbyła się", "FULFILLED"),
        ("Cofnij", "ARRIVED"),
        ("Cofnij", "BOOKED"),
    ):
        await desk.click(desk.side.get_by_role("button", name=button))
        await expect(desk.page.locator(f".cell.{state}", has_text=scene.person(0))).to_be_visible()
    await desk.click(desk.side.get_by_role("button", name="Nie przyszedł"))
    await expect(desk.page.locator(".cell.NO_SHOW")).to_have_count(1)
    await desk.picture("marks")


async def by_letters(scene: Scene, desk: Desk) -> None:
    await desk.press("Escape", "ArrowLeft", "Enter")
    await desk.side.get_by_label("Okazany dokument").select_option(label="paszport")
    await desk.press("Tab", "j")
    await expect(desk.page.locator(".cell.ARRIVED")).to_contain_text(scene.person(4))
    assert (await Patient.get(id=scene.patients[4].id)).identity_seen == SeenDocument.PASSPORT
    await desk.press("c")
    await expect(desk.page.locator(".cell.ARRIVED")).to_have_count(0)
    await desk.press("Escape", "ArrowDown")
    await expect(desk.cell(scene.person(10))).to_be_focused()
    await desk.press("ArrowUp", "n")
    await expect(desk.page.locator(".cell.NO_SHOW")).to_have_count(2)


async def who_walked_in_is_recorded(desk: Desk) -> None:
    await desk.press("Escape", "Alt+ArrowLeft")
    await desk.click(desk.page.locator(".cell.past").first)
    await desk.type("dzwoniaca")
    await desk.click(desk.side.get_by_role("option").first)
    await desk.side.get_by_label("Dlaczego bez rezerwacji").fill("przyszła z bólem")
    await desk.click(desk.side.get_by_role("button", name="Zapisz odbytą"))
    await expect(desk.page.locator(".cell.FULFILLED")).to_contain_text("Dzwoniąca Dorota")

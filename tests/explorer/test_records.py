"""Records of callers without a PESEL are completed later, and a known duplicate warns before it is used."""

from models.accounts import double_record
from models.accounts.patient import Patient
from models.values.identity_document import SeenDocument
from models.visits.visit import Visit
from tests.explorer.conftest import Hire
from tests.explorer.desk import Desk
from tests.explorer.scene import Scene, busy_day
from tests.support.browser import expect


async def test_a_caller_without_a_number_is_booked_and_completed_later_and_a_double_is_not_used(hired: Hire) -> None:
    scene = await busy_day(visits=6)
    desk = await hired()
    await desk.go_to(scene.day)
    await who_has_no_number_at_hand_is_booked(desk)
    await the_number_is_added_at_the_window(desk)
    await whoever_shows_a_document_at_the_window_is_confirmed_at_once(desk)
    await a_double_warns_and_leads_to_the_right_record(scene, desk)


async def who_has_no_number_at_hand_is_booked(desk: Desk) -> None:
    await desk.click(desk.free_cells.first)
    await desk.type("Spieszna Ola")
    await desk.click("text=Nowy pacjent")
    await desk.click(desk.side.get_by_label("do uzupełnienia"))
    await desk.click(desk.side.get_by_role("button", name="Zapisz"))
    await expect(desk.side.locator(".wrong")).to_be_visible()
    await desk.side.get_by_label("Telefon").fill("501 222 333")
    await desk.side.get_by_label("Data urodzenia").fill("1990-05-04")
    await desk.click(desk.side.get_by_role("button", name="Zapisz"))
    await expect(desk.side.locator(".whom")).to_contain_text("do uzupełnienia")
    await desk.click(desk.side.get_by_role("button", name="Zarezerwuj"))
    await expect(desk.side.locator(".done")).to_contain_text("Spieszna Ola")
    await expect(desk.side.locator(".warning")).to_contain_text("trzeba poprosić o PESEL")


async def the_number_is_added_at_the_window(desk: Desk) -> None:
    await desk.click(desk.side.get_by_role("button", name="Uzupełnij numer"))
    form = desk.page.locator(".generated")
    await form.get_by_label("PESEL").fill("44051401359")
    await desk.click(form.get_by_role("button", name="Wykonaj"))
    await expect(desk.page.locator(".answer .done")).to_be_visible()
    ola = await Patient.get(last_name="Spieszna")
    assert ola.pesel_index


async def whoever_shows_a_document_at_the_window_is_confirmed_at_once(desk: Desk) -> None:
    await desk.open("Terminarz")
    await desk.click(desk.free_cells.first)
    await desk.type("Okienna Iga")
    await desk.click("text=Nowy pacjent")
    await desk.side.locator("[name=pesel]").fill("90090515836")
    await desk.side.get_by_label("Okazany dokument").select_option(label="dowód osobisty")
    await desk.click(desk.side.get_by_role("button", name="Zapisz"))
    await expect(desk.side.locator(".whom")).to_contain_text("tożsamość potwierdzona")
    assert (await Patient.get(last_name="Okienna")).identity_seen == SeenDocument.IDENTITY_CARD


async def a_double_warns_and_leads_to_the_right_record(scene: Scene, desk: Desk) -> None:
    right, wrong = scene.patients[0], scene.patients[1]
    await double_record.mark(wrong.id, right.id, by=scene.rita)
    await desk.click(desk.side.get_by_role("button", name="inna osoba"))
    await desk.type(scene.person(1))
    await expect(desk.side.get_by_role("option").first).to_contain_text("dublet")
    await desk.press("Enter")
    await desk.click(desk.side.get_by_role("button", name="Zarezerwuj"))
    await expect(desk.side.locator(".trouble")).to_contain_text("Właściwa kartoteka")
    await desk.click(desk.side.get_by_role("button", name="Właściwa kartoteka"))
    await desk.click(desk.side.get_by_role("button", name="Zarezerwuj"))
    await expect(desk.side.locator(".done")).to_contain_text(scene.person(0))
    assert await Visit.filter(patient_id=right.id).count() == 2

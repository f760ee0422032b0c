"""The same busy Monday by keyboard alone: no test here uses the mouse."""

from playwright.async_api import Locator

from infra import clock
from models.schedules.schedule import Schedule
from models.visits.phone_call import PhoneCall
from models.visits.visit import Visit
from tests import cast
from tests.explorer.conftest import Hire
from tests.explorer.desk import MOST_EFFORTS, Desk
from tests.explorer.scene import Scene, busy_day
from tests.support.browser import expect
from tests.support.invariants import check_invariants
from tests.support.schedules import line, publish
from tests.support.waiting import patience

TYPE_AND_ENTER = """(text) => {
    const box = document.activeElement;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
        box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
        if (box.isConnected) port2.postMessage(null);
    };
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(box, text);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    port2.postMessage(null);
}"""


async def test_a_busy_monday_goes_by_without_the_mouse(hired: Hire) -> None:
    scene = await busy_day()
    await cast.dorota(scene.rita)
    await cast.adam()
    desk = await hired(login="adam@diamed.example")  # only an administrator may close clinics
    await the_first_free_slot_is_where_one_begins(desk)
    await escape_leads_back_to_where_one_was(desk)
    await enter_never_chooses_from_the_answer_to_an_older_question(desk)
    await a_known_caller_is_booked(desk)
    await one_more_enter_does_no_harm(desk)
    await who_was_searched_for_is_booked_from_their_card(scene, desk)
    await a_new_caller_is_registered_and_booked(desk)
    await a_visit_is_moved(scene, desk)
    await a_visit_is_cancelled(desk)
    await calls_are_made_one_after_the_other(scene, desk)
    await a_template_is_changed_from_a_day_on(scene, desk)
    await a_clinic_is_closed(scene, desk)
    await check_invariants()


async def tab_to(desk: Desk, name: str, role: str = "button") -> None:
    """Press Tab until the element has the focus, as a person without a mouse does."""
    target = desk.page.get_by_role(role, name=name)  # type: ignore[arg-type]  # a plain string for the role
    for _ in range(60):
        if await target.evaluate_all("found => found.includes(document.activeElement)"):
            return
        await desk.press("Tab")
    raise AssertionError(f"No way to {name}.")


async def the_first_free_slot_is_where_one_begins(desk: Desk) -> None:
    """There are no slots today, so the focus starts on the page itself."""
    await expect(desk.page.locator(".nothing")).to_contain_text("Nie ma tu terminów")
    await desk.press("Alt+ArrowRight")
    await expect(desk.page.locator(".cell.BOOKED")).to_have_count(92)
    await expect(desk.free_cells.first).to_be_focused()


async def escape_leads_back_to_where_one_was(desk: Desk) -> None:
    await desk.press("Enter")
    await expect(desk.side.get_by_role("combobox")).to_be_focused()
    await desk.press("Escape")
    await expect(desk.free_cells.first).to_be_focused()


async def enter_never_chooses_from_the_answer_to_an_older_question(desk: Desk) -> None:
    """Press Enter again and again from the last letter typed until a choice is made, as on a slow computer."""
    await desk.press("Enter")
    await desk.type("dzwoniaca")
    await expect(desk.side.get_by_role("option")).to_have_count(1)
    slow = await desk.page.context.new_cdp_session(desk.page)
    await slow.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    await desk.page.evaluate(TYPE_AND_ENTER, "kowalska")
    await expect(desk.side.locator(".whom")).to_contain_text("Kowalska", timeout=1000 * patience())
    await slow.detach()
    await desk.press("Shift+Tab", "Shift+Tab", "Shift+Tab")
    await tab_to(desk, "inna osoba")
    await desk.press("Enter", "Escape")


async def a_known_caller_is_booked(desk: Desk) -> None:
    await expect(desk.free_cells.first).to_be_focused()
    desk.efforts = 0
    await desk.press("Enter")
    await desk.type("dzwoniaca")
    await expect(desk.side.get_by_role("option")).to_have_count(1)
    await desk.press("Enter")
    await expect(desk.side.get_by_role("button", name="Zarezerwuj")).to_be_focused()
    await desk.press("Enter")
    await expect(desk.side.locator(".done")).to_contain_text("Dzwoniąca Dorota")
    assert desk.efforts <= MOST_EFFORTS


async def one_more_enter_does_no_harm(desk: Desk) -> None:
    await expect(desk.cell("Dzwoniąca Dorota")).to_be_focused()
    await desk.press("Enter")
    await expect(desk.cell("Dzwoniąca Dorota")).to_have_attribute("aria-pressed", "true")
    assert await Visit.filter(status="BOOKED").count() == 93


async def who_was_searched_for_is_booked_from_their_card(scene: Scene, desk: Desk) -> None:
    desk.efforts = 0
    await desk.press("Escape", "/")
    await desk.type(scene.person(30))
    await expect(desk.page.locator("#found [role=option]")).to_have_count(1)
    await desk.press("Enter")
    await expect(desk.page.get_by_role("button", name="Umów wizytę")).to_be_focused()
    await desk.press("Enter")
    await expect(desk.page.locator(".cell.FREE:focus")).to_have_count(1)
    await desk.press("End", "Enter")
    await expect(desk.side.get_by_role("button", name="Zarezerwuj")).to_be_focused()
    await desk.press("Enter")
    await expect(desk.side.locator(".done")).to_contain_text(scene.person(30))
    assert desk.efforts <= MOST_EFFORTS
    await expect(desk.page.locator(".cell.BOOKED:focus")).to_contain_text(scene.person(30))


async def a_new_caller_is_registered_and_booked(desk: Desk) -> None:
    await desk.press("ArrowLeft", "End", "Enter")
    await desk.type("Nowicka Zofia")
    await expect(desk.side.locator(".picker [role=status]")).to_contain_text("Nie ma takiej osoby")
    await desk.press("Tab", "Enter")
    await expect(desk.side.get_by_label("Imię")).to_be_focused()
    await tab_to(desk, "PESEL", "textbox")
    await desk.type("44051401359")
    await desk.press("Enter")
    await expect(desk.side.get_by_role("button", name="Zarezerwuj")).to_be_focused()
    await desk.press("Enter")
    await expect(desk.side.locator(".done")).to_contain_text("Nowicka Zofia")


async def a_visit_is_moved(scene: Scene, desk: Desk) -> None:
    await expect(desk.cell("Nowicka Zofia")).to_be_focused()
    await desk.press("p")
    await expect(desk.page.locator(".banner")).to_contain_text("Nowicka Zofia")
    await desk.press("ArrowUp", "Enter")
    await expect(desk.side.get_by_role("button", name="Przełóż tutaj")).to_be_focused()
    await desk.press("Enter")
    await expect(desk.side.locator(".done")).to_contain_text("Przełożono")
    visit = await Visit.get(patient__last_name="Nowicka", starts_at__lt=scene.slots[-1].starts_at)
    await expect(desk.cell("Nowicka Zofia")).to_contain_text(
        f"{clock.local(visit.starts_at):%H:%M}"
    )  # the visit is at its new time, not the old one


async def a_visit_is_cancelled(desk: Desk) -> None:
    await expect(desk.cell("Nowicka Zofia")).to_be_focused()
    await desk.press("Enter")
    await tab_to(desk, "Odwołaj…")
    await desk.press("Enter")
    await desk.type("wyjazd")
    await desk.press("Enter")
    await expect(desk.notice).to_contain_text("Odwołano wizytę: Nowicka Zofia")
    assert await Visit.filter(patient__last_name="Nowicka", status="CANCELLED").count() == 1


async def calls_are_made_one_after_the_other(scene: Scene, desk: Desk) -> None:
    await desk.press("Alt+3")
    await tab_to(desk, "Jutro")
    await desk.press("Enter")
    rows = desk.page.get_by_role("list", name="Do kogo zadzwonić").get_by_role("button")
    await expect(rows).to_have_count(94)
    await tab_to(desk, scene.person(0))
    await desk.press("ArrowDown", "ArrowUp", "Enter")
    await tab_to(desk, "Zapisz rozmowę")
    await desk.press("Enter")
    await expect(rows).to_have_count(93)
    await expect(rows.first).to_be_focused()
    await tab_to(desk, "Zapisz rozmowę")
    await desk.press("Escape")
    await expect(rows.first).to_be_focused()
    assert await PhoneCall.filter(visit_id=scene.visits[0].id).count() == 1


async def open_form(desk: Desk, words: str, title: str) -> Locator:
    """Open a form from anywhere: go to the panel of forms, to its search box, and type some words of the title."""
    await desk.press("Alt+4", "Alt+4")
    await expect(desk.page.get_by_label("Znajdź formularz")).to_be_focused()
    await desk.press("Control+a")
    await desk.type(words)
    await desk.press("Enter")
    form = desk.page.locator(".generated")
    await expect(form.locator("h1")).to_have_text(title)
    return form


async def choose(desk: Desk, name: str) -> None:
    """Choose an option in the search box that has the focus; the focus stays there afterwards."""
    await desk.type(name)
    await expect(desk.page.locator(".generated [role=option]")).to_have_count(1)
    await desk.press("Enter")
    await expect(desk.page.locator(".known button:focus")).to_have_count(1)


async def go_on_to(desk: Desk, next_: str) -> None:
    """Run a preview, then go on to the actual operation with the same data."""
    await tab_to(desk, "Wykonaj")
    await desk.press("Enter")
    await expect(desk.page.locator(".answer .done")).to_contain_text("Co się zmieni")
    await expect(desk.page.get_by_role("button", name="Wykonaj")).to_be_focused()
    await tab_to(desk, f"Dalej: {next_}")
    await desk.press("Enter")
    await expect(desk.page.locator(".generated h1")).to_have_text(next_)
    await tab_to(desk, "Wykonaj")
    await desk.press("Enter")


async def a_template_is_changed_from_a_day_on(scene: Scene, desk: Desk) -> None:
    clinic = scene.clinics["Interna"]
    doctor = await cast.doctor(clinic, last_name="Grafikowa")
    await publish(scene.rita, doctor, clinic, line(1, 8, 12), valid_from=clock.today())
    await open_form(desk, "podglad zmiany", "Podgląd zmiany od dnia")
    await choose(desk, "grafikowa")
    await go_on_to(desk, "Zmiana grafiku od dnia")
    await expect(desk.page.locator(".answer .done")).to_contain_text("Zmieniono grafik")
    assert await Schedule.filter(doctor_id=doctor.id).count() == 2


async def a_clinic_is_closed(scene: Scene, desk: Desk) -> None:
    await open_form(desk, "podglad zamkniecia", "Podgląd zamknięcia")
    await choose(desk, "okulistyka")
    await go_on_to(desk, "Zamknięcie poradni")
    await expect(desk.page.locator(".answer .done")).to_contain_text("Poradnia zamknięta")
    clinic = scene.clinics["Okulistyka"]
    await clinic.refresh_from_db()
    assert clinic.closed_from

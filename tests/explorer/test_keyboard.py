"""The same Monday by keyboard alone: nothing here touches the mouse."""

from playwright.async_api import expect

from models.visits.phone_call import PhoneCall
from models.visits.visit import Visit
from tests import cast
from tests.explorer.conftest import Hire
from tests.explorer.desk import MOST_EFFORTS, Desk
from tests.explorer.scene import Scene, busy_day
from tests.support.invariants import check_invariants
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
    desk = await hired()
    await the_first_free_slot_is_where_one_begins(desk)
    await escape_leads_back_to_where_one_was(desk)
    await enter_never_chooses_from_the_answer_to_an_older_question(desk)
    await a_known_caller_is_booked(desk)
    await one_more_enter_does_no_harm(desk)
    await who_was_searched_for_is_booked_from_their_card(scene, desk)
    await a_new_caller_is_registered_and_booked(desk)
    await a_visit_is_moved(scene, desk)
    await a_call_is_made_and_written_down(scene, desk)
    await check_invariants()


async def tab_to(desk: Desk, name: str, role: str = "button") -> None:
    """Tab by tab, as somebody without a mouse gets there."""
    target = desk.page.get_by_role(role, name=name)  # type: ignore[arg-type]  # a plain string for the role
    for _ in range(60):
        if await target.evaluate_all("found => found.includes(document.activeElement)"):
            return
        await desk.press("Tab")
    raise AssertionError(f"No way to {name}.")


async def the_first_free_slot_is_where_one_begins(desk: Desk) -> None:
    """Today nobody works, so the keyboard begins on the page itself."""
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
    """On a slow computer, press Enter at every moment between the last letter and a choice being made."""
    await desk.press("Enter")
    await desk.type("dzwoniaca")
    await expect(desk.side.get_by_role("option")).to_have_count(1)
    slow = await desk.page.context.new_cdp_session(desk.page)
    await slow.send("Emulation.setCPUThrottlingRate", {"rate": 8})
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
    assert await Visit.filter(patient__last_name="Nowicka", starts_at__lt=scene.slots[-1].starts_at).count() == 1


async def a_call_is_made_and_written_down(scene: Scene, desk: Desk) -> None:
    await desk.press("/", "Shift+Tab")
    await tab_to(desk, "Do kogo zadzwonić")
    await desk.press("Enter")
    await tab_to(desk, "Jutro")
    await desk.press("Enter")
    rows = desk.page.get_by_role("list", name="Do kogo zadzwonić").get_by_role("button")
    await expect(rows).to_have_count(95)
    await tab_to(desk, scene.person(0))
    await desk.press("Enter")
    await desk.page.get_by_label("rozmowa odbyta").focus()
    await tab_to(desk, "Zapisz rozmowę")
    await desk.press("Enter")
    await expect(rows).to_have_count(94)
    assert await PhoneCall.filter(visit_id=scene.visits[0].id).count() == 1

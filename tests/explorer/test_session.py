"""The end of a session hides the screen and restores it to its owner; a colleague at the same desk sees none of it."""

from infra import clock
from models.accounts.session import Session
from tests import cast
from tests.explorer.conftest import Hire
from tests.explorer.desk import Desk
from tests.explorer.scene import Scene, busy_day
from tests.support.browser import expect


async def ended(desk: Desk) -> None:
    """End all sessions, so that the desk's next request finds none."""
    await Session.filter(ended_at=None).update(ended_at=clock.now())
    await desk.press("Alt+ArrowLeft")
    await expect(desk.page.get_by_role("heading", name="Sesja się skończyła")).to_be_visible()


async def log_in(desk: Desk, login: str) -> None:
    await desk.page.get_by_label("Login").fill(login)
    await desk.page.get_by_label("Hasło").fill(cast.PASSWORD)
    await desk.click(desk.page.get_by_role("button", name="Zaloguj"))


async def test_the_end_hides_the_screen_gives_it_back_to_its_owner_and_nothing_to_a_colleague(hired: Hire) -> None:
    scene = await busy_day()
    await cast.roman()
    desk = await hired()
    form = await desk.open_form("Nowy pacjent")
    await form.get_by_label("Imię").fill("Zofia")
    await desk.open("Terminarz")
    await desk.go_to(scene.day)
    await desk.click(desk.free_cells.first)
    await desk.type("kowal")
    await its_owner_gets_the_screen_back(scene, desk)
    await a_colleague_gets_a_page_of_their_own(desk)
    await logging_out_forgets(desk)


async def its_owner_gets_the_screen_back(scene: Scene, desk: Desk) -> None:
    await ended(desk)
    await expect(desk.page.locator(".bar")).to_be_hidden()
    assert scene.person(0) not in await desk.page.locator("body").inner_text()
    assert await desk.accessibility_faults() == []
    await log_in(desk, "rita@diamed.example")
    await expect(desk.page.locator(".bar")).to_be_visible()
    await expect(desk.page.locator(".nothing")).to_be_visible()
    await desk.press("Alt+ArrowRight")
    await expect(desk.page.locator(".cell.BOOKED")).to_have_count(92)
    await desk.open("Formularz")
    await expect(desk.page.locator(".generated").get_by_label("Imię")).to_have_value("Zofia")
    await desk.open("Terminarz")


async def a_colleague_gets_a_page_of_their_own(desk: Desk) -> None:
    await ended(desk)
    await log_in(desk, "roman@diamed.example")
    await expect(desk.page.locator(".who-works")).to_have_text("roman@diamed.example")
    await desk.open("Formularz")
    await expect(desk.page.locator(".tabs li")).to_have_count(0)


async def logging_out_forgets(desk: Desk) -> None:
    await desk.open_form("Nowy pacjent")
    await desk.click(desk.page.get_by_role("button", name="Wyloguj"))
    await desk.page.wait_for_selector("[name=login]")
    await desk.sign_in("roman@diamed.example")
    await desk.open("Formularz")
    await expect(desk.page.locator(".tabs li")).to_have_count(0)

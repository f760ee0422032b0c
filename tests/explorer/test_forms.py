"""Every ready operation is a form in Polish, with a search for ids, refusals beside fields, and JSON a click away."""

import asyncio
from datetime import time, timedelta

from playwright.async_api import Page, Request, Response, Route
from tortoise.transactions import in_transaction

from infra import clock, database
from models.accounts.second_factor import SecondFactor
from models.schedules.schedule import Schedule
from models.slots.slot import Slot
from tests import cast
from tests.explorer.conftest import Hire
from tests.explorer.desk import Desk
from tests.support.authenticator import Authenticator
from tests.support.browser import expect
from tests.support.schedules import line, publish
from tests.support.service import ROOT
from tests.support.waiting import eventually

QR_READER = ROOT / "explorer/node_modules/jsqr/dist/jsQR.js"


KINDS = """() =>
    [...document.querySelectorAll(".forms-main :is(a, button, input, select, summary, textarea, [role])")].map(
        (it) => [it.tagName, it.type, it.role, it.className].join(" "))"""
SLOW = ("color-contrast", "target-size")  # the second only for a kind of control that no form before had


async def administrating(hired: Hire) -> Desk:
    await cast.adam()
    return await hired(login="adam@diamed.example")


async def test_every_ready_operation_is_a_form_in_polish_and_without_barriers(hired: Hire) -> None:
    desk = await administrating(hired)
    await desk.open("Formularz")
    titles = await desk.page.locator(".forms .ready section button").all_inner_texts()
    assert len(titles) == len(list((ROOT / "explorer/operations").glob("*.graphql")))
    met: set[str] = set()
    for title in titles:
        await desk.click(f".forms .ready button:text-is('{title}')")
        await expect(desk.page.locator(".generated h1")).to_have_text(title)
        await expect(desk.page.locator(".generated button.main")).to_be_visible()
        kinds = set(await desk.page.evaluate(KINDS))
        faults = await desk.accessibility_faults(".forms-main", but=SLOW if kinds <= met else SLOW[:1])
        met |= kinds
        assert (title, faults) == (title, [])
        await desk.click(f".tabs [aria-label='Zamknij: {title}']")


async def test_a_clinic_is_closed_after_a_preview_and_opened_again(hired: Hire) -> None:
    clinic = await cast.clinic("Okulistyka")
    desk = await administrating(hired)
    form = await desk.open_form("Podgląd zamknięcia")
    await desk.choose(form, "Poradnia", "okulistyka")
    await desk.click(form.get_by_role("button", name="Wykonaj"))
    await expect(desk.page.locator(".answer .done")).to_contain_text("Co się zmieni")
    await clinic.refresh_from_db()
    assert clinic.closed_from is None, "a preview writes nothing"
    await desk.click(form.get_by_role("button", name="Dalej: Zamknięcie poradni"))
    await desk.click(desk.page.locator(".generated").get_by_role("button", name="Wykonaj"))
    await expect(desk.page.locator(".answer .done")).to_contain_text("Poradnia zamknięta")
    await clinic.refresh_from_db()
    assert clinic.closed_from
    form = await desk.open_form("Ponowne otwarcie poradni")
    await desk.click(form.get_by_role("button", name="Wykonaj"))
    await expect(desk.page.locator(".answer .done")).to_contain_text("Poradnia otwarta")


async def test_refusals_stand_beside_their_fields(hired: Hire) -> None:
    await cast.rita()
    desk = await hired()
    form = await desk.open_form("Nowy pacjent")
    await form.get_by_label("Imię").fill("Zofia")
    await form.get_by_label("Nazwisko").fill("Nowicka")
    await form.get_by_label("PESEL").fill("44051401358")
    await desk.click(form.get_by_role("button", name="Wykonaj"))
    await expect(form.locator(".field", has_text="PESEL").locator(".wrong")).to_be_visible()
    assert await form.get_by_label("PESEL").get_attribute("aria-invalid") == "true"
    await desk.picture("refusal")


async def test_json_is_one_click_away_with_what_was_filled_in(hired: Hire) -> None:
    await cast.rita()
    desk = await hired()
    form = await desk.open_form("Szukaj pacjenta")
    await form.get_by_label("Kogo szukać").fill("kowalska")
    await desk.click(form.get_by_role("button", name="JSON"))
    variables = desk.page.locator(".graphiql-editor-tool .CodeMirror").first
    await expect(variables).to_contain_text("kowalska")
    await desk.click(".graphiql-execute-button")
    await expect(desk.page.locator(".result-window")).to_contain_text("nodes")


async def test_an_id_that_was_clicked_fills_the_next_operation(hired: Hire) -> None:
    await cast.rita()
    await cast.clinic()
    desk = await hired()
    await desk.open_form("Poradnie i lekarze")
    await desk.click(desk.page.locator(".answer tbody tr").first)
    await expect(desk.notice).to_contain_text("Zapamiętano")
    form = await desk.open_form("Wolne terminy")
    await expect(form.locator(".known")).to_contain_text("Poradnia kardiologiczna")


async def selected_in(desk: Desk, tool: str) -> str:
    return str(await desk.page.evaluate(f"document.querySelector('{tool} .CodeMirror').CodeMirror.getSelection()"))


async def test_in_the_editor_a_double_click_selects_a_whole_id_and_else_a_word(hired: Hire) -> None:
    await cast.rita()
    await cast.clinic()
    desk = await hired()
    await desk.press("Alt+5")
    await expect(desk.page.locator(".graphiql-query-editor .CodeMirror-line").first).to_be_visible()
    await expect(desk.page.locator(".graphiql-editor-tool .CodeMirror").first).to_contain_text("filter")
    await desk.click(".ready button:has-text('Poradnie i lekarze')")
    await desk.page.wait_for_selector(".ready [aria-current=true]:has-text('Poradnie i lekarze')")
    await desk.click(".graphiql-execute-button")
    id_ = desk.page.locator(".result-window .cm-string", has_text="Clinic_").first
    await id_.dblclick()
    assert f'"{await selected_in(desk, ".result-window")}"' == await id_.inner_text()
    name = desk.page.locator(".result-window .cm-string", has_text="Poradnia kardiologiczna").first
    await name.dblclick(position={"x": 30, "y": 8})
    assert await selected_in(desk, ".result-window") == "Poradnia"
    assert [fault for fault in await desk.accessibility_faults() if "color-contrast" in fault] == []


async def test_filled_forms_survive_a_reload_and_passwords_do_not(hired: Hire) -> None:
    await cast.rita()
    desk = await hired()
    form = await desk.open_form("Zmiana hasła")
    await form.get_by_label("Nowe hasło").fill("wiosna idzie przez pola")
    assert await form.get_by_label("Nowe hasło").get_attribute("type") == "password"
    form = await desk.open_form("Nowy pacjent")
    await form.get_by_label("Imię").fill("Zofia")
    await desk.page.reload()
    await expect(desk.page.locator(".tabs li")).to_have_count(2)
    await expect(desk.page.locator(".generated").get_by_label("Imię")).to_have_value("Zofia")
    form = await desk.open_form("Zmiana hasła")
    await expect(form.get_by_label("Nowe hasło")).to_have_value("")


def is_kept_with_the_form(answer: Response) -> bool:
    sent = answer.request.post_data or ""
    return "KeepDesk" in sent and "RegisterPatient" in sent


async def test_a_page_waits_for_what_the_page_before_it_is_still_saving(hired: Hire) -> None:
    await cast.rita()
    desk = await hired()
    async with desk.page.expect_response(is_kept_with_the_form):  # otherwise this save could come last
        form = await desk.open_form("Nowy pacjent")
    async with in_transaction():  # while this lock is held, the table can be read but not written
        await database.connection().execute_script("LOCK TABLE workspace IN EXCLUSIVE MODE")
        await form.get_by_label("Imię").fill("Zofia")
        async with desk.page.expect_response(lambda answer: "query Desk" in (answer.request.post_data or "")):
            await desk.page.reload(wait_until="commit")
    await expect(desk.page.locator(".generated").get_by_label("Imię")).to_have_value("Zofia")


async def test_a_save_that_is_overtaken_on_its_way_does_not_replace_the_later_one(hired: Hire) -> None:
    await cast.rita()
    desk = await hired()
    form = await desk.open_form("Nowy pacjent")
    held: list[Request] = []
    is_overtaken = asyncio.Event()

    async def delay_the_first_save(route: Route) -> None:
        if "KeepDesk" in (route.request.post_data or "") and not held:
            held.append(route.request)
            await is_overtaken.wait()
        await route.continue_()

    await desk.page.route("**/graphql", delay_the_first_save)
    await form.get_by_label("Imię").fill("Zo")
    await eventually(lambda: bool(held))
    async with desk.page.expect_response(lambda answer: "Zofia" in (answer.request.post_data or "")):
        await form.get_by_label("Imię").fill("Zofia")
    is_overtaken.set()
    assert await held[0].response()
    await desk.page.unroute_all()
    await desk.page.reload()
    await expect(desk.page.locator(".generated").get_by_label("Imię")).to_have_value("Zofia")


async def test_a_template_is_changed_from_a_day_on(hired: Hire) -> None:
    rita, clinic = await cast.rita(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    monday = clock.today() + timedelta(days=7 - clock.today().weekday())
    await publish(rita, doctor, clinic, line(1, 8, 12), valid_from=monday)
    before = await Slot.filter(withdrawn_at=None).count()
    desk = await hired()
    form = await desk.open_form("Podgląd zmiany od dnia")
    await desk.choose(form, "Grafik", "wisniewska")
    later = monday + timedelta(weeks=2)
    await form.get_by_label("Zmiana od dnia").fill(later.isoformat())
    await form.get_by_label("Do *").first.fill("10:00")
    await form.get_by_label("Długość wizyty").fill("30")
    await desk.click(form.get_by_role("button", name="Wykonaj"))
    await expect(desk.page.locator(".answer")).to_contain_text("Wycofane terminy, razem")
    assert await Slot.filter(withdrawn_at=None).count() == before, "a preview writes nothing"
    await desk.click(form.get_by_role("button", name="Dalej: Zmiana grafiku od dnia"))
    await desk.click(desk.page.locator(".generated").get_by_role("button", name="Wykonaj"))
    await expect(desk.page.locator(".answer .done")).to_contain_text("Zmieniono grafik")
    assert await Schedule.all().count() == 2
    ten = time(10)
    late = [slot for slot in await Slot.filter(withdrawn_at=None) if clock.local(slot.starts_at).date() >= later]
    assert late
    assert all(clock.local(slot.starts_at).time() < ten for slot in late)


async def secret_in_the_qr_code(page: Page) -> str:
    """The secret as an authenticator app reads it from the QR code on the screen."""
    await page.evaluate(QR_READER.read_text())
    text = await page.evaluate(
        """async () => {
            const image = document.querySelector("img.qr");
            await image.decode();
            const canvas = Object.assign(document.createElement("canvas"), { width: 600, height: 600 });
            const pen = canvas.getContext("2d");
            pen.fillStyle = "white";
            pen.fillRect(0, 0, 600, 600);
            pen.drawImage(image, 0, 0, 600, 600);
            return jsQR(pen.getImageData(0, 0, 600, 600).data, 600, 600)?.data ?? "";
        }"""
    )
    return str(text).split("secret=")[1].split("&")[0]


async def test_a_second_factor_is_set_up_by_its_qr_code(hired: Hire) -> None:
    rita = await cast.rita()
    desk = await hired()
    form = await desk.open_form("Zacznij drugi składnik")
    await form.get_by_label("Obecne hasło").fill(cast.PASSWORD)
    await desk.click(form.get_by_role("button", name="Wykonaj"))
    await expect(desk.page.locator("img.qr")).to_be_visible()
    authenticator = Authenticator(await secret_in_the_qr_code(desk.page))
    await desk.click(form.get_by_role("button", name="Dalej: Włącz drugi składnik"))
    form = desk.page.locator(".generated")
    await form.get_by_label("Kod").fill(authenticator.code())
    await desk.click(form.get_by_role("button", name="Wykonaj"))
    await expect(desk.page.locator(".answer .done")).to_contain_text("Drugi składnik włączony")
    assert await SecondFactor.filter(account_id=rita.id, confirmed_at__not_isnull=True).exists()

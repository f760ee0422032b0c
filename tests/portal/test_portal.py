"""The patient's page on a telephone: from sign-up to a cancelled visit, in a real browser."""

import asyncio
import re
from datetime import datetime, timedelta

import httpx
from playwright.async_api import Page, Route, expect

from tests import cast

expect.set_options(timeout=30_000)  # as long as Playwright waits for everything else


async def the_letter(url: str, subject: str) -> str:
    for _ in range(300):
        async with httpx.AsyncClient(timeout=30) as client:
            entries = (await client.get(f"{url}/mailbox.json")).json()
        for entry in entries:
            if subject in (entry["subject"] or ""):  # a text has none
                return str(entry["text"])
        await asyncio.sleep(0.1)
    raise AssertionError(f"No letter came about {subject}.")


async def fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        await page.fill(f"[name={name}]", value)


async def test_a_patient_signs_up_books_and_cancels(server: str, page: Page) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("dialog", lambda dialog: dialog.accept())
    clinic = await cast.clinic("Poradnia kardiologiczna")
    doctor = await cast.doctor(clinic)
    day_after_tomorrow = datetime.now(cast.WARSAW).date() + timedelta(days=2)  # the server's clock is the real one
    await cast.morning(day_after_tomorrow, 3, at=clinic, by=doctor)

    await page.goto(f"{server}/#/sign-up")
    await fill(
        page, firstName="Ola", lastName="Źrebiec", pesel="44051401358", email="ola@example.pl", phone="501 234 567"
    )
    await page.click("button.main")
    await expect(page.locator("#pesel-flaw")).not_to_be_empty()
    await page.fill("[name=pesel]", cast.BORYS_PESEL)
    await page.click("button.main")
    await expect(page.locator("[role=status]")).to_contain_text("Dziękujemy")

    secret = re.search(r"\b(?:[a-z2-9]{4}-){3}[a-z2-9]{4}\b", await the_letter(server, "Konto"))
    assert secret
    await fill(page, login="ola@example.pl", password=secret.group())
    await page.click("button.main")
    await page.fill("[name=newPassword]", "siedem krokow do zielonych drzwi")
    await page.click("button.main")

    await expect(page.locator("h1")).to_have_text("Umów wizytę")
    await page.click("main button.main")  # the clinic
    await page.click("main .row button")  # the day
    await page.click("main .row button:has-text('08:20')")
    await page.fill("[name=reason]", "kontrola")
    await page.click("form button.main")
    await expect(page.locator("[role=status]")).to_contain_text("Wizyta umówiona")
    await expect(page.locator(".when")).to_contain_text("08:20")
    assert "08:20" in await the_letter(server, "Potwierdzenie wizyty")

    await page.click("text=Odwołaj")
    await expect(page.locator("[role=status]")).to_contain_text("Wizyta odwołana")
    await page.click("text=English")
    await expect(page.locator("main")).to_contain_text("Past and cancelled visits")
    await page.click("text=My account")
    await expect(page.locator("main")).to_contain_text("*******1359")
    assert errors == []


async def test_a_slow_page_that_was_left_does_not_overwrite_the_next(server: str, page: Page) -> None:
    async def slowly(route: Route) -> None:
        if "serviceHours" in (route.request.post_data or ""):
            await asyncio.sleep(0.5)
        await route.continue_()

    await page.route("**/graphql", slowly)
    await page.goto(f"{server}/#/log-in")
    await expect(page.locator("h1")).to_have_text("Zaloguj się")
    async with page.expect_response(lambda answer: "serviceHours" in (answer.request.post_data or "")):
        async with page.expect_request(lambda request: "serviceHours" in (request.post_data or "")):
            await page.evaluate("location.hash = '#/'")
        await page.evaluate("location.hash = '#/forgotten'")
        await expect(page.locator("h1")).to_have_text("Nie pamiętam hasła")
    await page.evaluate("new Promise(requestAnimationFrame)")
    await expect(page.locator("h1")).to_have_text("Nie pamiętam hasła")


async def test_a_page_that_is_being_left_cannot_be_clicked_any_more(server: str, page: Page) -> None:
    seen = asyncio.Event()

    async def held_up(route: Route) -> None:
        if "serviceHours" in (route.request.post_data or ""):
            await seen.wait()
        await route.continue_()

    await page.goto(f"{server}/#/log-in")
    await expect(page.locator("h1")).to_have_text("Zaloguj się")
    await page.route("**/graphql", held_up)
    await page.evaluate("location.hash = '#/'")
    await expect(page.locator("main")).to_have_js_property("inert", True)
    seen.set()
    await page.click("main a:has-text('Załóż konto')")  # waits until it can be clicked: on the page that follows
    await expect(page.locator("h1")).to_have_text("Załóż konto")
    await expect(page.locator("main")).to_have_js_property("inert", False)


async def test_a_page_that_cannot_be_loaded_leaves_the_old_one_as_it_was(server: str, page: Page) -> None:
    async def broken(route: Route) -> None:
        if "serviceHours" in (route.request.post_data or ""):
            await route.fulfill(status=502, body="no gateway")
        else:
            await route.continue_()

    await page.goto(f"{server}/#/log-in")
    await page.route("**/graphql", broken)
    await page.fill("[name=login]", "anna@example.pl")
    await page.evaluate("location.hash = '#/'")
    await expect(page.locator("[role=status]")).not_to_be_empty()
    await expect(page.locator("[name=login]")).to_be_focused()
    await page.keyboard.type(".")
    await expect(page.locator("[name=login]")).to_have_value("anna@example.pl.")


async def test_an_address_that_means_nothing_leads_home(server: str, page: Page) -> None:
    await page.goto(f"{server}/#/constructor")
    await expect(page.locator("h1")).to_have_text("Umów wizytę")
    await expect(page.locator("[role=status]")).to_be_empty()

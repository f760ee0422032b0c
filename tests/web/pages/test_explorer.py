"""The explorer in a real browser: staff sign in and work in GraphiQL; nothing comes from another host."""

from playwright.async_api import Page

from models import clock
from models.account import Account, Role
from tests import cast
from tests.telephone import set_up


async def receptionist() -> Account:
    email = "recepcja@diamed.example"
    hash_ = await cast.hash_of(cast.PASSWORD)
    return await Account.create(
        email=email, email_key=email, role=Role.RECEPTIONIST, password_hash=hash_, created_at=clock.now()
    )


async def sign_in(page: Page, url: str, email: str) -> None:
    await page.goto(f"{url}/graphql")
    await page.fill("[name=login]", email)
    await page.fill("[name=password]", cast.PASSWORD)
    await page.click("button")


async def test_staff_sign_in_and_run_a_ready_operation(server: str, page: Page) -> None:
    await receptionist()
    await cast.clinic("Ambulatorium nocne")
    errors: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))
    await sign_in(page, server, "recepcja@diamed.example")
    await page.click("text=Poradnie i lekarze")
    await page.click(".graphiql-execute-button")
    await page.wait_for_selector(".result-window >> text=Ambulatorium nocne")
    assert errors == []
    assert [url for url in asked if not url.startswith((server, "data:"))] == []
    assert await page.evaluate("localStorage.length") == 0


async def test_a_patient_gets_no_graphiql(server: str, page: Page) -> None:
    await cast.anna()
    await sign_in(page, server, "anna@example.pl")
    await page.wait_for_selector("text=To konto nie jest kontem pracownika.")
    assert await page.locator("#graphiql").count() == 0


async def test_logging_out_leads_back_to_the_sign_in_page(server: str, page: Page) -> None:
    await receptionist()
    await sign_in(page, server, "recepcja@diamed.example")
    await page.click("text=Wyloguj")
    await page.wait_for_selector("[name=login]")


async def test_who_has_a_second_factor_is_asked_for_its_code(server: str, page: Page) -> None:
    telephone = await set_up(await receptionist())
    await sign_in(page, server, "recepcja@diamed.example")
    await page.wait_for_selector("text=The password is right.")
    await page.fill("[name=code]", "nie ten")
    await page.click("button")
    await page.wait_for_selector("text=The code is wrong")
    await page.fill("[name=code]", telephone.recovery_codes[0])
    await page.click("button")
    await page.wait_for_selector("#graphiql >> text=Wyloguj")

"""The explorer in a real browser: staff sign in and work in GraphiQL, and nothing is loaded from another host."""

from datetime import UTC, datetime, timedelta

from playwright.async_api import Page

from infra import clock
from models.accounts.account import Account, Role
from models.accounts.one_time_password import OneTimePassword
from tests import cast
from tests.support.authenticator import set_up_second_factor


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
    await page.click("text=Zaloguj")


async def test_staff_sign_in_and_run_a_ready_operation(server: str, page: Page) -> None:
    await receptionist()
    await cast.clinic("Ambulatorium nocne")
    errors: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))
    await sign_in(page, server, "recepcja@diamed.example")
    await page.click(".graphiql-sidebar >> text=Edytor")
    await page.click(".ready >> text=Poradnie i lekarze")
    await page.wait_for_selector(".ready [aria-current=true]:has-text('Poradnie i lekarze')")
    await page.click(".graphiql-execute-button")
    await page.wait_for_selector(".result-window >> text=Ambulatorium nocne")
    assert errors == []
    assert [url for url in asked if not url.startswith((server, "data:"))] == []
    assert await page.evaluate("localStorage.length + sessionStorage.length") == 0


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


async def test_a_colleague_with_a_second_factor_is_asked_for_its_code(server: str, page: Page) -> None:
    telephone = await set_up_second_factor(await receptionist())
    await sign_in(page, server, "recepcja@diamed.example")
    await page.wait_for_selector("text=Hasło jest poprawne.")
    await page.fill("[name=code]", "nie ten")
    await page.click("text=Zaloguj")
    await page.wait_for_selector("text=Kod jest błędny")
    await page.fill("[name=code]", telephone.recovery_codes[0])
    await page.click("text=Zaloguj")
    await page.wait_for_selector("#graphiql >> text=Wyloguj")


NEW = "szary wilk nosi kapelusz"


async def test_who_forgot_the_password_gets_in_by_a_letter_also_after_a_reload(server: str, page: Page) -> None:
    account = await receptionist()
    await page.goto(f"{server}/graphql")
    await page.click("text=Nie pamiętam hasła")
    assert await page.evaluate("document.querySelector('[name=login]').validity.valueMissing")
    await page.fill("[name=login]", "recepcja@diamed.example")
    await page.click("text=Nie pamiętam hasła")
    await page.wait_for_selector("[role=status]:has-text('Jeżeli dla tego adresu istnieje konto')")
    secret = await OneTimePassword.issue(account)
    await OneTimePassword.all().update(expires_at=datetime.now(UTC) + timedelta(hours=1))  # in real time
    await page.fill("[name=password]", secret)
    await page.click("text=Zaloguj")
    await page.wait_for_selector("[name=new]")
    await page.reload()
    await page.wait_for_selector("[role=status]:has-text('Prosimy ustawić własne hasło')")
    assert not await page.locator("[name=password]").is_visible()
    assert await page.locator("[name=login]").input_value() == "recepcja@diamed.example"
    await page.fill("[name=new]", "za krótkie")
    await page.click("text=Zaloguj")
    await page.wait_for_selector("[role=alert]:has-text('15')")
    await page.fill("[name=new]", NEW)
    await page.click("text=Zaloguj")
    await page.wait_for_selector("#graphiql >> text=Wyloguj")

"""A step, and what may interrupt it: reload, Back, another language, a lost session, no connection, no server."""

import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial

from playwright.async_api import Locator, expect

from models.accounts.account import Account
from tests.portal.outage import Broken, forgive
from tests.portal.window import Window

Act = Callable[[Window], Awaitable[object]]

OFFLINE = re.compile("Czekamy na połączenie")
AWAY, NOT_SENT = re.compile("Próbujemy ponownie"), re.compile("Nie udało się wysłać")


async def nothing(_: Window) -> None:
    pass


def pressing(name: str) -> Act:
    return lambda window: window.press(name, exact=True)


def typing(**values: str) -> Act:
    return lambda window: window.fill(**values)


def seeing(text: str) -> Act:
    return lambda window: window.sees(text)


def titled(title: str) -> Act:
    return lambda window: window.titled(title)


@dataclass(frozen=True)
class Step:
    """A form or button at one address: how to fill it in and send it, and what the page shows afterwards."""

    path: str
    title: str
    done: Act
    open: Act = nothing  # opens the form if it is collapsed
    begin: Act = nothing
    button: str = ""  # without a name: the form's submit button
    kept: Mapping[str, str] = field(default_factory=dict)  # values that outlive the session, by field name
    is_repeated: bool = True  # whether the page itself repeats the request, because that is safe


async def press(window: Window, step: Step) -> None:
    await (window.press(step.button, exact=True) if step.button else window.send())


async def ready(window: Window, step: Step) -> None:
    await window.settle()
    if step.button:
        await window.page.get_by_role("button", name=step.button, exact=True).first.wait_for()


PRESS_IF_THERE = """name => {
    const all = [...document.querySelectorAll(name ? "main button" : "main form button[type=submit]")];
    all.findLast(({ textContent }) => !name || textContent === name)?.click();
}"""


async def keeps(window: Window, step: Step) -> None:
    for name, value in step.kept.items():
        await expect(window.page.locator(f"[name={name}]").last).to_have_value(value)


def saying(window: Window, words: re.Pattern[str]) -> Locator:
    return window.page.locator("main .box, main .summary").filter(has_text=words)


TRY_AGAIN = "Spróbuj ponownie"


async def outage(window: Window, act: Act, step: Step, *, is_load: bool = False) -> None:
    """Break first the connection, then the server: the page reports each, with the telephone, and keeps typed text.

    What could not be loaded can also be tried again at once.
    """
    async with AsyncExitStack() as server:
        async with Broken(window, "offline"):
            await act(window)
            await expect(saying(window, OFFLINE).locator("a[href^='tel:']")).to_be_visible()
            await keeps(window, step)
            if is_load:
                await expect(window.page.locator("main .box").get_by_role("button", name=TRY_AGAIN)).to_be_visible()
            await server.enter_async_context(Broken(window, "502"))
        await expect(saying(window, AWAY if step.is_repeated else NOT_SENT).locator("a[href^='tel:']")).to_be_visible()
        await keeps(window, step)


async def try_again(window: Window) -> None:
    """Press the button, unless the page has succeeded by itself."""
    await window.page.evaluate(PRESS_IF_THERE, TRY_AGAIN)


async def hurry(window: Window) -> None:
    """Make the page try again at once."""
    await window.page.evaluate("dispatchEvent(new Event('online'))")


async def goes_on(window: Window, step: Step, account: Account | None = None) -> None:
    await window.follow_to(step.path)
    await window.titled(step.title)
    await window.page.reload()
    await window.titled(step.title)
    await window.follow_to("/rezerwacja")
    await window.titled("Wybierz poradnię")
    await window.page.go_back()
    await window.titled(step.title)
    await step.open(window)
    await step.begin(window)
    await window.page.keyboard.press("Escape")  # closes a dialog that covers the language menu
    for _ in range(2):
        await window.switch_language()
    await step.open(window)
    await keeps(window, step)
    await step.begin(window)
    if account:
        await ready(window, step)
        await window.context.clear_cookies()
        await window.page.evaluate(PRESS_IF_THERE, step.button)  # the page may have shown the log-in already
        await window.titled("Logowanie")
        await window.sees("Sesja została zakończona")
        await window.sign_in(account)
        await window.titled(step.title)
        await window.at(re.escape(step.path))
        await step.open(window)
        await keeps(window, step)
        await step.begin(window)
    await ready(window, step)
    send = partial(press, step=step)
    await outage(window, send, step)
    await (hurry(window) if step.is_repeated else send(window))
    await step.done(window)
    forgive(window)

"""Every screen of the portal in turn, with content, including dialogs, refusals and notices."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from playwright.async_api import Route

from infra import clock
from models.accounts.account import Account, Role
from models.accounts.session import Session
from models.audit import AuditEntry
from models.visits.visit import Visit
from models.waiting.offer import Offer
from tests import cast
from tests.portal.outage import Broken
from tests.portal.stage import DAY, clinic_with_slots, link_of, public, report_absence, visit_of
from tests.portal.window import PHONE, Opener, Window
from tests.support import schedules
from tests.support.visits import cancel

STRANGERS = {
    "home": "/",
    "sign-up": "/zaloz-konto",
    "mailbox": "/zaloz-konto/poczta",
    "log-in": "/zaloguj",
    "forgotten": "/haslo",
    "clinics": "/rezerwacja",
    "calendar": "/rezerwacja/{clinic}",
    "nothing": "/rezerwacja/{nothing}",
    "bad-link": "/potwierdz",
    "confirm-address": "/potwierdz-adres#abc",
    "lost": "/rezerwacja/nic",
}
PATIENTS = {
    "home": "/",
    "review": "/termin/{slot}",
    "taken": "/termin/{taken}",
    "booked": "/potwierdzone/{visit}",
    "visits": "/wizyty",
    "visit": "/wizyty/{visit}",
    "move": "/wizyty/{visit}/przeloz",
    "move-review": "/termin/{slot}?zamiast={visit}",
    "past": "/wizyty/minione",
    "cancelled": "/wizyty/odwolane",
    "account": "/konto",
    "contact": "/konto/kontakt",
    "reminders": "/konto/przypomnienia",
    "language": "/konto/jezyk",
    "password": "/konto/haslo",
    "access": "/konto/dostep",
    "data": "/konto/dane",
    "close": "/konto/zamknij",
    "waiting": "/rezerwacja/{nothing}",
}

Screens = AsyncIterator[tuple[str, Window]]


async def stage(anna: Account) -> dict[str, str]:
    """Create data for every screen to show."""
    borys, rita = await cast.borys(), await cast.rita()
    clinic, slots = await clinic_with_slots(14)
    nothing = await cast.clinic("Poradnia okulistyczna")
    await cast.doctor(nothing)
    visit = await visit_of(anna, slots[3])
    await visit_of(borys, slots[5])
    await cancel(anna, await visit_of(anna, slots[9]))
    await AuditEntry.record("open_record", account=rita, patient_id=anna.patient_id, subject_id=anna.patient_id)
    await schedules.join_waiting_list(anna, nothing, weekdays=[2, 4])
    return {
        "clinic": public(clinic),
        "nothing": public(nothing),
        "slot": public(slots[0]),
        "taken": public(slots[5]),
        "visit": public(visit),
    }


async def screens(opened: Opener, language: str) -> Screens:
    """Each screen as a stranger or a patient sees it."""
    anna = await cast.anna()
    ids = await stage(anna)
    stranger, patient = await opened(language=language), await opened(by=anna, language=language)
    for window, paths in ((stranger, STRANGERS), (patient, PATIENTS)):
        await window.go("/")
        for name, path in paths.items():
            await window.page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dictionary will do
            await window.walk(path.format(**ids))
            yield name, window
    async for screen in _strangers_refusals(stranger):
        yield screen
    async for screen in _linked(stranger):
        yield screen
    async for screen in _troubles(stranger):
        yield screen
    async for screen in _choices(patient, ids["clinic"]):
        yield screen
    yield "lapsed", await _lapsed(await opened(by=anna, language=language), ids["slot"])
    async for screen in _patients_dialogs(patient):
        yield screen
    rita = await Account.get(role=Role.RECEPTIONIST)
    async for screen in _offers(patient, ids["visit"], anna, rita):
        yield screen
    async for screen in _sessions(patient):
        yield screen
    yield "staff", await (await opened(by=rita, language=language)).go("/konto")


async def _strangers_refusals(window: Window) -> Screens:
    await window.walk("/zaloz-konto")
    await window.send()
    yield "flawed", window
    await window.fill(firstName="4", lastName="Lis", pesel="44051401358", email="ola", phone="12")
    await window.send()
    await window.page.locator(".summary:has-text('SMS'), .summary:has-text('501 234 567')").wait_for()
    yield "flawed-values", window
    await window.walk("/zaloguj")
    await window.fill(login="anna@example.pl", password="nie to")
    await window.send()
    await window.page.locator(".summary").wait_for()
    yield "wrong", window
    await window.walk("/haslo")
    await window.fill(email="anna@example.pl")
    await window.send()
    await window.page.locator(".steps").wait_for()
    yield "sent", window
    await window.context.set_offline(True)
    await window.page.locator(".notices .warn").wait_for()
    yield "offline", window
    await window.context.set_offline(False)


async def _linked(window: Window) -> Screens:
    await window.walk(link_of(await Visit.get(status="BOOKED", patient__last_name="Żółć")))
    yield "linked", window
    await window.press(re.compile("^(Tak, przyjdę|Yes, I will come)$"))
    await window.page.locator(".proof").wait_for()
    yield "linked-confirmed", window


async def _troubles(window: Window) -> Screens:
    """A form without an answer, a page without a server, and a page while e-registration is closed."""
    await window.go("/haslo")
    await window.fill(email="anna@example.pl")
    async with Broken(window, "502"):
        await window.send()
        await window.page.locator("form .warn").wait_for()
        yield "no-answer", window
        await window.go("/rezerwacja")
        yield "away", window
    await window.page.route("**/graphql", _close)
    await window.go("/rezerwacja")
    await window.page.locator(".notices .warn").wait_for()
    yield "closed", window
    await window.page.unroute("**/graphql")


async def _close(route: Route) -> None:
    answer = await route.fetch()
    body = await answer.json()
    if "serviceHours" in body["data"]:
        tomorrow = (clock.now() + DAY).isoformat()
        body["data"]["serviceHours"] |= {"isOpen": False, "nextOpening": tomorrow, "nextClosing": tomorrow}
    await route.fulfill(response=answer, json=body)


async def _choices(window: Window, clinic: str) -> Screens:
    yield "filters", await window.walk(f"/rezerwacja/{clinic}?dni=1234567&pora=6-12")
    await window.page.click(".waiting-form summary")
    yield "waiting-form", window


async def _lapsed(window: Window, slot: str) -> Window:
    """The screen after the hold has expired while the patient was deciding."""
    await window.page.clock.install()
    await window.go(f"/termin/{slot}")
    await window.page.get_by_role("timer").wait_for()
    await window.page.clock.fast_forward("06:00")
    await window.page.locator("main .box.warn").wait_for()
    return window


async def _patients_dialogs(window: Window) -> Screens:
    await window.walk("/wizyty")
    await window.press(re.compile("^(Odwołaj|Cancel)$"))
    yield "cancel", window
    await window.go("/konto/zamknij")
    await window.press(re.compile("^(Zamknij konto|Close the account)$"))
    yield "close-dialog", window
    await window.go("/konto/haslo")
    await window.fill(current=cast.PASSWORD, fresh="Anna")
    await window.send()
    await window.page.locator(".summary").wait_for()
    yield "weak", window


async def _offers(window: Window, visit: str, anna: Account, rita: Account) -> Screens:
    """Two doctors are absent: one has another slot two days later, the other has none."""
    own = await Visit.get(status="BOOKED", patient__last_name="Żółć").select_related("slot__clinic")
    slot = own.slot
    doctor, day = await slot.doctor, clock.local(slot.starts_at).date()
    await cast.morning(day + 2 * DAY, 1, at=slot.clinic, by=doctor)
    _, [only] = await clinic_with_slots(1, days=6, name="Poradnia neurologiczna")
    await report_absence(await visit_of(anna, only), by=rita)
    await report_absence(own, by=rita)
    paths = {
        "offer": f"/oferty/{public(await Offer.get(visit_id=own.id))}",
        "offers": "/wizyty",
        "absent": f"/wizyty/{visit}",
    }
    for name, path in paths.items():
        yield name, await window.go(path)


async def _sessions(window: Window) -> Screens:
    await Session.all().update(one_time_hash="0" * 64)
    yield "own-password", await window.go("/konto")
    yield "half-open", await window.go("/")
    soon = datetime.now(UTC) + timedelta(seconds=115)  # real time: the service's clock is not stopped
    await Session.all().update(one_time_hash=None, expires_at=soon)
    await window.go("/konto")
    await window.page.get_by_role("dialog").wait_for()
    yield "session", window

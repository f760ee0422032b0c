"""Screens that patients seldom see: what is empty, not found, over, too late, refused or lost."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

from playwright.async_api import Route

from infra import clock, crypto
from models.accounts.account import Account
from models.accounts.patient import Patient
from models.slots.clinic import Clinic
from models.slots.slot import Slot
from models.visits.visit import Visit
from models.waiting.offer import Offer, OfferAnswer
from tests import cast
from tests.portal.stage import clinic_with_slots, link_of, public, visit_of
from tests.portal.window import Opener, Window
from tests.support.visits import cancel
from tests.support.waiting import eventually

STRANGERS = {
    "none-found": "/rezerwacja?szukaj=zzz",
    "unfit": "/rezerwacja/{clinic}?pora=popoludnie",
    "forgotten-mailbox": "/haslo/poczta",
}
PATIENTS = {
    "no-part": "/konto/nic",
    "no-visit": "/wizyty/{others}",
    "no-visit-booked": "/potwierdzone/{others}",
    "no-visit-to-move": "/wizyty/{others}/przeloz",
    "no-offer": "/oferty/{others}",
    "over": "/wizyty/{cancelled}",
    "overlap": "/termin/{overlapping}",
}
NEWCOMERS = {
    "empty-home": "/",
    "empty-visits": "/wizyty",
    "empty-past": "/wizyty/minione",
    "empty-access": "/konto/dostep?kto=ja",
    "no-telephone": "/konto/przypomnienia",
}
TOO_LATE = {
    "late": "/wizyty/{visit}",
    "late-booked": "/potwierdzone/{visit}",
    "late-move": "/wizyty/{visit}/przeloz",
    "late-linked": "{link}",
}

FOLLOW_IF_THERE = "path => document.querySelector(`main a[href='${path}']`)?.click()"

Screens = AsyncIterator[tuple[str, Window]]


async def _stage(anna: Account) -> tuple[dict[str, str], Slot, Slot]:
    """The addresses' ids, a free slot of that clinic, and one of another clinic."""
    clinic, slots = await clinic_with_slots(14)
    _, [overlapping] = await clinic_with_slots(1, name="Poradnia okulistyczna")
    visit, cancelled = await visit_of(anna, slots[0]), await visit_of(anna, slots[3])
    await cancel(anna, cancelled)
    others = await visit_of(await cast.borys(), slots[6])
    ids = {
        "clinic": public(clinic),
        "visit": public(visit),
        "cancelled": public(cancelled),
        "others": public(others),
        "others_link": link_of(others),
        "overlapping": public(overlapping),
        "link": link_of(visit),
    }
    return ids, slots[1], overlapping


async def rare_screens(opened: Opener) -> Screens:
    anna = await cast.anna()
    ids, free, other = await _stage(anna)
    celina = await cast.celina()
    await Patient.filter(id=celina.patient_id).update(phone=None)
    stranger, patient, newcomer = await opened(), await opened(by=anna), await opened(by=celina)
    for window, paths in ((stranger, STRANGERS), (patient, PATIENTS), (newcomer, NEWCOMERS)):
        for name, path in paths.items():
            yield name, await window.go(path.format(**ids))
    async for screen in _strangers(stranger, ids):
        yield screen
    async for screen in _addresses(newcomer, celina):
        yield screen
    async for screen in _lost_race(patient, ids, free):
        yield screen
    async for screen in _offers(patient, await Visit.get(status="BOOKED", patient_id=anna.patient_id), other):
        yield screen
    await Clinic.all().update(cancel_until_minutes=14 * 24 * 60)
    for name, path in TOO_LATE.items():
        yield name, await patient.go(path.format(**ids))
    async for screen in _ended(patient):
        yield screen


async def _strangers(window: Window, ids: dict[str, str]) -> Screens:
    await window.go("/zaloz-konto/poczta")
    await window.page.click("details summary")
    yield "mailbox-again", window
    await window.go("/potwierdz-adres#abc")
    await window.send()
    await window.page.locator(".summary").wait_for()
    yield "address-refused", window
    await window.go(ids["others_link"])
    await window.page.click("details summary")
    yield "linked-cancel", window
    await window.go("/")  # else the link would not be opened anew
    await window.go(ids["others_link"])
    await window.page.click("details summary")
    await window.send()
    await window.page.locator("form").first.wait_for(state="detached")
    yield "linked-cancelled", window
    await window.page.route("**/graphql", _forget)
    await window.go("/rezerwacja/brak")
    yield "outdated", window
    await window.page.unroute("**/graphql")


async def _addresses(window: Window, account: Account) -> Screens:
    """A new address that has not been confirmed yet, and one that has been; then too many wrong passwords."""
    token, until = "token-of-a-letter", clock.now() + timedelta(hours=1)
    pending = {"pending_email": "celina.nowa@example.pl", "email_token_hash": crypto.hash_token(token)}
    await Account.filter(id=account.id).update(pending_email_until=until, **pending)
    await window.go("/konto/kontakt")
    await window.page.locator("main .box", has_text=pending["pending_email"]).wait_for()
    yield "pending-address", window
    await window.go(f"/potwierdz-adres#{token}")
    await window.send()
    await window.page.locator("main .box.good").wait_for()
    yield "address-confirmed", window
    await window.context.clear_cookies()
    await window.go("/zaloguj")
    refusal = window.page.locator(".summary")

    async def is_blocked() -> bool:
        await window.fill(login="nikt@example.pl", password="zgadywane hasło")
        await window.send()
        await refusal.wait_for()
        return await refusal.get_by_text("Zbyt wiele").count() > 0

    await eventually(is_blocked)
    yield "too-many-attempts", window


async def _forget(route: Route) -> None:
    """As after a new release that no longer knows what this page asks for."""
    if "brak" in (route.request.post_data or ""):
        body = '{"errors": [{"message": "", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]}'
        await route.fulfill(status=200, content_type="application/json", body=body)
    else:
        await route.fallback()


async def _lost_race(window: Window, ids: dict[str, str], slot: Slot) -> Screens:
    """Somebody else has taken the slot a moment ago."""
    await window.hold_streams()
    await window.go(f"/rezerwacja/{ids['clinic']}")
    await visit_of(await cast.patient_account("ewa@example.pl", None, "Ewa", "Szybka"), slot)
    await window.press(re.compile("^08:20"))
    await window.page.locator(".summary .alternatives").wait_for()
    yield "lost-race", window
    await window.page.unroute("**/graphql")


async def _offers(window: Window, visit: Visit, slot: Slot) -> Screens:
    """What became of an offer."""
    at = visit.booked_at
    offer = await Offer.create(patient_id=visit.patient_id, slot=slot, visit_id=visit.id, made_at=at, expires_at=at)
    for name, answer in (("offer-over", OfferAnswer.CLOSED), ("offer-accepted", OfferAnswer.ACCEPTED)):
        await Offer.filter(id=offer.id).update(answer=answer)
        yield name, await window.go(f"/oferty/{public(offer)}")


async def _ended(window: Window) -> Screens:
    """The session has ended before a step."""
    await window.go("/wizyty")
    await window.context.clear_cookies()
    await window.page.evaluate(FOLLOW_IF_THERE, "/wizyty/minione")  # the page may have noticed it already
    await window.page.locator("main .box.warn").wait_for()
    yield "ended", window

"""A visit as a calendar file: only for its own patient, identified by the cookie."""

from icalendar import Calendar

from models.accounts.session import Session
from tests import cast
from tests.support.client import Client, id_of


async def browser_of(client: Client) -> Client:
    """A browser in which the client's owner has logged in."""
    found = Client()
    found.http.cookies.set("__Host-session", await cast.signed_in(client.account))
    return found


async def test_a_patient_downloads_a_visit_of_their_own(anna: Client) -> None:
    visit = await anna.do("BookVisit", slotId=id_of(await cast.slot()))
    browser = await browser_of(anna)
    response = await browser.http.get(f"/wizyty/{visit['id']}.ics", headers={"accept-language": "pl"})
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/calendar; charset=utf-8"
    assert response.headers["content-disposition"] == "attachment; filename=wizyta.ics"
    assert response.headers["cache-control"] == "no-store"
    assert str(Calendar.from_ical(response.text)["METHOD"]) == "PUBLISH"
    english = await browser.http.get(f"/wizyty/{visit['id']}.ics?lang=en", headers={"accept-language": "pl"})
    assert english.headers["content-disposition"] == "attachment; filename=visit.ics"


async def test_what_is_not_ones_own_looks_like_what_is_not_there(anna: Client, celina: Client, nobody: Client) -> None:
    visit = await anna.do("BookVisit", slotId=id_of(await cast.slot()))
    path = f"/wizyty/{visit['id']}.ics"
    _session, half_open = await Session.open_for(anna.account, one_time_hash="x")
    beginner, foreign = Client(), await browser_of(anna)
    beginner.http.cookies.set("__Host-session", half_open)
    rita = Client(await cast.signed_in(await cast.rita()))
    answers = [
        await nobody.http.get(path),
        await (await browser_of(celina)).http.get(path),
        await beginner.http.get(path),
        await rita.http.get(path, headers=rita.headers),
        await foreign.http.get(path, headers={"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}),
        *[await (await browser_of(anna)).http.get(f"/wizyty/{id_}.ics") for id_ in ("x", "Visit_x", "Slot_ż", "%00")],
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}

"""A new receptionist's first day in a real browser, using only the editor and its ready operations."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any

from playwright.async_api import Page

from tests import cast
from tests.support import browser
from tests.support.browser import Contexts, one_time_password

OWN = "recepcja zna wszystkich pacjentów"


class Desk:
    """A member of staff in the explorer, who opens ready operations, fills in variables and presses the play button."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        browser.wait_patiently(page)
        self.errors: list[str] = []
        self.asked: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        page.on("request", lambda request: self.asked.append(request.url))

    async def sign_in(self, login: str, password: str, own: str | None = None) -> None:
        await self.page.goto(f"{self.url}/graphql")
        await self.page.fill("[name=login]", login)
        await self.page.fill("[name=password]", password)
        await self.page.click("text=Zaloguj")
        if own:
            await self.page.fill("[name=new]", own)
            await self.page.click("text=Zaloguj")
        await self.page.click(".graphiql-sidebar >> text=Edytor")
        await self.page.wait_for_selector(".ready [aria-current=true]")

    async def do(self, name: str, **variables: Any) -> Any:
        """The single answer of a ready operation, run with the given values merged into its prepared variables."""
        await self.page.click(f".ready button:has(small:text-is('{name}'))")
        await self.page.wait_for_selector(f".ready [aria-current=true]:has(small:text-is('{name}'))")
        if variables:
            await self._fill_in(variables)
        async with self.page.expect_response(
            lambda response: f'"{name}"' in (response.request.post_data or "")
        ) as response:
            await self.page.click(".graphiql-execute-button")
        answer = await (await response.value).json()
        assert "errors" not in answer, answer
        [value] = answer["data"].values()
        return value

    async def _fill_in(self, given: dict[str, Any]) -> None:
        editor = self.page.locator(".graphiql-editor-tool .CodeMirror").first
        there = json.loads(await editor.evaluate("editor => editor.CodeMirror.getValue()"))
        for name, value in given.items():
            there[name] = {**there[name], **value} if isinstance(value, dict) else value
        await editor.click()
        await self.page.keyboard.press("Control+A")
        await self.page.keyboard.press("Delete")
        await self.page.keyboard.insert_text(json.dumps(there))

    def is_clean(self) -> bool:
        """Whether no page has requested anything from another host or reported an error."""
        return not self.errors and all(url.startswith((self.url, "data:")) for url in self.asked)


def whole_day(moment: str) -> dict[str, str]:
    """A local day as the input fields of an absence."""
    day = date.fromisoformat(moment[:10])
    begin, end = (datetime.combine(one, time(), cast.WARSAW).isoformat() for one in (day, day + timedelta(days=1)))
    return {"from": begin, "until": end}


async def test_a_new_receptionists_first_day(server: str, page: Page, contexts: Contexts) -> None:
    await cast.adam()
    adam = Desk(page, server)
    await adam.sign_in("adam@diamed.example", cast.PASSWORD)
    clinic = (await adam.do("OpenClinic"))["id"]
    doctor = (await adam.do("AddDoctor", input={"clinicIds": [clinic]}))["id"]
    await adam.do("InviteStaff", input={"email": "ewa@diamed.example", "name": "Ewa Nowa"})

    ewa = Desk(await (await contexts.take()).new_page(), server)
    await ewa.sign_in("ewa@diamed.example", await one_time_password(server, "ewa@diamed.example"), OWN)
    where = {"doctorId": doctor, "clinicId": clinic}
    planned = await ewa.do("PreviewWeek", input=where)
    published = await ewa.do("PublishWeek", input=where)
    assert published["changes"]["newSlots"] == planned["newSlots"] > 300

    caller = (await ewa.do("RegisterPatient"))["id"]
    first, *_, fourth = (await ewa.do("FreeTerms", filter={"clinicId": clinic}))["nodes"][:4]
    visit = await ewa.do("BookByTelephone", input={"slotId": first["id"], "patientId": caller})
    moved = await ewa.do("Move", input={"visitId": visit["id"], "slotId": fourth["id"]})
    assert (moved["id"], moved["startsAt"]) == (visit["id"], fourth["startsAt"])

    report = await ewa.do("ReportAbsence", input={"doctorId": doctor, **whole_day(fourth["startsAt"])})
    assert [one["patient"]["email"] for one in report["affectedVisits"]] == [None]
    day = fourth["startsAt"][:10]
    [call] = await ewa.do("CallList", day=day)
    assert (call["reason"], call["phone"], call["visit"]["id"]) == ("NO_EMAIL", "+48226210000", visit["id"])
    accepted = await ewa.do("AcceptOffer", input={"offerId": call["offer"]["id"]})
    assert (accepted["id"], accepted["startsAt"]) == (visit["id"], call["offer"]["slot"]["startsAt"])
    await ewa.do("Called", input={"visitId": visit["id"]})
    assert await ewa.do("CallList", day=accepted["startsAt"][:10]) == []
    assert await ewa.page.evaluate("localStorage.length + sessionStorage.length") == 0

    trail = (await adam.do("AuditTrail", subject=visit["id"]))["nodes"]
    changes = [entry["action"] for entry in reversed(trail) if entry["action"] not in ("open_record", "read_list")]
    assert changes == [
        "visit_booked",
        "visit_moved",
        "doctor_absent",
        "visit_moved",
        "visit_called",
    ]
    assert {entry["staffName"] for entry in trail} == {"Ewa Nowa"}
    assert trail[0]["what"] == "Odnotowano rozmowę telefoniczną w sprawie wizyty."
    assert adam.is_clean(), (adam.errors, adam.asked)
    assert ewa.is_clean(), (ewa.errors, ewa.asked)
    await contexts.give_back(ewa.page.context)

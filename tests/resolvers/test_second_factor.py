"""The second factor through the API: a colleague sets it up, and nobody learns about it without the password."""

from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import segno

from infra import clock
from tests import cast
from tests.support.authenticator import Authenticator, set_up_second_factor
from tests.support.client import Client, client_of, deliver
from tests.support.execution import id_of

LOG_IN = """mutation($input: LogInInput!) { logIn(input: $input) {
  __typename ... on SecondFactorRequired { reason message } ... on Session { token account { hasSecondFactor } } } }"""
BEGIN = """mutation($input: BeginSecondFactorInput!) { beginSecondFactor(input: $input) {
  __typename ... on SecondFactorOffer { secret uri } } }"""
CONFIRM = """mutation($input: ConfirmSecondFactorInput!) { confirmSecondFactor(input: $input) {
  __typename ... on SecondFactorSet { recoveryCodes } } }"""
REMOVE = "mutation($input: RemoveSecondFactorInput!) { removeSecondFactor(input: $input) { __typename } }"
RESET = """mutation($input: ResetSecondFactorInput!) { resetSecondFactor(input: $input) {
  __typename ... on StaffMember { hasSecondFactor } } }"""
STAFF = "{ staff { nodes { name hasSecondFactor } } }"
STEP = timedelta(seconds=30)


async def log_in(login: str, secret: str, code: str | None = None) -> dict[str, Any]:
    typed = {"login": login, "password": secret, "oneTimeCode": code}
    answer: dict[str, Any] = await Client().ask(LOG_IN, input=typed)
    return answer


async def test_the_secret_is_shown_as_a_qr_code_for_which_nothing_foreign_is_needed() -> None:
    rita = await client_of(await cast.rita())
    asked = BEGIN.replace("secret uri", "uri qrCode")
    offer = await rita.ask(asked, input={"currentPassword": cast.PASSWORD})
    drawn = ElementTree.fromstring(offer["qrCode"])  # noqa: S314 - our own answer
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg", "without its namespace it is no picture on its own"
    expected = ElementTree.fromstring(segno.make_qr(offer["uri"]).svg_inline(scale=4, light="white"))  # noqa: S314 - ours
    assert [part.get("d") for part in drawn.iter()] == [part.get("d") for part in expected.iter()]
    assert "href" not in offer["qrCode"]


async def test_a_colleague_sets_it_up_signs_in_with_it_and_gives_it_up() -> None:
    rita = await client_of(await cast.rita())
    offer = await rita.ask(BEGIN, input={"currentPassword": cast.PASSWORD})
    telephone = Authenticator(offer["secret"])
    assert await rita.ask(CONFIRM, input={"code": "000000"}) == {"__typename": "WrongCode"}
    codes = (await rita.ask(CONFIRM, input={"code": telephone.code()}))["recoveryCodes"]
    asked = await log_in("rita@diamed.example", cast.PASSWORD)
    assert (asked["__typename"], asked["reason"]) == ("SecondFactorRequired", "MISSING")
    assert (await log_in("rita@diamed.example", cast.PASSWORD, "000000"))["message"].startswith("The code is wrong")
    clock.advance(STEP)
    opened = await log_in("rita@diamed.example", cast.PASSWORD, telephone.code())
    assert opened["account"] == {"hasSecondFactor": True}
    rita = Client(opened["token"])
    for password, code, answer in (
        ("wrong", codes[0], "WrongCredentials"),
        (cast.PASSWORD, "wrong", "WrongCode"),
        (cast.PASSWORD, codes[0], "Accepted"),
        (cast.PASSWORD, codes[1], "SecondFactorNotBegun"),
    ):
        said = await rita.ask(REMOVE, input={"currentPassword": password, "code": code})
        assert said == {"__typename": answer}
    assert (await log_in("rita@diamed.example", cast.PASSWORD))["__typename"] == "Session"
    letters = await deliver()
    assert [letter["to"] for letter in letters] == ["rita@diamed.example"] * 2
    assert not any(secret in letter["text"] for letter in letters for secret in (offer["secret"], *codes))


async def test_without_the_password_nobody_learns_who_has_one() -> None:
    await set_up_second_factor(await cast.rita())
    await cast.adam()
    answers = [
        await log_in(login, "not the password", code)
        for login in ("rita@diamed.example", "adam@diamed.example", "nobody@example.pl")
        for code in (None, "123456")
    ]
    assert answers == [{"__typename": "WrongCredentials"}] * 6


async def test_the_password_is_asked_for_before_a_secret_is_shown() -> None:
    rita = await client_of(await cast.rita())
    assert await rita.ask(BEGIN, input={"currentPassword": "wrong"}) == {"__typename": "WrongCredentials"}
    await set_up_second_factor(rita.account)
    rita = await client_of(rita.account)
    said = await rita.ask(BEGIN, input={"currentPassword": cast.PASSWORD})
    assert said == {"__typename": "SecondFactorPresent"}


async def test_administration_sees_who_has_one_and_resets_it_for_a_colleague_only() -> None:
    adam, rita = await client_of(await cast.adam()), await cast.rita()
    await set_up_second_factor(rita)
    names = {node["name"]: node["hasSecondFactor"] for node in (await adam.ask(STAFF))["nodes"]}
    assert names == {"Adam Główny": False, "Rita Recepcyjna": True}
    said = [
        await adam.ask(RESET, input={"staffMemberId": id_of(somebody, "StaffMember")})
        for somebody in (adam.account, rita)
    ]
    assert said == [{"__typename": "StaffNotFound"}, {"__typename": "StaffMember", "hasSecondFactor": False}]
    assert (await log_in("rita@diamed.example", cast.PASSWORD))["__typename"] == "Session"

"""Callers: a bearer token, or a cookie that only our own pages can use; their language and their address."""

import orjson
import pytest

import settings
from models.accounts.account import Language
from tests import cast
from tests.support.client import DOCUMENTS, Client
from web.endpoint.caller import negotiate_language

ME = orjson.dumps({"query": DOCUMENTS["Me"]})
WITH_COOKIE = {"login": "anna@example.pl", "password": cast.PASSWORD, "asCookie": True}


async def login_of(client: Client, **headers: str) -> str | None:
    me = (await client.post(ME, **headers)).json()["data"]["me"]
    return me and str(me["login"])


async def browser() -> tuple[Client, list[str]]:
    """A browser after login, and the cookie headers that it got, for the session and for the device."""
    client = Client()
    sent = orjson.dumps({"query": DOCUMENTS["LogIn"], "variables": {"input": WITH_COOKIE}})
    response = await client.post(sent)
    assert response.json()["data"]["logIn"]["token"] is None
    return client, response.headers.get_list("set-cookie")


@pytest.mark.usefixtures("anna")
async def test_a_browser_gets_a_cookie_that_scripts_and_foreign_pages_cannot_use() -> None:
    client, cookies = await browser()
    kept_for = {"__Host-session": settings.SESSION_HOURS * 3600, "__Host-device": 365 * 24 * 3600}
    for cookie, (name, seconds) in zip(cookies, kept_for.items(), strict=True):
        first, *attributes = [part.strip().casefold() for part in cookie.split(";")]
        assert first.startswith(f"{name.casefold()}=")
        assert set(attributes) == {"httponly", "secure", "samesite=strict", "path=/", f"max-age={seconds}"}
    assert await login_of(client) == "anna@example.pl"


@pytest.mark.usefixtures("anna")
async def test_without_asking_for_it_nobody_gets_a_cookie(nobody: Client) -> None:
    sent = orjson.dumps({"query": DOCUMENTS["LogIn"], "variables": {"input": {**WITH_COOKIE, "asCookie": False}}})
    response = await nobody.post(sent)
    assert "set-cookie" not in response.headers
    assert response.json()["data"]["logIn"]["token"]


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({}, True),
        ({"origin": "https://testserver"}, True),
        ({"origin": settings.PUBLIC_URL}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "https://testserver.evil.example"}, False),
        ({"origin": "https://testserver@evil.example"}, False),
        ({"origin": "https://evil.example/testserver"}, False),
        ({"origin": "testserver"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"origin": "http://["}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
    ],
)
async def test_the_cookie_counts_only_for_pages_of_our_own(headers: dict[str, str], is_ours: bool) -> None:
    client, _cookie = await browser()
    assert await login_of(client, **headers) == ("anna@example.pl" if is_ours else None)


@pytest.mark.usefixtures("anna", "borys")
async def test_a_bearer_token_goes_before_a_cookie() -> None:
    client, _cookie = await browser()
    borys = await Client().log_in("borys@example.pl", cast.PASSWORD)
    assert await login_of(client, authorization=borys.headers["authorization"]) == "borys@example.pl"
    assert await login_of(client, authorization="Bearer made-up") is None


@pytest.mark.usefixtures("anna")
async def test_a_new_password_gives_a_browser_a_new_cookie_and_no_token() -> None:
    client, old = await browser()
    new_password = {"currentPassword": cast.PASSWORD, "newPassword": "burza nad jeziorem o świcie"}
    changed = await client.do("ChangePassword", **new_password)
    assert changed["token"] is None
    assert client.http.cookies["__Host-session"] not in old
    assert await login_of(client) == "anna@example.pl"


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize("leaving", ["LogOut", "CloseAccount"])
async def test_a_browser_that_logs_out_keeps_no_cookie(leaving: str) -> None:
    client, _cookie = await browser()
    variables = {"input": {"currentPassword": cast.PASSWORD}} if leaving == "CloseAccount" else {}
    await client.ask(leaving, **variables)
    assert "__Host-session" not in client.http.cookies
    assert await login_of(client) is None


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", Language.PL),
        ("*", Language.PL),
        ("de", Language.PL),
        ("pl", Language.PL),
        ("en", Language.EN),
        ("EN-gb", Language.EN),
        ("en-GB,en;q=0.9,pl;q=0.8", Language.EN),
        ("pl,en;q=0.9", Language.PL),
        ("en;q=0.5,pl", Language.PL),
        ("en;q=0", Language.PL),
        ("de,en;q=0.1", Language.EN),
        ("en;q=x", Language.PL),
        (" en ; q=0.5 ", Language.EN),
    ],
)
def test_the_better_liked_language_is_spoken(accepted: str, language: Language) -> None:
    assert negotiate_language(accepted) == language


async def test_answers_are_kept_by_no_cache_and_carry_the_id_of_the_request(nobody: Client) -> None:
    responses = [await nobody.post(ME) for _ in range(2)]
    assert {response.headers["cache-control"] for response in responses} == {"no-store"}
    assert len({response.headers["x-request-id"] for response in responses}) == 2

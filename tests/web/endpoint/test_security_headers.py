"""Browsers are protected: headers on every answer, and foreign pages and proxies allowed only as configured."""

from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

import server
import settings
from tests import cast
from tests.web.endpoint.conftest import Client
from web import security_headers

HOURS = {"query": "{ serviceHours { isOpen } }"}
FOREIGN = "https://foreign.example"
PATHS = ["/", "/graphql", "/portal/nothing.js", "/health/live", "/nothing", "/explorer/sign_in.js", "/mailbox"]


def assembled(monkeypatch: pytest.MonkeyPatch, scheme: str = "http", **changed: Any) -> httpx.AsyncClient:
    for name, value in changed.items():
        monkeypatch.setattr(settings, name, value)
    app = Starlette(routes=server.routes(), middleware=security_headers.middleware())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=("203.0.113.7", 1)), base_url=f"{scheme}://own")


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_carries_the_headers_and_no_banner(path: str, client: Client) -> None:
    headers = (await client.http.get(path, headers={"accept": "text/html"})).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe-eval" not in headers["content-security-policy"]
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
    assert (headers["referrer-policy"], headers["cross-origin-opener-policy"]) == ("no-referrer", "same-origin")
    assert "camera=()" in headers["permissions-policy"]
    assert not {"server", "x-powered-by", "access-control-allow-origin"} & set(headers)


async def test_behind_tls_browsers_are_told_to_stay_there(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = await assembled(monkeypatch).get("/health/live")
    assert "strict-transport-security" not in plain.headers
    secure = await assembled(monkeypatch, "https").get("/health/live")
    assert secure.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"


async def test_pages_elsewhere_may_ask_only_when_listed_and_never_with_cookies(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type,authorization"}
    for origin, is_listed in ((FOREIGN, False), ("https://ours.example", True), ("null", False)):
        http = assembled(monkeypatch, CORS_ORIGINS="https://ours.example, https://also.example")
        before = await http.options("/graphql", headers={"origin": origin, **asked})
        answer = await http.post("/graphql", json=HOURS, headers={"origin": origin})
        for response in (before, answer):
            allowed = response.headers.get("access-control-allow-origin")
            assert allowed == (origin if is_listed else None)
            assert "access-control-allow-credentials" not in response.headers


async def test_without_a_list_no_page_elsewhere_may_read_answers(client: Client) -> None:
    response = await client.http.post("/graphql", json=HOURS, headers={"origin": FOREIGN})
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    ("proxies", "forwarded", "granted"),
    [
        ("", "198.51.100.{n}", 1),
        ("203.0.113.7", "198.51.100.{n}", 4),
        ("10.0.0.1", "198.51.100.{n}", 1),
        ("203.0.113.7", "1.1.1.{n}, 198.51.100.9", 1),
    ],
)
async def test_forwarded_addresses_count_only_from_trusted_proxies(
    proxies: str, forwarded: str, granted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    http = assembled(monkeypatch, TRUSTED_PROXIES=proxies, RATE_PER_ADDRESS="1/minute")
    answers = [
        (await http.post("/graphql", json=HOURS, headers={"x-forwarded-for": forwarded.format(n=n)})).json()
        for n in range(4)
    ]
    assert sum("data" in answer for answer in answers) == granted


async def test_a_proxy_that_nobody_told_us_of_is_mentioned_once_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    http = assembled(monkeypatch, TRUSTED_PROXIES="")
    await http.get("/health/live")
    assert not caplog.records
    for n in range(3):
        await http.get("/health/live", headers={"x-forwarded-for": f"198.51.100.{n}"})
    [said] = caplog.records
    assert (said.levelname, said.message) == ("WARNING", "forwarded_for_ignored")
    assert "TRUSTED_PROXIES" in said.reason  # type: ignore[attr-defined]  # of `extra`
    assert "198.51.100" not in str(vars(said)), "whose addresses they are is nobody's business"
    caplog.clear()
    trusting = assembled(monkeypatch, TRUSTED_PROXIES="203.0.113.7")
    await trusting.get("/health/live", headers={"x-forwarded-for": "198.51.100.1"})
    assert not caplog.records


async def test_a_request_from_a_foreign_page_with_our_cookie_is_anonymous(client: Client) -> None:
    token = await cast.signed_in(await cast.anna())
    me = {"query": "{ me { login } }"}
    for headers, is_ours in (
        ({"origin": FOREIGN}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://testserver.foreign.example"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"origin": "http://testserver"}, True),
    ):
        cookie = {"cookie": f"__Host-session={token}"}
        answer = (await client.http.post("/graphql", json=me, headers={**cookie, **headers})).json()
        assert (answer["data"]["me"] is not None) is is_ours

"""How the portal is served: every address answers, files are cached for years, nothing is sent twice or elsewhere."""

import gzip
import html
import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

import settings
from schema.execution import trusted_documents
from tests.portal.window import Opener
from web.pages import portal

ADDRESSES = [
    "/",
    "/zaloz-konto",
    "/zaloz-konto/poczta",
    "/zaloguj",
    "/haslo",
    "/haslo/poczta",
    "/haslo/wlasne",
    "/rezerwacja",
    "/rezerwacja/abc",
    "/termin/abc",
    "/potwierdzone/abc",
    "/wizyty",
    "/wizyty/abc",
    "/wizyty/abc/przeloz",
    "/oferty/abc",
    "/konto",
    "/konto/haslo",
    "/potwierdz",
    "/potwierdz-adres",
    "/sign-up",
    "/log-in",
    "/password",
    "/booking",
    "/booking/abc",
    "/visits",
    "/visits/abc",
    "/account",
    "/account/kontakt",
]


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=portal.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://own") as client:
        yield client


async def asset(http: httpx.AsyncClient) -> str:
    found = re.search(r'src="(/portal/[^"]+\.js)"', (await http.get("/")).text)
    assert found
    return found.group(1)


@pytest.mark.parametrize("address", ADDRESSES)
async def test_every_address_answers_with_the_page(address: str, http: httpx.AsyncClient) -> None:
    answer = await http.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


async def test_other_addresses_do_not(http: httpx.AsyncClient) -> None:
    for address in ("/nic", "/portal/nic.js", "/portal/..%2findex.html", "/portal/documents.json", "/wizytyx"):
        assert (await http.get(address)).status_code == 404, address


async def test_what_the_browser_has_is_not_sent_again(http: httpx.AsyncClient) -> None:
    for address in ("/", await asset(http), "/robots.txt", "/manifest.webmanifest"):
        first = await http.get(address)
        again = await http.get(address, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), address
        assert again.headers["etag"] == first.headers["etag"]


async def test_files_with_a_hash_in_their_names_are_kept_for_years(http: httpx.AsyncClient) -> None:
    answer = await http.get(await asset(http))
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("encoding", ["br", "gzip", "identity", "gzip;q=0, identity"])
async def test_each_browser_gets_the_encoding_that_it_reads(encoding: str, http: httpx.AsyncClient) -> None:
    path = await asset(http)
    plain = (await http.get(path, headers={"accept-encoding": "identity"})).content
    async with http.stream("GET", path, headers={"accept-encoding": encoding}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    sent = answer.headers.get("content-encoding", "identity")
    assert sent == encoding.split(";")[0] if ";" not in encoding else sent == "identity"
    assert answer.headers["vary"] == "accept-encoding"
    assert {"gzip": gzip.decompress}.get(sent, lambda content: content)(raw) == plain or sent == "br"


async def test_the_policy_allows_nothing_foreign_and_nothing_inline(http: httpx.AsyncClient) -> None:
    policy = (await http.get("/")).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    text = (await http.get("/")).text
    assert not re.search(r"<script(?![^>]*\bsrc=)|\bstyle=|<style|\bon\w+=", text)


async def test_the_page_names_the_centre_even_without_javascript(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "CENTRE_NAME", "<Zdrowie> & Spółka")
    portal._page.cache_clear()
    text = (await http.get("/")).text
    portal._page.cache_clear()
    assert f"<title>e-Rejestracja {html.escape('<Zdrowie> & Spółka')}</title>" in text
    assert settings.CENTRE_PHONE in text
    assert "{{" not in text


async def test_without_the_build_the_page_says_so(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setattr(portal, "DIST", tmp_path_factory.mktemp("nothing"))
    answer = await http.get("/wizyty")
    assert answer.status_code == 503
    assert "make portal" in answer.text
    assert (await http.get("/portal/index.js")).status_code == 404


async def test_the_portals_documents_are_registered_whatever_the_centre_registers() -> None:
    documents = trusted_documents.portal()
    assert len(documents) > 30
    for id_, text in documents.items():
        assert trusted_documents.of_id(id_) == text


async def test_the_manifest_names_the_centre(http: httpx.AsyncClient) -> None:
    told = json.loads((await http.get("/manifest.webmanifest")).text)
    assert settings.CENTRE_NAME in told["name"]
    assert (await http.get(told["icons"][0]["src"])).status_code == 200


async def test_the_first_load_is_small_and_all_our_own(opened: Opener) -> None:
    for language in ("pl", "en"):
        window = await opened(language=language, is_new=True)
        await window.go("/")
        await window.page.wait_for_load_state("networkidle")
        assert [request.url for request in window.requests if not request.url.startswith((window.url, "data:"))] == []
        sizes = [await answer.request.sizes() for answer in window.answers if not answer.url.startswith("data:")]
        total = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
        assert len(sizes) <= 4, [answer.url for answer in window.answers]
        assert total <= 60_000, total


async def test_nothing_is_kept_in_the_browser_but_the_language(opened: Opener) -> None:
    window = await opened()
    await window.go("/zaloz-konto")
    await window.fill(firstName="Ola", pesel="44051401359", email="ola@example.pl")
    await window.switch_language()
    kept = "() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, history.state])"
    assert json.loads(await window.page.evaluate(kept)) == [{"language": "en"}, {}, "", None]

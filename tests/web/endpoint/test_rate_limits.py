"""Rate limits: how often a caller may send requests, counted in the database for all processes together."""

from datetime import timedelta

import httpx
import pytest

import settings
from infra import clock, database, rate_counters
from server import app
from tests import cast
from tests.support.racing import race
from tests.web.endpoint.conftest import GRAPHQL_JSON, Client

HOURS = "{ serviceHours { isOpen } }"
LOG_IN = 'mutation { logIn(input: {login: "x", password: "x"}) { __typename } }'


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, allowed in (("ADDRESS", 3), ("ACCOUNT", 4), ("PARTNER", 5)):
        monkeypatch.setattr(settings, f"RATE_PER_{name}", f"{allowed}/minute")


def at(address: str) -> Client:
    transport = httpx.ASGITransport(app, client=(address, 50000))
    return Client(httpx.AsyncClient(transport=transport, base_url="http://testserver"))


async def granted(client: Client, **more: object) -> int:
    """How many out of ten operations are answered."""
    return sum([await client.codes(HOURS, **more) == [] for _ in range(10)])


async def test_an_address_an_account_and_a_partner_have_rates_of_their_own(client: Client) -> None:
    assert await granted(client) == 3
    assert await granted(client, by=await cast.anna()) == 4
    assert await granted(client, by=await cast.borys()) == 4
    _, key = await cast.partner(await cast.clinic())
    assert await granted(client, headers={"authorization": f"Bearer {key}"}) == 5


async def test_the_refusal_says_when_to_come_again_and_then_there_is_more(client: Client) -> None:
    await granted(client)
    response = await client.http.post("/graphql", json={"query": HOURS}, headers={"accept": GRAPHQL_JSON})
    extensions = response.json()["errors"][0]["extensions"]
    assert (response.status_code, extensions["code"]) == (429, "RATE_LIMITED")
    assert response.headers["retry-after"] == str(extensions["retryAfterSeconds"])
    assert 1 <= extensions["retryAfterSeconds"] <= 60
    clock.advance(timedelta(seconds=extensions["retryAfterSeconds"]))
    assert await client.codes(HOURS) == []


async def test_many_at_once_are_all_counted(client: Client) -> None:
    answers = await race(*(client.codes(HOURS) for _ in range(20)))
    assert answers.count([]) == 3
    assert answers.count(["RATE_LIMITED"]) == 17


async def test_signing_in_is_rarer_than_the_rest_and_aliases_do_not_multiply_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "RATE_OF_SIGN_IN", "2/minute")
    assert [await client.codes(LOG_IN) for _ in range(3)] == [[], [], ["RATE_LIMITED"]]
    twice = LOG_IN.replace("{ logIn", "{ a: logIn", 1).rstrip("} ") + " } b: logOut }"
    assert await at("198.51.100.1").codes(twice) == ["QUERY_TOO_COMPLEX"]


async def test_a_network_of_ipv6_is_one_address() -> None:
    """Anybody with one IPv6 address has 2 ** 64 of them."""
    assert sum([await granted(at(f"2001:db8:1:2::{n}")) for n in range(1, 4)]) == 3
    assert await granted(at("2001:db8:1:3::1")) == 3
    assert await granted(at("::ffff:198.51.100.7")) == 3
    assert await granted(at("198.51.100.7")) == 0  # the same IPv4 address


async def test_neither_addresses_nor_accounts_can_be_read_from_what_is_kept(client: Client) -> None:
    anna = await cast.anna()
    await granted(client, by=anna)
    await granted(client)
    kept = str(await database.fetch("SELECT key FROM rate"))
    assert "203.0.113.7" not in kept
    assert str(anna.id) not in kept


async def test_old_counters_are_swept_away(client: Client) -> None:
    await granted(client)
    assert await rate_counters.purge() == 0
    clock.advance(timedelta(minutes=1))
    assert await rate_counters.purge() == 1

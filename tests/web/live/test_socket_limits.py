"""The rules for requests also apply to sockets and event streams: rates, cost, masking, trusted documents, logs."""

import asyncio
import json
import logging
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import websockets
from prometheus_client import REGISTRY

import server
import settings
from infra import clock
from models.accounts.session import Session
from models.events import event_log
from models.events.partner import PartnerStream
from schema.execution import rate_limits, trusted_documents
from schema.scalars import public_id
from tests import cast
from tests.support.event_chaos import append
from tests.support.live_server import Socket, serving, socket
from tests.support.partner_program import Centre
from tests.support.waiting import eventually
from tests.web.live.test_sse import following
from web import serving as options

EVENTS = "subscription Named($after: String) { events(after: $after) { id cursor } }"
CHANGES = "subscription ($id: ID!) { slotChanges(clinicId: $id) { isFree } }"
SCHEMA = "{ __schema { types { name } } }"


async def refused(client: Socket, query: str, **variables: Any) -> dict[str, Any]:
    """The single error with which a refused operation ends at once."""
    await client.subscribe(query, **variables)
    message = await client.hear()
    assert message["type"] == "error", message
    [error] = message["payload"]
    found: dict[str, Any] = error
    return found


async def test_operations_over_a_socket_are_counted_by_address(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "RATE_PER_ADDRESS", "2/minute")
    async with socket(address) as client:
        await client.init()
        for _ in range(2):
            await client.subscribe("{ __typename }")
            assert await client.next()
            assert (await client.hear())["type"] == "complete"
        error = await refused(client, "{ __typename }")
        assert error["extensions"]["code"] == "RATE_LIMITED"
        assert error["extensions"]["retryAfterSeconds"] > 0
    async with following(address, None, "{ __typename }") as stream:
        assert await stream.end() == "RATE_LIMITED"


async def test_operations_of_a_partner_are_counted_by_partner(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "RATE_PER_PARTNER", "1/minute")
    clinic = await cast.clinic()
    keys = [(await cast.partner(clinic))[1] for _ in range(2)]
    async with socket(address) as one, socket(address) as other:
        for client, key in ((one, keys[0]), (other, keys[1])):
            await client.init(key)
            await client.subscribe("{ __typename }")
            assert await client.next()
            await client.hear()
        assert (await refused(one, EVENTS))["extensions"]["code"] == "RATE_LIMITED"


async def test_a_spent_budget_refuses_a_subscription_and_says_when_there_is_more(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PARTNER_COST_PER_MINUTE", 60)
    _, key = await cast.partner(await cast.clinic())
    async with socket(address) as client:
        await client.init(key)
        await client.subscribe("{ clinics(first: 40) { nodes { id } } }")
        assert await client.next()
        await client.hear()
        error = await refused(client, "{ clinics(first: 40) { nodes { id } } }")
        assert error["extensions"]["code"] == "RATE_LIMITED"
        assert 20 <= error["extensions"]["retryAfterSeconds"] <= 30
        assert error["extensions"]["retryAt"].startswith("2026-11-23T09:00:2")


async def test_catching_up_is_slowed_down_to_the_budget_and_not_refused(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "MAX_PAUSE_SECONDS", 0.1)
    monkeypatch.setattr(settings, "PARTNER_COST_PER_MINUTE", 150)
    clinic = await cast.clinic()
    _, key = await cast.partner(clinic)
    for _ in range(250):
        await append(clinic.id)
    await event_log.assign_positions()
    async with socket(address) as client:
        await client.init(key)
        await client.subscribe(EVENTS)
        for _ in range(200):
            await client.next()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.7):
                await client.connection.recv()
        with clock.pinned(clock.now() + timedelta(minutes=1)):
            for _ in range(50):
                await client.next()


async def test_the_subscriptions_open_at_once_have_a_limit_that_says_when_to_try_again(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PARTNER_STREAMS", 1)
    clinic = await cast.clinic()
    _, key = await cast.partner(clinic)
    await append(clinic.id)
    async with socket(address) as client, socket(address) as more:
        await client.init(key)
        await client.subscribe(EVENTS)
        assert await client.next()
        await more.init(key)
        error = await refused(more, EVENTS)
        assert error["extensions"]["code"] == "RATE_LIMITED"
        assert error["extensions"]["retryAfterSeconds"] == 90

    async def none_is_open() -> bool:
        return not await PartnerStream.exists()

    await eventually(none_is_open)


async def test_a_document_that_asks_for_too_much_is_refused_over_a_socket(address: str) -> None:
    async with socket(address) as client:
        await client.init()
        assert (await refused(client, "{a" * 60 + "}" * 60))["extensions"]["code"] == "QUERY_TOO_COMPLEX"
        deep = "subscription ($id: ID!) { slotChanges(clinicId: $id) { slot { clinic { %s } } } }"
        many = "doctors(first: 100) { nodes { clinics { doctors(first: 100) { nodes { id } } } } }"
        assert (await refused(client, deep % many, id="x"))["extensions"]["code"] == "QUERY_TOO_COMPLEX"


async def test_introspection_over_a_socket_is_for_staff(address: str) -> None:
    _, key = await cast.partner(await cast.clinic())
    for token, is_staff in ((None, False), (key, False), (await cast.signed_in(await cast.rita()), True)):
        async with socket(address) as client:
            await client.init(token)
            if is_staff:
                await client.subscribe(SCHEMA)
                assert await client.next()
            else:
                assert (await refused(client, SCHEMA))["extensions"]["code"] == "FORBIDDEN"


async def test_only_trusted_documents_are_carried_out_over_sockets_and_streams(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register = tmp_path / "documents.json"
    register.write_text(json.dumps({"one": "{ serviceHours { isOpen } }"}))
    monkeypatch.setattr(settings, "TRUSTED_DOCUMENTS", str(register))
    trusted_documents._register.cache_clear()
    anna = await cast.signed_in(await cast.anna())
    for token in (None, anna):
        async with socket(address) as client:
            await client.init(token)
            assert (await refused(client, "{ __typename }"))["extensions"]["code"] == "FORBIDDEN"
            await client.subscribe("{ serviceHours { isOpen } }")
            assert await client.next()
    async with following(address, None, "{ __typename }") as stream:
        assert await stream.end() == "FORBIDDEN"
    clinic = await cast.clinic()
    _, key = await cast.partner(clinic)
    await append(clinic.id)
    async with socket(address) as client:
        await client.init(key)
        await client.subscribe(EVENTS)
        assert await client.next()


@pytest.mark.parametrize("protocol", ["ws", "sse"])
async def test_a_fault_of_ours_in_the_middle_is_masked_and_the_log_has_it_with_the_request_id(
    address: str, protocol: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    centre = await Centre().open()
    await centre.book(1)
    read = event_log.read

    async def failing(after: int | None, *more: Any) -> Any:
        if after:
            raise RuntimeError("Anna Żółć, 02211307589")
        return await read(after, *more)

    monkeypatch.setattr(event_log, "read", failing)
    if protocol == "ws":
        async with socket(address) as client:
            await client.init(centre.key)
            await client.subscribe(EVENTS)
            while "errors" not in (said := (await client.hear())["payload"]):
                await centre.book(1)
    else:
        async with following(address, centre.key) as stream:
            while "errors" not in (said := (await stream.next())[1]):
                await centre.book(1)
    [error] = said["errors"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "Anna" not in json.dumps(said)
    assert error["extensions"]["requestId"]
    assert [record.message for record in caplog.records if record.exc_info] == ["operation_failed"]


async def test_an_operation_over_a_socket_leaves_one_line_and_a_figure_and_nothing_of_its_variables(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    centre = await Centre().open()
    await centre.book(1)
    before = REGISTRY.get_sample_value("e_rejestracja_subscribers") or 0
    async with socket(address) as client:
        await client.init(centre.key)
        await client.subscribe(EVENTS)
        cursor = (await client.next())["events"]["cursor"]
        await client.subscribe(EVENTS, "2", after=cursor)
        await centre.book(1)
        for _ in range(2):
            await client.next()
        assert REGISTRY.get_sample_value("e_rejestracja_subscribers") == before + 2
    await eventually(lambda: not server.connections.all)
    assert REGISTRY.get_sample_value("e_rejestracja_subscribers") == before
    lines = [record for record in caplog.records if record.message == "operation"]
    assert [(line.operation, line.role) for line in lines] == [("Named", "PARTNER")] * 2  # type: ignore[attr-defined]  # of `extra`
    assert len({line.hash for line in lines}) == 1  # type: ignore[attr-defined]  # of `extra`
    assert cursor not in caplog.text
    assert centre.key not in caplog.text
    counted = {"operation": "subscription events", "outcome": "gone"}
    assert (REGISTRY.get_sample_value("e_rejestracja_operations_total", counted) or 0) >= 2


async def test_one_address_holds_no_more_sockets_and_streams_than_allowed(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SOCKETS_PER_ADDRESS", 2)
    clinic = await cast.clinic()
    _, key = await cast.partner(clinic)
    async with socket(address) as one, following(address, key):
        await one.init()
        async with socket(address) as more:
            assert (await more.closed())[0] == 1013
        async with following(address, key) as stream:
            assert stream.response.status_code == 429
            answer = json.loads(await stream.response.aread())
            assert answer["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
            seconds = answer["errors"][0]["extensions"]["retryAfterSeconds"]
            assert stream.response.headers["retry-after"] == str(seconds)
        await one.subscribe("{ __typename }")
        assert await one.next()


async def test_streams_being_opened_count_like_open_ones(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A burst gets no more places than a sequence would, and all places are given back."""
    monkeypatch.setattr(settings, "SOCKETS_PER_ADDRESS", 2)
    monkeypatch.setattr(settings, "PARTNER_STREAMS", 100)
    _, key = await cast.partner(await cast.clinic())

    async def status(stack: AsyncExitStack) -> int:
        stream = await stack.enter_async_context(following(address, key))
        return stream.response.status_code

    for _ in range(2):
        async with AsyncExitStack() as stack:
            answers = await asyncio.gather(*(status(stack) for _ in range(8)))
            assert sorted(answers) == [200] * 2 + [429] * 6
            async with socket(address) as more:
                assert (await more.closed())[0] == 1013
        await eventually(lambda: not server.connections._places)


async def test_a_one_time_password_opens_nothing_over_a_socket_either(address: str) -> None:
    _session, token = await Session.open_for(await cast.anna(), one_time_hash="x")
    async with socket(address) as client:
        await client.init(token)
        error = await refused(client, "subscription { events { cursor } }")
        assert error["extensions"]["code"] == "PASSWORD_CHANGE_REQUIRED"


async def test_a_page_with_an_expired_cookie_still_gets_public_data(address: str) -> None:
    """The page's script can neither read nor remove the cookie."""
    cookie = {"cookie": "__Host-session=ended"}
    async with socket(address, origin=f"http://{address}", additional_headers=cookie) as page:
        await page.init()
        await page.subscribe("{ me { login } }")
        assert (await page.next())["me"] is None


async def test_an_idle_session_ends_its_sockets_because_listening_is_not_activity(address: str) -> None:
    slot = await cast.slot()
    async with socket(address) as client:
        await client.init(await cast.signed_in(await cast.anna()))
        await client.subscribe(CHANGES, id=public_id("Clinic", slot.clinic_id))
        with clock.pinned(clock.now() + timedelta(minutes=settings.SESSION_IDLE_MINUTES, seconds=1)):
            assert (await client.closed())[0] == 4401


class Deaf(websockets.ClientConnection):
    """A client that has vanished without closing: it answers no pings."""

    pings = 0

    def data_received(self, data: bytes) -> None:
        if data and data[0] == 0x89:  # a ping
            self.pings += 1
            return
        super().data_received(data)


async def test_the_server_pings_and_closes_a_socket_that_does_not_answer(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert options.SOCKET_OPTIONS["ws_ping_interval"] == options.SOCKET_OPTIONS["ws_ping_timeout"] == 20
    monkeypatch.setitem(options.SOCKET_OPTIONS, "ws_ping_interval", 0.2)
    monkeypatch.setitem(options.SOCKET_OPTIONS, "ws_ping_timeout", 0.3)
    async with serving(database_url) as address, socket(address, create_connection=Deaf) as client:
        deaf = client.connection
        assert isinstance(deaf, Deaf)
        await eventually(lambda: deaf.pings)
        await deaf.wait_closed()
        await eventually(lambda: not server.connections.all)

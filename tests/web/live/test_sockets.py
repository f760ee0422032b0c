"""Sockets: they follow the protocol to the letter, no frame causes a traceback, and they close when access ends."""

import asyncio
import logging
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
import websockets

import server
import settings
from infra import clock
from models.accounts.session import Session
from models.events import event_log
from models.events.partner import Partner, PartnerKey
from models.events.subscribers import desk_watchers, patient_watchers, slot_watchers
from models.slots.clinic import Clinic
from models.slots.slot import Slot
from schema.scalars import public_id
from tests import cast
from tests.support.live_server import Socket, ask, read_until_dropped, serving, socket
from tests.support.visits import book, cancel, hold
from tests.support.waiting import eventually, short_limit
from web.endpoint import connections

EVENTS = """subscription ($after: String) {
    events(after: $after) { __typename cursor ... on VisitBooked { visitReference } }
}"""
CHANGES = "subscription ($clinicId: ID!) { slotChanges(clinicId: $clinicId) { isFree slot { id isFree } } }"


def clinic_of(slot: Slot) -> str:
    return public_id("Clinic", slot.clinic_id)


async def test_a_calendar_hears_that_a_slot_was_taken_and_is_free_again(address: str) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    async with socket(address) as nobody, socket(address) as page:
        await nobody.init()
        await page.init(await cast.signed_in(anna))
        for number, watcher in enumerate((nobody, page), 1):
            await watcher.subscribe(CHANGES, clinicId=clinic_of(slot))
            while len(slot_watchers._watchers.get(slot.clinic_id, ())) < number:
                await asyncio.sleep(0.01)
        await hold(anna, slot)  # even the holder is told only what everybody sees
        for watcher in (nobody, page):
            while await change(watcher) != (public_id("Slot", slot.id), False):  # skip the slot's publication
                pass
        visit = await book(anna, slot)
        await cancel(anna, visit)
        for watcher in (nobody, page):
            while not (await change(watcher))[1]:
                pass


async def test_patients_hear_on_any_of_their_pages_that_something_of_theirs_has_changed(address: str) -> None:
    anna, celina, slot = await cast.anna(), await cast.celina(), await cast.slot()
    async with socket(address) as page, socket(address) as stranger:
        for client, account in ((page, anna), (stranger, celina)):
            await client.init(await cast.signed_in(account))
            await client.subscribe("subscription { myChanges { at } }")
            while account.patient_id not in patient_watchers._watchers:
                await asyncio.sleep(0.01)
        await book(anna, slot)
        assert await page.next() == {"myChanges": {"at": cast.MONDAY.isoformat()}}
        await book(celina, await cast.slot(cast.warsaw(25, 10)))
        assert "myChanges" in await stranger.next()


async def test_the_desk_hears_whose_visits_have_changed(address: str) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    async with socket(address) as desk:
        await desk.init(await cast.signed_in(await cast.rita()))
        await desk.subscribe("subscription { patientChanges { patientId at } }")
        while not desk_watchers._watchers:
            await asyncio.sleep(0.01)
        await book(anna, slot)
        assert anna.patient_id
        told = {"patientId": public_id("Patient", anna.patient_id), "at": cast.MONDAY.isoformat()}
        assert await desk.next() == {"patientChanges": told}


async def change(client: Socket) -> tuple[str, bool]:
    told = (await client.next())["slotChanges"]
    assert told["isFree"] == told["slot"]["isFree"]
    return told["slot"]["id"], told["isFree"]


async def test_a_partner_reads_on_from_its_cursor_what_happened_meanwhile_and_then_what_happens(address: str) -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    slots = await cast.morning(cast.warsaw(24, 8).date(), 3, at=clinic, by=await cast.doctor(clinic))
    _, key = await cast.partner(clinic, shows_references=True)
    async with socket(address) as partner:
        await partner.init(key)
        await partner.subscribe(EVENTS)
        first = await book(anna, slots[0])
        told = (await partner.next())["events"]
        assert told == {"__typename": "VisitBooked", "cursor": told["cursor"], "visitReference": first.reference}
    second = await book(anna, slots[1])
    async with socket(address) as partner:
        await partner.init(key)
        await partner.subscribe(EVENTS, after=told["cursor"])
        assert (await partner.next())["events"]["visitReference"] == second.reference
        third = await book(anna, slots[2])
        assert (await partner.next())["events"]["visitReference"] == third.reference


async def test_many_followers_at_the_same_place_cost_one_reading_of_each_event(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    slots = await cast.morning(cast.warsaw(24, 8).date(), 3, at=clinic, by=await cast.doctor(clinic))
    _, key = await cast.partner(clinic, shows_references=True)
    _, blind = await cast.partner(clinic)
    readings, read = [], event_log.read

    async def counting(*arguments: Any) -> event_log.EventPage:
        readings.append(arguments)
        return await read(*arguments)

    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(socket(address)) for _ in range(10)]
        first = await book(anna, slots[0])
        for number, client in enumerate(clients):
            await client.init(blind if number == 9 else key)
            await client.subscribe(EVENTS)
            assert (await client.next())["events"]["visitReference"] == ("" if number == 9 else first.reference)
        monkeypatch.setattr(event_log, "read", counting)
        for slot in slots[1:]:
            visit = await book(anna, slot)
            told = [(await client.next())["events"] for client in clients]
            assert len({event["cursor"] for event in told}) == 1
            assert [event["visitReference"] for event in told] == [visit.reference] * 9 + [""]
    assert len(readings) <= 4 + 2  # per event one read with references and one without; a few more if notified twice


@pytest.mark.parametrize(
    "frame",
    [
        "[]",
        '"x"',
        "null",
        "1",
        "",
        "{",
        "{}",
        b"{}",
        '{"type": 1}',
        '{"type": "unknown"}',
        '{"type": "' + "x" * 500 + '"}',
        '{"type": "subscribe", "id": "1", "payload": null}',
        '{"type": "subscribe", "id": "1"}',
        '{"type": "subscribe", "id": 1, "payload": {"query": "{ __typename }"}}',
        '{"type": "subscribe", "id": "", "payload": {"query": "{ __typename }"}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "variables": []}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "operationName": {}}}',
        '{"type": "complete"}',
        '{"type": "complete", "id": null}',
        '{"type": "ping", "payload": "x"}',
        '{"type": "connection_init", "payload": null}',
        '{"type": "connection_init", "payload": []}',
        "[" * 5000,
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
async def test_a_malformed_frame_is_answered_by_4400_and_no_traceback(
    address: str, frame: str | bytes, is_first: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async with socket(address) as client:
        if not is_first:
            await client.init()
        await client.say(frame)
        assert (await client.closed())[0] == 4400
    assert [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR] == []


async def test_each_breach_of_the_protocol_has_its_code(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with socket(address) as hasty:
        await hasty.subscribe("{ __typename }")
        assert await hasty.closed() == (4401, "Unauthorized")
    async with socket(address) as twice:
        await twice.init()
        await twice.say({"type": "connection_init"})
        assert (await twice.closed())[0] == 4429
    clinic = await cast.clinic()
    async with socket(address) as same:
        await same.init()
        for _ in range(2):
            await same.subscribe(CHANGES, "x" * 300, clinicId=public_id("Clinic", clinic.id))
        assert (await same.closed())[0] == 4409
    for protocol in ("graphql-ws", None):  # the legacy protocol is not supported
        try:
            async with socket(address, protocol=protocol) as old:
                assert (await old.closed())[0] == 4406
        except websockets.NegotiationError:
            pass


async def test_a_silent_socket_is_closed_within_ten_seconds(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert timedelta(seconds=10) >= server.graphql.connection_init_wait_timeout
    monkeypatch.setattr(server.graphql, "connection_init_wait_timeout", timedelta(seconds=0.1))
    async with serving(database_url) as address, socket(address) as silent:
        assert (await silent.closed())[0] == 4408


@pytest.mark.parametrize("told", ["Bearer nonsense", "Bearer erp_nonsense", "Basic x", "", 7])
async def test_invalid_credentials_are_refused(address: str, told: Any) -> None:
    async with socket(address) as client:
        await client.say({"type": "connection_init", "payload": {"authorization": told}})
        assert (await client.closed())[0] == 4403


async def test_a_socket_is_opened_by_the_header_of_the_handshake_too(address: str) -> None:
    headers = {"authorization": f"Bearer {await cast.signed_in(await cast.anna())}"}
    async with socket(address, additional_headers=headers) as client:
        await client.init()
        await client.subscribe("{ me { login } }")
        assert (await client.next())["me"]["login"] == "anna@example.pl"


async def test_a_cookie_opens_a_socket_for_pages_of_our_own_only(address: str) -> None:
    cookie = {"cookie": f"__Host-session={await cast.signed_in(await cast.anna())}"}
    for origin, login in ((f"http://{address}", {"login": "anna@example.pl"}), ("https://evil.example", None)):
        async with socket(address, origin=origin, additional_headers=cookie) as page:
            await page.init()
            await page.subscribe("{ me { login } }")
            assert (await page.next())["me"] == login


async def test_errors_carry_their_code_and_leave_the_socket_open(address: str) -> None:
    anna = await cast.signed_in(await cast.anna())
    async with socket(address) as client:
        await client.init(anna)
        for query, code in (
            ("subscription {", "GRAPHQL_PARSE_FAILED"),
            ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
            ("subscription { events { cursor } }", "FORBIDDEN"),
            ("subscription { patientChanges { patientId } }", "FORBIDDEN"),
            ("", "BAD_USER_INPUT"),
            ("fragment F on Query { __typename }", "BAD_USER_INPUT"),
            ('subscription { slotChanges(clinicId: "x") { isFree } }', "BAD_USER_INPUT"),
        ):
            await client.subscribe(query)
            message = await client.hear()
            assert message["type"] == "error", message
            assert message["payload"][0]["extensions"]["code"] == code
        await client.subscribe("{ me { login } }")
        assert (await client.next())["me"]["login"] == "anna@example.pl"
    async with socket(address) as nobody:
        await nobody.init()
        await nobody.subscribe("subscription { events { cursor } }")
        assert await nobody.code() == "UNAUTHENTICATED"


async def test_as_many_operations_as_allowed_run_at_once_over_a_socket(address: str) -> None:
    clinic = await cast.clinic()
    async with socket(address) as client:
        await client.init()
        for number in range(21):
            await client.subscribe(CHANGES, str(number), clinicId=public_id("Clinic", clinic.id))
        assert await client.code() == "RATE_LIMITED"
        await client.say({"type": "complete", "id": "0"})
        await client.subscribe("{ __typename }", "one more")
        assert (await client.next())["__typename"] == "Query"


async def test_each_operation_reads_afresh_and_an_ended_session_is_noticed_at_once(address: str) -> None:
    slot = await cast.slot()
    query = "query ($id: ID!) { node(id: $id) { ... on Clinic { nextFreeSlot { id } } } }"
    async with socket(address) as client:
        anna = await cast.anna()
        token = await cast.signed_in(anna)
        await client.init(token)
        await client.subscribe(query, id=clinic_of(slot))
        assert (await client.next())["node"]["nextFreeSlot"]
        assert (await client.hear())["type"] == "complete"
        await book(anna, slot)
        await client.subscribe(query, id=clinic_of(slot))
        assert (await client.next())["node"]["nextFreeSlot"] is None
        assert (await client.hear())["type"] == "complete"
        await Session.end_all(anna)
        await client.subscribe("{ me { login } }")
        assert (await client.closed())[0] == 4401


async def test_a_log_out_ends_the_session_s_sockets_and_no_others(address: str) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    token, other = await cast.signed_in(anna), await cast.signed_in(anna)
    async with socket(address) as here, socket(address) as there, socket(address) as nobody:
        for client, whose in ((here, token), (there, other), (nobody, None)):
            await client.init(whose)
            await client.subscribe(CHANGES, clinicId=clinic_of(slot))
        assert (await ask(address, "mutation { logOut }", token))["data"] == {"logOut": True}
        assert (await here.closed())[0] == 4401  # closed within seconds, although no operation was sent over it
        for client in (there, nobody):
            await client.subscribe("{ serviceHours { isOpen } }", "after")
            assert await client.next()


async def test_sockets_end_with_the_partner_and_its_key_and_after_twelve_hours(address: str) -> None:
    place = await cast.clinic()
    removed, removed_key = await cast.partner(place)
    renewed, renewed_key = await cast.partner(place)
    admin = await cast._adding_administrator()
    async with socket(address) as one, socket(address) as two, socket(address) as three:
        await one.init(removed_key)
        await one.subscribe(EVENTS)
        await two.init(renewed_key)
        await three.init()
        await Partner.remove(removed.id, by=admin)
        assert (await one.closed())[0] == 4401
        await Partner.rotate_key(renewed.id, by=admin)
        await server.connections.end_overdue()
        await two.subscribe("{ __typename }")
        assert await two.next()
        with clock.pinned(clock.now() + timedelta(hours=24)):
            assert (await two.closed())[0] == 4401
            assert (await three.closed())[0] == 1012
    assert settings.SOCKET_HOURS == 12


async def test_a_socket_that_signs_in_during_a_check_of_the_others_is_not_taken_for_signed_out(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "CHECK_SECONDS", 1000)
    place = await cast.clinic()
    (_, one_key), (_, other_key) = await cast.partner(place), await cast.partner(place)
    ask, is_asked, may_answer = PartnerKey.filter_valid, asyncio.Event(), asyncio.Event()

    async def slow(ids: Any) -> Any:
        is_asked.set()
        await may_answer.wait()
        return await ask(ids)

    monkeypatch.setattr(PartnerKey, "filter_valid", slow)
    async with socket(address) as one, socket(address) as other:
        await one.init(one_key)
        looking = asyncio.create_task(server.connections.end_overdue())
        await is_asked.wait()
        await other.init(other_key)
        may_answer.set()
        await looking
        for client in (one, other):
            await client.subscribe("{ __typename }")
            assert await client.next()


async def test_a_slow_consumer_is_dropped_with_a_code_resumes_and_slows_nobody(
    address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(settings, "SOCKET_PATIENCE_SECONDS", 4 * short_limit())
    anna, clinic = await cast.anna(), await cast.clinic(planned_visits_per_patient=100)
    await Clinic.filter(id=clinic.id).update(description="x" * 300_000)
    visits = [
        await book(anna, slot)
        for slot in await cast.morning(cast.warsaw(24, 8).date(), 40, at=clinic, by=await cast.doctor(clinic))
    ]
    _, key = await cast.partner(clinic, shows_references=True)
    big = EVENTS.replace("visitReference", "visitReference slot { clinic { description } }")
    async with socket(address, max_size=None, max_queue=1) as slow, socket(address, max_size=None) as quick:
        for client in (slow, quick):
            await client.init(key)
            await client.subscribe(big)
        seen = [(await quick.next())["events"]["visitReference"] for _ in visits]
        assert seen == [visit.reference for visit in visits]
        await eventually(lambda: "stream_dropped" in caplog.messages)
        told = await read_until_dropped(slow, "events")
        read, cursor = [event["visitReference"] for event in told], told[-1]["cursor"]
        assert len(read) < len(visits)
    async with socket(address, max_size=None) as again:
        await again.init(key)
        await again.subscribe(EVENTS, after=cursor)
        read += [(await again.next())["events"]["visitReference"] for _ in visits[len(read) :]]
    assert read == [visit.reference for visit in visits]

"""Events page by page: partners read their clinics' log, only what they may know, and no personal data."""

from datetime import timedelta
from typing import Any

import pytest

import settings
from infra import clock, database
from models.accounts.account import Role
from models.events import event_log
from models.events.event import Event, EventType
from models.slots.slot import Slot
from resolvers import schema
from schema.access_rules import Requires
from schema.context import Context
from schema.event import EVENT_TYPES
from tests import cast
from tests.support.client import Client, id_of
from tests.support.event_chaos import append
from tests.support.statement_count import list_statements
from tests.support.visits import book, cancel, move

EVENTS = """query ($after: String, $first: Int! = 100, $clinicIds: [ID!]) {
    events(after: $after, first: $first, clinicIds: $clinicIds) {
        nodes { __typename id cursor clinicId occurredAt
            ... on SlotsPublished { doctorId slots { id } } ... on SlotsWithdrawn { doctorId slots { id isFree } }
            ... on VisitBooked { visitReference slot { id isFree } }
            ... on VisitRescheduled { visitReference fromSlot { id } toSlot { id } }
            ... on VisitCancelled { visitReference slot { id } } }
        edges { cursor } pageInfo { hasNextPage endCursor } } }"""
WHOLE = """query ($first: Int! = 50) { events(first: $first) { nodes { __typename
    ... on SlotsPublished { slots { id startsAt endsAt isFree clinic { id name } doctor { id fullName } } }
    ... on SlotsWithdrawn { slots { id startsAt clinic { id } } }
    ... on VisitBooked { visitReference slot { id startsAt endsAt isFree clinic { id name } doctor { id fullName } } }
    ... on VisitRescheduled { visitReference fromSlot { id startsAt } toSlot { id startsAt } }
    ... on VisitCancelled { visitReference slot { id startsAt } } } } }"""
FREE = "query ($f: FreeSlotsFilter!, $n: Int!) { freeSlots(filter: $f, first: $n) { nodes { id } } }"


async def happened() -> tuple[Any, list[Slot], str]:
    """Anna books, moves and cancels; slots are published and withdrawn."""
    anna, clinic = await cast.anna(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    slots = await cast.morning(cast.warsaw(24, 8).date(), 3, at=clinic, by=doctor)
    told = {"doctor_id": doctor.id, "slot_ids": [str(slot.id) for slot in slots]}
    await Event.append(EventType.SLOTS_PUBLISHED, clinic.id, **told)
    visit = await book(anna, slots[0])
    await cancel(anna, await move(anna, visit, slots[1]))
    await Slot.filter(id=slots[2].id).update(withdrawn_at=clock.now())
    await Event.append(EventType.SLOTS_WITHDRAWN, clinic.id, doctor_id=doctor.id, slot_ids=[str(slots[2].id)])
    await event_log.assign_positions()
    return clinic, slots, visit.reference


async def test_slots_are_read_only_if_the_query_selects_them() -> None:
    clinic, _, _ = await happened()
    _, key = await cast.partner(clinic, shows_references=True)
    await Client(key).ask(EVENTS)  # fills the caches of sessions and statements
    for selected, reads in (
        ("pageInfo { endCursor }", False),
        ("nodes { id occurredAt ... on VisitBooked { visitReference } }", False),
        ("nodes { ...Booked } } } fragment Booked on Event { ... on VisitBooked { slot { id }", True),
        ("edges { node { ... on SlotsPublished { slots { id } } } }", True),
    ):
        _, statements = await list_statements(Client(key).ask(f"{{ events {{ {selected} }} }}"))
        assert any('FROM "slot"' in statement for statement in statements) == reads, selected


async def test_a_page_with_many_slots_ends_early_and_nothing_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    clinic, _, _ = await happened()
    _, key = await cast.partner(clinic, shows_references=True)
    whole = (await Client(key).ask(EVENTS))["nodes"]
    for most, lengths in ((5, [2, 3]), (1, [1] * 5), (0, [1] * 5), (8, [5])):
        monkeypatch.setattr(event_log, "MOST_SLOTS", most)
        after: str | None = None
        pages: list[list[Any]] = []
        while len(pages) < 9:
            page = await Client(key).ask(EVENTS, after=after)
            pages.append(page["nodes"])
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert ([len(page) for page in pages], [node for page in pages for node in page]) == (lengths, whole)


async def test_a_partner_reads_everything_that_happened_in_order_and_with_what_it_is_about() -> None:
    clinic, slots, reference = await happened()
    one, two, three = [id_of(slot) for slot in slots]
    _, key = await cast.partner(clinic, shows_references=True)
    nodes = (await Client(key).ask(EVENTS))["nodes"]
    assert [node["__typename"] for node in nodes] == [
        "SlotsPublished",
        "VisitBooked",
        "VisitRescheduled",
        "VisitCancelled",
        "SlotsWithdrawn",
    ]
    assert {node["clinicId"] for node in nodes} == {id_of(clinic)}
    published, booked, moved, cancelled, withdrawn = nodes
    assert [slot["id"] for slot in published["slots"]] == [one, two, three]
    assert (booked["visitReference"], booked["slot"]["id"]) == (reference, one)
    assert (moved["fromSlot"]["id"], moved["toSlot"]["id"]) == (one, two)
    assert cancelled["slot"]["id"] == two
    assert withdrawn["slots"] == [{"id": three, "isFree": False}]
    assert set(EVENT_TYPES) == set(EventType)


async def test_pages_join_without_gap_or_repeat_and_end_where_the_log_ends() -> None:
    clinic = await cast.clinic()
    for _ in range(7):
        await append(clinic.id)
    await event_log.assign_positions()
    _, key = await cast.partner(clinic)
    seen, after, more = [], None, True
    while more:
        page = await Client(key).ask(EVENTS, after=after, first=3)
        assert [edge["cursor"] for edge in page["edges"]] == [node["cursor"] for node in page["nodes"]]
        seen += [node["id"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert len(seen) == len(set(seen)) == 7
    assert (await Client(key).ask(EVENTS, after=after))["nodes"] == []
    assert await Client(key).ask("{ latestEventCursor }") == after


async def test_references_are_shown_only_to_partners_that_may_see_them() -> None:
    clinic, _, reference = await happened()
    _, key = await cast.partner(clinic)
    answer = await Client(key).send(EVENTS)
    assert reference not in str(answer)
    assert [node["visitReference"] for node in answer["data"]["events"]["nodes"] if "visitReference" in node] == [
        ""
    ] * 3


async def test_a_partner_sees_its_own_clinics_and_may_ask_for_fewer_but_not_for_others() -> None:
    mine, too, others = [await cast.clinic(f"Poradnia {n}") for n in "ABC"]
    for place in (mine, too, others):
        await append(place.id)
    await event_log.assign_positions()
    _, key = await cast.partner(mine, too)
    partner = Client(key)
    assert [node["clinicId"] for node in (await partner.ask(EVENTS))["nodes"]] == [id_of(mine), id_of(too)]
    only = await partner.ask(EVENTS, clinicIds=[id_of(too)])
    assert [node["clinicId"] for node in only["nodes"]] == [id_of(too)]
    assert await partner.code(EVENTS, clinicIds=[id_of(too), id_of(others)]) == "FORBIDDEN"
    assert (await partner.ask(EVENTS, clinicIds=[]))["nodes"] == []


async def test_nobody_s_data_are_in_events_nor_behind_them() -> None:
    """This covers the stored rows and every field that a partner's document can reach."""
    clinic, _, _ = await happened()
    rows = str(await database.fetch("SELECT * FROM event"))
    fields = {"slot_id", "slot_ids", "doctor_id", "from_slot_id", "to_slot_id", "visit_reference"}
    assert {name for event in await Event.all() for name in event.details} <= fields
    _, key = await cast.partner(clinic, shows_references=True)
    told = str(await Client(key).send(WHOLE, first=50))
    for private in ("Anna", "Żółć", cast.ANNA_PESEL, "anna@example.pl", "501234567"):
        assert private not in rows + told
    reachable, waiting = set(), ["Event", *(kind.__name__ for kind in EVENT_TYPES.values())]
    while waiting:
        type_ = schema._schema.type_map[waiting.pop()]
        if type_.name not in reachable:
            reachable.add(type_.name)
            waiting += [_named(field.type) for field in getattr(type_, "fields", {}).values() if _is_open(field)]
    assert not reachable & {"Patient", "Visit", "Account", "Message", "AuditEntry"}


def _is_open(field: Any) -> bool:
    """Whether a partner may query the field: each rule that limits it to certain roles includes PARTNER."""
    rules = field.extensions["strawberry-definition"].extensions
    return all(Role.PARTNER in rule.roles for rule in rules if isinstance(rule, Requires))


def _named(type_: Any) -> str:
    while hasattr(type_, "of_type"):
        type_ = type_.of_type
    return str(type_.name)


@pytest.mark.parametrize(("document", "first"), [(EVENTS, 100), (WHOLE, 50)])
async def test_a_page_of_a_usual_length_is_not_too_costly(document: str, first: int) -> None:
    _, key = await cast.partner(await cast.clinic())
    answer = await Client(key).send(document, first=first)
    assert "errors" not in answer
    assert answer["extensions"]["cost"]["requested"] <= settings.QUERY_COST


async def test_the_refusal_of_an_expired_cursor_says_how_to_begin_anew() -> None:
    clinic = await cast.clinic()
    _, key = await cast.partner(clinic)
    await append(clinic.id)
    await append(clinic.id)
    await event_log.assign_positions()
    first = (await Client(key).ask(EVENTS, first=1))["pageInfo"]["endCursor"]
    with clock.pinned(clock.now() + timedelta(days=settings.EVENT_RETENTION_DAYS, seconds=1)):
        assert await event_log.purge() == 2
        answer = await Client(key).send(EVENTS, after=first)
        [error] = answer["errors"]
        assert error["extensions"]["code"] == "CURSOR_EXPIRED"
        assert "latestEventCursor" in error["message"]
        assert "freeSlots" in error["message"]
        latest = await Client(key).ask("{ latestEventCursor }")
        assert (await Client(key).ask(EVENTS, after=latest))["nodes"] == []


async def test_a_cursor_of_another_secret_has_expired_and_nonsense_is_bad_input(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clinic = await cast.clinic()
    await append(clinic.id)
    await event_log.assign_positions()
    _, key = await cast.partner(clinic)
    cursor = (await Client(key).ask(EVENTS))["pageInfo"]["endCursor"]
    changed = cursor[:-1] + ("A" if cursor[-1] != "A" else "E")
    assert await Client(key).code(EVENTS, after=changed) == "CURSOR_EXPIRED"
    for nonsense in ("", "x", "ż", "nonsense", "0" * 5000 + "!"):
        assert await Client(key).code(EVENTS, after=nonsense) == "BAD_USER_INPUT"


@pytest.mark.parametrize("first", [0, -1, 501])
async def test_a_page_has_at_most_500_events(first: int) -> None:
    _, key = await cast.partner(await cast.clinic())
    light = "query ($first: Int!) { events(first: $first) { nodes { id } } }"
    assert await Client(key).code(light, first=first) == "BAD_USER_INPUT"
    assert (await Client(key).ask(light, first=500))["nodes"] == []


async def test_free_slots_come_up_to_500_at_once_for_partners_and_up_to_100_for_others(nobody: Client) -> None:
    clinic = await cast.clinic()
    await cast.morning(cast.warsaw(24, 8).date(), 105, at=clinic, by=await cast.doctor(clinic), minutes=5)
    _, key = await cast.partner(clinic)
    wanted = {"clinicId": id_of(clinic)}
    assert len((await Client(key).ask(FREE, f=wanted, n=500))["nodes"]) == 105
    assert await Client(key).code(FREE, f=wanted, n=501) == "BAD_USER_INPUT"
    assert await nobody.code(FREE, f=wanted, n=101) == "BAD_USER_INPUT"


def test_a_context_without_key_or_account_has_no_budget() -> None:
    assert Context().partner is None

"""Every field of every type: it is decided who sees it, and each role requests it from a real object."""

from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_object_type

from models.events import event_log
from models.outbox import Message
from models.schedules import single_slots
from models.visits import attendance, confirmation
from models.visits.attendance import CallReport
from models.visits.phone_call import CallOutcome, PhoneCall
from models.waiting.offer import Offer
from schema.scalars import public_id
from tests import cast
from tests.schema.access_decisions import ELSEWHERE, EVERYBODY, FEWER, PATHS, REFUSALS, TYPES
from tests.support.client import Client, client_of
from tests.support.contract import BUILT
from tests.support.schedules import TUESDAY, join_waiting_list, line, publish, report_absence
from tests.support.visits import actor, book, cancel, move, patient_of

ROOTS = {"Query", "Mutation", "Subscription"}
OBJECTS: dict[str, GraphQLObjectType] = {
    name: kind
    for name, kind in BUILT.type_map.items()
    if is_object_type(kind) and not name.startswith("__") and name not in ROOTS
}
PAGES = {"Connection": {"nodes", "pageInfo", "edges"}, "Edge": {"cursor", "node"}}
NODES = [
    name for name, kind in OBJECTS.items() if any(one.name == "Node" for one in kind.interfaces) and name not in PATHS
]
BARRED = {"UNAUTHENTICATED", "FORBIDDEN"}


def decided() -> dict[str, set[str]]:
    pages = {name: fields for name in OBJECTS for end, fields in PAGES.items() if name.endswith(end)}
    refusals = {name: {"message", *more.split()} for name, more in REFUSALS.items()}
    return {**pages, **refusals, **{name: set(fields.split()) for name, (_, fields) in TYPES.items()}}


def readers(name: str, field: str) -> set[str]:
    return FEWER.get(f"{name}.{field}", TYPES[name][0] if name in TYPES else EVERYBODY)


def selection(name: str, who: str, tried: set[str]) -> str:
    """A selection of all that this caller may read of the type; other objects with an id are selected by name only."""
    tried.add(name)
    found = ["__typename"]
    for field, definition in OBJECTS[name].fields.items():
        inner = get_named_type(definition.type).name
        if who not in readers(name, field):
            continue
        if inner not in OBJECTS:
            found.append(field)
        elif inner in NODES or inner in PATHS or inner in ("Patient", "Partner"):
            found.append(f"{field} {{ __typename }}")
        elif inner.endswith("Connection"):
            found.append(f"{field} {{ nodes {{ __typename }} pageInfo {{ {selection('PageInfo', who, tried)} }} }}")
        else:
            found.append(f"{field} {{ {selection(inner, who, tried)} }}")
    return " ".join(found)


async def world(who: str) -> tuple[Client, dict[str, str]]:
    """The caller, and one object of each type, which is Anna's if it can belong to anybody."""
    anna, rita, clinic = await cast.anna(), await cast.rita(), await cast.clinic(planned_visits_per_patient=9)
    doctor, other = await cast.doctor(clinic), await cast.doctor(clinic, last_name="Inna")
    schedule, plan = await publish(rita, doctor, clinic, line(2, 8, 12), line(4, 8, 12), valid_until=None)
    visit = await book(anna, plan.fresh[0])
    moved = await move(anna, await book(anna, plan.fresh[1]), plan.fresh[9])
    await cancel(anna, moved)
    free = await single_slots.add(other.id, clinic.id, cast.warsaw(26, 9), 20, by=rita)
    report = await report_absence(rita, doctor, 24)
    entry = await join_waiting_list(anna, clinic, first_day=TUESDAY)
    await attendance.record_call(
        visit.id, CallReport(CallOutcome.NO_ANSWER), patient=patient_of(anna), actor=actor(rita)
    )
    partner, key = await cast.partner(clinic)
    rows: dict[str, Any] = {
        "Absence": report.absence,
        "Clinic": clinic,
        "Doctor": doctor,
        "Slot": free,
        "Visit": visit,
        "Call": await PhoneCall.get(),
        "Patient": patient_of(anna),
        "StaffMember": rita,
        "WaitingListEntry": entry,
        "Schedule": schedule,
        "Offer": await Offer.get(),
        "Message": await Message.filter(visit_id=visit.id).first(),
    }
    ids = {name: str(public_id(name, row.id)) for name, row in rows.items()}
    log = await (await client_of(anna)).ask("{ me { patient { accessLog { nodes { id } } } } }")
    ids["AuditEntry"] = log["patient"]["accessLog"]["nodes"][0]["id"]
    await event_log.assign_positions()
    filled = {
        **{name.lower(): id_ for name, id_ in ids.items()},
        "link": confirmation.make_link(visit.id, visit.sequence),
        "password": cast.PASSWORD,
        "partner": str(public_id("Partner", partner.id)),
        "other": str(public_id("Doctor", other.id)),
    }
    people = {"patient": anna, "receptionist": rita, "administrator": await cast.adam()}
    client = await client_of(people[who]) if who in people else Client(key if who == "partner" else None)
    return client, {**ids, **{name: _filled(path, filled) for name, path in PATHS.items()}}


def _filled(path: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        path = path.replace(f"<{name}>", value)
    return path


def codes(answer: dict[str, Any]) -> set[str]:
    return {error["extensions"]["code"] for error in answer.get("errors", [])}


def things(value: Any, name: str) -> list[Any]:
    """All objects of this type in an answer."""
    inner = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    here = [value] if isinstance(value, dict) and value.get("__typename") == name else []
    return here + [found for one in inner for found in things(one, name)]


def test_visibility_is_decided_for_every_field_of_every_type() -> None:
    assert {name: set(kind.fields) for name, kind in OBJECTS.items()} == decided()


def test_the_contract_states_the_roles_of_each_restricted_field() -> None:
    said = {}
    for name, kind in OBJECTS.items():
        for field, definition in kind.fields.items():
            for directive in (definition.ast_node and definition.ast_node.directives) or ():
                if directive.name.value == "requires":
                    roles = directive.arguments[0].value
                    said[f"{name}.{field}"] = {role.value.lower() for role in roles.values}
    assert said == FEWER


def test_every_type_is_tried_or_is_a_refusal() -> None:
    tried: set[str] = set()
    for name in {*NODES, *PATHS}:
        for who in EVERYBODY:
            selection(name, who, tried)
    pages = {name for name in OBJECTS if name.endswith(("Connection", "Edge"))}
    assert set(OBJECTS) - tried - pages - set(REFUSALS) == ELSEWHERE


@pytest.mark.parametrize("who", sorted(EVERYBODY))
async def test_objects_with_an_id_show_each_caller_exactly_the_decided_fields(who: str) -> None:
    client, ids = await world(who)
    for name in NODES:
        ask = f'{{ node(id: "{ids[name]}") {{ __typename ... on {name} {{ %s }} }} }}'
        answer = await client.send(ask % selection(name, who, set()))
        assert "errors" not in answer, (name, answer)
        assert bool(answer["data"]["node"]) == (who in TYPES[name][0]), name
        for field in OBJECTS[name].fields if answer["data"]["node"] else ():
            if who not in readers(name, field):
                inner = get_named_type(OBJECTS[name].fields[field].type)
                text = field if is_leaf_type(inner) else f"{field} {{ __typename }}"
                assert codes(await client.send(ask % text)) <= BARRED, (name, field)
                assert codes(await client.send(ask % text)), (name, field)


@pytest.mark.parametrize("who", sorted(EVERYBODY))
async def test_objects_without_an_id_are_reached_by_exactly_the_intended_callers(who: str) -> None:
    client, paths = await world(who)
    for name in PATHS:
        answer = await client.send(paths[name] % selection(name, who, set()))
        if who in readers(name, ""):
            assert "errors" not in answer, (name, answer)
            assert things(answer["data"], name), (name, answer)
        else:
            assert codes(answer) <= BARRED, (name, answer)
            assert answer["data"] is None or not things(answer["data"], name), (name, answer)

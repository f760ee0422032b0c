"""Access: who may call which root field; a field that nobody decided about fails here."""

from typing import Any

import pytest
from graphql import GraphQLField, GraphQLNonNull, build_schema, get_named_type, is_input_object_type, is_leaf_type
from graphql.type import GraphQLEnumType, GraphQLInputType

from models import clock, contact
from models.account import Account, Role
from models.session import Session
from resolvers import schema
from tests import cast
from tests.client import Client, client_of

BUILT = build_schema(str(schema))
ROOTS = {
    name: (kind, field)
    for kind, root in (("query", BUILT.query_type), ("mutation", BUILT.mutation_type))
    for name, field in (root.fields if root else {}).items()
}

STRANGER, STAFF, BEGINNER = "UNAUTHENTICATED", "FORBIDDEN", "PASSWORD_CHANGE_REQUIRED"
CALLERS = ["anonymous", "beginner", "patient", "receptionist", "administrator", "partner"]
EVERYBODY = [None, BEGINNER, None, None, None, None]
PATIENTS = [STRANGER, BEGINNER, None, STAFF, STAFF, STAFF]
DESK = [STRANGER, BEGINNER, STAFF, None, None, STAFF]
PATIENTS_AND_DESK = [STRANGER, BEGINNER, None, None, None, STAFF]
ADMINISTRATION = [STRANGER, BEGINNER, STAFF, STAFF, None, STAFF]
SIGNED_IN = [STRANGER, None, None, None, None, STAFF]
FOLLOWERS = [STRANGER, BEGINNER, STAFF, STAFF, None, None]
ALWAYS: list[str | None] = [None] * 6
DECIDED: dict[str, list[str | None]] = {
    "node": EVERYBODY,
    "serviceHours": EVERYBODY,
    "clinics": EVERYBODY,
    "doctors": EVERYBODY,
    "freeSlots": EVERYBODY,
    "freeDays": EVERYBODY,
    "me": EVERYBODY,
    "signUp": EVERYBODY,
    "logIn": EVERYBODY,
    "requestNewPassword": EVERYBODY,
    "logOut": ALWAYS,
    "changePassword": SIGNED_IN,
    "updateContact": PATIENTS,
    "exportMyData": PATIENTS,
    "closeAccount": PATIENTS,
    "holdSlot": PATIENTS,
    "releaseSlot": PATIENTS,
    "bookVisit": PATIENTS,
    "rescheduleVisit": PATIENTS,
    "cancelVisit": PATIENTS,
    "visits": DESK,
    "patients": DESK,
    "callList": DESK,
    "messages": DESK,
    "whyNotBookable": DESK,
    "auditTrail": ADMINISTRATION,
    "staff": ADMINISTRATION,
    "bookFor": DESK,
    "rescheduleFor": DESK,
    "cancelFor": DESK,
    "markArrived": DESK,
    "markFulfilled": DESK,
    "markNoShow": DESK,
    "markCalled": DESK,
    "resendMessage": DESK,
    "registerPatient": DESK,
    "changePatient": DESK,
    "invitePatient": DESK,
    "revealPesel": DESK,
    "joinWaitingList": PATIENTS,
    "leaveWaitingList": PATIENTS,
    "acceptOffer": PATIENTS_AND_DESK,
    "declineOffer": PATIENTS_AND_DESK,
    "schedules": DESK,
    "absences": DESK,
    "previewSchedule": DESK,
    "publishSchedule": DESK,
    "addSlot": DESK,
    "withdrawSlots": DESK,
    "blockSlot": DESK,
    "reportAbsence": DESK,
    "endAbsence": DESK,
    "openClinic": ADMINISTRATION,
    "changeClinic": ADMINISTRATION,
    "addDoctor": ADMINISTRATION,
    "changeDoctor": ADMINISTRATION,
    "inviteStaff": ADMINISTRATION,
    "removeStaff": ADMINISTRATION,
    "events": FOLLOWERS,
    "latestEventCursor": FOLLOWERS,
    "partners": ADMINISTRATION,
    "addPartner": ADMINISTRATION,
    "rotatePartnerKey": ADMINISTRATION,
    "removePartner": ADMINISTRATION,
    "beginSecondFactor": DESK,
    "confirmSecondFactor": DESK,
    "removeSecondFactor": DESK,
    "resetSecondFactor": ADMINISTRATION,
}


SOME = {
    "Int": 1, "Boolean": False, "Date": "2026-11-24", "Time": "10:00", "DateTime": "2026-11-24T10:00:00+01:00"
}  # fmt: skip


def some(type_: GraphQLInputType) -> Any:
    """A value that the type allows and that means nothing."""
    named = get_named_type(type_)
    if is_input_object_type(named):
        needed = {name: field for name, field in named.fields.items() if isinstance(field.type, GraphQLNonNull)}
        return {name: some(field.type) for name, field in needed.items()}
    if isinstance(named, GraphQLEnumType):
        return next(iter(named.values))
    return SOME.get(named.name, "x")


def document(kind: str, name: str, field: GraphQLField) -> tuple[str, dict[str, Any]]:
    needed = {name: a for name, a in field.args.items() if isinstance(a.type, GraphQLNonNull)}
    declared = ", ".join(f"${argument}: {a.type}" for argument, a in needed.items())
    passed = ", ".join(f"{argument}: ${argument}" for argument in needed)
    selection = "" if is_leaf_type(get_named_type(field.type)) else "{ __typename }"
    text = f"{kind}{f'({declared})' if declared else ''} {{ {name}{f'({passed})' if passed else ''} {selection} }}"
    return text, {argument: some(a.type) for argument, a in needed.items()}


async def caller(kind: str) -> Client:
    if kind == "anonymous":
        return Client()
    if kind in ("patient", "beginner"):
        account = await cast.anna()
        one_time = {"one_time_hash": "x"} if kind == "beginner" else {}
        _session, token = await Session.open_for(account, **one_time)
        return Client(token, account=account)
    if kind == "partner":
        _partner, key = await cast.partner(await cast.clinic())
        return Client(key)
    email = f"{kind}@diamed.example"
    key = contact.email_key(email)
    account = await Account.create(email=email, email_key=key, role=Role[kind.upper()], created_at=clock.now())
    return await client_of(account)


def access_codes(answer: dict[str, Any]) -> set[str]:
    codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
    assert codes <= {STRANGER, STAFF, BEGINNER, "BAD_USER_INPUT"}, answer
    return codes - {"BAD_USER_INPUT"}


def test_somebody_decided_about_every_root_field() -> None:
    assert set(ROOTS) == set(DECIDED)


@pytest.mark.parametrize("kind", CALLERS)
@pytest.mark.parametrize("name", ROOTS)
async def test_each_field_answers_each_caller_as_decided(name: str, kind: str) -> None:
    text, variables = document(ROOTS[name][0], name, ROOTS[name][1])
    answer = await (await caller(kind)).send(text, **variables)
    expected = DECIDED[name][CALLERS.index(kind)]
    assert access_codes(answer) == ({expected} if expected else set())


@pytest.mark.parametrize("name", [name for name, decided in DECIDED.items() if decided[1] == BEGINNER])
async def test_a_one_time_password_opens_nothing_also_when_registration_is_closed(name: str) -> None:
    beginner = await caller("beginner")
    text, variables = document(ROOTS[name][0], name, ROOTS[name][1])
    with clock.pinned(cast.warsaw(23, 6, 59)):
        assert access_codes(await beginner.send(text, **variables)) == {BEGINNER}


async def test_a_one_time_password_opens_nothing_behind_another_field_either() -> None:
    beginner = await caller("beginner")
    answer = await beginner.send("{ a: me { login } b: clinics { nodes { id } } __typename }")
    assert [error["extensions"]["code"] for error in answer["errors"]] == [BEGINNER] * 2
    assert answer["data"] is None


async def test_what_a_caller_may_not_do_is_said_in_their_language() -> None:
    for language, words in (("pl", "Najpierw trzeba się zalogować."), ("en", "Sign in first.")):
        answer = await Client(language=language).send("mutation { exportMyData }")
        assert answer["errors"][0]["message"] == words


@pytest.mark.parametrize("name", ["events", "latestEventCursor"])
async def test_an_account_is_no_partner_whatever_its_role_says(name: str) -> None:
    """Only a key tells whose events may be seen."""
    email = "pseudo@partner.example"
    key = contact.email_key(email)
    account = await Account.create(email=email, email_key=key, role=Role.PARTNER, created_at=clock.now())
    text, variables = document(ROOTS[name][0], name, ROOTS[name][1])
    assert access_codes(await (await client_of(account)).send(text, **variables)) == {STAFF}


async def test_a_made_up_token_is_nobodys() -> None:
    assert await Client("made-up").ask("Me") is None
    assert await Client("made-up").code("ExportMyData") == STRANGER

"""Access: who may call which root field; a field without a decision makes a test fail."""

from typing import Any

import pytest
from graphql import GraphQLField, GraphQLNonNull, get_named_type, is_input_object_type, is_leaf_type
from graphql.type import GraphQLEnumType, GraphQLInputType

from infra import clock
from models.accounts.account import Account, Role
from models.accounts.session import Session
from models.values import contact
from schema.scalars import public_id
from tests import cast
from tests.support.client import Client, client_of
from tests.support.contract import BUILT

ROOTS = {
    name: (kind, field)
    for kind, root in (("query", BUILT.query_type), ("mutation", BUILT.mutation_type))
    for name, field in (root.fields if root else {}).items()
}

STRANGER, STAFF, BEGINNER = "UNAUTHENTICATED", "FORBIDDEN", "PASSWORD_CHANGE_REQUIRED"
CALLERS = ["anonymous", "beginner", "patient", "receptionist", "administrator", "partner"]
PATIENTS = [STRANGER, BEGINNER, None, STAFF, STAFF, STAFF]
DESK = [STRANGER, BEGINNER, STAFF, None, None, STAFF]
PATIENTS_AND_DESK = [STRANGER, BEGINNER, None, None, None, STAFF]
ADMINISTRATION = [STRANGER, BEGINNER, STAFF, STAFF, None, STAFF]
SIGNED_IN = [STRANGER, None, None, None, None, STAFF]
FOLLOWERS = [STRANGER, BEGINNER, STAFF, STAFF, None, None]
EVERYBODY: list[str | None] = [None] * 6
DECIDED: dict[str, list[str | None]] = {
    "node": EVERYBODY,
    "serviceHours": EVERYBODY,
    "centre": EVERYBODY,
    "extendSession": EVERYBODY,
    "clinics": EVERYBODY,
    "doctors": EVERYBODY,
    "freeSlots": EVERYBODY,
    "freeDays": EVERYBODY,
    "me": EVERYBODY,
    "signUp": EVERYBODY,
    "logIn": EVERYBODY,
    "requestNewPassword": EVERYBODY,
    "confirmEmail": EVERYBODY,
    "logOut": EVERYBODY,
    "changePassword": SIGNED_IN,
    "updateContact": PATIENTS,
    "exportMyData": PATIENTS,
    "closeAccount": PATIENTS,
    "holdSlot": PATIENTS,
    "releaseSlot": PATIENTS,
    "bookVisit": PATIENTS,
    "rescheduleVisit": PATIENTS,
    "cancelVisit": PATIENTS,
    "confirmVisit": PATIENTS,
    "linkedVisit": EVERYBODY,
    "confirmLinkedVisit": EVERYBODY,
    "cancelLinkedVisit": EVERYBODY,
    "visits": DESK,
    "slots": DESK,
    "undoStatus": DESK,
    "recordVisit": DESK,
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
    "patientsToComplete": DESK,
    "markDouble": DESK,
    "unmarkDouble": DESK,
    "changePatient": DESK,
    "invitePatient": DESK,
    "revealPesel": DESK,
    "confirmIdentity": DESK,
    "replacePatientEmail": DESK,
    "joinWaitingList": PATIENTS,
    "waitingList": DESK,
    "offersToTell": DESK,
    "joinWaitingListFor": DESK,
    "leaveWaitingListFor": DESK,
    "leaveWaitingList": PATIENTS,
    "acceptOffer": PATIENTS_AND_DESK,
    "declineOffer": PATIENTS_AND_DESK,
    "schedules": DESK,
    "absences": DESK,
    "previewSchedule": DESK,
    "publishSchedule": DESK,
    "previewScheduleChange": DESK,
    "changeSchedule": DESK,
    "addSlot": DESK,
    "withdrawSlots": DESK,
    "blockSlot": DESK,
    "unblockSlot": DESK,
    "keepWorkspace": DESK,
    "reportAbsence": DESK,
    "endAbsence": DESK,
    "previewAbsence": DESK,
    "openClinic": ADMINISTRATION,
    "changeClinic": ADMINISTRATION,
    "addDoctor": ADMINISTRATION,
    "changeDoctor": ADMINISTRATION,
    "previewCloseClinic": ADMINISTRATION,
    "closeClinic": ADMINISTRATION,
    "previewReopenClinic": ADMINISTRATION,
    "reopenClinic": ADMINISTRATION,
    "previewRetireDoctor": ADMINISTRATION,
    "retireDoctor": ADMINISTRATION,
    "previewReinstateDoctor": ADMINISTRATION,
    "reinstateDoctor": ADMINISTRATION,
    "inviteStaff": ADMINISTRATION,
    "removeStaff": ADMINISTRATION,
    "changeStaff": ADMINISTRATION,
    "inviteStaffAgain": ADMINISTRATION,
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


SOME = {"Int": 1, "Boolean": False, "Date": "2026-11-24", "Time": "10:00", "DateTime": "2026-11-24T10:00:00+01:00"}


def some(type_: GraphQLInputType) -> Any:
    """A valid but meaningless value of the type."""
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


def test_access_is_decided_for_every_root_field() -> None:
    assert set(ROOTS) == set(DECIDED)


async def wrong_answers(kind: str, names: list[str]) -> dict[str, set[str]]:
    """The fields whose answer to this caller is not the decided one, with their codes. Logging out comes last."""
    found, asking = {}, await caller(kind)
    for name in sorted(names, key="logOut".__eq__):
        text, variables = document(ROOTS[name][0], name, ROOTS[name][1])
        expected = DECIDED[name][CALLERS.index(kind)]
        codes = access_codes(await asking.send(text, **variables))
        if codes != ({expected} if expected else set()):
            found[name] = codes
    return found


@pytest.mark.parametrize("kind", CALLERS)
async def test_each_field_answers_each_caller_as_decided(kind: str) -> None:
    assert await wrong_answers(kind, list(ROOTS)) == {}


async def test_a_one_time_password_gives_no_access_even_when_registration_is_closed() -> None:
    closed_to_beginners = [name for name, decided in DECIDED.items() if decided[1] == BEGINNER]
    assert len(closed_to_beginners) > 50
    with clock.pinned(cast.warsaw(23, 6, 59)):
        assert await wrong_answers("beginner", closed_to_beginners) == {}


async def test_a_one_time_password_gives_no_access_through_another_field_either() -> None:
    beginner = await caller("beginner")
    patient_id = beginner.account.patient_id
    assert patient_id
    anna = public_id("Patient", patient_id)
    answer = await beginner.send("query Q($id: ID!) { node(id: $id) { id } me { patient { id } } }", id=anna)
    assert answer["data"] == {"node": None, "me": {"patient": None}}


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.ADMINISTRATOR])
async def test_a_one_time_password_of_staff_shows_no_private_object(role: Role) -> None:
    patient, partner = await cast.anna(), await cast.partner(await cast.clinic())
    email = "new@diamed.example"
    account = await Account.create(email=email, email_key=email, role=role, created_at=clock.now())
    _session, token = await Session.open_for(account, one_time_hash="x")
    assert patient.patient_id
    for id_ in (
        public_id("Patient", patient.patient_id),
        public_id("StaffMember", account.id),
        public_id("Partner", partner[0].id),
    ):
        answer = await Client(token).send("query Q($id: ID!) { node(id: $id) { id } }", id=id_)
        assert answer["data"] == {"node": None}


async def test_what_a_caller_may_not_do_is_said_in_their_language() -> None:
    for language, words in (("pl", "Najpierw trzeba się zalogować."), ("en", "Please sign in first.")):
        answer = await Client(language=language).send("mutation { exportMyData }")
        assert answer["errors"][0]["message"] == words


@pytest.mark.parametrize("name", ["events", "latestEventCursor"])
async def test_an_account_is_no_partner_whatever_its_role_says(name: str) -> None:
    """An account has no partner key, and only a key says which clinics' events a partner may see."""
    email = "pseudo@partner.example"
    key = contact.email_key(email)
    account = await Account.create(email=email, email_key=key, role=Role.PARTNER, created_at=clock.now())
    text, variables = document(ROOTS[name][0], name, ROOTS[name][1])
    assert access_codes(await (await client_of(account)).send(text, **variables)) == {STAFF}


async def test_an_invented_token_belongs_to_nobody() -> None:
    assert await Client("made-up").ask("Me") is None
    assert await Client("made-up").code("ExportMyData") == STRANGER

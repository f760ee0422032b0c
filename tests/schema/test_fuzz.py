"""Documents generated from the schema (schemathesis' GraphQL mode): whatever is asked, nothing breaks on our side.

For a longer run: `FUZZ=thorough python -m pytest tests/schema/test_fuzz.py -o timeout=3600`.
"""

import io
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.graphql import nodes

import settings as ours
from models.accounts.account import Account, Role
from models.accounts.patient import Patient
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from resolvers.node import FINDERS
from schema.scalars import public_id
from tests import cast
from tests.support.client import Client, client_of
from tests.support.contract import SDL

SOME = UUID("01a20bf5-e9ab-7380-8967-dcfa8bb2cacd")
IDS = st.sampled_from([str(public_id(kind, SOME)) for kind in FINDERS])
SCALARS = {
    "ID": st.one_of(IDS, st.text(max_size=40)).map(nodes.String),
    "Date": st.one_of(st.dates().map(str), st.text(max_size=12)).map(nodes.String),
    "Time": st.one_of(st.times().map(lambda time: f"{time:%H:%M}"), st.text(max_size=6)).map(nodes.String),
    "DateTime": st.one_of(
        st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()), st.text(max_size=30)
    ).map(nodes.String),
}
for name, strategy in SCALARS.items():
    schemathesis.graphql.scalar(name, strategy)
FUZZED = schemathesis.graphql.from_file(io.StringIO(SDL))
CASES = st.one_of([found.ok().as_strategy() for found in FUZZED.get_all_operations() if isinstance(found, Ok)])
EXPECTED = {
    "UNAUTHENTICATED",
    "FORBIDDEN",
    "PASSWORD_CHANGE_REQUIRED",
    "BAD_USER_INPUT",
    "QUERY_TOO_COMPLEX",
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "CURSOR_EXPIRED",
}


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    for rate in ("RATE_PER_ADDRESS", "RATE_PER_ACCOUNT", "RATE_OF_SIGN_IN"):
        monkeypatch.setattr(ours, rate, "1000000/minute")


@pytest.fixture
async def somebody(request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    """The caller, in a centre whose rows have the ids that the documents use."""
    patient = await Patient.create(id=SOME, first_name="Anna", last_name="Żółć", created_at=cast.MONDAY)
    place = await Clinic.create(id=SOME, name="A", search_name="a", address="b", phone="c")
    doctor = await Doctor.create(id=SOME, title="", first_name="E", last_name="W", specialties=[], search_name="w e")
    await doctor.clinics.add(place)
    begin, end = cast.warsaw(24, 10), cast.warsaw(24, 10, 20)
    await Slot.create(id=SOME, clinic=place, doctor=doctor, starts_at=begin, ends_at=end)
    role = request.param
    if role is None:
        yield Client()
        return
    account = await Account.create(
        role=role,
        email="a@example.pl",
        email_key="a@example.pl",
        created_at=cast.MONDAY,
        patient=patient if role == Role.PATIENT else None,
    )
    yield await client_of(account)


@pytest.mark.parametrize(
    "somebody", [None, Role.PATIENT, Role.RECEPTIONIST, Role.ADMINISTRATOR], indirect=True, ids=str
)
@settings(suppress_health_check=list(HealthCheck), max_examples=max(1, settings().max_examples * 2 // 5))
@given(case=CASES)
async def test_no_document_breaks_anything(case: schemathesis.Case[Any], somebody: Client) -> None:
    if somebody.headers.get("authorization"):  # an earlier document may have logged the caller out
        somebody.headers["authorization"] = f"Bearer {await cast.signed_in(somebody.account)}"
    response = await somebody.post(json.dumps({"query": case.body}, ensure_ascii=True).encode())
    answer = response.json()
    assert response.status_code < 500, answer
    assert {error["extensions"]["code"] for error in answer.get("errors", [])} <= EXPECTED, answer

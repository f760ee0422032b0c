"""Forms: accepted in full and normalised, or refused with every error named at once."""

from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra import clock
from models.refusals.refusal import InvalidInput
from models.values.form import SignUpDetails
from tests import cast

GOOD: dict[str, Any] = {
    "email": " Dorota@Example.pl ",
    "pesel": "920713-14764",
    "first_name": " Dorota ",
    "last_name": "Maj-Żółć",
    "phone": "501 234 567",
    "sms_reminders": True,
}


def flaws(**other: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refusal, clock.pinned(cast.MONDAY):
        SignUpDetails(**{**GOOD, **other}).validate()
    found = refusal.value.flaws
    assert len({flaw.path for flaw in found}) == len(found), "one flaw a field"
    return {flaw.path[0]: flaw.code for flaw in found}


def test_a_good_form_is_cleaned() -> None:
    assert SignUpDetails(**GOOD).validate() == SignUpDetails(
        email="Dorota@example.pl",
        pesel="92071314764",
        first_name="Dorota",
        last_name="Maj-Żółć",
        phone="+48501234567",
        sms_reminders=True,
    )


def test_all_flaws_are_reported_at_once() -> None:
    assert flaws(email="x", pesel="44051401358", first_name="", last_name="4", phone="22 111 11 11") == {
        "email": "EMAIL_MALFORMED",
        "pesel": "PESEL_CHECKSUM",
        "firstName": "REQUIRED",
        "lastName": "MALFORMED",
        "phone": "PHONE_NOT_MOBILE",
    }


@pytest.mark.parametrize(
    ("field", "path"), [("email", "email"), ("pesel", "pesel"), ("first_name", "firstName"), ("last_name", "lastName")]
)
@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "REQUIRED"),
        (" \t\n ", "REQUIRED"),
        ("x" * 300, "TOO_LONG"),
        ("x" * 1_000_000, "TOO_LONG"),
        ("Do\0ta", "MALFORMED"),
    ],
)
def test_missing_too_long_and_unreadable_values_are_reported_as_such(
    field: str, path: str, value: str, code: str
) -> None:
    assert flaws(**{field: value}) == {path: code}


def test_a_phone_is_needed_only_for_reminders() -> None:
    assert flaws(phone="") == {"phone": "REQUIRED"}
    assert SignUpDetails(**{**GOOD, "phone": " ", "sms_reminders": False}).validate().phone is None
    assert flaws(phone="22 111 11 11", sms_reminders=False) == {"phone": "PHONE_NOT_MOBILE"}


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("00000000000", "PESEL_BIRTH_DATE"),
        ("27410100014", "PESEL_BIRTH_DATE"),
        ("123", "MALFORMED"),
        ("x", "MALFORMED"),
    ],
)
def test_the_flaw_of_a_pesel_is_reported_by_its_code(number: str, code: str) -> None:
    assert flaws(pesel=number) == {"pesel": code}


@pytest.mark.parametrize(
    "name",
    [
        "Anna",
        "Łęcka-Żółć",
        "O'Brien",
        "O’Brien",
        "von der Leyen",
        "Jan Maria",
        "李",
        "Świętosława",
        "Nguyễn",
        "St. John",
    ],
)
def test_names_of_many_kinds_are_names(name: str) -> None:
    assert SignUpDetails(**{**GOOD, "first_name": name}).validate().first_name == name.replace("’", "'")


@pytest.mark.parametrize(
    "name", ["<b>Anna</b>", "Anna1", "-Anna", "anna@example.pl", "Anna\nBcc: x", "A_B", "😀", "An\u202ena"]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    assert flaws(first_name=name) == {"firstName": "MALFORMED"}


def test_a_hundred_letters_are_a_name_and_one_more_is_not() -> None:
    assert SignUpDetails(**{**GOOD, "first_name": "Ż" * 100}).validate()
    assert SignUpDetails(**{**GOOD, "first_name": "Z\u0307" * 100}).validate().first_name == "Ż" * 100
    assert flaws(first_name="Ż" * 101) == {"firstName": "TOO_LONG"}


texts = st.text(max_size=300)


@given(email=texts, pesel=texts, first_name=texts, last_name=texts, phone=texts, sms_reminders=st.booleans())
def test_any_form_is_taken_or_refused_by_name(**given: Any) -> None:
    try:
        cleaned = SignUpDetails(**given).validate()
    except InvalidInput as refusal:
        codes = {flaw.code for flaw in refusal.flaws}
        paths = {flaw.path[0] for flaw in refusal.flaws}
    else:
        codes, paths = set(), set()
        assert all("\0" not in str(value) for value in asdict(cleaned).values())
    about_fields = {"PESEL_CHECKSUM", "PESEL_BIRTH_DATE", "EMAIL_MALFORMED", "PHONE_NOT_MOBILE"}
    assert codes <= {"REQUIRED", "MALFORMED", "TOO_LONG", *about_fields}
    assert paths <= {"email", "pesel", "firstName", "lastName", "phone"}

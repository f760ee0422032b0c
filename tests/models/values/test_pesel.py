"""PESEL rules: format, checksum, a birth date that exists and is not in the future; shown only masked."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra import clock
from models.values import pesel
from tests import cast

WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
CENTURIES = {18: 80, 19: 0, 20: 20, 21: 40, 22: 60}


def check_digit(body: str) -> str:
    return str((10 - sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 10) % 10)


def number_of(born: date, serial: int) -> str:
    body = f"{born.year % 100:02d}{born.month + CENTURIES[born.year // 100]:02d}{born.day:02d}{serial:04d}"
    return body + check_digit(body)


def problem_of(text: str) -> str:
    with pytest.raises(pesel.InvalidPesel) as problem:
        pesel.parse(text)
    return problem.value.code


@pytest.mark.parametrize(
    ("number", "born"),
    [
        ("44051401359", date(1944, 5, 14)),
        ("02211307589", date(2002, 1, 13)),
        (cast.CELINA_PESEL, date(1990, 9, 5)),
        (number_of(date(1899, 12, 31), 1), date(1899, 12, 31)),
        (number_of(date(2000, 2, 29), 1), date(2000, 2, 29)),
    ],
)
def test_a_number_holds_its_birth_date(number: str, born: date) -> None:
    assert (pesel.parse(number), pesel.birth_date(number)) == (number, born)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("44051401358", "PESEL_CHECKSUM"),
        ("02381307589", "PESEL_BIRTH_DATE"),
        ("00000000000", "PESEL_BIRTH_DATE"),
        ("27410100014", "PESEL_BIRTH_DATE"),
        (number_of(date(1999, 1, 31), 0)[:2] + "0230" + "0000" + check_digit("9902300000"), "PESEL_BIRTH_DATE"),
        ("99023000000"[:10] + check_digit("9902300000"), "PESEL_BIRTH_DATE"),
        ("0123456789", "MALFORMED"),
        ("440514013590", "MALFORMED"),
        ("", "MALFORMED"),
        ("44051401A59", "MALFORMED"),
        ("٤٤٠٥١٤٠١٣٥٩", "MALFORMED"),
        ("4405140135²", "MALFORMED"),
        ("\0" * 11, "MALFORMED"),
        ("\ud800" * 11, "MALFORMED"),
        ("4" * 100_000, "MALFORMED"),
    ],
)
def test_what_is_no_number_is_refused_by_its_code(text: str, code: str) -> None:
    assert problem_of(text) == code


@pytest.mark.parametrize("text", ["440514-01359", " 44051401359 ", "44 05 14 01359", "４４０５１４０１３５９"])
def test_another_spelling_is_the_same_number(text: str) -> None:
    assert pesel.parse(text) == "44051401359"


def test_a_child_born_today_has_a_number_and_tomorrow_s_has_none_yet() -> None:
    with clock.pinned(cast.MONDAY):
        assert pesel.parse(number_of(date(2026, 11, 23), 7))
        assert problem_of(number_of(date(2026, 11, 24), 7)) == "PESEL_BIRTH_DATE"


def test_today_is_the_day_in_warsaw() -> None:
    tomorrow_s = number_of(date(2026, 11, 24), 7)
    with clock.pinned(cast.warsaw(24, 0) - timedelta(microseconds=1)):
        assert problem_of(tomorrow_s) == "PESEL_BIRTH_DATE"
    with clock.pinned(cast.warsaw(24, 0)):
        assert pesel.parse(tomorrow_s) == tomorrow_s


@given(born=st.dates(date(1800, 1, 1), date(2026, 11, 23)), serial=st.integers(0, 9999))
def test_every_number_of_the_past_is_accepted_and_holds_its_date(born: date, serial: int) -> None:
    with clock.pinned(cast.MONDAY):
        number = number_of(born, serial)
        assert pesel.birth_date(pesel.parse(number)) == born


@given(
    born=st.dates(date(1900, 1, 1), date(2020, 12, 31)),
    serial=st.integers(0, 9999),
    place=st.integers(0, 10),
    off=st.integers(1, 9),
)
def test_one_wrong_digit_is_always_noticed(born: date, serial: int, place: int, off: int) -> None:
    number = number_of(born, serial)
    wrong = number[:place] + str((int(number[place]) + off) % 10) + number[place + 1 :]
    assert problem_of(wrong) == "PESEL_CHECKSUM"


@given(text=st.text(max_size=30))
def test_any_text_is_a_number_or_a_known_problem(text: str) -> None:
    try:
        number = pesel.parse(text)
    except pesel.InvalidPesel as problem:
        number = problem.code
    assert number in {"MALFORMED", "PESEL_CHECKSUM", "PESEL_BIRTH_DATE"} or re.fullmatch("[0-9]{11}", number)


def test_only_the_last_four_digits_are_shown() -> None:
    assert pesel.mask("44051401359") == "*******1359"


def test_a_sealed_number_opens_is_never_sealed_alike_and_is_found_by_its_index() -> None:
    one, two = pesel.encrypt("44051401359"), pesel.encrypt("44051401359")
    assert one != two
    assert b"44051401359" not in one
    assert pesel.decrypt(one) == pesel.decrypt(two) == "44051401359"
    assert pesel.blind_index("44051401359") == pesel.blind_index("44051401359") != pesel.blind_index("02211307589")


def test_the_index_cannot_be_computed_without_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """All numbers of a century can be tried in minutes, so a plain hash would be as good as the number itself."""
    index = pesel.blind_index("44051401359")
    monkeypatch.setattr("settings.SECRET_KEY", "another secret key, of another installation")
    assert pesel.blind_index("44051401359") != index

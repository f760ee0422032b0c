"""Transliteration: text without Polish letters, for searching, sorting and SMS."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.transliteration import fold, to_ascii


@pytest.mark.parametrize(
    ("text", "ascii_text"),
    [
        ("Zażółć gęślą jaźń", "Zazolc gesla jazn"),
        ("ZAŻÓŁĆ GĘŚLĄ JAŹŃ", "ZAZOLC GESLA JAZN"),
        ("Łódź – „stare” miasto’", 'Lodz - "stare" miasto\''),
        ("Müller, Straße, Ærø", "Muller, Strasse, Ærø"),
        ("z\u0307o\u0301łc\u0301", "zolc"),
    ],
)
def test_polish_letters_lose_their_marks_and_nothing_else(text: str, ascii_text: str) -> None:
    assert to_ascii(text) == ascii_text


def test_two_spellings_of_a_name_fold_to_one() -> None:
    assert fold("  Łęcka-ŻÓŁĆ \t Anna\n") == fold("łęcka-żółć anna") == "lecka-zolc anna"


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Đorđević", "dordevic"), ("Søren Æbelø", "soren aebelo"), ("Þór", "thor"), ("Işık İnönü", "isik inonu")],
)
def test_foreign_letters_fold_to_what_a_polish_keyboard_has(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(("text", "folded"), [("Шевченко", "shevchenko"), ("ЇЖАК", "izhak"), ("Ψυχή", "psychi")])
def test_other_alphabets_fold_to_latin_letters(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(text=st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(text=st.text(alphabet="aąbcćdeęłńoósśzźż AĄBCĆDEĘŁŃOÓSŚZŹŻ.,-!?0123456789"))
def test_polish_text_becomes_ascii_of_the_same_length(text: str) -> None:
    assert to_ascii(text).isascii()
    assert len(to_ascii(text)) == len(text)

"""Spelling: words without Polish letters, for searching, sorting and SMS."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.spelling import folded, plain


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
    assert plain(text) == ascii_text


def test_two_spellings_of_a_name_fold_to_one() -> None:
    assert folded("  Łęcka-ŻÓŁĆ \t Anna\n") == folded("łęcka-żółć anna") == "lecka-zolc anna"


@given(text=st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(text=st.text(alphabet="aąbcćdeęłńoósśzźż AĄBCĆDEĘŁŃOÓSŚZŹŻ.,-!?0123456789"))
def test_polish_text_becomes_ascii_of_the_same_length(text: str) -> None:
    assert plain(text).isascii()
    assert len(plain(text)) == len(text)

"""Refusals: each has a message in both languages, with every placeholder filled in."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

import settings
from models import refusals
from models.refusals import REFUSALS
from models.refusals.booking import OutsideServiceHours, SlotNotBookable, TooManyVisits, VisitNotChangeable
from models.refusals.refusal import Flaw, InvalidInput, Refusal

DETAILS = {
    "limit": 3,
    "status": "BOOKED",
    "wanted": "ARRIVED",
    "is_offer": False,
    "closed_from": "2026-12-01",
    "retired_from": "2026-12-01",
}


def examples(kind: type[Refusal]) -> Iterator[Refusal]:
    """One refusal for each reason of its class, and one for a reason without a text of its own."""
    for reason in [*kind.text_by_reason, "urlop"]:
        yield kind(**DETAILS, reason=reason)


def declared(kind: type[Refusal]) -> set[type[Refusal]]:
    return {kind, *(each for sub in kind.__subclasses__() for each in declared(sub))}


def test_every_refusal_can_be_found_again_by_its_name() -> None:
    assert set(REFUSALS) == declared(Refusal) - {Refusal}
    assert len({kind.__name__ for kind in REFUSALS}) == len(REFUSALS)


@pytest.mark.parametrize("language", ["PL", "EN"])
@pytest.mark.parametrize("kind", REFUSALS)
def test_every_refusal_says_what_is_the_matter(kind: type[Refusal], language: str) -> None:
    for refusal in examples(kind):
        sentence = refusal.message(language)
        assert sentence[0].isupper()
        assert sentence.endswith((".", "`."))
        assert not set("{}") & set(sentence)


def test_no_two_refusals_say_the_same_and_each_language_has_its_own() -> None:
    every = [refusal for kind in REFUSALS for refusal in examples(kind)]
    for language in ("PL", "EN"):
        sentences = [refusal.message(language) for refusal in every]
        assert len(set(sentences)) == len(sentences)
    assert all(refusal.message("PL") != refusal.message("EN") for refusal in every)


@pytest.mark.parametrize("kind", [TooManyVisits, VisitNotChangeable, OutsideServiceHours])
def test_patients_who_cannot_do_it_online_are_given_the_telephone(kind: type[Refusal]) -> None:
    for language in ("PL", "EN"):
        assert settings.CENTRE_PHONE in next(examples(kind)).message(language)


def test_a_slot_is_not_bookable_for_five_reasons() -> None:
    reasons = {"IN_THE_PAST", "NOTICE_TOO_SHORT", "TOO_FAR_AHEAD", "WITHDRAWN", "CLOSED"}
    assert set(SlotNotBookable.text_by_reason) == reasons


@given(flaws=st.lists(st.builds(Flaw, st.tuples(st.text(), st.text()) | st.tuples(st.text()), st.text())))
def test_flaws_survive_being_stored(flaws: list[Flaw]) -> None:
    restored = refusals.from_json(InvalidInput.from_flaws(flaws).to_json())
    assert isinstance(restored, InvalidInput)
    assert restored.flaws == flaws

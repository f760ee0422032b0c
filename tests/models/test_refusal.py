"""Refusals promise: a sentence in both languages for every one, with nothing left to fill in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import settings
from models.refusal import Flaw, InvalidInput, Refusal, SlotNotBookable

DETAILS = {"limit": 3, "status": "BOOKED", "wanted": "ARRIVED", "is_offer": False}


def refused(kind: type[Refusal]) -> Refusal:
    """An example of the kind, with the first of its reasons."""
    return kind(**DETAILS, reason=next(iter(getattr(kind, "because", {})), ""))


@pytest.mark.parametrize("language", ["PL", "EN"])
@pytest.mark.parametrize("name", sorted(Refusal.kinds))
def test_every_refusal_says_what_is_the_matter(name: str, language: str) -> None:
    sentence = refused(Refusal.kinds[name]).message(language)
    assert sentence[0].isupper()
    assert sentence.endswith((".", "`."))
    assert not set("{}") & set(sentence)


def test_no_two_refusals_say_the_same_and_each_language_has_its_own() -> None:
    for language in ("PL", "EN"):
        sentences = [refused(kind).message(language) for kind in Refusal.kinds.values()]
        assert len(set(sentences)) == len(sentences)
    assert all(refused(kind).message("PL") != refused(kind).message("EN") for kind in Refusal.kinds.values())


@pytest.mark.parametrize("language", ["PL", "EN"])
def test_every_reason_why_a_slot_cannot_be_booked_has_its_own_sentence(language: str) -> None:
    reasons = ("IN_THE_PAST", "NOTICE_TOO_SHORT", "TOO_FAR_AHEAD", "WITHDRAWN")
    assert set(SlotNotBookable.because) == set(reasons)
    sentences = {SlotNotBookable(reason=reason).message(language) for reason in reasons}
    assert len(sentences) == len(reasons)
    assert not any("{" in sentence for sentence in sentences)


def test_who_cannot_do_it_online_is_told_the_telephone() -> None:
    for kind in ("TooManyVisits", "VisitNotChangeable", "OutsideServiceHours"):
        for language in ("PL", "EN"):
            assert settings.CENTRE_PHONE in refused(Refusal.kinds[kind]).message(language)


@given(flaws=st.lists(st.builds(Flaw, st.tuples(st.text(), st.text()) | st.tuples(st.text()), st.text())))
def test_flaws_survive_being_kept(flaws: list[Flaw]) -> None:
    thawed = Refusal.thawed(InvalidInput.of(flaws).frozen())
    assert isinstance(thawed, InvalidInput)
    assert thawed.flaws == flaws

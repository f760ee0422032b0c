"""The audit trail: every action that can be recorded has a description in both languages."""

from typing import get_args

from models.audit import AuditAction
from schema.audit import ACTIONS


def test_every_action_that_can_be_recorded_has_words_and_no_words_are_left_over() -> None:
    """The type checker ensures that every call records one of these actions."""
    assert set(get_args(AuditAction)) == set(ACTIONS)


def test_the_words_differ_in_both_languages() -> None:
    assert [action for action, words in ACTIONS.items() if words.pl == words.en] == []
    assert len({words.pl for words in ACTIONS.values()}) == len(ACTIONS)

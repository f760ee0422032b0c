"""Problems: each refusal that a result can contain is a type of the same name, with its details."""

from enum import EnumMeta

import pytest

from models.refusals import REFUSALS, partner
from models.refusals.booking import TooBusy
from models.refusals.refusal import Refusal
from schema.context import Context
from schema.problems import booking, desk
from schema.problems.problem import Problem
from schema.problems.registry import PROBLEMS, problem_of

# refusals of subscriptions, of event pages, and by a full queue
ONLY_ERRORS = {partner.CursorExpired, partner.TooManyStreams, partner.ChangesMissed, TooBusy}
NOON = "2026-11-24T12:00:00+01:00"
DETAILS = {
    "limit": 3,
    "status": "BOOKED",
    "wanted": "ARRIVED",
    "is_offer": False,
    "opens_at": NOON,
    "retry_at": NOON,
    "held_until": NOON,
    "cancellable_until": NOON,
    "closed_from": "2026-12-01",
    "retired_from": "2026-12-01",
    "flaws": [],
    "reasons": ["TOO_SHORT"],
}


def test_every_refusal_has_its_type() -> None:
    assert {problem.refusal_type for problem in PROBLEMS} == set(REFUSALS) - ONLY_ERRORS
    assert all(problem.__name__ == problem.refusal_type.__name__ for problem in PROBLEMS)
    assert all(problem.refusal_type.__doc__ for problem in PROBLEMS)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_type_is_made_of_its_refusal(problem: type[Problem]) -> None:
    kind: type[Refusal] = problem.refusal_type
    refusal = kind(**DETAILS, reason=next(iter(kind.text_by_reason), "MISSING"))
    shown = problem_of(refusal, Context())
    assert type(shown) is problem
    assert shown.message == refusal.message("PL")


@pytest.mark.parametrize(
    ("problem", "reasons"),
    [
        (booking.SlotNotBookable, booking.NotBookableReason),
        (desk.StatusNotChangeable, desk.StatusRefusal),
        (desk.MessageNotResendable, desk.ResendRefusal),
    ],
)
def test_every_reason_has_its_text(problem: type[Problem], reasons: EnumMeta) -> None:
    assert set(problem.refusal_type.text_by_reason) == set(reasons.__members__)

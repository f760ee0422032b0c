"""The audit trail speaks: every action that is recorded has words in both languages."""

import re
from pathlib import Path

from models.message import Kind
from models.visit_status import Status
from schema.audit import WORDS

MODELS = Path(__file__).parent.parent.parent / "models"
RECORDED = re.compile(r"""AuditEntry\.record\(\s*"(\w+)"|, "(\w+_slots?)", by\)|action = "(\w+)"|"(visit_called)\"""")
WRITTEN = {kind.value for kind in Kind if kind.value in ("visit_booked", "visit_moved", "visit_cancelled")}
MARKED = {f"visit_{status.value.lower()}" for status in (Status.ARRIVED, Status.FULFILLED, Status.NO_SHOW)}


def test_every_recorded_action_has_words() -> None:
    texts = [path.read_text() for path in MODELS.glob("*.py")]
    named = {name for text in texts for found in RECORDED.findall(text) for name in found if name}
    assert len(named) > 30
    assert (named | WRITTEN | MARKED) - set(WORDS) == set()

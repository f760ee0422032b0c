"""The service's own time limits, which on a busy machine would refuse requests that are merely slow."""

from typing import Any

import settings
from infra import bounded_client, database
from models.slots import answer_versions
from models.visits import rivals
from tasks import broker
from tests.support.waiting import slowness
from web import health

LIMITS: list[tuple[Any, str]] = [
    (settings, "OPERATION_SECONDS"),
    (settings, "BODY_SECONDS"),
    (bounded_client, "WAIT_SECONDS"),
    (bounded_client, "GIVE_BACK_SECONDS"),
    (database, "CONNECT_SECONDS"),
    (database, "PING_SECONDS"),
    (answer_versions, "LOOK_SECONDS"),
    (rivals, "LONGEST_WAIT"),
    (broker, "NUDGE_SECONDS"),
    (health, "TIMEOUT_SECONDS"),
]
USUAL: list[float] = [getattr(module, name) for module, name in LIMITS]


def extend_by_load() -> None:
    """Use production's time limits on a quiet machine, and longer ones on an overloaded machine."""
    factor = slowness()
    for (module, name), seconds in zip(LIMITS, USUAL, strict=True):
        setattr(module, name, seconds * factor)

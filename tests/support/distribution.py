"""Distribution of the tests among workers: whole files, so that what a file shares is made once; the longest first."""

from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

TESTS = "tests/"
FIRST = ("portal", "processes", "explorer", "web/live")  # a worker that begins them late would be the last to end
TOGETHER = ("portal", "explorer")  # one service and one browser for all files of these rooms


class WholeFiles(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """In the order in which they were collected. By `xdist_group` this cannot be said: pytest 9.2 ignores its names."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)


def unit(nodeid: str) -> str:
    """What one worker runs: the file of a test, or its room."""
    path = nodeid.partition("::")[0].removeprefix(TESTS)
    return next((room for room in TOGETHER if path.startswith(f"{room}/")), path)


def rank(path: Path) -> int:
    place = path.relative_to(Path(__file__).parents[1]).as_posix()
    return next((n for n, room in enumerate(FIRST) if place.startswith(f"{room}/")), len(FIRST))

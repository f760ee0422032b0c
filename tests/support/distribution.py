"""Distribution of tests among workers: by whole files, so that shared fixtures are made once; the longest first."""

from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

TESTS = "tests/"
FIRST = ("explorer", "portal", "processes", "web/live")  # started late, they would delay the end of the run
TOGETHER = ("explorer",)  # all test files in each of these folders share one service and one browser


class WholeFiles(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """A scheduler that keeps the order of collection. `xdist_group` would do, but ignores its names with pytest 9.2."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)


def unit(nodeid: str) -> str:
    """The unit that one worker runs: a test's file, or all files of its room (TOGETHER)."""
    path = nodeid.partition("::")[0].removeprefix(TESTS)
    return next((room for room in TOGETHER if path.startswith(f"{room}/")), path)


def rank(path: Path) -> int:
    place = path.relative_to(Path(__file__).parents[1]).as_posix()
    return next((n for n, room in enumerate(FIRST) if place.startswith(f"{room}/")), len(FIRST))

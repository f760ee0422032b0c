"""Distribution of the tests among workers: which of them share a worker, and which start first."""

from pathlib import Path

import pytest

from tests.support import distribution

TESTS = Path(__file__).parent


@pytest.mark.parametrize("room", distribution.TOGETHER)
def test_all_tests_that_share_a_service_and_a_browser_have_one_worker(room: str) -> None:
    files = [f"tests/{path.relative_to(TESTS).as_posix()}" for path in TESTS.glob(f"{room}/**/test_*.py")]
    assert len(files) > 1
    assert {distribution.unit(f"{file}::test_a[{n}]") for n, file in enumerate(files)} == {room}


def test_every_other_file_has_one_worker_whatever_its_parameters_contain() -> None:
    assert distribution.unit("tests/web/live/test_sse.py::test_a[x::y]") == "web/live/test_sse.py"
    assert distribution.unit("tests/test_portal.py::test_a[portal/]") == "test_portal.py"


def test_the_longest_rooms_start_first_and_the_others_keep_their_order() -> None:
    files = ["infra/test_b.py", "web/live/test_a.py", "infra/test_a.py", "processes/test_a.py", "portal/test_a.py"]
    assert sorted(files, key=lambda file: distribution.rank(TESTS / file)) == [
        "portal/test_a.py",
        "processes/test_a.py",
        "web/live/test_a.py",
        "infra/test_b.py",
        "infra/test_a.py",
    ]
    for room in distribution.FIRST:
        assert list((TESTS / room).glob("test_*.py")), room

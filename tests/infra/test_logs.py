"""Logs: what the last filter removes, and what it leaves unchanged."""

import pytest

from infra import logs
from tests import cast

NUMBER = cast.ANNA_PESEL


@pytest.mark.parametrize("said", [NUMBER, f"PESEL={NUMBER}.", f"x{NUMBER}y", f"{NUMBER}-{'a' * 20}", f"a\n{NUMBER}\n"])
def test_eleven_digits_are_removed_from_the_log(said: str) -> None:
    assert logs.redact(said) == said.replace(NUMBER, "[number]")


@pytest.mark.parametrize(
    "name",
    [
        f"{NUMBER}abcdefabcdefabcdefabc",
        f"01a20c91-db6d-70d4-bb5b-a{NUMBER}",
        f"ab{NUMBER}cdef{'0123456789abcdef' * 2}abcdefabcdefabc",
    ],
)
def test_an_id_or_a_hash_that_holds_eleven_digits_by_chance_stays_whole(name: str) -> None:
    line = f"operation request_id={name} hash={name}"
    assert logs.redact(f"{line} about={NUMBER}") == f"{line} about=[number]"

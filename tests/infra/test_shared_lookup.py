"""Shared look-ups: simultaneous callers share a look-up, and nobody gets data read before they asked."""

import asyncio

import pytest

from infra.shared_lookup import SharedLookup


class Shelf:
    """The stored values and the keys of each look-up, which lasts until `is_free` is set."""

    def __init__(self) -> None:
        self.things, self.looks = dict[str, str](), list[list[str]]()
        self.is_free = asyncio.Event()
        self.is_free.set()
        self.ended = 0

    async def find(self, keys: list[str]) -> dict[str, str]:
        self.looks.append(sorted(keys))
        found = {key: self.things[key] for key in keys if key in self.things}
        try:
            await self.is_free.wait()
        finally:
            self.ended += 1
        return found


async def test_who_comes_at_the_same_moment_shares_one_look() -> None:
    shelf = Shelf()
    shelf.things = {"a": "A", "b": "B"}
    lookup = SharedLookup(shelf.find)
    assert await asyncio.gather(*map(lookup.look, ["a", "b", "c", "a"])) == ["A", "B", None, "A"]
    assert shelf.looks == [["a", "b", "c"]]


async def test_who_comes_when_a_look_has_begun_gets_one_that_begins_later() -> None:
    shelf = Shelf()
    lookup = SharedLookup(shelf.find)
    shelf.is_free.clear()
    early = asyncio.create_task(lookup.look("a"))
    while not shelf.looks:
        await asyncio.sleep(0)
    shelf.things["a"] = "A"
    late = asyncio.create_task(lookup.look("a"))
    await asyncio.sleep(0)
    shelf.is_free.set()
    assert [await early, await late] == [None, "A"]


async def test_a_failed_look_fails_for_all_who_wait_for_it_and_for_nobody_else() -> None:
    looks = 0

    async def find(keys: list[str]) -> dict[str, str]:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise OSError
        return dict.fromkeys(keys, "found")

    lookup = SharedLookup(find)
    outcomes = await asyncio.gather(lookup.look("a"), lookup.look("b"), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [OSError, OSError]
    assert await lookup.look("a") == "found"


async def test_one_who_leaves_takes_nothing_from_the_others_and_the_last_ends_the_look() -> None:
    shelf = Shelf()
    shelf.things = {"a": "A"}
    lookup = SharedLookup(shelf.find)
    shelf.is_free.clear()
    first, second = (asyncio.create_task(lookup.look("a")) for _ in range(2))
    while not shelf.looks:
        await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert shelf.ended == 0
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    while not shelf.ended:
        await asyncio.sleep(0)
    shelf.is_free.set()
    assert await lookup.look("a") == "A"


async def test_a_look_that_all_left_before_it_began_fails_nobody() -> None:
    shelf = Shelf()
    shelf.things = {"a": "A"}
    lookup = SharedLookup(shelf.find)
    first = asyncio.create_task(lookup.look("a"))
    asyncio.get_running_loop().call_soon(first.cancel)  # cancelled while waiting, before the look-up begins
    await asyncio.gather(first, asyncio.sleep(0), return_exceptions=True)
    assert await lookup.look("a") == "A"

"""Stages run extension hooks as Strawberry does: in order at the start, and in reverse order at the end."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from strawberry.extensions import SchemaExtension

from schema.execution.stages import Stage

said: list[str] = []


@pytest.fixture(autouse=True)
def silence() -> None:
    said.clear()


class Outer(SchemaExtension):
    async def on_operation(self) -> AsyncIterator[None]:
        said.append("outer begins")
        try:
            yield
            said.append("outer ends")
        except Exception as raised:
            said.append(f"outer saw {raised}")
            raise


class Inner(SchemaExtension):
    def on_operation(self) -> Iterator[None]:
        said.append("inner begins")
        yield
        said.append("inner ends")


class Without(SchemaExtension):
    pass


class Renaming(SchemaExtension):
    def on_operation(self) -> Iterator[None]:
        try:
            yield
        except LookupError:
            raise ValueError("renamed") from None


class Forgiving(SchemaExtension):
    async def on_operation(self) -> AsyncIterator[None]:
        try:
            yield
        except LookupError:
            said.append("forgiven")


class Refusing(SchemaExtension):
    def on_operation(self) -> Iterator[None]:
        raise LookupError("refused")
        yield


def stage(*kinds: Any) -> Stage:
    return Stage("on_operation", [kind(execution_context=None) for kind in kinds])


async def test_hooks_begin_in_order_and_end_in_reverse() -> None:
    async with stage(Outer, Without, Inner):
        said.append("work")
    assert said == ["outer begins", "inner begins", "work", "inner ends", "outer ends"]


async def test_a_failure_passes_all_hooks() -> None:
    with pytest.raises(LookupError):
        async with stage(Outer, Inner):
            raise LookupError("lost")
    assert said == ["outer begins", "inner begins", "outer saw lost"]


async def test_outer_hooks_see_the_error_that_an_inner_hook_raises_instead() -> None:
    with pytest.raises(ValueError, match="renamed"):
        async with stage(Outer, Renaming):
            raise LookupError("lost")
    assert said == ["outer begins", "outer saw renamed"]


async def test_a_hook_may_suppress_an_error() -> None:
    async with stage(Outer, Forgiving):
        raise LookupError("lost")
    assert said == ["outer begins", "forgiven", "outer ends"]


async def test_a_hook_that_refuses_to_begin_ends_those_before_it_and_nothing_is_done() -> None:
    with pytest.raises(LookupError):
        async with stage(Outer, Forgiving, Refusing):
            said.append("work")
    assert said == ["outer begins", "forgiven", "outer ends"]

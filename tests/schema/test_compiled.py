"""Compiled completion gives the same answers and the same errors as graphql-core, value by value."""

import asyncio
import math
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

import pytest
import strawberry

import settings
from infra import clock
from schema.execution import compiled
from schema.execution.compiled import CompilingExecutor
from tests import cast
from tests.support.client import Client, id_of
from tests.support.waiting import patience


@strawberry.enum
class Colour(Enum):
    RED = "red"


@strawberry.interface
class Named:
    id: strawberry.ID


@strawberry.type
class Leaf(Named):
    number: int
    share: float | None
    at: datetime | None
    colour: Colour
    words: list[str]
    maybe: list[str | None] | None = None


@strawberry.type
class Tree:
    leaf: Leaf
    leaves: list[Leaf]
    rare: list[Leaf | None]

    @strawberry.field
    def computed(self) -> str:
        return "computed"


def leaf(**odd: Any) -> Leaf:
    usual = {"number": 1, "share": 0.5, "at": cast.MONDAY, "colour": Colour.RED, "words": ["a"]}
    return Leaf(**{"id": strawberry.ID("1"), **usual, **odd})


async def later() -> str:
    return "later"


VALUES: list[Any] = [
    leaf(),
    leaf(maybe=["x", None]),
    leaf(share=None, at=None),
    leaf(number=None),
    leaf(number=True),
    leaf(number=2**31),
    leaf(number=1.0),
    leaf(number="7"),
    leaf(share=math.inf),
    leaf(share=2),
    leaf(at="not a time"),
    leaf(colour="red"),
    leaf(colour="blue"),
    leaf(words=None),
    leaf(words=("a", "b")),
    leaf(words=["a", None]),
    leaf(words="ab"),
    leaf(id=None),
    leaf(id=7),
    leaf(id=object()),
    None,
    object(),
    7,
]
FIELDS = "id number share at colour words maybe __typename"
DOCUMENTS = [
    f"{{ tree {{ leaves {{ {FIELDS} }} }} }}",
    f"{{ tree {{ leaf {{ {FIELDS} }} }} }}",
    f"{{ tree {{ rare {{ {FIELDS} }} leaf {{ again: id a: __typename }} }} }}",
    "{ tree { ...T leaves { number } } } fragment T on Tree { leaves { id ...L } } fragment L on Named { id }",
    "{ tree { leaves { ... on Leaf { number } ... on Named { id } ... { words } } } }",
    "{ tree { computed leaves { id } leaf { number n: number } } }",
    "{ tree { leaves { id @skip(if: true) number @include(if: false) share } } }",
    "query($yes: Boolean! = true) { tree { leaves @include(if: $yes) { id } rare @skip(if: $yes) { id } } }",
]


@pytest.fixture(params=VALUES, ids=[f"value{n}" for n in range(len(VALUES))])
def schema(request: pytest.FixtureRequest) -> strawberry.Schema:
    @strawberry.type
    class Query:
        @strawberry.field
        async def tree(self) -> Tree:
            return Tree(leaf=request.param, leaves=[leaf(), request.param], rare=[request.param, None])

    compiled._plans = compiled.PlanCache()
    return strawberry.Schema(Query, types=[Leaf], execution_context_class=CompilingExecutor)


async def answer(schema: strawberry.Schema, document: str) -> Any:
    result = await schema.execute(document)
    return result.data, sorted((error.message, str(error.path)) for error in result.errors or [])


async def test_a_value_is_completed_and_refused_as_by_graphql_core(
    schema: strawberry.Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_plan = {document: [await answer(schema, document) for _ in range(2)] for document in DOCUMENTS}
    monkeypatch.setattr(settings, "COMPILE_COMPLETION", False)
    without = {document: await answer(schema, document) for document in DOCUMENTS}
    assert with_plan == {document: [same, same] for document, same in without.items()}


async def test_an_awaitable_in_an_attribute_is_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        async def leaves(self) -> list[Leaf]:
            return [leaf(id=asyncio.ensure_future(later()))]

    schema = strawberry.Schema(Query, execution_context_class=CompilingExecutor)
    assert (await schema.execute("{ leaves { id } }")).data == {"leaves": [{"id": "later"}]}


async def test_each_doubling_fragment_is_visited_once() -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        async def leaves(self) -> list[Leaf]:
            return [leaf()]

    doubled = " ".join(f"fragment F{n} on Leaf {{ ...F{n + 1} ...F{n + 1} }}" for n in range(40))
    schema = strawberry.Schema(Query, execution_context_class=CompilingExecutor)
    async with asyncio.timeout(patience()):
        result = await schema.execute(f"{{ leaves {{ ...F0 }} }} {doubled} fragment F40 on Leaf {{ id }}")
    assert result.data == {"leaves": [{"id": "1"}]}


@pytest.mark.parametrize(
    "asked", ["FreeSlots", "FreeDays", "Clinics", "DoctorsWithTerms", "ClinicsWithTerms", "DoctorsOfClinics"]
)
async def test_public_answers_are_the_same_with_and_without_compilation(
    asked: str, nobody: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = await cast.clinic()
    await cast.morning(date(2026, 11, 24), 10, at=clinic, by=await cast.doctor(clinic))
    await cast.morning(date(2026, 11, 25), 10, at=clinic, by=await cast.doctor(clinic))
    given: dict[str, dict[str, Any]] = {
        "FreeSlots": {"filter": {"clinicId": id_of(clinic)}},
        "FreeDays": {"clinicId": id_of(clinic), "from": "2026-11-23", "until": "2027-01-01"},
    }
    with_plan = [await nobody.ask(asked, **given.get(asked, {})) for _ in range(2)]
    monkeypatch.setattr(settings, "COMPILE_COMPLETION", False)
    without = await nobody.ask(asked, **given.get(asked, {}))
    assert with_plan == [without, without]


def test_a_datetime_is_cached_for_each_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    from zoneinfo import ZoneInfo

    from schema.scalars import _local

    at = clock.now() + timedelta(days=200)
    here = _local(at)
    monkeypatch.setattr(settings, "TIME_ZONE", ZoneInfo("America/New_York"))
    assert _local(at) != here

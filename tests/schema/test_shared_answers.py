"""Identical subscriptions share one execution and one serialised text, and each caller gets only their own data."""

import asyncio
from typing import Any

import orjson
import pytest

from infra import clock
from models.events.subscribers import slot_watchers
from models.slots.slot import Slot
from resolvers import schema
from schema.context import Context
from schema.execution.compiled import CompilingExecutor
from schema.scalars import public_id
from tests import cast
from tests.support.execution import compiling, note_calls  # noqa: F401 - a fixture
from tests.support.waiting import eventually
from web.endpoint.frames import write_shared

PLAIN = "subscription($id: ID!) { slotChanges(clinicId: $id) { isFree slot { id startsAt } } }"
WITH_ARGUMENT = (
    "subscription($id: ID!, $no: Boolean!) { slotChanges(clinicId: $id) { isFree @skip(if: $no) slot { id } } }"
)


pytestmark = pytest.mark.usefixtures("compiling")


@pytest.fixture
def executions(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A growing list of the events for which the operation was executed."""
    return note_calls(monkeypatch, CompilingExecutor, "execute_operation", lambda executor, *_: executor.root_value)


async def answers(slot: Slot, *asked: tuple[str, dict[str, object]]) -> list[Any]:
    """What each subscription receives about one change of the slot."""
    followed = []
    for query, more in asked:
        variables = {"id": public_id("Clinic", slot.clinic_id), **more}
        caller = Context(address="10.0.0.1", can_follow=True)
        followed.append(await schema.stream(query, variable_values=variables, context_value=caller))
    hearing = [asyncio.ensure_future(anext(results)) for results in followed]
    await eventually(lambda: len(slot_watchers._watchers.get(slot.clinic_id, ())) == len(asked))
    await slot_watchers.notify([slot.id])
    heard = await asyncio.gather(*hearing)
    for results in followed:
        await results.aclose()
    return heard


async def test_an_event_is_executed_once_for_identical_subscriptions(executions: list[Any]) -> None:
    first, second = await answers(await cast.slot(), (PLAIN, {}), (PLAIN, {}))
    assert len(executions) == 1
    assert first.data == second.data
    assert first.data["slotChanges"]["isFree"] is True


async def test_an_event_is_serialised_once_and_each_frame_has_its_own_id() -> None:
    first, second = await answers(await cast.slot(), (PLAIN, {}), (PLAIN, {}))
    frames = [orjson.loads(write_shared(id_, result) or "") for id_, result in (('a"1', first), ("b", second))]
    assert [frame["id"] for frame in frames] == ['a"1', "b"]
    assert frames[0]["payload"] == frames[1]["payload"] == {"data": first.data, "extensions": first.extensions}
    assert first.data.text is second.data.text


async def test_answers_that_depend_on_variables_are_not_shared(executions: list[Any]) -> None:
    shown, hidden = await answers(await cast.slot(), (WITH_ARGUMENT, {"no": False}), (WITH_ARGUMENT, {"no": True}))
    assert "isFree" in shown.data["slotChanges"]
    assert "isFree" not in hidden.data["slotChanges"]
    assert len(executions) == 2


async def test_different_selections_of_one_event_are_told_apart() -> None:
    other = PLAIN.replace("slotChanges(", "mine: slotChanges(")
    first, second = await answers(await cast.slot(), (PLAIN, {}), (other, {}))
    assert first.data == {"slotChanges": second.data["mine"]}


async def test_a_later_change_is_a_new_answer() -> None:
    slot = await cast.slot()
    [free] = await answers(slot, (PLAIN, {}))
    await Slot.filter(id=slot.id).update(withdrawn_at=clock.now())
    [gone] = await answers(slot, (PLAIN, {}))
    assert (free.data["slotChanges"]["isFree"], gone.data["slotChanges"]["isFree"]) == (True, False)

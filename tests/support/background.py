"""Tasks that run in the tests' own process, in the background of a request."""

import asyncio

from taskiq import InMemoryBroker

from tasks.broker import broker, finish_nudges


async def all_done() -> None:
    """Wait until no task runs and none is about to be started."""
    assert isinstance(broker, InMemoryBroker)
    await finish_nudges()
    while broker._running_tasks:
        await broker.wait_all()
        await asyncio.sleep(0)  # a task leaves the set one step after its end, and waiting for it takes none
        await finish_nudges()

"""Open connections: what many of them leave behind is collected soon after they have ended."""

import gc
import weakref

from schema.context import Context
from web.endpoint import connections
from web.endpoint.connections import Connection, EndReason, OpenConnections


async def _end(_: EndReason) -> None:
    """The client is not there."""


def _open_and_close(open_: OpenConnections) -> "weakref.ref[Connection]":
    connection = Connection(Context(address="203.0.113.7"), _end)
    vars(connection)["self"] = connection  # a cycle, such as those of a real one
    with open_.register(connection):
        return weakref.ref(connection)


def test_what_ended_connections_leave_behind_is_collected() -> None:
    gc.collect()
    gc.disable()  # for this test, so that nothing else collects
    try:
        open_ = OpenConnections()
        left = [_open_and_close(open_) for _ in range(connections.COLLECTED_AT - 1)]
        open_.collect_garbage()
        assert left[0]() is not None, "few of them are not worth a pause"
        left.append(_open_and_close(open_))
        open_.collect_garbage()
        assert not any(each() for each in left)
    finally:
        gc.enable()

"""A database falls silent while a client opens a socket or sends an operation over an open one."""

import pytest

from schema.execution.errors import sentence
from tests import cast
from tests.support.live_server import socket
from tests.support.silent_proxy import SilentProxy

TIMED_OUT = sentence("TIMED_OUT", "PL")


async def test_a_socket_that_is_being_opened_is_closed_in_time(address: str, proxy: SilentProxy) -> None:
    token = await cast.signed_in(await cast.anna())
    async with socket(address) as client:
        proxy.fall_silent()
        await client.say({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
        assert await client.closed() == (1011, TIMED_OUT)


@pytest.mark.parametrize("query", ["{ me { login } }", "subscription { myChanges { at } }"])
async def test_an_operation_over_an_open_one_ends_in_time_and_the_next_is_answered(
    query: str, address: str, proxy: SilentProxy
) -> None:
    async with socket(address) as client:
        await client.init(await cast.signed_in(await cast.anna()))
        proxy.fall_silent()
        await client.subscribe(query)
        [error] = (await client.hear())["payload"]
        assert error["message"] == TIMED_OUT
        assert error["extensions"]["reason"] == "OPERATION_TIMED_OUT"
        proxy.speak_again()
        await client.subscribe("{ me { login } }", "2")
        assert (await client.next())["me"]["login"] == "anna@example.pl"

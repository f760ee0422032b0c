"""The Python client `gql`, as another service uses it: queries, mutations, refusals, errors, subscriptions."""

import asyncio
import os
from typing import Any
from uuid import uuid4

from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

URL = f"{os.environ['SERVICE_URL']}/graphql"
LOGIN = {"login": "jan.kowalski@example.pl", "password": "zielony rower na moście"}
LOG_IN = gql("""mutation LogIn($input: LogInInput!) {
    logIn(input: $input) { __typename ... on Session { token } ... on Problem { message } } }""")
BOOK = gql("""mutation Book($input: BookVisitInput!) { bookVisit(input: $input) {
    __typename ... on Visit { id } ... on SlotTaken { alternatives { id } } ... on Problem { message } } }""")
CLINICS = gql("{ clinics(first: 5) { nodes { id nextFreeSlot { id } } } }")
CHANGES = gql("subscription ($clinic: ID!) { slotChanges(clinicId: $clinic) { isFree slot { id } } }")
CANCEL = gql("""mutation Cancel($input: CancelVisitInput!) {
    cancelVisit(input: $input) { ... on Visit { status } ... on Problem { message } } }""")


def client(token: str = "") -> Client:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    with open(os.path.join(os.path.dirname(__file__), "..", "schema", "schema.graphql")) as sdl:
        return Client(transport=HTTPXAsyncTransport(URL, headers=headers, timeout=30), schema=sdl.read())


async def main() -> None:
    async with client() as nobody:
        log_in = LOG_IN
        log_in.variable_values = {"input": {**LOGIN, "password": "not his"}}
        assert (await nobody.execute(log_in))["logIn"]["__typename"] == "WrongCredentials"
        log_in.variable_values = {"input": LOGIN}
        token = (await nobody.execute(log_in))["logIn"]["token"]
        place = (await nobody.execute(CLINICS))["clinics"]["nodes"][2]
        slot, clinic = place["nextFreeSlot"]["id"], place["id"]
        book = BOOK
        book.variable_values = {"input": {"slotId": slot, "idempotencyKey": str(uuid4())}}
        try:
            await nobody.execute(book)
        except TransportQueryError as error:
            assert [one["extensions"]["code"] for one in error.errors] == ["UNAUTHENTICATED"]
        else:
            raise AssertionError("A caller without a session booked a visit.")
    async with client(token) as jan:
        first, again = await jan.execute(book), await jan.execute(book)
        assert first == again
        assert first["bookVisit"]["__typename"] == "Visit"
        book.variable_values = {"input": {"slotId": slot}}
        taken = (await jan.execute(book))["bookVisit"]
        assert taken["__typename"] == "SlotTaken"
        assert taken["alternatives"]
        await asyncio.gather(wait_until_free(slot, clinic), cancel(jan, first["bookVisit"]["id"]))
    print("gql: queries, mutations, refusals, errors and subscriptions as documented")


async def cancel(jan: Any, visit_id: str) -> None:
    await asyncio.sleep(0.5)  # give the subscription time to open
    document = CANCEL
    document.variable_values = {"input": {"visitId": visit_id}}
    assert (await jan.execute(document))["cancelVisit"]["status"] == "CANCELLED"


async def wait_until_free(slot_id: str, clinic_id: str) -> None:
    """Wait until a socket reports that the slot is free again."""
    changes = CHANGES
    changes.variable_values = {"clinic": clinic_id}
    async with asyncio.timeout(20), Client(transport=WebsocketsTransport(URL.replace("http", "ws", 1))) as calendar:
        async for result in calendar.subscribe(changes):
            if result["slotChanges"] == {"isFree": True, "slot": {"id": slot_id}}:
                return


if __name__ == "__main__":
    asyncio.run(main())

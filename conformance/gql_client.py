"""Python's `gql` as another service uses it: queries, mutations, typed refusals, coded errors."""

import asyncio
import os
from uuid import uuid4

from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport

URL = f"{os.environ['SERVICE_URL']}/graphql"
LOGIN = {"login": "jan.kowalski@example.pl", "password": "zielony rower na moście"}
LOG_IN = gql("""mutation LogIn($input: LogInInput!) {
    logIn(input: $input) { __typename ... on Session { token } ... on Problem { message } } }""")
BOOK = gql("""mutation Book($input: BookVisitInput!) { bookVisit(input: $input) {
    __typename ... on Visit { id } ... on SlotTaken { alternatives { id } } ... on Problem { message } } }""")
CLINICS = gql("{ clinics(first: 5) { nodes { id nextFreeSlot { id } } } }")
CANCEL = gql("""mutation Cancel($input: CancelVisitInput!) {
    cancelVisit(input: $input) { ... on Visit { status } ... on Problem { message } } }""")


def client(token: str = "") -> Client:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    with open(os.path.join(os.path.dirname(__file__), "..", "schema", "schema.graphql")) as sdl:
        return Client(transport=HTTPXAsyncTransport(URL, headers=headers, timeout=30), schema=sdl.read())


async def main() -> None:
    async with client() as nobody:
        wanted = LOG_IN
        wanted.variable_values = {"input": {**LOGIN, "password": "not his"}}
        assert (await nobody.execute(wanted))["logIn"]["__typename"] == "WrongCredentials"
        wanted.variable_values = {"input": LOGIN}
        token = (await nobody.execute(wanted))["logIn"]["token"]
        slot = (await nobody.execute(CLINICS))["clinics"]["nodes"][2]["nextFreeSlot"]["id"]
        book = BOOK
        book.variable_values = {"input": {"slotId": slot, "idempotencyKey": str(uuid4())}}
        try:
            await nobody.execute(book)
        except TransportQueryError as error:
            assert [one["extensions"]["code"] for one in error.errors] == ["UNAUTHENTICATED"]
        else:
            raise AssertionError("Somebody unknown booked a visit.")
    async with client(token) as jan:
        first, again = await jan.execute(book), await jan.execute(book)
        assert first == again
        assert first["bookVisit"]["__typename"] == "Visit"
        book.variable_values = {"input": {"slotId": slot}}
        taken = (await jan.execute(book))["bookVisit"]
        assert taken["__typename"] == "SlotTaken"
        assert taken["alternatives"]
        cancel = CANCEL
        cancel.variable_values = {"input": {"visitId": first["bookVisit"]["id"]}}
        assert (await jan.execute(cancel))["cancelVisit"]["status"] == "CANCELLED"
    print("gql: queries, mutations, refusals and errors as documented")


if __name__ == "__main__":
    asyncio.run(main())

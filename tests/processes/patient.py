"""A patient at a browser: books over HTTP, again and again with the same key until there is an answer."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx

BOOK = """
    mutation ($slotId: ID!, $key: String!) { bookVisit(input: {slotId: $slotId, idempotencyKey: $key}) {
      __typename ... on Visit { reference slot: startsAt } ... on Problem { message } } }
"""
LOG_IN = """
    mutation ($login: String!, $password: String!) { logIn(input: {login: $login, password: $password}) {
      __typename ... on Session { token } } }
"""
FREE = "query ($clinicId: ID!) { freeSlots(filter: {clinicId: $clinicId}, first: 100) { nodes { id } } }"
CLINICS = "{ clinics { nodes { id } } }"


class Patient:
    def __init__(self, client: httpx.AsyncClient, urls: list[str], login: str, password: str) -> None:
        self.client, self.urls, self.login, self.password = client, urls, login, password
        self.token = ""
        self.booked: list[str] = []
        self.troubles = 0

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """From one server or another, until one answers."""
        async with asyncio.timeout(30):
            while True:
                self.urls.append(self.urls.pop(0))
                if (answer := await self._try(self.urls[0], query, variables)) is not None:
                    return answer
                self.troubles += 1
                await asyncio.sleep(0.1)

    async def _try(self, url: str, query: str, variables: dict[str, Any]) -> dict[str, Any] | None:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            answer = await self.client.post(
                f"{url}/graphql", json={"query": query, "variables": variables}, headers=headers
            )
            body: dict[str, Any] = answer.json()
        except (httpx.TransportError, ValueError):
            return None
        if errors := body.get("errors"):
            assert errors[0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR", errors
            return None
        data: dict[str, Any] = body["data"]
        return data

    async def log_in(self) -> None:
        answer = await self.ask(LOG_IN, login=self.login, password=self.password)
        self.token = answer["logIn"]["token"]

    async def book(self, slot_id: str) -> str:
        """What came of it; a confirmed booking is remembered by its reference."""
        answer = (await self.ask(BOOK, slotId=slot_id, key=uuid4().hex))["bookVisit"]
        if answer["__typename"] == "Visit":
            self.booked.append(answer["reference"])
        return str(answer["__typename"])

"""A client of the service, like a patient's app: it posts documents and reads answers."""

import itertools
import ssl
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from graphql import parse, print_ast
from graphql.utilities import separate_operations
from taskiq import AsyncTaskiqDecoratedTask

import server
import settings
import tasks.broker
from models.accounts.account import Account
from schema.scalars import public_id
from tasks.account_requests import process_account_requests
from tasks.letters import send_letters
from tasks.mail import mailbox
from tests import cast
from tests.support.waiting import patience

SOURCE = Path(__file__).with_name("documents.graphql").read_text()
DOCUMENTS = {name: print_ast(document) for name, document in separate_operations(parse(SOURCE)).items()}

FOLDERS = itertools.count()  # each test has a mailbox of its own, whose folder is made by its first letter


@cache
def _tls() -> ssl.SSLContext:
    """One for all clients: making it reads a file of certificates, which takes as long as several requests."""
    return ssl.create_default_context()


class Client:
    """A client program, signed in or not, with a language and a network address."""

    def __init__(
        self,
        token: str | None = None,
        *,
        language: str = "en",
        address: str = "127.0.0.1",
        url: str | None = None,
        account: Account | None = None,
    ) -> None:
        self._account = account
        self.headers = {"accept-language": language}
        if token:
            self.headers["authorization"] = f"Bearer {token}"
        inside = None if url else httpx.ASGITransport(server.app, client=(address, 40000))
        self.http = httpx.AsyncClient(
            transport=inside,
            base_url=url or "https://testserver",
            timeout=patience(),
            trust_env=False,
            verify=_tls() if url else False,
        )

    @property
    def account(self) -> Account:
        """The account of a client that is signed in as one of the cast."""
        assert self._account is not None
        return self._account

    async def post(self, body: bytes, **headers: str) -> httpx.Response:
        sent = {"content-type": "application/json", **self.headers}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post("/graphql", content=body, headers=sent)

    async def send(self, document: str, **variables: Any) -> dict[str, Any]:
        """The whole answer to a document, which may also be named as in documents.graphql."""
        body = {"query": DOCUMENTS.get(document, document), "variables": variables}
        answer: dict[str, Any] = (await self.post(orjson.dumps(body))).json()
        return answer

    async def ask(self, document: str, **variables: Any) -> Any:
        """The value of the document's only field; there must be no error."""
        answer = await self.send(document, **variables)
        assert "errors" not in answer, answer
        [value] = answer["data"].values()
        return value

    async def do(self, mutation: str, **fields: Any) -> Any:
        """The answer to a mutation with this input."""
        return await self.ask(mutation, input=fields)

    async def code(self, document: str, **variables: Any) -> str:
        """The single code of the error or errors in the answer to the document."""
        errors = (await self.send(document, **variables))["errors"]
        [code] = {str(error["extensions"]["code"]) for error in errors}
        return code

    async def log_in(self, login: str, password: str) -> "Client":
        """Sign in, and return this same client."""
        opened = await self.do("LogIn", login=login, password=password)
        assert opened["__typename"] == "Session", opened
        self.headers["authorization"] = f"Bearer {opened['token']}"
        return self


def id_of(row: Any) -> str:
    return str(public_id(type(row).__name__, row.id))


async def deliver() -> list[dict[str, Any]]:
    """Do all deferred work, and return the letters in the mailbox, newest first."""
    await process_account_requests()
    await send_letters()
    return mailbox.entries()


@pytest.fixture(scope="session")
async def mail_server() -> AsyncIterator[tuple[str, int] | None]:
    """The mailbox's SMTP server, started once; only tests that use `nudges` know where it listens."""
    async with mailbox.run_mailbox() as address:
        mailbox._address = None
        yield address


@pytest.fixture(autouse=True)
def nudges(
    fresh: None,
    mail_server: tuple[str, int] | None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> list[str]:
    """Nothing runs in the background of a test: nudges are only recorded, and `deliver` does the work on demand."""
    noted: list[str] = []

    def note(task: AsyncTaskiqDecoratedTask[Any, Any], _labels: dict[str, str]) -> None:
        noted.append(task.task_name.rpartition(":")[2])

    monkeypatch.setattr(tasks.broker, "_start_in_background", note)
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path_factory.getbasetemp() / f"data-{next(FOLDERS)}")
    monkeypatch.setattr(mailbox, "_address", mail_server)
    return noted


@pytest.fixture
def nobody() -> Client:
    """A client that is not signed in."""
    return Client()


async def client_of(account: Account, **more: Any) -> Client:
    return Client(await cast.signed_in(account), account=account, **more)


@pytest.fixture
async def anna(fresh: None) -> Client:
    return await client_of(await cast.anna())


@pytest.fixture
async def borys(fresh: None) -> Client:
    return await client_of(await cast.borys())


@pytest.fixture
async def celina(fresh: None) -> Client:
    return await client_of(await cast.celina())

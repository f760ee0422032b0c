"""Operations executed directly on the schema, without HTTP, as one of the cast."""

from collections.abc import Callable
from typing import Any

import pytest

import settings
from models.accounts.account import Account, Language
from models.accounts.session import Session
from resolvers import schema
from schema.context import Context
from schema.scalars import public_id

REFUSAL = "__typename ... on Problem { message }"


def id_of(row: Any, kind: str | None = None) -> str:
    return str(public_id(kind or type(row).__name__, row.id))


@pytest.fixture
def compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turn compiling on, because only compiled answers are shared."""
    monkeypatch.setattr(settings, "COMPILE_COMPLETION", True)


def note_calls(monkeypatch: pytest.MonkeyPatch, kind: type, method: str, noted: Callable[..., Any]) -> list[Any]:
    """A growing list with one value per call of the method: the result of `noted` for the call's arguments."""
    found: list[Any] = []
    call = getattr(kind, method)

    def note(*arguments: Any, **named: Any) -> Any:
        found.append(noted(*arguments))
        return call(*arguments, **named)

    monkeypatch.setattr(kind, method, note)
    return found


async def answer(document: str, account: Account | None, language: Language = Language.EN, **variables: Any) -> Any:
    """The result of a single request, with the context that web/endpoint/caller.py would create."""
    session = None
    if account:
        opened, token = await Session.open_for(account)
        session = await Session.find_by_token(token)
        assert session
        assert session.id == opened.id
    context = Context(session=session, language=language, address="127.0.0.1", request_id="r")
    return await schema.execute(document, variable_values=variables, context_value=context)


async def ask(account: Account, document: str, language: Language = Language.EN, **variables: Any) -> Any:
    """The value of the document's only field; there must be no error."""
    result = await answer(document, account, language, **variables)
    assert not result.errors, result.errors
    [value] = result.data.values()
    return value


async def do(account: Account, mutation: str, selection: str = "", **fields: Any) -> Any:
    """The answer to a mutation with this input; refusals include their message."""
    name = mutation[0].upper() + mutation[1:]
    document = f"mutation($input: {name}Input!) {{ {mutation}(input: $input) {{ {REFUSAL} {selection} }} }}"
    return await ask(account, document, input=fields)


async def code(account: Account | None, document: str, **variables: Any) -> str:
    """The single code with which the document is refused."""
    result = await answer(document, account, **variables)
    [found] = {error.extensions["code"] for error in result.errors or []}
    return str(found)


async def codes(account: Account | None, document: str, **variables: Any) -> list[str]:
    """The codes of all errors, in order."""
    result = await answer(document, account, **variables)
    return [error.extensions["code"] for error in result.errors or []]

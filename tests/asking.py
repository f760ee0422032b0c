"""Documents sent to the schema as a signed-in person would send them."""

from typing import Any

from models.account import Account, Language
from models.session import Session
from resolvers import schema
from schema.context import Context
from schema.scalars import public_id

__all__ = ["ask", "faults", "public_id"]


async def _asked(account: Account | None, document: str, variables: dict[str, Any]) -> Any:
    session = None
    if account:
        opened, _token = await Session.open_for(account)
        session = await Session.get(id=opened.id).select_related("account__patient")
    context = Context(session=session, language=Language.EN)
    return await schema.execute(document, variable_values=variables, context_value=context)


async def ask(account: Account | None, document: str, **variables: Any) -> Any:
    """The value of the first field, without any error."""
    result = await _asked(account, document, variables)
    assert not result.errors, result.errors
    return next(iter(result.data.values()))


async def faults(account: Account | None, document: str, **variables: Any) -> list[str]:
    result = await _asked(account, document, variables)
    return [error.extensions["code"] for error in result.errors or []]

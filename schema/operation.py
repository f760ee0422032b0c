"""An operation, as it is carried out: admitted, measured, timed, and told in one log line."""

import asyncio
import hashlib
import logging
import re
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import strawberry
from graphql import ASTValidationRule, GraphQLError, is_union_type
from strawberry.extensions import AddValidationRules, SchemaExtension
from strawberry.types import ExecutionContext

import settings
from models import figures, trace
from models.account import Role
from schema import trusted
from schema.context import Context
from schema.fault import Coding, Fault, Parsing, Validating, sentence
from schema.lasting import Lasting
from schema.limits import LimitsRule, costly, measured
from schema.spending import charge, charge_cost
from schema.watching import Watching

log = logging.getLogger(__name__)

NAME_OF_A_TYPE = 2  # `{ __type(name: "Visit") { name } }`, with which the audits of GraphQL over HTTP try variables
_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,79}")
RULES: list[type[ASTValidationRule]] = [
    LimitsRule
]  # one list for ever: the cache of validations knows documents by document and rules


class _Extension(SchemaExtension):
    @property
    def caller(self) -> Context:
        context: Context = self.execution_context.context
        return context


class Telling(_Extension):
    """One line in the log for each operation: nothing of its variables or its text."""

    async def on_operation(self) -> AsyncIterator[None]:
        started, codes = time.perf_counter(), ["CANCELLED"]
        try:
            yield
            codes = _codes(self.execution_context)
        except GraphQLError as error:
            codes = [str((error.extensions or {}).get("code"))]
            raise
        except Exception:
            codes = ["BAD_USER_INPUT"]
            raise
        finally:
            log.info("operation", extra=self._line(time.perf_counter() - started, codes))

    def _line(self, seconds: float, codes: list[str]) -> dict[str, object]:
        context = self.execution_context
        name, query = context.operation_name or "", context.query or ""
        return {
            "operation": name if _NAME.fullmatch(name) else "",
            "hash": hashlib.sha256(query.encode("utf-8", "replace")).hexdigest(),
            "cost": context.extensions_results.get("cost", {}).get("requested", 0),
            "milliseconds": round(1000 * seconds, 1),
            "outcome": ",".join(codes) or "answered",
            "role": self.caller.role or "NOBODY",
        }


def _codes(context: ExecutionContext) -> list[str]:
    errors = getattr(context.result, "errors", None) or context.pre_execution_errors or []
    return sorted({str((error.extensions or {}).get("code")) for error in errors})


class Admission(_Extension):
    """Who may ask how often, and with which documents."""

    async def on_operation(self) -> AsyncIterator[None]:
        try:
            await charge(self.caller, *_rate_of(self.caller))
        except Fault:
            figures.OPERATIONS.labels("invalid", "RATE_LIMITED").inc()
            log.info("operation", extra={"outcome": "RATE_LIMITED", "role": self.caller.role or "NOBODY"})
            raise
        yield

    def on_validate(self) -> Iterator[None]:
        query, caller = self.execution_context.query or "", self.caller
        if caller.role in (None, Role.PATIENT) and not trusted.is_registered(query):
            raise Fault("FORBIDDEN", caller.language, sentence("UNREGISTERED", caller.language))
        yield


def _rate_of(caller: Context) -> tuple[str, str, str]:
    if caller.partner:
        return settings.RATE_PER_PARTNER, "partner", str(caller.partner.id)
    if caller.account is None:
        return settings.RATE_PER_ADDRESS, "address", caller.address
    return settings.RATE_PER_ACCOUNT, "account", str(caller.account.id)


class Costing(_Extension):
    """Count the cost with the values of the variables, tell it, and give up on what takes too long."""

    async def on_execute(self) -> AsyncIterator[None]:
        context = self.execution_context
        if context.graphql_document is None:
            raise LookupError("Nothing was parsed that could be carried out.")
        asked = measured(context.schema._schema, context.graphql_document, context.operation_name, context.variables)
        requested = asked.cost
        context.extensions_results["cost"] = {"requested": requested, "limit": settings.QUERY_COST}
        if requested > settings.QUERY_COST:
            raise costly(requested)
        if asked.introspection_depth and not self.caller.is_staff_at_work:
            self._check_introspection(asked.introspection_depth)
        self.caller.cost = requested
        await charge_cost(self.caller, max(1, requested))
        if context.operation_type.value == "subscription":
            yield
            return
        try:
            async with asyncio.timeout(settings.OPERATION_SECONDS) as patience:
                yield
        except TimeoutError:
            if not patience.expired():
                raise
            log.warning("operation_timed_out", extra={"seconds": settings.OPERATION_SECONDS})
            language = self.caller.language
            raise Fault(
                "INTERNAL_SERVER_ERROR",
                language,
                sentence("TIMED_OUT", language),
                reason="OPERATION_TIMED_OUT",
                requestId=trace.current(),
            ) from None

    def _check_introspection(self, depth: int) -> None:
        """Whoever knows a type's name may hear that there is one; the list of them is for staff."""
        if depth > NAME_OF_A_TYPE or "__schema" in (self.execution_context.query or ""):
            raise Fault("FORBIDDEN", self.caller.language, sentence("INTROSPECTION", self.caller.language))


def _rules() -> AddValidationRules:
    return AddValidationRules(RULES)


# Admission first: Strawberry does not unwind what stands around a hook that refuses at its beginning.
EXTENSIONS: list[Any] = [Admission, Watching, Telling, Coding, Parsing, Validating, _rules, Lasting, Costing]


class Schema(strawberry.Schema):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for name, type_ in self._schema.type_map.items():
            if is_union_type(type_) and not type_.description:
                mutation = name[0].lower() + name[1:].removesuffix("Result")
                type_.description = f"What `{mutation}` answers: what was wished for, or why not."

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """schema.fault logs what is worth a line; Strawberry would log every refusal of a malformed query."""

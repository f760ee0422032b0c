"""The execution of an operation: rate limits, cost, time limit and one log line; and the schema that applies them."""

import asyncio
import hashlib
import logging
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import aclosing
from typing import Any

import strawberry
from graphql import ASTValidationRule, GraphQLError, is_union_type
from strawberry.exceptions import MissingQueryError
from strawberry.extensions import AddValidationRules, SchemaExtension
from strawberry.types import ExecutionContext
from strawberry.types.execution import PreExecutionError

import settings
from infra import deadlines
from models.accounts.account import Role
from schema.context import Context
from schema.enums import PublicEnum, publish
from schema.execution import plain_inputs, trusted_documents
from schema.execution.errors import (
    CachedParsing,
    CachedValidation,
    CodedError,
    ErrorCodes,
    code_error,
    code_errors,
    sentence,
    timed_out,
)
from schema.execution.limits import LimitsRule, cost_exceeded, measure_operation
from schema.execution.metrics import OperationMetrics
from schema.execution.public_answers import Publicity, current_answer
from schema.execution.rate_limits import charge_cost, charge_request
from schema.execution.stages import StageRunner
from schema.execution.subscription_guard import SubscriptionGuard

log = logging.getLogger(__name__)

NAME_OF_A_TYPE = 2  # depth of `{ __type(name: "Visit") { name } }`, which the GraphQL over HTTP audits send
_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,79}")
# This must always be the same list: the validation cache is keyed by document and rules.
RULES: list[type[ASTValidationRule]] = [LimitsRule]


class _Extension(SchemaExtension):
    @property
    def caller(self) -> Context:
        context: Context = self.execution_context.context
        return context


class OperationLog(_Extension):
    """One log line per operation, without its variables or its text."""

    async def on_operation(self) -> AsyncIterator[None]:
        started, codes = time.perf_counter(), ["CANCELLED"]
        try:
            yield
            codes = _codes(self.execution_context)
        except GeneratorExit:  # the stream was closed, perhaps after an error as its last answer
            codes = _codes(self.execution_context) or codes
            raise
        except GraphQLError as error:
            codes = [str((error.extensions or {}).get("code"))]
            raise
        except Exception:
            codes = ["BAD_USER_INPUT"]
            raise
        finally:
            line = self._line(time.perf_counter() - started, codes)
            log.info("operation", extra=line)
            if answer := current_answer():
                answer.log_line = line

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
    """Limits how often a caller may send operations, and which documents they may use."""

    async def on_parse(self) -> AsyncIterator[None]:
        await charge_request(self.caller, *_rate_of(self.caller))
        yield

    def on_validate(self) -> Iterator[None]:
        query, caller = self.execution_context.query or "", self.caller
        # After a log-in with a one-time password, caller.role is None, but the account still has its role.
        role = caller.account.role if caller.account else caller.role
        if role in (None, Role.PATIENT) and not trusted_documents.is_registered(query):
            raise CodedError("FORBIDDEN", caller.language, sentence("UNREGISTERED", caller.language))
        yield


def _rate_of(caller: Context) -> tuple[str, str, str]:
    if caller.partner:
        return settings.RATE_PER_PARTNER, "partner", str(caller.partner.id)
    if caller.account is None:
        return settings.RATE_PER_ADDRESS, "address", caller.address
    return settings.RATE_PER_ACCOUNT, "account", str(caller.account.id)


class CostAndTimeLimit(_Extension):
    """Limits the cost, computed with the values of the variables, and the time; reports the cost in the answer."""

    async def on_execute(self) -> AsyncIterator[None]:
        context = self.execution_context
        if context.graphql_document is None:
            raise LookupError("There is no parsed document to execute.")
        measure = measure_operation(
            context.schema._schema, context.graphql_document, context.operation_name, context.variables
        )
        requested = measure.cost
        context.extensions_results["cost"] = {"requested": requested, "limit": settings.QUERY_COST}
        if requested > settings.QUERY_COST:
            raise cost_exceeded(requested)
        if measure.introspection_depth and not self.caller.is_staff:
            self._check_introspection(measure.introspection_depth)
        self.caller.cost = requested
        await charge_cost(self.caller, max(1, requested))
        if context.operation_type.value == "subscription":
            yield
            return
        try:
            async with asyncio.timeout_at(deadlines.current()) as time_limit:
                yield
        except TimeoutError:
            if not time_limit.expired():
                raise
            log.warning("operation_timed_out", extra={"seconds": settings.OPERATION_SECONDS})
            raise timed_out(self.caller.language) from None

    def _check_introspection(self, depth: int) -> None:
        """Everybody may check whether a type exists; only staff may list types and fields."""
        if depth > NAME_OF_A_TYPE or "__schema" in (self.execution_context.query or ""):
            raise CodedError("FORBIDDEN", self.caller.language, sentence("INTROSPECTION", self.caller.language))


def _rules() -> AddValidationRules:
    return AddValidationRules(RULES)


# No `on_operation` may raise before it yields: Strawberry would not unwind the extensions around it.
EXTENSIONS: list[Any] = [
    OperationMetrics,
    OperationLog,
    ErrorCodes,
    Admission,
    CachedParsing,
    CachedValidation,
    _rules,
    SubscriptionGuard,
    CostAndTimeLimit,
    Publicity,
]


class Schema(strawberry.Schema):
    def __init__(self, *arguments: Any, enums: Iterable[PublicEnum], **named: Any) -> None:
        publish(enums)
        super().__init__(*arguments, **named)
        known = [known.definition for known in self.schema_converter.type_map.values()]
        plain_inputs.prepare(known, self.config, self.schema_converter.scalar_registry)
        for name, type_ in self._schema.type_map.items():
            if is_union_type(type_) and not type_.description:
                mutation = name[0].lower() + name[1:].removesuffix("Result")
                type_.description = (
                    f"The result of `{mutation}`: either the requested object or a Problem that says why it was"
                    " refused."
                )

    async def execute(self, query: str | None, *, context_value: Any = None, **named: Any) -> Any:  # type: ignore[override]  # as web/endpoint/ calls it
        """Execute the operation; any failure, even of an extension, becomes an error with a code."""
        language = _language(context_value)
        try:
            result = await super().execute(query, context_value=context_value, **named)
            await _audit(context_value)
        except MissingQueryError:
            raise
        except Exception as error:
            return PreExecutionError(data=None, errors=[code_error(error, language)])
        code_errors(result, language)
        return result

    async def stream(self, query: str | None, *, context_value: Any = None, **named: Any) -> Any:  # type: ignore[override]  # the same
        """The same for an operation with several results."""
        results = await super().stream(query, context_value=context_value, **named)
        return _coded(results, context_value)

    def create_extensions_runner(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension]
    ) -> StageRunner:
        return StageRunner(execution_context, extensions)

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log nothing here: ErrorCodes logs unexpected errors, and Strawberry would log every malformed query too."""


def _language(caller: Context | None) -> str:
    return str(caller.language) if caller else ""


async def _audit(caller: Context | None) -> None:
    """Record whose data the answer shows to staff; if this fails, no answer is sent."""
    if caller and caller.reading_audit:
        await caller.reading_audit.save(caller.me)


async def _coded(results: Any, caller: Context | None) -> AsyncGenerator[Any, None]:
    language = _language(caller)
    try:
        async with aclosing(results):
            async for result in results:
                await _audit(caller)
                code_errors(result, language)
                yield result
    except Exception as error:
        yield PreExecutionError(data=None, errors=[code_error(error, language)])

"""Everything that is no refusal: top-level errors with the codes of the contract, the unexpected ones masked."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

from graphql import GraphQLError, OperationDefinitionNode, located_error
from strawberry.exceptions import MissingQueryError
from strawberry.extensions import ParserCache, SchemaExtension, ValidationCache
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from models import clock, trace
from models.refusal import Refusal

log = logging.getLogger(__name__)
LONGEST_MESSAGE = 300  # a client's own megabyte is not sent back to it
TOKENS = 1000
STRAWBERRYS_OWN = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)  # 400 or 405

SENTENCES = {
    "UNAUTHENTICATED": ("Sign in first.", "Najpierw trzeba się zalogować."),
    "FORBIDDEN": ("Your role may not do this.", "Twoja rola na to nie pozwala."),
    "PASSWORD_CHANGE_REQUIRED": (
        "Set an own password first: changePassword.",
        "Najpierw ustaw własne hasło: changePassword.",
    ),
    "RATE_LIMITED": ("Too many requests; try again at the time given.", "Zbyt wiele zapytań; spróbuj o podanej porze."),
    "UNREGISTERED": ("Only registered documents are answered here.", "Tu przyjmowane są tylko znane dokumenty."),
    "INTROSPECTION": (
        "Introspection is for staff; the schema is public as schema.graphql.",
        "Introspekcja jest dla pracowników; schemat jest publiczny jako schema.graphql.",
    ),
    "TIMED_OUT": ("This took too long and was given up; try again.", "To trwało zbyt długo; spróbuj ponownie."),
    "INTERNAL_SERVER_ERROR": (
        "Something went wrong on our side; nothing is lost. Try again, and tell us the request id if it stays so.",
        "Coś poszło nie tak po naszej stronie; nic nie zginęło. Spróbuj ponownie albo podaj nam requestId.",
    ),
}


def sentence(name: str, language: str) -> str:
    english, polish = SENTENCES.get(name, ("", ""))
    return polish if language == "PL" else english


class Fault(GraphQLError):
    """A top-level error with a code of the contract."""

    def __init__(self, code: str, language: str, message: str | None = None, **more: Any) -> None:
        super().__init__(message or sentence(code, language), extensions={"code": code, **more})


class BadInput(Fault):
    """An argument that cannot be understood: a malformed id, date or cursor, a number out of its range."""

    def __init__(self, message: str) -> None:
        super().__init__("BAD_USER_INPUT", "EN", message)


class Parsing(ParserCache):
    """Parse with a cache and a limit of tokens; say by a code that the document could not be parsed."""

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        context.parse_options["max_tokens"] = TOKENS
        with suppress(GraphQLError):  # Strawberry parses what is left unparsed, and reports the error
            context.graphql_document = self.cached_parse_document(context.query, **context.parse_options)
        yield
        for error in context.pre_execution_errors or []:
            is_long = "Parsing aborted" in error.message  # too many tokens, or nested too deeply to be read
            error.extensions = {"code": "QUERY_TOO_COMPLEX" if is_long else "GRAPHQL_PARSE_FAILED"}


class Validating(ValidationCache):
    """Validate with a cache; say by a code that the document does not fit the schema."""

    def on_validate(self) -> Iterator[None]:
        for _ in super().on_validate():  # it has validated by then
            if not self.execution_context.pre_execution_errors and self._is_ambiguous():
                message = "Must provide operation name if query contains multiple operations."
                self.execution_context.pre_execution_errors = [GraphQLError(message)]
            yield
        for error in self.execution_context.pre_execution_errors or []:
            error.extensions = {"code": "GRAPHQL_VALIDATION_FAILED", **(error.extensions or {})}

    def _is_ambiguous(self) -> bool:
        """Which of several operations is meant? (Strawberry would carry out the first; GraphQL, 6.1, forbids that.)"""
        context = self.execution_context
        definitions = context.graphql_document.definitions if context.graphql_document else ()
        operations = [node for node in definitions if isinstance(node, OperationDefinitionNode)]
        return len(operations) > 1 and context._provided_operation_name is None


class Coding(SchemaExtension):
    """Give every top-level error its code, and mask what nobody expected; the log has it whole, with the request id."""

    async def on_operation(self) -> AsyncIterator[None]:
        try:
            yield
        except STRAWBERRYS_OWN:
            raise
        except Exception as problem:  # of another extension
            raise self._coded(located_error(problem)) from problem
        result = self.execution_context.result
        if errors := getattr(result, "errors", None):
            result.errors = [self._coded(error) for error in errors]  # type: ignore[union-attr]  # it has them

    def on_stream_result(self, result: Any) -> Iterator[None]:
        """Over sockets and streams each result is an answer of its own."""
        if errors := getattr(result, "errors", None):
            result.errors = [self._coded(error) for error in errors]
        yield

    def _coded(self, error: GraphQLError) -> GraphQLError:
        if "code" in (error.extensions or {}):
            return _short(error)
        cause = error.original_error
        if isinstance(cause, (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)):
            return _short(_renewed(error, "The document holds no operation that can be run here.", "BAD_USER_INPUT"))
        if isinstance(cause, Refusal):
            return _short(_renewed(error, cause.message(self._language), cause.code, **_wait(cause)))
        if error.path is None and (cause is None or isinstance(cause, GraphQLError)):
            return _short(_renewed(error, error.message, "BAD_USER_INPUT"))  # variables, operation name
        log.error("operation_failed", exc_info=cause or error, extra={"path": error.path and list(error.path)})
        masked = Fault("INTERNAL_SERVER_ERROR", self._language)
        return _renewed(error, masked.message, "INTERNAL_SERVER_ERROR", requestId=trace.current())

    @property
    def _language(self) -> str:
        return str(self.execution_context.context.language)


def _wait(cause: Refusal) -> dict[str, Any]:
    """When to try again, of a refusal that knows it."""
    if not (at := cause.details.get("retry_at")):
        return {}
    retry_at = datetime.fromisoformat(at)
    seconds = max(1, round((retry_at - clock.now()).total_seconds()))
    return {"retryAt": clock.local(retry_at).isoformat(timespec="seconds"), "retryAfterSeconds": seconds}


def _renewed(error: GraphQLError, message: str, code: str, **more: Any) -> GraphQLError:
    return GraphQLError(
        message, nodes=error.nodes, source=error.source, positions=error.positions, path=error.path,
        extensions={"code": code, **more},
    )  # fmt: skip


def _short(error: GraphQLError) -> GraphQLError:
    """Say what is wrong, not all that was sent: no number of eleven digits, no endless text."""
    message = trace.ELEVEN_DIGITS.sub("[number]", error.message)
    if len(message) > LONGEST_MESSAGE:
        message = message[:LONGEST_MESSAGE] + "…"
    if message == error.message:
        return error
    return _renewed(error, message, **{"code": "BAD_USER_INPUT", **(error.extensions or {})})

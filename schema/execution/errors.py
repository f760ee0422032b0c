"""Top-level errors: each gets one of the contract's codes; unexpected ones are masked. Refusals are results instead."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, located_error
from strawberry.exceptions import MissingQueryError
from strawberry.extensions import ParserCache, SchemaExtension
from strawberry.schema import schema as strawberry_schema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from infra import clock, logs, metrics, tracebacks
from infra.bounded_client import BUSY, RETRY_SECONDS, DatabaseAway
from infra.text import Text
from models.refusals import constraints
from models.refusals.refusal import Refusal
from schema.execution.polish import in_language, translate_literal

log = logging.getLogger(__name__)
MAX_MESSAGE_LENGTH = 300  # a message may quote the client's input, which can be a megabyte long
TOKENS = 1000
KEPT_VALIDATIONS = 128  # the size of Strawberry's cache of parsed documents
STRAWBERRY_ERRORS = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)  # HTTP 400 or 405

SENTENCES = {
    "UNAUTHENTICATED": Text(pl="Najpierw trzeba się zalogować.", en="Please sign in first."),
    "FORBIDDEN": Text(pl="To konto nie ma do tego uprawnień.", en="Your role does not allow this."),
    "PASSWORD_CHANGE_REQUIRED": Text(
        pl="Najpierw trzeba ustawić własne hasło.",
        en="Please set your own password first: changePassword.",
    ),
    "RATE_LIMITED": Text(
        pl="Zbyt wiele zapytań w krótkim czasie. Prosimy spróbować ponownie później.",
        en="Too many requests. Please try again at the time given.",
    ),
    "OVERLOADED": Text(
        pl="E-rejestracja jest teraz przeciążona. Prosimy spróbować ponownie za chwilę.",
        en="The service is overloaded at the moment. Please try again shortly.",
    ),
    "UNREGISTERED": Text(
        pl="Przyjmowane są tu tylko zarejestrowane dokumenty.", en="Only registered documents are accepted here."
    ),
    "INTROSPECTION": Text(
        pl="Introspekcja jest dostępna tylko dla pracowników; schemat jest w pliku schema.graphql.",
        en="Introspection is for staff only; the schema is published as schema.graphql.",
    ),
    "TIMED_OUT": Text(
        pl="To trwało zbyt długo. Prosimy spróbować ponownie.", en="This took too long. Please try again."
    ),
    "INTERNAL_SERVER_ERROR": Text(
        pl="Coś poszło nie tak po naszej stronie. Prosimy spróbować ponownie, a jeżeli to nie pomoże, podać nam"
        " numer zgłoszenia (`requestId`).",
        en="Something went wrong on our side. Please try again; if it happens again, tell us the requestId.",
    ),
}


def sentence(name: str, language: str) -> str:
    return SENTENCES[name].in_(language) if name in SENTENCES else ""


class CodedError(GraphQLError):
    """A top-level error with one of the contract's codes."""

    def __init__(self, code: str, language: str, message: str | None = None, **more: Any) -> None:
        super().__init__(message or sentence(code, language), extensions={"code": code, **more})


def timed_out(language: str) -> CodedError:
    """The operation exceeded its time limit (OPERATION_SECONDS), wherever the time was spent."""
    return CodedError(
        "INTERNAL_SERVER_ERROR",
        language,
        sentence("TIMED_OUT", language),
        reason="OPERATION_TIMED_OUT",
        requestId=logs.current_request_id(),
    )


class BadUserInput(CodedError):
    """An argument that cannot be used: a malformed id, date or cursor, or a number out of range."""

    def __init__(self, *, pl: str, en: str) -> None:
        super().__init__("BAD_USER_INPUT", "EN", en)
        self.text = Text(pl=pl, en=en)


class CachedParsing(ParserCache):
    """Parse with a cache and a token limit; give syntax errors their code."""

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        context.parse_options["max_tokens"] = TOKENS
        with suppress(GraphQLError):  # Strawberry then parses it again and reports the error
            context.graphql_document = self.cached_parse_document(context.query, **context.parse_options)
        yield
        flaws = [error for error in context.pre_execution_errors or [] if error.original_error is None]
        for error in flaws:  # syntax errors only: failures of the parser itself are masked
            is_long = "Parsing aborted" in error.message  # too many tokens, or nested too deeply to be parsed
            error.extensions = {"code": "QUERY_TOO_COMPLEX" if is_long else "GRAPHQL_PARSE_FAILED"}


@dataclass(frozen=True)
class _Document:
    """The cache key of a validation: only the text is compared, because hashing all nodes takes 0.1 ms each time."""

    text: str
    nodes: DocumentNode = field(compare=False)


@lru_cache(KEPT_VALIDATIONS)
def _validate(schema: GraphQLSchema, document: _Document, rules: Any) -> list[GraphQLError]:
    return strawberry_schema.validate_document(schema, document.nodes, rules)


class CachedValidation(SchemaExtension):
    """Validate with a cache; give validation errors their code."""

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        if context.query and context.graphql_document:
            document = _Document(context.query, context.graphql_document)
            context.pre_execution_errors = _validate(context.schema._schema, document, context.validation_rules)
        if not context.pre_execution_errors and self._is_ambiguous():
            message = "Must provide operation name if query contains multiple operations."
            context.pre_execution_errors = [GraphQLError(message)]
        yield
        for error in context.pre_execution_errors or []:
            error.extensions = {"code": "GRAPHQL_VALIDATION_FAILED", **(error.extensions or {})}

    def _is_ambiguous(self) -> bool:
        """Whether there are several operations and the request names none of them.

        Strawberry would run the first, which GraphQL (6.1) forbids.
        """
        context = self.execution_context
        definitions = context.graphql_document.definitions if context.graphql_document else ()
        operations = [node for node in definitions if isinstance(node, OperationDefinitionNode)]
        return len(operations) > 1 and context._provided_operation_name is None


class ErrorCodes(SchemaExtension):
    """Give an operation's final errors a code, so that its log line and metrics can name it."""

    async def on_operation(self) -> AsyncIterator[None]:
        try:
            yield
        except STRAWBERRY_ERRORS:
            raise
        except Exception as error:  # raised by another extension
            raise code_error(error, self._language) from error
        code_errors(self.execution_context.result, self._language)

    @property
    def _language(self) -> str:
        return str(self.execution_context.context.language)


def code_errors(result: Any, language: str) -> None:
    if errors := getattr(result, "errors", None):
        result.errors = [code_error(error, language) for error in errors]


def code_error(raised: Exception, language: str) -> GraphQLError:
    """The error that a client may see, whatever exception was raised; errors with a code stay as they are.

    An unexpected exception is logged in full, counted and masked; the log and the answer contain the request id.
    """
    coded = _code_error(raised, language)
    tracebacks.release(raised)
    return coded


def _code_error(raised: Exception, language: str) -> GraphQLError:
    error = raised if isinstance(raised, GraphQLError) else located_error(raised)
    cause = error.original_error
    for bad_input in (error, cause):
        if isinstance(bad_input, BadUserInput):
            return _with_extensions(error, bad_input.text.in_(language), "BAD_USER_INPUT")
    if code := (error.extensions or {}).get("code"):
        if code == "GRAPHQL_VALIDATION_FAILED" and language == "PL":
            error = _with_extensions(error, translate_literal(error.message), **error.extensions or {})
        return _shorten(error)
    if cause and (refusal := constraints.find_refusal(cause)):
        cause = refusal
    if isinstance(cause, BUSY):
        return _with_extensions(error, sentence("OVERLOADED", language), "OVERLOADED", retryAfterSeconds=RETRY_SECONDS)
    if isinstance(cause, STRAWBERRY_ERRORS):
        return _bad_request(error, "The document contains no operation that can be executed here.", language)
    if isinstance(cause, Refusal):
        return _shorten(_with_extensions(error, cause.message(language), cause.code, **_retry_after(cause)))
    if raised is error and error.path is None and (cause is None or isinstance(cause, GraphQLError)):
        return _bad_request(error, error.message, language)  # wrong variables or operation name
    return _mask(error, language)


def _bad_request(error: GraphQLError, message: str, language: str) -> GraphQLError:
    return _shorten(_with_extensions(error, in_language(message, language), "BAD_USER_INPUT"))


def _mask(error: GraphQLError, language: str) -> GraphQLError:
    path, cause = error.path and list(error.path), error.original_error or error
    if isinstance(cause, DatabaseAway):  # logged without a traceback, which would be the same for each request
        log.error("operation_failed", extra={"path": path, "problem": str(cause)})
    else:
        log.error("operation_failed", exc_info=cause, extra={"path": path})
    metrics.FAILURES.inc()
    masked = sentence("INTERNAL_SERVER_ERROR", language)
    return _with_extensions(error, masked, "INTERNAL_SERVER_ERROR", requestId=logs.current_request_id())


def _retry_after(cause: Refusal) -> dict[str, Any]:
    """When to try again, if the refusal says so."""
    if not (at := cause.details.get("retry_at")):
        return {}
    retry_at = datetime.fromisoformat(at)
    seconds = max(1, round((retry_at - clock.now()).total_seconds()))
    return {"retryAt": clock.local(retry_at).isoformat(timespec="seconds"), "retryAfterSeconds": seconds}


def _with_extensions(error: GraphQLError, message: str, code: str, **more: Any) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions={"code": code, **more},
    )


def _shorten(error: GraphQLError) -> GraphQLError:
    """Remove PESEL numbers and overlong texts sent by the client from the message."""
    message = logs.ELEVEN_DIGITS.sub("[number]", error.message)
    if len(message) > MAX_MESSAGE_LENGTH:
        message = message[:MAX_MESSAGE_LENGTH] + "…"
    if message == error.message:
        return error
    return _with_extensions(error, message, **{"code": "BAD_USER_INPUT", **(error.extensions or {})})

"""Watching: a figure and a span an operation, named by its field: names that clients invent are without number."""

import time
from collections.abc import AsyncIterator

from graphql import DocumentNode, FieldNode, GraphQLError, OperationDefinitionNode
from strawberry.extensions import SchemaExtension
from strawberry.types.execution import PreExecutionError

from models import figures, spans

NEVER_BEGUN = {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "QUERY_TOO_COMPLEX"}
OUTCOMES = NEVER_BEGUN | {
    "UNAUTHENTICATED", "FORBIDDEN", "PASSWORD_CHANGE_REQUIRED", "BAD_USER_INPUT", "RATE_LIMITED",
    "INTERNAL_SERVER_ERROR", "CURSOR_EXPIRED",
}  # fmt: skip


class Watching(SchemaExtension):
    """Per operation, never per field: that would cost more than many a resolver."""

    async def on_operation(self) -> AsyncIterator[None]:
        started = time.perf_counter()
        outcome = "gone"  # the client did not wait for the end; the usual one of a subscription
        with spans.span("operation") as about:
            try:
                yield
                outcome = self._outcome()
            except GraphQLError as refused:
                outcome = _code(refused)
                raise
            finally:
                about |= self._counted(started, outcome)

    def _counted(self, started: float, outcome: str) -> dict[str, str]:
        operation = "invalid" if outcome in NEVER_BEGUN else self._name()
        figures.OPERATIONS.labels(operation, outcome).inc()
        if not operation.startswith("subscription"):  # those last as long as somebody listens
            figures.OPERATION_SECONDS.labels(operation).observe(time.perf_counter() - started)
        figures.look_at_pool()
        return {"name": operation, "outcome": outcome}

    def _name(self) -> str:
        context = self.execution_context
        if not isinstance(context.graphql_document, DocumentNode) or isinstance(context.result, PreExecutionError):
            return "invalid"
        return _named(context.graphql_document, context.operation_name)

    def _outcome(self) -> str:
        result = self.execution_context.result
        errors = [*(self.execution_context.pre_execution_errors or []), *(getattr(result, "errors", None) or [])]
        return _code(errors[0]) if errors else "answered"


def _code(error: GraphQLError) -> str:
    code = str((error.extensions or {}).get("code"))
    return code if code in OUTCOMES else "error"


def _named(document: DocumentNode, operation_name: str | None) -> str:
    """Its kind and field, such as "mutation bookVisit"; the document is valid, so there are only so many."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    chosen = [node for node in operations if operation_name in (None, node.name and node.name.value)]
    if len(chosen) != 1:
        return "invalid"
    fields = chosen[0].selection_set.selections
    field = fields[0].name.value if len(fields) == 1 and isinstance(fields[0], FieldNode) else "several"
    return f"{chosen[0].operation.value} {field}"

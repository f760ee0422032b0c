"""Watching: a figure and a span an operation, named by its field: names that clients invent are without number."""

import time
from collections.abc import AsyncIterator

from graphql import DocumentNode, FieldNode, GraphQLError, OperationDefinitionNode
from strawberry.extensions import SchemaExtension

from models import figures, spans

OUTCOMES = {
    "UNAUTHENTICATED", "FORBIDDEN", "PASSWORD_CHANGE_REQUIRED", "BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED", "INTERNAL_SERVER_ERROR", "RATE_LIMITED", "QUERY_TOO_COMPLEX", "CURSOR_EXPIRED",
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
                outcome = _known(refused)
                raise
            finally:
                operation = self._name()
                about |= {"name": operation, "outcome": outcome}
                figures.OPERATIONS.labels(operation, outcome).inc()
        if not operation.startswith("subscription"):  # those last as long as somebody listens
            figures.OPERATION_SECONDS.labels(operation).observe(time.perf_counter() - started)
        figures.look_at_pool()

    def _name(self) -> str:
        context = self.execution_context
        if not isinstance(context.graphql_document, DocumentNode) or context.pre_execution_errors:
            return "invalid"
        return _named(context.graphql_document, context.operation_name)

    def _outcome(self) -> str:
        result = self.execution_context.result
        errors = [*(self.execution_context.pre_execution_errors or []), *(getattr(result, "errors", None) or [])]
        if not errors:
            return "answered"
        return _known(errors[0])


def _known(error: GraphQLError) -> str:
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

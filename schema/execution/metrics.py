"""Metrics and a span per operation, labelled by its root field: clients can invent any number of operation names."""

import time
from collections.abc import AsyncIterator

from graphql import DocumentNode, FieldNode, GraphQLError, OperationDefinitionNode
from strawberry.extensions import SchemaExtension
from strawberry.types.execution import PreExecutionError

from infra import metrics, tracing
from schema.execution.errors import STRAWBERRY_ERRORS
from schema.execution.public_answers import current_answer

NOT_EXECUTED = {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "QUERY_TOO_COMPLEX"}
POOL_EVERY_SECONDS = 1.0
OUTCOMES = NOT_EXECUTED | {
    "UNAUTHENTICATED",
    "FORBIDDEN",
    "PASSWORD_CHANGE_REQUIRED",
    "BAD_USER_INPUT",
    "RATE_LIMITED",
    "OVERLOADED",
    "INTERNAL_SERVER_ERROR",
    "CURSOR_EXPIRED",
}


class OperationMetrics(SchemaExtension):
    """Metrics per operation, never per field: measuring a field would cost more than many resolvers."""

    async def on_operation(self) -> AsyncIterator[None]:
        started = time.perf_counter()
        outcome = "gone"  # the client left before the end, which is how subscriptions usually end
        with tracing.span("operation") as attributes:
            try:
                yield
                outcome = self._outcome()
            except GraphQLError as error:
                outcome = _code(error)
                raise
            except GeneratorExit:  # the stream was closed, perhaps after an error as its last answer
                outcome = self._outcome().replace("answered", outcome)
                raise
            except STRAWBERRY_ERRORS:  # there is no operation that can be executed
                outcome = "BAD_USER_INPUT"
                raise
            except Exception:
                outcome = "INTERNAL_SERVER_ERROR"
                raise
            finally:
                attributes |= self._record(started, outcome)

    def _record(self, started: float, outcome: str) -> dict[str, str]:
        operation = "invalid" if outcome in NOT_EXECUTED else self._name()
        metrics.OPERATIONS.labels(operation, outcome).inc()
        if not operation.startswith("subscription"):  # a subscription lasts as long as its client
            metrics.OPERATION_SECONDS.labels(operation).observe(time.perf_counter() - started)
        metrics.collect_pool(every=POOL_EVERY_SECONDS)
        if answer := current_answer():
            answer.label = operation
        return {"name": operation, "outcome": outcome}

    def _name(self) -> str:
        context = self.execution_context
        if not isinstance(context.graphql_document, DocumentNode) or isinstance(context.result, PreExecutionError):
            return "invalid"
        return _label(context.graphql_document, context.operation_name)

    def _outcome(self) -> str:
        context = self.execution_context
        errors = getattr(context.result, "errors", None) or context.pre_execution_errors
        return _code(errors[0]) if errors else "answered"


def _code(error: GraphQLError) -> str:
    code = str((error.extensions or {}).get("code"))
    return code if code in OUTCOMES else "error"


def _label(document: DocumentNode, operation_name: str | None) -> str:
    """The type and root field, such as "mutation bookVisit". Only valid documents get here, so labels are few."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    chosen = [node for node in operations if operation_name in (None, node.name and node.name.value)]
    if len(chosen) != 1:
        return "invalid"
    fields = chosen[0].selection_set.selections
    field = fields[0].name.value if len(fields) == 1 and isinstance(fields[0], FieldNode) else "several"
    return f"{chosen[0].operation.value} {field}"

"""Public answers: answers to anonymous callers that show only clinics, doctors and free slots; they can be cached."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from graphql import FieldNode, OperationDefinitionNode, OperationType
from strawberry.extensions import SchemaExtension

from models.slots.answer_versions import Reading, follow_reading
from schema.context import Context

PUBLIC_FIELDS = {"clinics", "doctors", "freeSlots", "freeDays"}


class PublicAnswer:
    """An operation in progress: what it has read, whether its answer is public, and its metrics label and log line."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.is_public: bool | None = None  # None: unknown, because the operation has not succeeded
        self.label = ""
        self.log_line: dict[str, object] = {}


_current: ContextVar[PublicAnswer | None] = ContextVar("public_answer", default=None)


@contextmanager
def follow_answer() -> Iterator[PublicAnswer]:
    """Track the operation executed inside the block: what it reads and whether its answer is public."""
    with follow_reading() as reading:
        answer = PublicAnswer(reading)
        token = _current.set(answer)
        try:
            yield answer
        finally:
            _current.reset(token)


def current_answer() -> PublicAnswer | None:
    return _current.get()


class Publicity(SchemaExtension):
    """Marks an answer that everybody who is not signed in would get."""

    def on_operation(self) -> Iterator[None]:
        yield
        context = self.execution_context
        caller: Context = context.context
        if (answer := current_answer()) is not None and not getattr(context.result, "errors", None):
            shows_public = _shows_public_fields(context.graphql_document, context.operation_name)
            answer.is_public = caller.role is None and shows_public


def _shows_public_fields(document: Any, name: str | None) -> bool:
    for operation in document.definitions if document else ():
        if isinstance(operation, OperationDefinitionNode) and name in (None, operation.name and operation.name.value):
            fields = operation.selection_set.selections
            return operation.operation == OperationType.QUERY and all(
                isinstance(field, FieldNode) and field.name.value in PUBLIC_FIELDS for field in fields
            )
    return False

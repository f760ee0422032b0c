"""Lasting: subscriptions are carried out only where more than one answer can be told."""

from collections.abc import Iterator

from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from schema.fault import BadInput


class Lasting(SchemaExtension):
    def on_execute(self) -> Iterator[None]:
        context = self.execution_context
        if context.operation_type is OperationType.SUBSCRIPTION and not context.context.can_follow:
            raise BadInput("Subscriptions are answered over a socket, or to `Accept: text/event-stream`.")
        yield

"""Refuses subscriptions on connections that can carry only one answer."""

from collections.abc import Iterator

from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from schema.execution.errors import BadUserInput


class SubscriptionGuard(SchemaExtension):
    def on_execute(self) -> Iterator[None]:
        context = self.execution_context
        if context.operation_type is OperationType.SUBSCRIPTION and not context.context.can_follow:
            raise BadUserInput(
                pl="Subskrypcje wymagają WebSocketu albo nagłówka `Accept: text/event-stream`.",
                en="Subscriptions need a WebSocket, or `Accept: text/event-stream`.",
            )
        yield

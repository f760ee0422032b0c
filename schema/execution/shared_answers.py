"""Answers shared by several subscriptions: made once per event and selection, and serialised once for all sockets."""

from collections.abc import Callable
from typing import Any

from graphql import ExecutionResult, FieldNode, GraphQLNonNull, is_abstract_type
from graphql.execution.collect_fields import FieldDetails

from schema.execution.compiled import CompilingExecutor, Plan

ANSWERS = "_shared_answers"  # the attribute in which an event keeps its answers, by plan


class SharedData(dict[str, Any]):
    """The data of an answer that identical subscriptions share; `text`: its JSON, set by the first to send it."""

    extensions: dict[str, Any] | None = None
    text: bytes | None = None

    def __init__(self, data: dict[str, Any], plan: Plan) -> None:
        super().__init__(data)
        self._plan = plan

    def repeater(self) -> "Callable[[Any], SharedData | None]":
        """A function that makes the answer to a further event of the same type, once for all who share it.

        It returns None if the event must be executed, because its values are not plain.
        """
        plan, [key] = self._plan, self

        def repeat(event: Any) -> SharedData | None:
            answers: dict[Plan, SharedData] = vars(event).setdefault(ANSWERS, {})
            if (known := answers.get(plan)) is None:
                try:
                    known = answers[plan] = SharedData({key: plan(event)}, plan)
                except Exception:  # graphql-core meets the problem again and reports it
                    return None
            return known

        return repeat


class _Answered:
    """Stands in for the execution of an event that another subscription has already executed."""

    def __init__(self, data: SharedData) -> None:
        self._data = data

    def execute_operation(self, serially: bool | None = None) -> ExecutionResult:
        return ExecutionResult(data=self._data)


class SharingExecutor(CompilingExecutor):
    """Executes an event once for all subscriptions with the same selection.

    It does so only for compiled selections, whose answers depend only on the event, not on the caller.
    """

    def build_per_event_executor(self, payload: Any) -> Any:
        plan = self._find_shared_plan(type(payload)) if hasattr(payload, "__dict__") else None
        if plan is not None and (data := vars(payload).get(ANSWERS, {}).get(plan)) is not None:
            return _Answered(data)
        executor = super().build_per_event_executor(payload)
        vars(executor)["shared_plan"] = plan
        return executor

    def execute_operation(self, serially: bool | None = None) -> Any:
        result = super().execute_operation(serially)
        plan: Plan | None = vars(self).get("shared_plan")
        if plan is None or not isinstance(result, ExecutionResult) or result.errors or result.data is None:
            return result
        data = vars(self.root_value).setdefault(ANSWERS, {})[plan] = SharedData(result.data, plan)
        return ExecutionResult(data=data)

    def _find_shared_plan(self, kind: type) -> Plan | None:
        plans: dict[type, Plan | None] = vars(self).setdefault("shared_plans", {})
        if kind not in plans:
            plans[kind] = self._compile_root(kind)
        return plans[kind]

    def _compile_root(self, kind: type) -> Plan | None:
        selections = self.operation.selection_set.selections
        root = self.schema.subscription_type
        if root is None or len(selections) != 1 or not isinstance(node := selections[0], FieldNode):
            return None
        output: Any = root.fields[node.name.value].type
        output = output.of_type if isinstance(output, GraphQLNonNull) else output
        if is_abstract_type(output):
            definition = getattr(kind, "__strawberry_definition__", None)
            output = self.schema.get_type(definition.name) if definition else output
        return self._find_plan(output, [FieldDetails(node, None)])

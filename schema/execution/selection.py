"""Selection: whether an operation selects certain fields, so that data nobody asks for need not be read."""

from collections.abc import Collection, Iterable
from typing import Any

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionNode


def selects(info: Any, names: Collection[str]) -> bool:
    """Whether a field with one of these names is selected anywhere below this one, even if it is skipped (@skip)."""
    raw = info._raw_info  # Strawberry's `selected_fields` builds objects for the whole tree
    return any(_selects(node.selection_set.selections, names, raw.fragments) for node in raw.field_nodes)


def _selects(
    selections: Iterable[SelectionNode], names: Collection[str], fragments: dict[str, FragmentDefinitionNode]
) -> bool:
    waiting: list[SelectionNode] = [*selections]
    seen: set[str] = set()
    while waiting:
        node: Any = waiting.pop()
        if isinstance(node, FieldNode) and node.name.value in names:
            return True
        if isinstance(node, FragmentSpreadNode):
            if node.name.value in seen or node.name.value not in fragments:
                continue
            seen.add(node.name.value)
            node = fragments[node.name.value]
        waiting += node.selection_set.selections if node.selection_set else ()
    return False

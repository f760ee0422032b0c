"""Polish words for the contract: every field and value that the desk's forms and answers show has one."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_object_type,
    is_union_type,
    parse,
    type_from_ast,
    visit,
)

from models.accounts.account import Role
from models.refusals.refusal import Refusal
from tests.support.contract import BUILT
from tests.support.service import ROOT
from web.pages.ready_operations import ready_operations

WORDS: dict[str, dict[str, Any]] = json.loads((ROOT / "explorer/src/words/pl.json").read_text())
OPERATIONS = [one for topic in ready_operations(Role.ADMINISTRATOR) for one in topic["operations"]]
SILENT = {"id", "__typename", "nodes", "pageInfo", "hasNextPage", "endCursor", "edges", "code"}


def definition(query: str) -> OperationDefinitionNode:
    [found] = [node for node in parse(query).definitions if isinstance(node, OperationDefinitionNode)]
    return found


def needed(owner: str, name: str, kind: Any) -> Iterator[str]:
    """The words that a form needs for this field and for those nested in it."""
    named = get_named_type(kind)
    if name != "after" and f"{owner}.{name}" not in WORDS["inputs"] and name not in WORDS["inputs"]:
        yield f"inputs: {owner}.{name}"
    if is_enum_type(named):
        yield from (f"enums: {named.name}.{value}" for value in named.values if value not in words_of(named.name))
    if is_input_object_type(named):
        for inner, field in named.fields.items():
            yield from needed(named.name, inner, field.type)


def words_of(enum: str) -> dict[str, str]:
    found: dict[str, str] = WORDS["enums"].get(enum, {})
    return found


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one["name"])
def test_a_form_has_a_polish_word_for_every_field_and_choice(operation: dict[str, str]) -> None:
    found = definition(operation["query"])
    assert found.name
    missing = [
        word
        for variable in found.variable_definitions or ()
        for word in needed(found.name.value, variable.variable.name.value, type_from_ast(BUILT, variable.type))
    ]
    assert missing == []


class Shown(Visitor):
    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info, self.missing = info, list[str]()

    def enter_field(self, node: Any, *_: Any) -> None:
        name = node.name.value
        if name in SILENT or self.info.get_parent_type() is BUILT.mutation_type:
            return
        if name not in WORDS["answers"] and name not in WORDS["inputs"]:
            self.missing.append(f"answers: {name}")
        kind = get_named_type(self.info.get_type())
        if is_enum_type(kind):
            self.missing += [f"enums: {kind.name}.{value}" for value in kind.values if value not in words_of(kind.name)]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one["name"])
def test_an_answer_has_a_polish_word_for_every_field_and_choice(operation: dict[str, str]) -> None:
    info = TypeInfo(BUILT)
    shown = Shown(info)
    visit(parse(operation["query"]), TypeInfoVisitor(info, shown))
    assert shown.missing == []


def is_problem(kind: Any) -> bool:
    return any(interface.name == "Problem" for interface in kind.interfaces)


def test_whatever_a_form_has_done_is_said_in_polish() -> None:
    named = (
        {get_named_type(field.type) for field in BUILT.mutation_type.fields.values()} if BUILT.mutation_type else set()
    )
    done = {kind for one in named for kind in (one.types if is_union_type(one) else [one]) if is_object_type(kind)}
    ready = "".join(one["query"] for one in OPERATIONS)
    shown = {kind.name for kind in done if not is_problem(kind) and f"... on {kind.name} " in ready}
    assert shown - WORDS["types"].keys() == set()


def test_whatever_the_guide_tells_to_press_is_written_at_the_desk() -> None:
    guide = " ".join((ROOT / "docs/desk.md").read_text().split())
    names = [
        part
        for named in re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", guide)
        if named[0].isalpha()
        for part in re.split(" → |: ", named)
    ]
    sources = [
        *(ROOT / "explorer/src").rglob("*.ts*"),
        ROOT / "explorer/src/words/pl.json",
        ROOT / "web/pages/templates/sign_in.html",
    ]
    written = "".join(file.read_text() for file in sources if file.name != "generated.ts")
    written += "".join(one["title"] + "\n" for one in OPERATIONS)
    assert len(names) > 60
    assert [name for name in names if name.rstrip(".") not in written] == []


def refusals(of: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for kind in of.__subclasses__():
        yield kind
        yield from refusals(kind)


def test_what_a_refusal_names_of_the_contract_stands_in_brackets_which_the_desk_leaves_out() -> None:
    told = {kind.__name__: kind.text.pl for kind in refusals() if kind.__module__ != "models.refusals.partner"}
    plain = {name: re.sub(r" \(`\w+`\)", "", text) for name, text in told.items()}
    assert {name: text for name, text in plain.items() if re.search(r"`|[a-z][A-Z]", text)} == {}


def test_what_follows_an_operation_is_an_operation() -> None:
    names = {one["name"] for one in OPERATIONS}
    assert {one["next"] for one in OPERATIONS} - {None} <= names

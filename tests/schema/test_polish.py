"""Bad input is answered in the caller's language: no Polish answer contains an English sentence, whatever is sent."""

import re
from typing import Any
from uuid import uuid4

import pytest
from graphql import GraphQLInputObjectType, get_named_type, is_input_object_type, parse
from graphql.execution.values import get_variable_values

from models.accounts.account import Account, Language
from resolvers import schema
from schema.execution.errors import BadUserInput, CodedError
from schema.execution.polish import translate
from schema.scalars import public_id
from tests import cast
from tests.support.client import Client
from tests.support.execution import ask, id_of

ENGLISH = re.compile(
    r"\b(?:the|must|may|most|unable|not|is|of|expected|value|invalid|variable|cannot|represent|field|required|unknown)\b",
    re.IGNORECASE,
)
HOSTILE: list[Any] = [None, 3, 1.5, True, "x", "", [], {}, ["x"], {"unknown": 1}, 2**40, "2026-02-30", "a" * 400]


def without_code(message: str) -> str:
    """The message without names of fields and types, which are English in every language."""
    return re.sub(r"`[^`]*`", "", message)


def inputs() -> list[tuple[str, Any]]:
    """Each argument of each root field, with its type."""
    roots = (schema._schema.query_type, schema._schema.mutation_type)
    return [
        (f"{name}.{argument}", definition.type)
        for root in roots
        if root
        for name, field in root.fields.items()
        for argument, definition in field.args.items()
    ]


def variants(type_: Any) -> list[Any]:
    """Invalid values, at the top level and in each field."""
    named = get_named_type(type_)
    found = [*HOSTILE]
    if is_input_object_type(named):
        assert isinstance(named, GraphQLInputObjectType)
        found += [{name: value} for name in named.fields for value in HOSTILE]
        found += [{name.upper(): 1} for name in named.fields]
    return found


def messages(type_: Any) -> list[str]:
    """The error messages of graphql-core about each invalid value."""
    document = parse(f"query ($v: {type_}) {{ __typename }}")
    definitions: Any = document.definitions[0]
    said = []
    for value in variants(type_):
        found: Any = get_variable_values(schema._schema, definitions.variable_definitions, {"v": value})
        errors = found if isinstance(found, list) else getattr(found, "errors", None) or []
        said += [error.message for error in errors]
    return said


TYPES = sorted({str(type_) for _, type_ in inputs()} | {f"{str(type_).rstrip('!')}!" for _, type_ in inputs()})


def test_whatever_is_wrong_with_a_variable_is_said_in_polish_and_names_it() -> None:
    said = {message for type_ in TYPES for message in messages(type_)}
    assert len(said) > 1000
    for message in said:
        polish = translate(message)
        assert not ENGLISH.search(without_code(polish)), message
        assert polish.startswith("`$v"), message
        assert "niepoprawna wartość" not in polish, f"not known: {message}"


def test_a_value_is_not_repeated() -> None:
    for message in messages("BookVisitInput!"):
        assert "a" * 20 not in translate(message)


def test_an_unknown_message_is_polish_too() -> None:
    assert translate("Variable '$v' has invalid value at .a.b: Something new.") == "`$v.a.b`: niepoprawna wartość."
    assert not ENGLISH.search(translate("Something new."))


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ("query ($n: Int) { clinics(first: $n) { nodes { id } } }", {"n": 5000}),
        ("query ($n: Int) { clinics(first: $n) { nodes { id } } }", {"n": "x"}),
        ('{ clinics(after: "x") { nodes { id } } }', {}),
        ('{ clinics(search: "%s") { nodes { id } } }' % ("a" * 400), {}),
        ('{ node(id: "x") { id } }', {}),
        ('{ clinics(first: "x") { nodes { id } } }', {}),
        ("{ clinics(first: 99999999999) { nodes { id } } }", {}),
        ("{ clinics(search: 5) { nodes { id } } }", {}),
        ('{ freeSlots(filter: {from: "2026-02-30T10:00:00+01:00"}) { nodes { id } } }', {}),
        ('{ freeSlots(filter: {from: "jutro"}) { nodes { id } } }', {}),
        ("{ freeSlots(filter: {weekdays: [WEEKEND]}) { nodes { id } } }", {}),
        ('{ freeSlots(filter: {weekdays: ["MONDAY"]}) { nodes { id } } }', {}),
        ("{ freeSlots(filter: 7) { nodes { id } } }", {}),
        ("{ node(id: null) { id } }", {}),
        ("{ node { id } }", {}),
        ('mutation { logIn(input: {login: "a"}) { __typename } }', {}),
        ('mutation { logIn(input: {login: "a", password: "b", pin: 1}) { __typename } }', {}),
        ("mutation { logIn(input: {login: true, password: []}) { __typename } }", {}),
        ("query A { clinics { nodes { id } } } query B { clinics { nodes { id } } }", {}),
    ],
)
async def test_a_refused_argument_is_explained_in_the_callers_language(
    document: str, variables: dict[str, Any]
) -> None:
    await cast.clinic()
    texts = []
    for language in ("pl", "en"):
        answer = await Client(language=language).send(document, **variables)
        error = answer["errors"][0]
        texts.append(without_code(error["message"]))
        assert error["extensions"]["code"] in ("BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED")
    assert not ENGLISH.search(texts[0])
    assert ENGLISH.search(texts[1])


def test_no_coded_error_of_the_house_is_english_only() -> None:
    """The error's type requires a message in both languages."""
    assert issubclass(BadUserInput, CodedError)
    with pytest.raises(TypeError):
        BadUserInput("English only")  # type: ignore[call-arg]  # must not be possible


FIELDS = "... on InvalidInput { fields { path code message } }"


async def flaws_of(account: Account, mutation: str, language: Language, **fields: Any) -> dict[str, str]:
    """The message about each field, by its path."""
    name = mutation[0].upper() + mutation[1:]
    document = f"mutation($input: {name}Input!) {{ {mutation}(input: $input) {{ {FIELDS} }} }}"
    refused = await ask(account, document, language, input=fields)
    return {".".join(flaw["path"]): flaw["message"] for flaw in refused["fields"]}


async def test_a_value_too_long_or_out_of_range_is_answered_with_the_limit() -> None:
    adam, clinic = await cast.adam(), await cast.clinic()
    wrong = {"clinicId": id_of(clinic), "name": "a" * 201, "daysAhead": 366, "cancelUntilMinutes": -1}
    assert await flaws_of(adam, "changeClinic", Language.PL, **wrong) == {
        "name": "Najwyżej 200 znaków.",
        "daysAhead": "Dozwolone: od 1 do 365.",
        "cancelUntilMinutes": "Dozwolone: od 0 do 43200.",
    }
    assert await flaws_of(adam, "changeClinic", Language.EN, **wrong) == {
        "name": "At most 200 characters.",
        "daysAhead": "Allowed: from 1 to 365.",
        "cancelUntilMinutes": "Allowed: from 0 to 43200.",
    }
    late = {"clinicId": id_of(clinic), "from": "2099-01-01"}
    today = cast.MONDAY.date()
    said = (await flaws_of(adam, "closeClinic", Language.PL, **late))["from"]
    assert said.startswith(f"Dozwolone: od {today} do ")


async def test_staff_are_not_told_to_contact_reception() -> None:
    adam, anna, nowhere = await cast.adam(), await cast.anna(), public_id("Clinic", uuid4())
    wish = {"clinicId": nowhere, "from": "2026-11-24", "until": "2026-11-30"}
    assert "rejestracja" in (await flaws_of(anna, "joinWaitingList", Language.PL, **wish))["clinicId"]
    assert "rejestracja" not in (await flaws_of(adam, "changeClinic", Language.PL, clinicId=nowhere))["clinicId"]

"""Limits: how much one document may ask for, measured in one pass before any other rule looks at it."""

from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import ASTValidationRule, DocumentNode, OperationDefinitionNode, ValidationContext
from graphql.validation.validate import ValidationAbortedError
from strawberry.schema_directive import Location

import settings
from schema.fault import TOKENS
from schema.measure import Measure, Measuring

DEPTH = 10  # graphql-armor has 6; Relay's edges and node add two, me and patient another two
INTROSPECTION_DEPTH = 20  # for staff: the usual introspection query is 13 to 15 deep
ALIASES = 15
ROOT_FIELDS = 10
DIRECTIVES = 50
REPEATS = 50  # GraphQL's own rules compare each pair of fields of one name: 900 of them take a second

LIMITED = {
    "depth": ("{limit} levels deep", DEPTH),
    "introspection_depth": ("{limit} levels of introspection", INTROSPECTION_DEPTH),
    "aliases": ("{limit} aliases", ALIASES),
    "roots": ("{limit} fields at the root", ROOT_FIELDS),
    "directives": ("{limit} directives", DIRECTIVES),
    "repeats": ("{limit} fields asked for again in one place", REPEATS),
    "tokens": ("{limit} words and signs", TOKENS),
    "mutations": ("{limit} mutation in one document's operation", 1),
}


@strawberry.schema_directive(
    locations=[
        Location.FIELD_DEFINITION,
        Location.OBJECT,
        Location.SCALAR,
        Location.ENUM,
        Location.ARGUMENT_DEFINITION,
    ],
    name="cost",
    description="What the field costs by itself (IBM's GraphQL cost specification); 1 for an object, 0 for a value,"
    " when nothing is said.",
)
class Cost:
    weight: str


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="listSize",
    description="How long the field's list can be: `assumedSize`, or as an argument says; then the lists of"
    " `sizedFields` are meant (IBM's GraphQL cost specification).",
)
class ListSize:
    assumed_size: int | None = strawberry.directive_field(name="assumedSize", default=strawberry.UNSET)
    slicing_arguments: list[str] | None = strawberry.directive_field(name="slicingArguments", default=strawberry.UNSET)
    sized_fields: list[str] | None = strawberry.directive_field(name="sizedFields", default=strawberry.UNSET)
    require_one_slicing_argument: bool | None = strawberry.directive_field(
        name="requireOneSlicingArgument", default=True
    )


PAGED = ListSize(slicing_arguments=["first"], sized_fields=["nodes", "edges"], require_one_slicing_argument=False)


def at_most(size: int) -> ListSize:
    """A list without pages that is never longer."""
    return ListSize(assumed_size=size, require_one_slicing_argument=False)


class TooComplex(ValidationAbortedError):
    """A document asks for more than one document may: the other rules, not linear in its size, do not look at it."""

    def __init__(self, name: str, limit: int | None = None) -> None:
        words, standard = LIMITED.get(name, (name, limit or 0))
        said = words.format(limit=limit or standard)
        super().__init__(f"The query is too complex: at most {said}.", extensions={"code": "QUERY_TOO_COMPLEX"})


def check(measure: Measure, *, is_mutation: bool) -> None:
    """Raise the first limit that the document exceeds."""
    for name in ("depth", "introspection_depth", "aliases", "roots", "directives", "repeats"):
        if getattr(measure, name) > LIMITED[name][1]:
            raise TooComplex(name)
    if is_mutation and measure.roots > 1:
        raise TooComplex("mutations")
    if measure.cost > settings.QUERY_COST:
        raise costly(measure.cost)


def costly(cost: int) -> TooComplex:
    problem = TooComplex(f"a cost of {settings.QUERY_COST}; this one has {cost}. Ask for shorter pages")
    problem.extensions = {
        "code": "QUERY_TOO_COMPLEX",
        "cost": {"requested": cost, "limit": settings.QUERY_COST},
    }
    return problem


class LimitsRule(ASTValidationRule):
    """Our one validation rule; `first` from a variable counts nothing here, by its value in `measured`."""

    context: ValidationContext

    def enter_document(self, document: DocumentNode, *_: Any) -> None:
        try:
            for operation in document.definitions:
                if isinstance(operation, OperationDefinitionNode):
                    measure = Measuring(self.context.schema, document).of(operation)
                    check(measure, is_mutation=operation.operation.value == "mutation")
        except RecursionError:
            raise TooComplex("depth") from None


def measured(schema: Any, document: DocumentNode, name: str | None, variables: Mapping[str, Any] | None) -> Measure:
    """What the operation asks for that is to be carried out, with the values of its variables."""
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode) and (
            name is None or (operation.name and operation.name.value == name)
        ):
            return Measuring(schema, document, variables or {}).of(operation)
    return Measure()

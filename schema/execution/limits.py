"""Limits: how much one document may request, measured in one pass before any other validation rule runs."""

from collections import OrderedDict
from collections.abc import Mapping
from itertools import count
from typing import Any

import strawberry
from graphql import ASTValidationRule, DocumentNode, GraphQLError, OperationDefinitionNode, ValidationContext
from graphql.validation.validate import ValidationAbortedError
from strawberry.schema_directive import Location

import settings
from schema.execution.errors import TOKENS
from schema.execution.query_cost import CostVisitor, Measure

DEPTH = 10  # graphql-armor's default is 6; Relay's edges and node add two, `me` and `patient` another two
INTROSPECTION_DEPTH = 20  # for staff: the usual introspection query is 13 to 15 deep
ALIASES = 15
ROOT_FIELDS = 10
DIRECTIVES = 50
MAX_MEASURES = 256
FLAWS, FLAW_LENGTH = 10, 500
REPEATS = 50  # GraphQL compares every pair of fields with the same name: 900 such fields take a second

EXCEEDED = {
    "depth": ("{limit} levels deep", DEPTH),
    "introspection_depth": ("{limit} levels of introspection", INTROSPECTION_DEPTH),
    "aliases": ("{limit} aliases", ALIASES),
    "roots": ("{limit} root fields", ROOT_FIELDS),
    "directives": ("{limit} directives", DIRECTIVES),
    "repeats": ("{limit} repeated fields in one selection", REPEATS),
    "tokens": ("{limit} tokens", TOKENS),
    "mutations": ("{limit} mutation per operation", 1),
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
    description="The cost of the field without its subfields, as in IBM's GraphQL Cost Directives Specification."
    " Default: 1 for an object, 0 for a scalar or enum.",
)
class Cost:
    weight: str


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="listSize",
    description="The length of the field's list on which its cost is based, as in IBM's GraphQL Cost Directives"
    " Specification: `assumedSize`, or the value of one of `slicingArguments`, which limits the lists in"
    " `sizedFields`.",
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
    """The directive of an unpaged list that usually has at most `size` rows; its cost is based on `size`."""
    return ListSize(assumed_size=size, require_one_slicing_argument=False)


class TooComplex(ValidationAbortedError):
    """A document exceeds a limit. Validation stops: the other rules take more than linear time."""

    def __init__(self, name: str, limit: int | None = None) -> None:
        template, default = EXCEEDED.get(name, (name, limit or 0))
        allowed = template.format(limit=limit or default)
        super().__init__(f"The query is too complex: at most {allowed}.", extensions={"code": "QUERY_TOO_COMPLEX"})


def check(measure: Measure, *, is_mutation: bool) -> None:
    """Raise TooComplex for the first limit that the document exceeds."""
    for name in ("depth", "introspection_depth", "aliases", "roots", "directives", "repeats"):
        if getattr(measure, name) > EXCEEDED[name][1]:
            raise TooComplex(name)
    if is_mutation and measure.roots > 1:
        raise TooComplex("mutations")
    if measure.cost > settings.QUERY_COST:
        raise cost_exceeded(measure.cost)


def cost_exceeded(cost: int) -> TooComplex:
    error = TooComplex(f"a cost of {settings.QUERY_COST}; it costs {cost}. Request shorter pages")
    error.extensions = {
        "code": "QUERY_TOO_COMPLEX",
        "cost": {"requested": cost, "limit": settings.QUERY_COST},
    }
    return error


class LimitsRule(ASTValidationRule):
    """Our only validation rule. Pages whose `first` is a variable cost nothing here: see `measure_operation`."""

    context: ValidationContext

    def enter_document(self, document: DocumentNode, *_: Any) -> None:
        try:
            for operation in document.definitions:
                if isinstance(operation, OperationDefinitionNode):
                    measure = CostVisitor(self.context.schema, document).measure(operation)
                    check(measure, is_mutation=operation.operation.value == "mutation")
        except RecursionError:
            raise TooComplex("depth") from None
        self._count_flaws()

    def _count_flaws(self) -> None:
        """Stop after a few flaws in the document: finding each one and its "Did you mean" takes milliseconds."""
        report, found = self.context.on_error, count(1)

        def report_briefly(flaw: GraphQLError) -> None:
            if next(found) > FLAWS:
                raise ValidationAbortedError(f"Too many flaws: these are the first {FLAWS}.")
            report(_shorten(flaw))

        self.context.on_error = report_briefly  # type: ignore[method-assign, assignment]  # as graphql-core does


def _shorten(flaw: GraphQLError) -> GraphQLError:
    """Remove the text of a Python exception from the message, and shorten one that quotes much of the document."""
    message = flaw.message.partition(", but encountered error")[0]
    message = message if len(message) <= FLAW_LENGTH else f"{message[:FLAW_LENGTH]} ..."
    return flaw if message == flaw.message else GraphQLError(message, flaw.nodes)


# The documents are kept with their measures, so that no other document can have the same `id()`.
_measures: OrderedDict[tuple[int, str | None], tuple[Measure, DocumentNode]] = OrderedDict()


def measure_operation(
    schema: Any, document: DocumentNode, name: str | None, variables: Mapping[str, Any] | None
) -> Measure:
    """Measure the operation with the values of its variables; cache the result if they do not affect it."""
    key = id(document), name
    if (known := _measures.get(key)) is not None:
        return known[0]
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode) and (
            name is None or (operation.name and operation.name.value == name)
        ):
            visitor = CostVisitor(schema, document, variables or {})
            measure = visitor.measure(operation)
            if not visitor.uses_variables:
                _keep(key, measure, document)
            return measure
    return Measure()


def _keep(key: tuple[int, str | None], measure: Measure, document: DocumentNode) -> None:
    _measures[key] = measure, document
    if len(_measures) > MAX_MEASURES:
        _measures.popitem(last=False)

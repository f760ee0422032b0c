"""Pagination by keyset cursors: rows added or removed between requests neither hide nor repeat other rows."""

from collections.abc import Callable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Annotated, Any, Generic, Self, TypeVar
from uuid import UUID

import orjson
import strawberry

from infra import crypto
from infra.keyset import Key
from schema.execution.errors import BadUserInput

NodeType = TypeVar("NodeType")
MAX_ROWS = 100
First = Annotated[int, strawberry.argument(description="The number of rows per page: 1 to 100.")]
After = Annotated[
    str | None,
    strawberry.argument(description="The cursor of the row after which the page starts; if omitted, the first page."),
]
InClinic = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only in this clinic; if omitted, in all clinics.")
]


@strawberry.type(description="Whether there are rows before and after a page, and its first and last cursors.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more rows follow after `endCursor`.")
    has_previous_page: bool = strawberry.field(description="Whether the page was requested with `after`.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first row; null if the page is empty.")
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last row: pass it as `after` for the next page; null if the page is empty."
    )


@strawberry.type(description="A row of a page with its cursor.")
class Edge(Generic[NodeType]):
    cursor: str = strawberry.field(
        description="The opaque cursor of the row: pass it as `after` of the same field to get the rows after this one."
    )
    node: NodeType = strawberry.field(description="The row.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[NodeType]):
    nodes: list[NodeType] = strawberry.field(description="The rows of the page.")
    page_info: PageInfo = strawberry.field(description="Whether more rows follow, and how to get them.")
    cursors: strawberry.Private[Callable[[], list[str]]]

    @strawberry.field(description="The rows of the page, each with its cursor.")
    def edges(self) -> list[Edge[NodeType]]:
        return [Edge(cursor=cursor, node=node) for cursor, node in zip(self.cursors(), self.nodes, strict=True)]

    @classmethod
    def of(cls, rows: Sequence[Any], page: "Page", key: str, node: Callable[[Any], NodeType]) -> Self:
        """A page made of rows that were read with `page.limit`: one more than shown, to know whether more follow."""
        return cls.from_rows(rows, page, key, [node(row) for row in rows[: page.first]])

    @classmethod
    def from_rows(
        cls, rows: Sequence[Any], page: "Page", key: str | Callable[[Any], str], nodes: list[NodeType]
    ) -> Self:
        """Like `of`, with the nodes given. `key`: the attribute that orders the rows, or a function that returns it."""
        shown = rows[: page.first]
        place = attrgetter(key) if isinstance(key, str) else key

        def cursor(row: Any) -> str:
            return page.cursor(place(row), row.id)

        info = PageInfo(
            has_next_page=len(rows) > page.first,
            has_previous_page=page.after is not None,
            start_cursor=cursor(shown[0]) if shown else None,
            end_cursor=cursor(shown[-1]) if shown else None,
        )
        return cls(nodes=nodes, page_info=info, cursors=lambda: [cursor(row) for row in shown])


class Page:
    """The requested part of the list `name`: `first` rows after the cursor `after`."""

    def __init__(self, name: str, first: int, after: str | None, most: int = MAX_ROWS) -> None:
        if not 1 <= first <= most:
            raise BadUserInput(pl=f"`first` musi być liczbą od 1 do {most}.", en=f"`first` must be from 1 to {most}.")
        self.name, self.first = name, first
        self.after = self._key(after) if after is not None else None

    @property
    def limit(self) -> int:
        return self.first + 1

    def cursor(self, value: datetime | str, id_: UUID) -> str:
        kind, text = ("t", value.isoformat()) if isinstance(value, datetime) else ("s", value)
        return crypto.sign(orjson.dumps([kind, text, id_.hex]), f"cursor/{self.name}")

    def _key(self, cursor: str) -> Key:
        try:
            kind, text, id_ = orjson.loads(crypto.verify(cursor, f"cursor/{self.name}"))
        except (crypto.InvalidToken, UnicodeEncodeError):
            raise BadUserInput(
                pl="`after` nie jest kursorem tej listy.", en="`after` is not a cursor of this list."
            ) from None
        return datetime.fromisoformat(text) if kind == "t" else text, UUID(id_)

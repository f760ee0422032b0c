"""Connections: pages of rows by keyset cursors, which neither skip nor repeat when rows come and go."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

import orjson
import strawberry

from models import seal
from models.keyset import Key
from schema.fault import BadInput

NodeType = TypeVar("NodeType")
MOST = 100


@strawberry.type(description="Where a page stands among the others.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="More rows follow behind endCursor.")
    has_previous_page: bool = strawberry.field(description="The page was asked for with `after`.")
    start_cursor: str | None = strawberry.field(description="Of the first row here; null for an empty page.")
    end_cursor: str | None = strawberry.field(description="Of the last row here: the next `after`.")


@strawberry.type(description="A row of a page, with the cursor behind which the next page begins.")
class Edge(Generic[NodeType]):
    cursor: str = strawberry.field(description="Opaque; valid as `after` of the same field.")
    node: NodeType = strawberry.field(description="The row.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[NodeType]):
    nodes: list[NodeType] = strawberry.field(description="The rows of this page, without their edges.")
    page_info: PageInfo = strawberry.field(description="Whether and where more rows are.")
    cursors: strawberry.Private[Callable[[], list[str]]]

    @strawberry.field(description="The rows, each with its cursor.")
    def edges(self) -> list[Edge[NodeType]]:
        return [Edge(cursor=cursor, node=node) for cursor, node in zip(self.cursors(), self.nodes, strict=True)]

    @classmethod
    def of(cls, rows: Sequence[Any], page: "Page", key: str, node: Callable[[Any], NodeType]) -> Self:
        """A page of rows, of which one more than asked for was read to know whether there are more."""
        return cls.of_many(rows, page, key, [node(row) for row in rows[: page.first]])

    @classmethod
    def of_many(cls, rows: Sequence[Any], page: "Page", key: str, nodes: list[NodeType]) -> Self:
        """The same, with the nodes made already."""
        shown = rows[: page.first]

        def cursor(row: Any) -> str:
            return page.cursor(getattr(row, key), row.id)

        info = PageInfo(
            has_next_page=len(rows) > page.first,
            has_previous_page=page.after is not None,
            start_cursor=cursor(shown[0]) if shown else None,
            end_cursor=cursor(shown[-1]) if shown else None,
        )
        return cls(nodes=nodes, page_info=info, cursors=lambda: [cursor(row) for row in shown])


class Page:
    """What of a list is asked for: `first` rows behind the cursor `after`, in the list called `name`."""

    def __init__(self, name: str, first: int, after: str | None, most: int = MOST) -> None:
        if not 1 <= first <= most:
            raise BadInput(f"`first` must be from 1 to {most}.")
        self.name, self.first = name, first
        self.after = self._key(after) if after is not None else None

    @property
    def limit(self) -> int:
        return self.first + 1

    def cursor(self, value: datetime | str, id_: UUID) -> str:
        kind, text = ("t", value.isoformat()) if isinstance(value, datetime) else ("s", value)
        return seal.sign(orjson.dumps([kind, text, id_.hex]), f"cursor/{self.name}")

    def _key(self, cursor: str) -> Key:
        try:
            kind, text, id_ = orjson.loads(seal.unsign(cursor, f"cursor/{self.name}"))
        except (seal.Broken, UnicodeEncodeError):
            raise BadInput("This is not a cursor of this list.") from None
        return datetime.fromisoformat(text) if kind == "t" else text, UUID(id_)

"""Reading audit: whose data an answer shows to staff, recorded where every answer is completed."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from graphql import GraphQLResolveInfo, OperationType, get_named_type, is_composite_type
from graphql.pyutils import Path

from infra import clock
from models.accounts.account import Account
from models.audit import AuditEntry

Shown = tuple[str, UUID, UUID]  # the kind and the id of an object, and the patient whose data it contains


class ReadingAudit:
    """What one answer shows: the patients whose records were opened, with the object read, and the pages of lists.

    Everything below the outermost list belongs to its page. More may be recorded than is sent, never less.
    """

    def __init__(self, began: datetime) -> None:
        self._begin(began)

    def _begin(self, began: datetime) -> None:
        self._began = began
        self._is_mutation = False
        self._opened: dict[UUID, tuple[str, UUID]] = {}
        self._pages: dict[Path, tuple[str, set[UUID]]] = {}

    def open(self, patient_id: UUID) -> None:
        """Record that the caller asks for this patient's record, whatever the answer shows of it."""
        self._opened.setdefault(patient_id, ("Patient", patient_id))

    def note_list(self, info: GraphQLResolveInfo[Any], path: Path) -> None:
        if is_composite_type(get_named_type(info.return_type)) and self._find_page(path) is None:
            self._pages[path] = f"{info.parent_type.name}.{info.field_name}", set()

    def note_object(self, value: Any, info: GraphQLResolveInfo[Any], path: Path) -> None:
        """All nodes of a page are recorded: its cursors and counts reveal something even if none is selected."""
        self._is_mutation = info.operation.operation is OperationType.MUTATION
        nodes = getattr(value, "nodes", None)
        if nodes is not None:
            self.note_list(info, path)
        for kind, id_, patient_id in _find_shown((value,) if nodes is None else nodes):
            if page := self._find_page(path):
                page[1].add(patient_id)
            else:
                self._opened.setdefault(patient_id, (kind, id_))

    def _find_page(self, path: Path) -> tuple[str, set[UUID]] | None:
        """The page of the outermost list that contains this place in the answer."""
        found: tuple[str, set[UUID]] | None = None
        place: Path | None = path
        while place:
            found, place = self._pages.get(place, found), place.prev
        return found

    async def save(self, account: Account) -> None:
        """Write the entries, before the answer is sent; a mutation's own changes have already been recorded."""
        opened, pages = self._opened, list(self._pages.values())
        since: datetime | None = self._began if self._is_mutation else None
        self._begin(clock.now())  # a subscription goes on with its next answer
        if opened or pages:
            await AuditEntry.record_reading(account, opened, pages, since=since)


def _find_shown(values: Any) -> Iterator[Shown]:
    for value in values:
        if (shown := getattr(value, "shown", None)) is not None and (found := shown()) is not None:
            yield found

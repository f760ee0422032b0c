"""Slot search: the slots of a day or week in any state, for reception's sheet."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Self
from uuid import UUID

from infra import clock, database
from infra.keyset import Key
from models.slots.availability import load_related
from models.slots.slot import Slot
from models.values import hours

MAX_PERIOD = timedelta(days=31)


class SlotState(StrEnum):
    """`KEPT`: kept for the waiting list. `ABSENT`: withdrawn because the doctor will be absent."""

    FREE = "FREE"
    HELD = "HELD"
    OFFERED = "OFFERED"
    KEPT = "KEPT"
    BOOKED = "BOOKED"
    BLOCKED = "BLOCKED"
    ABSENT = "ABSENT"
    WITHDRAWN = "WITHDRAWN"


SHOWN = tuple(state for state in SlotState if state is not SlotState.WITHDRAWN)

# Slots withdrawn before the absence was reported were not withdrawn because of it.
_SITUATIONS = """
    SELECT slot.id, slot.starts_at, doctor.search_name, absence.id AS absence_id,
        CASE
            WHEN slot.visit_id IS NOT NULL THEN 'BOOKED'
            WHEN slot.withdrawn_at IS NOT NULL AND slot.closed_reason IS NOT NULL THEN 'BLOCKED'
            WHEN slot.withdrawn_at IS NOT NULL AND absence.id IS NOT NULL THEN 'ABSENT'
            WHEN slot.withdrawn_at IS NOT NULL THEN 'WITHDRAWN'
            WHEN slot.held_until > :now::timestamptz AND slot.is_offer THEN 'OFFERED'
            WHEN slot.held_until > :now::timestamptz THEN 'HELD'
            WHEN slot.queued_at IS NOT NULL THEN 'KEPT'
            ELSE 'FREE'
        END AS state
    FROM slot
    JOIN doctor ON doctor.id = slot.doctor_id
    LEFT JOIN LATERAL (
        SELECT absence.id FROM absence
        WHERE absence.doctor_id = slot.doctor_id AND absence.ended_at IS NULL
            AND absence.starts_at < slot.ends_at AND absence.ends_at > slot.starts_at
            AND (slot.withdrawn_at IS NULL OR absence.reported_at <= slot.withdrawn_at)
        ORDER BY absence.starts_at, absence.id
        LIMIT 1
    ) AS absence ON true
"""
_SHEET = f"""
    SELECT sheet.id FROM (
        {_SITUATIONS}
        WHERE slot.starts_at >= :begin::timestamptz AND slot.starts_at < :end::timestamptz
            AND (:clinic_ids::uuid[] IS NULL OR slot.clinic_id = ANY(:clinic_ids::uuid[]))
            AND (:doctor_ids::uuid[] IS NULL OR slot.doctor_id = ANY(:doctor_ids::uuid[]))
    ) AS sheet
    WHERE sheet.state = ANY(:states::text[]) AND (
        :after_id::uuid IS NULL
        OR (sheet.starts_at, sheet.search_name, sheet.id)
            > (:after_starts_at::timestamptz, :after_name::text, :after_id::uuid)
    )
    ORDER BY sheet.starts_at, sheet.search_name, sheet.id
    LIMIT :limit
"""  # noqa: S608 - no value is ever written into it  # nosec B608
_BY_ID = f"{_SITUATIONS} WHERE slot.id = ANY(:ids::uuid[])"


class Situation(NamedTuple):
    """A slot's state, and the absence that covers it."""

    state: SlotState
    absence_id: UUID | None


async def find_situations(ids: Collection[UUID]) -> dict[UUID, Situation]:
    rows = await database.fetch(_BY_ID, {"ids": list(ids), "now": clock.now()})
    return {row["id"]: Situation(SlotState(row["state"]), row["absence_id"]) for row in rows}


@dataclass(frozen=True)
class SlotSearch:
    """All conditions must hold; if `states` is None, all states but WITHDRAWN match."""

    begin: datetime
    end: datetime
    clinic_ids: Collection[UUID] | None = None
    doctor_ids: Collection[UUID] | None = None
    states: Collection[SlotState] | None = None

    @classmethod
    def on(cls, day: date, **more: Any) -> Self:
        return cls(*hours.day_bounds(day), **more)

    async def find(self, after: Key | None, limit: int) -> list[Slot]:
        """Slots with clinic and doctor, ordered by time and then surname; four statements for any number of slots."""
        rows = await database.fetch(_SHEET, self._values() | _after(after) | {"limit": limit})
        found = await load_related(await Slot.filter(id__in=[row["id"] for row in rows]))
        return sorted(found, key=lambda slot: (slot.starts_at, slot.doctor.search_name, slot.id))

    def _values(self) -> dict[str, Any]:
        return {
            "begin": self.begin,
            "end": self.end,
            "clinic_ids": None if self.clinic_ids is None else list(self.clinic_ids),
            "doctor_ids": None if self.doctor_ids is None else list(self.doctor_ids),
            "states": [state.value for state in (SHOWN if self.states is None else self.states)],
            "now": clock.now(),
        }


def sheet_key(slot: Slot) -> str:
    """The slot's position in the sheet, for a cursor."""
    return f"{slot.starts_at.isoformat()} {slot.doctor.search_name}"


def _after(key: Key | None) -> dict[str, Any]:
    if key is None:
        return {"after_starts_at": None, "after_name": None, "after_id": None}
    moment, _, name = key[0].partition(" ")
    return {"after_starts_at": datetime.fromisoformat(moment), "after_name": name, "after_id": key[1]}

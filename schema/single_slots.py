"""Single slots outside the templates: added, withdrawn, blocked and unblocked one by one."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from schema import wall_clock
from schema.problems.booking import InvalidInput, SlotNotFound
from schema.problems.schedule import (
    ClinicClosed,
    ClinicNotYours,
    DoctorRetired,
    SlotNotBlocked,
    SlotsNotFree,
    SlotsOverlap,
)
from schema.scalars import private_id, private_ids
from schema.slot import Slot


@strawberry.input(description="A single slot outside the templates.")
class AddSlotInput:
    doctor_id: strawberry.ID = strawberry.field(description="The doctor who sees patients.")
    clinic_id: strawberry.ID = strawberry.field(description="The clinic: one of the doctor's clinics.")
    starts_at: datetime = strawberry.field(
        description="When the slot starts: a whole minute in the future, at most 366 days away."
    )
    minutes: int = strawberry.field(description="The length of the slot in minutes: 5 to 240.")

    def to_model(self) -> dict[str, Any]:
        return {
            "doctor_id": private_id("Doctor", self.doctor_id),
            "clinic_id": private_id("Clinic", self.clinic_id),
            **wall_clock.resolve(starts_at=self.starts_at),
            "minutes": self.minutes,
        }


@strawberry.input(description="The free slots to withdraw. If one of them is not free, none is withdrawn.")
class WithdrawSlotsInput:
    slot_ids: list[strawberry.ID] = strawberry.field(
        description="The slots: 1 to 500. Slots that are already withdrawn are ignored."
    )

    def to_model(self) -> dict[str, Any]:
        return {"slot_ids": private_ids("Slot", self.slot_ids)}


@strawberry.input(description="The free slot to block, and the reason.")
class BlockSlotInput:
    slot_id: strawberry.ID = strawberry.field(description="A free slot.")
    reason: str = strawberry.field(
        description="The reason, for colleagues: 1 to 500 characters. Patients never see it."
    )

    def to_model(self) -> dict[str, Any]:
        return {"slot_id": private_id("Slot", self.slot_id), "reason": self.reason}


@strawberry.input(description="The slot to open again.")
class UnblockSlotInput:
    slot_id: strawberry.ID = strawberry.field(description="A blocked slot that has not begun.")

    def to_model(self) -> dict[str, Any]:
        return {"slot_id": private_id("Slot", self.slot_id)}


@strawberry.type(description="The slots were withdrawn.")
class WithdrawnSlots:
    count: int = strawberry.field(
        description="The number of slots that this call has withdrawn; those withdrawn earlier are not counted."
    )


AddSlotResult = Annotated[
    Slot | InvalidInput | SlotsOverlap | ClinicClosed | DoctorRetired | ClinicNotYours,
    strawberry.union("AddSlotResult"),
]
WithdrawSlotsResult = Annotated[
    WithdrawnSlots | InvalidInput | SlotNotFound | SlotsNotFree | ClinicNotYours,
    strawberry.union("WithdrawSlotsResult"),
]
BlockSlotResult = Annotated[
    Slot | InvalidInput | SlotNotFound | SlotsNotFree | ClinicNotYours, strawberry.union("BlockSlotResult")
]
UnblockSlotResult = Annotated[
    Slot | SlotNotFound | SlotNotBlocked | SlotsOverlap | InvalidInput | ClinicClosed | DoctorRetired | ClinicNotYours,
    strawberry.union("UnblockSlotResult"),
]

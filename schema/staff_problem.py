"""Refusals that only reception and administration meet, and the names of all refusals."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import strawberry

from models import enrolment
from models.refusal import Refusal
from models.visit_status import Status
from schema.context import Context
from schema.patient import Patient
from schema.problem import PROBLEMS, Naming, Problem


@strawberry.type(description="There is no such patient.")
class PatientNotFound(Problem):
    pass


async def _record(problem: Problem) -> Patient:
    return Patient.shown(await enrolment.of(UUID(problem.refusal.details["patient_id"])))


@strawberry.type(description="This person has a record already.")
class PatientExists(Problem):
    @strawberry.field(description="The record to use.")
    async def patient(self) -> Patient:
        return await _record(self)


@strawberry.type(
    description="Another record has this PESEL or document. Records are never merged: the message says why."
)
class RecordsNotMerged(Problem):
    @strawberry.field(description="The other record.")
    async def patient(self) -> Patient:
        return await _record(self)


@strawberry.type(description="The patient has an account already.")
class AccountExists(Problem):
    pass


@strawberry.enum(description="Why a visit cannot be marked so.")
class StatusRefusal(StrEnum):
    STATUS = "STATUS"
    TOO_EARLY = "TOO_EARLY"


@strawberry.type(description="A visit in this state cannot be marked so, or not yet.")
class StatusNotChangeable(Problem):
    status: Status = strawberry.field(description="What has become of it so far.")
    wanted: Status = strawberry.field(description="What it should have become.")
    reason: StatusRefusal = strawberry.field(description="Whether its state forbids it, or the time.")

    @classmethod
    def details(cls, refusal: Refusal, context: Context) -> dict[str, Any]:
        told = refusal.details
        return {
            "status": Status(told["status"]),
            "wanted": Status(told["wanted"]),
            "reason": StatusRefusal(told["reason"]),
        }


@strawberry.type(description="The slot is held for somebody else for the moment; never overridden.")
class SlotHeld(Problem):
    held_until: datetime = strawberry.field(description="When it is free again, unless it is booked.")
    is_offer: bool = strawberry.field(description="Whether the centre has offered it to them.")

    @classmethod
    def details(cls, refusal: Refusal, context: Context) -> dict[str, Any]:
        told = refusal.details
        return {"held_until": datetime.fromisoformat(told["held_until"]), "is_offer": told["is_offer"]}


@strawberry.type(description="The slot is kept for the waiting list, until nobody there wants it; never overridden.")
class SlotKept(Problem):
    pass


@strawberry.type(description="The slot was taken away by a colleague, or its doctor will be absent.")
class SlotClosed(Problem):
    reason: str = strawberry.field(description="What the colleague has said; not for patients.")

    @classmethod
    def details(cls, refusal: Refusal, context: Context) -> dict[str, Any]:
        return {"reason": refusal.details["reason"]}


@strawberry.type(description="There is no such message.")
class MessageNotFound(Problem):
    pass


@strawberry.enum(description="Why a message cannot be sent again.")
class ResendRefusal(StrEnum):
    ON_ITS_WAY = "ON_ITS_WAY"
    NO_ADDRESS = "NO_ADDRESS"
    OUTDATED = "OUTDATED"


@strawberry.type(description="The message cannot be sent again.")
class MessageNotResendable(Problem):
    reason: ResendRefusal = strawberry.field(description="Why not.")

    @classmethod
    def details(cls, refusal: Refusal, context: Context) -> dict[str, Any]:
        return {"reason": ResendRefusal(refusal.details["reason"])}


@strawberry.type(description="There is no such colleague.")
class StaffNotFound(Problem):
    pass


@strawberry.type(description="The last administrator cannot be removed.")
class LastAdministrator(Problem):
    pass


@strawberry.enum(description="What is wrong with the code.")
class CodeRefusal(StrEnum):
    MISSING = "MISSING"
    WRONG = "WRONG"


@strawberry.type(description="The password was right; the account's second factor is asked for: `oneTimeCode`.")
class SecondFactorRequired(Problem):
    reason: CodeRefusal = strawberry.field(description="Whether no code came, or a wrong or used one.")

    @classmethod
    def details(cls, refusal: Refusal, context: Context) -> dict[str, Any]:
        return {"reason": CodeRefusal(refusal.details["reason"])}


@strawberry.type(description="A second factor is in use already.")
class SecondFactorPresent(Problem):
    pass


@strawberry.type(description="There is no second factor to confirm or to remove.")
class SecondFactorNotBegun(Problem):
    pass


@strawberry.type(description="The code is wrong, or was used already.")
class WrongCode(Problem):
    pass


STAFF_PROBLEMS = (
    PatientNotFound, PatientExists, RecordsNotMerged, AccountExists, StatusNotChangeable, SlotHeld, SlotKept,
    SlotClosed, MessageNotFound, MessageNotResendable, StaffNotFound, LastAdministrator, SecondFactorRequired,
    SecondFactorPresent, SecondFactorNotBegun, WrongCode,
)  # fmt: skip
STAFF_HANDLERS = [Naming(Refusal.kinds[problem.__name__], problem) for problem in STAFF_PROBLEMS]
NAMED: dict[str, type[Problem]] = {problem.__name__: problem for problem in (*PROBLEMS, *STAFF_PROBLEMS)}


def problem_of(refusal: Refusal, context: Context) -> Problem:
    """A refusal that is told, not raised."""
    return NAMED[type(refusal).__name__].of(refusal, context)

"""Refusals that only reception and administration can meet."""

from datetime import datetime
from enum import Enum
from uuid import UUID

import strawberry

from models.accounts import patient_record
from models.refusals import booking, desk
from models.values.visit_status import Status
from models.visits import identity_confirmation
from schema.execution.limits import at_most
from schema.patient import Patient
from schema.problems.problem import Problem, shows
from schema.visit import Visit


@shows(desk.PatientNotFound)
class PatientNotFound(Problem):
    pass


async def _record(problem: Problem) -> Patient:
    return Patient.with_account(await patient_record.get(UUID(problem.refusal.details["patient_id"])))


@shows(desk.PatientExists)
class PatientExists(Problem):
    @strawberry.field(description="The existing record: use this one.")
    async def patient(self) -> Patient:
        return await _record(self)


@shows(desk.PatientIncomplete)
class PatientIncomplete(Problem):
    pass


@shows(desk.PatientIsDouble)
class PatientIsDouble(Problem):
    @strawberry.field(description="The right record: use this one.")
    async def patient(self) -> Patient:
        return await _record(self)


@shows(desk.RecordsNotMerged)
class RecordsNotMerged(Problem):
    @strawberry.field(description="The other record, which has this PESEL or document.")
    async def patient(self) -> Patient:
        return await _record(self)


@shows(desk.AccountExists)
class AccountExists(Problem):
    pass


@shows(desk.NoAccount)
class NoAccount(Problem):
    pass


@shows(desk.AddressInUse)
class AddressInUse(Problem):
    pass


@shows(desk.IdentityNotConfirmed)
class IdentityNotConfirmed(Problem):
    @strawberry.field(description="The existing record with the same number.")
    async def patient(self) -> Patient:
        return await _record(self)


@shows(desk.RecordsOverlap)
class RecordsOverlap(Problem):
    @strawberry.field(
        directives=[at_most(10)], description="The overlapping visits of the two records, earliest first."
    )
    async def visits(self) -> list[Visit]:
        ids = [UUID(id_) for id_ in self.refusal.details["visit_ids"]]
        return [Visit.of(row) for row in await identity_confirmation.find_overlapping(ids)]


@strawberry.enum(description="Why a visit cannot be marked.")
class StatusRefusal(Enum):
    STATUS = strawberry.enum_value("STATUS", description="The current state of the visit does not allow it.")
    TOO_EARLY = strawberry.enum_value("TOO_EARLY", description="It is too early.")
    TOO_LATE = strawberry.enum_value("TOO_LATE", description="It is too late: the visit was on an earlier day.")
    NOT_MARKED = strawberry.enum_value("NOT_MARKED", description="The visit has no mark that could be undone.")


@shows(desk.StatusNotChangeable)
class StatusNotChangeable(Problem):
    status: Status = strawberry.field(description="The current state of the visit.")
    wanted: Status = strawberry.field(description="The requested state.")
    reason: StatusRefusal = strawberry.field(description="Why the visit cannot be marked.")


@shows(desk.SlotHeld)
class SlotHeld(Problem):
    held_until: datetime = strawberry.field(
        description="When the hold expires. The slot then becomes free, unless it has been booked."
    )
    is_offer: bool = strawberry.field(
        description="Whether the slot is held for an offer by the centre; if not, a patient is holding it themselves."
    )


@shows(desk.SlotKept)
class SlotKept(Problem):
    pass


@shows(desk.SlotClosed)
class SlotClosed(Problem):
    reason: str = strawberry.field(description="The reason that the colleague gave. Do not disclose it to patients.")


@shows(desk.WaitingListEntryNotFound)
class WaitingListEntryNotFound(Problem):
    pass


@shows(desk.MessageNotFound)
class MessageNotFound(Problem):
    pass


@strawberry.enum(description="Why a message cannot be sent again.")
class ResendRefusal(Enum):
    ON_ITS_WAY = strawberry.enum_value("ON_ITS_WAY", description="The message, or a copy of it, has not been sent yet.")
    NO_ADDRESS = strawberry.enum_value(
        "NO_ADDRESS", description="There is no e-mail address or telephone number to send it to."
    )
    OUTDATED = strawberry.enum_value("OUTDATED", description="What the message says is no longer true.")


@shows(desk.MessageNotResendable)
class MessageNotResendable(Problem):
    reason: ResendRefusal = strawberry.field(description="Why it cannot be sent again.")


@shows(desk.StaffNotFound)
class StaffNotFound(Problem):
    pass


@shows(desk.StaffAtWork)
class StaffAtWork(Problem):
    pass


@shows(desk.LastAdministrator)
class LastAdministrator(Problem):
    pass


@strawberry.enum(description="What is wrong with the code.")
class CodeRefusal(Enum):
    MISSING = strawberry.enum_value("MISSING", description="No code was sent.")
    WRONG = strawberry.enum_value("WRONG", description="The code is wrong or has already been used.")


@shows(booking.SecondFactorRequired)
class SecondFactorRequired(Problem):
    reason: CodeRefusal = strawberry.field(description="Whether the code is missing or wrong.")


@shows(desk.SecondFactorPresent)
class SecondFactorPresent(Problem):
    pass


@shows(desk.SecondFactorNotBegun)
class SecondFactorNotBegun(Problem):
    pass


@shows(desk.WrongCode)
class WrongCode(Problem):
    pass

"""All problems of the schema, and the conversion of refusals to problems."""

from strawberry.types.field import StrawberryField

from models.refusals.refusal import Refusal
from schema.context import Context, Info
from schema.problems import booking, desk, schedule
from schema.problems.problem import Problem

PROBLEMS: tuple[type[Problem], ...] = (
    booking.InvalidInput,
    booking.OutsideServiceHours,
    booking.WrongCredentials,
    booking.TooManyAttempts,
    booking.WeakPassword,
    booking.SlotNotFound,
    booking.VisitNotFound,
    booking.SlotTaken,
    booking.SlotNotBookable,
    booking.VisitsOverlap,
    booking.TooManyVisits,
    booking.VisitNotChangeable,
    booking.LinkNotValid,
    booking.KeyReused,
    booking.PartnerNotFound,
    desk.PatientNotFound,
    desk.PatientExists,
    desk.PatientIncomplete,
    desk.PatientIsDouble,
    desk.RecordsNotMerged,
    desk.AccountExists,
    desk.NoAccount,
    desk.AddressInUse,
    desk.IdentityNotConfirmed,
    desk.RecordsOverlap,
    desk.StatusNotChangeable,
    desk.SlotHeld,
    desk.SlotKept,
    desk.SlotClosed,
    desk.WaitingListEntryNotFound,
    desk.MessageNotFound,
    desk.MessageNotResendable,
    desk.StaffNotFound,
    desk.StaffAtWork,
    desk.LastAdministrator,
    desk.SecondFactorRequired,
    desk.SecondFactorPresent,
    desk.SecondFactorNotBegun,
    desk.WrongCode,
    schedule.SlotsOverlap,
    schedule.SlotsNotFree,
    schedule.SlotNotBlocked,
    schedule.ClinicNotYours,
    schedule.ClinicExists,
    schedule.DoctorExists,
    schedule.ClinicClosed,
    schedule.DoctorRetired,
    schedule.ScheduleNotFound,
    schedule.OfferNotFound,
    schedule.OfferOver,
)
_BY_REFUSAL = {problem.refusal_type: problem for problem in PROBLEMS}


class RefusalToProblem:
    """Converts a raised refusal to its problem, if the field's union contains that type."""

    def __init__(self, problem: type[Problem]) -> None:
        self.exception_type, self.error_type = problem.refusal_type, problem

    def handle(self, exception: Refusal, *, field: StrawberryField, info: Info) -> Problem:
        return self.error_type.of(exception, info.context)


EXCEPTION_HANDLERS = [RefusalToProblem(problem) for problem in PROBLEMS]


def problem_of(refusal: Refusal, context: Context) -> Problem:
    """The problem for a refusal that was returned, not raised."""
    return _BY_REFUSAL[type(refusal)].of(refusal, context)

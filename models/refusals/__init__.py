"""Refusals: every way in which the service says "no", each with its text in both languages."""

import json

from models.refusals import booking, desk, partner, schedule
from models.refusals.refusal import InvalidInput, Refusal

REFUSALS: tuple[type[Refusal], ...] = (
    InvalidInput,
    booking.OutsideServiceHours,
    booking.SlotNotFound,
    booking.VisitNotFound,
    booking.SlotTaken,
    booking.SlotNotBookable,
    booking.VisitsOverlap,
    booking.TooManyVisits,
    booking.VisitNotChangeable,
    booking.LinkNotValid,
    booking.KeyReused,
    booking.WrongCredentials,
    booking.TooManyAttempts,
    booking.TooBusy,
    booking.SecondFactorRequired,
    booking.WeakPassword,
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
    partner.PartnerNotFound,
    partner.CursorExpired,
    partner.TooManyStreams,
    partner.ChangesMissed,
)
_BY_NAME = {kind.__name__: kind for kind in REFUSALS}


def from_json(text: str) -> Refusal:
    """The refusal that `to_json` has stored."""
    stored = json.loads(text)
    return _BY_NAME[stored["kind"]](**stored["details"])

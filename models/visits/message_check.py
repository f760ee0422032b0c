"""Message check: whether a message is still true when it is sent, and the facts that it states then."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from infra import clock, database
from models.accounts.patient import Patient
from models.outbox import Medium, Message, MessageKind, NoLongerWanted, TooEarly
from models.values import hours
from models.values.visit_status import Status
from models.visits import side_effects, visit_details
from models.visits.visit import Visit
from models.waiting.offer import Offer

Facts = dict[str, Any]
# The address of a visit's patient, or of the patient with this id.
_ADDRESS = """
    SELECT email FROM account
    WHERE patient_id = coalesce((SELECT visit.patient_id FROM visit WHERE visit.id = $1), $1::uuid)
"""
PASSWORD_KINDS = {MessageKind.ACCOUNT_OPENED, MessageKind.NEW_PASSWORD, MessageKind.STAFF_INVITED}


async def bring_up_to_date(message: Message) -> None:
    """Update the message's facts and address; raises NoLongerWanted if it is out of date, or TooEarly."""
    facts = await CHECKS[message.kind](message)
    address = await (_check_text(message) if message.medium is Medium.SMS else _find_address(message))
    await message.restate({**message.details, **facts}, address)


async def is_overtaken(message: Message) -> bool:
    """Whether the message is no longer true. A letter with a password counts as true: a resend has a new password."""
    if message.kind in PASSWORD_KINDS:
        return False
    try:
        await CHECKS[message.kind](message)
        if message.medium is Medium.EMAIL:
            await _find_address(message)
    except NoLongerWanted:
        return True
    return False


async def _check_nothing(_: Message) -> Facts:
    """The message reports an event with its time, which stays true."""
    return {}


async def _check_password(message: Message) -> Facts:
    """A failed try may have delivered the letter, so a retry is dropped once a letter's password has been used."""
    account = message.account
    if account is None or account.closed_at:
        raise NoLongerWanted("the account is closed")
    if account.email != message.to:
        raise NoLongerWanted("the address was replaced")
    if message.tries > 1 and await account.has_used_a_letter_since(message):
        raise NoLongerWanted("a password from a letter has been used since")
    return {}


async def _check_of_address(message: Message) -> Facts:
    """The letter says that its address is the login. If that is no longer so, another letter has already said so."""
    if message.account is None or message.account.email != message.to:
        raise NoLongerWanted("the address was replaced, or the account closed")
    return {}


async def _check_closed(message: Message) -> Facts:
    account = message.account
    if account is None or account.patient_id is None:  # the person was removed, so there are no visits
        return {}
    if account.closed_at is None:
        raise NoLongerWanted("the account was opened again")
    return await describe_planned(account.patient_id)


async def describe_planned(patient_id: UUID) -> Facts:
    """The planned visits, as the letter about a closed account lists them; `lost` are those that cannot take place."""
    planned = await Visit.planned(patient_id).order_by("starts_at").select_related("clinic", "slot")
    found: Facts = {"visits": [], "lost": []}
    for visit in planned:
        found["lost" if visit.cannot_take_place else "visits"].append(side_effects.snapshot(visit))
    return found


async def _check_change(message: Message) -> Facts:
    """Of the letters about changes to a visit only the last is still true: the one with the visit's sequence."""
    return _check_sequence(message, await _find_visit(message))


def _check_sequence(message: Message, visit: Visit) -> Facts:
    snapshot = message.details.get("visit") or {}
    if snapshot.get("sequence") != visit.sequence:
        raise NoLongerWanted("the visit has been moved or cancelled since")
    return {"visit": side_effects.snapshot(visit)}


async def _check_booked(message: Message) -> Facts:
    """Require that the visit is as the letter says, is in the future, and can take place."""
    visit = await _find_visit(message)
    facts = _check_sequence(message, visit)
    if visit.starts_at <= clock.now():
        raise NoLongerWanted("the visit has begun")
    _require_place(visit)
    return facts


def _require_place(visit: Visit) -> None:
    if visit.cannot_take_place:
        raise NoLongerWanted(
            "the doctor is absent" if visit.doctor_is_absent else "the clinic is closed, or the doctor has retired"
        )


async def _check_reminder(message: Message) -> Facts:
    """Require that the visit is booked at the stated time, even if it was moved and moved back; update the rest."""
    visit = await _find_visit(message)
    if visit.status != Status.BOOKED:
        raise NoLongerWanted("the visit is no longer booked")
    stated = (message.details.get("visit") or {}).get("starts_at")
    if stated and stated != visit.starts_at.isoformat():
        raise NoLongerWanted("the visit was moved")
    _require_place(visit)
    return {"visit": side_effects.snapshot(visit)}


async def _check_offer(message: Message) -> Facts:
    offer = await _find_offer(message)
    if offer.slot is None or await offer.is_outdated():
        raise NoLongerWanted("the offer is over")
    return {"term": offer.slot.clinic.describe_slot(offer.slot.starts_at), "until": offer.expires_at.isoformat()}


async def _check_withdrawal(message: Message) -> Facts:
    offer = await _find_offer(message)
    if not await offer.is_still_relevant() or await offer.has_follower():
        raise NoLongerWanted("the patient no longer waits, or has since been offered another slot")
    return {}


async def _check_absence(message: Message) -> Facts:
    """Require that the visit still cannot take place; include the offered slot only while its offer is open."""
    offer, visit = await _find_offer(message), await _find_visit(message)
    if not visit.doctor_is_absent:
        raise NoLongerWanted("the visit was moved or cancelled, or takes place after all")
    if visit.starts_at <= clock.now():
        raise NoLongerWanted("the time of the visit has come")
    if await offer.has_follower() or offer.is_declined:
        raise NoLongerWanted("the patient has declined, or another letter states the current offer")
    booked = visit.clinic.describe_slot(visit.starts_at) | {"reference": visit.reference}
    return {"term": booked, "offered": offer.describe_slot() if offer.is_standing else None}


async def _find_visit(message: Message) -> Visit:
    visit = await visit_details.find(Visit, message.visit_id) if message.visit_id else None
    if visit is None:
        raise NoLongerWanted("the visit is gone")
    return visit


async def _find_offer(message: Message) -> Offer:
    offer = await Offer.find_with_details([message.details["offer_id"]]).first()
    if offer is None:
        raise NoLongerWanted("the offer is gone")
    return offer


async def _find_address(message: Message) -> str:
    """The address of the patient's current account; letters about an account keep the address they were written to.

    A closed account gets no letters about visits: its last letter promised that. Of two accounts that turn out to
    belong to one person, only the newer one stays open.
    """
    if message.kind not in FOLLOWING_KINDS:
        return message.to
    about = message.visit_id or (await _find_patient(message)).id
    rows = await database.fetch_rows(_ADDRESS, [about])
    if not rows or rows[0][0] is None:
        raise NoLongerWanted("the patient no longer has an account")
    return str(rows[0][0])


async def _check_text(message: Message) -> str:
    """The patient's current number; raises NoLongerWanted if no text may be sent, TooEarly if not yet."""
    patient, now = await _find_patient(message), clock.now()
    if not (patient.sms_reminders and patient.phone):
        raise NoLongerWanted("the patient no longer wants texts")
    earliest: datetime | None = now if hours.is_texting_time(now) else hours.next_texting_time(now)
    if message.kind is MessageKind.VISIT_REMINDER:
        earliest = hours.next_reminder_time((await _find_visit(message)).starts_at, now)
    if earliest is None:
        raise NoLongerWanted("it is too late for a reminder")
    if earliest > now:
        raise TooEarly(earliest)
    return patient.phone


async def _find_patient(message: Message) -> Patient:
    if message.visit_id:
        return (await _find_visit(message)).patient
    return await (await _find_offer(message)).patient


CHECKS: dict[MessageKind, Callable[[Message], Awaitable[Facts]]] = {
    MessageKind.ACCOUNT_OPENED: _check_password,
    MessageKind.NEW_PASSWORD: _check_password,
    MessageKind.STAFF_INVITED: _check_password,
    MessageKind.ADDRESS_TRIED: _check_of_address,
    MessageKind.PASSWORD_CHANGED: _check_nothing,
    MessageKind.CONTACT_CHANGED: _check_nothing,
    MessageKind.SECOND_FACTOR_CHANGED: _check_nothing,
    MessageKind.EMAIL_REQUESTED: _check_of_address,
    MessageKind.EMAIL_CONFIRMATION: _check_nothing,  # checked when its link is made, at each sending
    MessageKind.IDENTITY_CONFIRMED: _check_nothing,
    MessageKind.LOGIN_ENDED: _check_nothing,
    MessageKind.ACCOUNT_CLOSED: _check_closed,
    MessageKind.VISIT_BOOKED: _check_booked,
    MessageKind.VISIT_MOVED: _check_booked,
    MessageKind.VISIT_CANCELLED: _check_change,
    MessageKind.VISIT_TAKES_PLACE: _check_booked,
    MessageKind.VISIT_REMINDER: _check_reminder,
    MessageKind.TERM_OFFERED: _check_offer,
    MessageKind.TERM_WITHDRAWN: _check_withdrawal,
    MessageKind.DOCTOR_ABSENT: _check_absence,
}
_OF_ACCOUNTS = (_check_nothing, _check_of_address, _check_closed, _check_password)
FOLLOWING_KINDS = {kind for kind, check in CHECKS.items() if check not in _OF_ACCOUNTS}

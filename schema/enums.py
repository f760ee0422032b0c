"""The models' enums in the contract: the name and description of each, and the meaning of every value."""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, NamedTuple

from strawberry.annotation import StrawberryAnnotation
from strawberry.types.enum import StrawberryEnumDefinition

from models.accounts.account import Language, Role
from models.outbox import Medium, MessageKind, MessageState
from models.slots.slot_search import SlotState
from models.values.identity_document import DocumentKind, SeenDocument
from models.values.visit_status import Channel, Status
from models.visits.call_list import CallReason
from models.visits.phone_call import CallOutcome
from models.waiting.offer import OfferAnswer


class PublicEnum(NamedTuple):
    enum: type[Enum]
    name: str
    description: str
    values: Mapping[Any, str]


ENUMS = (
    PublicEnum(
        Role,
        "Role",
        "What a caller may do.",
        {
            Role.PATIENT: "A patient: sees and changes their own data only.",
            Role.RECEPTIONIST: "Reception: books for all patients, keeps their records and the schedules.",
            Role.ADMINISTRATOR: "An administrator: may do all that reception may do, and also manages clinics, doctors,"
            " staff and partners and reads the audit trail.",
            Role.PARTNER: "Another system with a key: reads free slots and follows the events of its clinics.",
        },
    ),
    PublicEnum(
        Language,
        "Language",
        "The language of e-mails and text messages.",
        {Language.PL: "Polish.", Language.EN: "English."},
    ),
    PublicEnum(
        Status,
        "VisitStatus",
        "The state of a visit (as in FHIR's Appointment.status).",
        {
            Status.BOOKED: "The visit is planned, or its time has passed and nobody has recorded the outcome.",
            Status.ARRIVED: "The patient has arrived at the clinic.",
            Status.FULFILLED: "The visit took place.",
            Status.CANCELLED: "The visit was cancelled; its slot was given up.",
            Status.NO_SHOW: "The patient did not come.",
        },
    ),
    PublicEnum(
        Channel,
        "Channel",
        "How the patient asked for a booking or a change.",
        {
            Channel.ONLINE: "The patient did it themselves, online.",
            Channel.PHONE: "The patient telephoned reception.",
            Channel.RECEPTION: "The patient came to reception.",
            Channel.PARTNER: "Through a partner system. Reserved: partners cannot book yet.",
        },
    ),
    PublicEnum(
        DocumentKind,
        "DocumentKind",
        "The kind of identity document that a person without a PESEL shows.",
        {
            DocumentKind.PASSPORT: "Passport.",
            DocumentKind.IDENTITY_CARD: "National identity card.",
            DocumentKind.RESIDENCE_CARD: "Residence card (karta pobytu).",
            DocumentKind.BIRTH_CERTIFICATE: "Birth certificate.",
        },
    ),
    PublicEnum(
        SeenDocument,
        "SeenDocument",
        "The document by which reception has confirmed a person's identity.",
        {
            SeenDocument.IDENTITY_CARD: "National identity card.",
            SeenDocument.PASSPORT: "Passport.",
            SeenDocument.MOBYWATEL: "mObywatel, the identity document in a mobile application.",
            SeenDocument.RESIDENCE_CARD: "Residence card (karta pobytu).",
            SeenDocument.DRIVING_LICENCE: "Driving licence.",
            SeenDocument.SCHOOL_CARD: "School or student identity card.",
            SeenDocument.BIRTH_CERTIFICATE: "A child's birth certificate.",
        },
    ),
    PublicEnum(
        OfferAnswer,
        "OfferAnswer",
        "The state of an offer.",
        {
            OfferAnswer.OPEN: "The offer can still be accepted or declined.",
            OfferAnswer.ACCEPTED: "The patient, or reception on their behalf, has accepted the slot.",
            OfferAnswer.DECLINED: "The patient, or reception on their behalf, has declined the slot.",
            OfferAnswer.LAPSED: "Nobody answered in time.",
            OfferAnswer.CLOSED: "The offer no longer applies: the visit was cancelled or moved, or the slot was"
            " withdrawn. An offer for which no slot could be found also has this state.",
        },
    ),
    PublicEnum(
        CallReason,
        "CallReason",
        "Why a patient must be telephoned about a visit.",
        {
            CallReason.NO_EMAIL: "The patient has no e-mail address.",
            CallReason.NO_MESSAGE: "No message was written about this visit.",
            CallReason.MESSAGE_FAILED: "The newest message about this visit could not be delivered.",
            CallReason.NO_TERM: "The doctor will be absent, and no other slot could be found.",
            CallReason.DECLINED: "The doctor will be absent, and the patient declined the slot offered instead.",
            CallReason.NOT_ANSWERED: "The doctor will be absent, and the offer has lapsed or the visit is today or"
            " tomorrow.",
            CallReason.TAKES_PLACE: "The patient has no e-mail address, and the visit that was called off takes place"
            " after all: the doctor is back.",
            CallReason.PLACE_CLOSED: "The clinic will be closed or the doctor will have retired by then: the visit"
            " must be moved or cancelled.",
        },
    ),
    PublicEnum(
        CallOutcome,
        "CallOutcome",
        "The outcome of a telephone call.",
        {
            CallOutcome.REACHED: "The patient was reached: the visit leaves the call list.",
            CallOutcome.NO_ANSWER: "Nobody answered: the visit stays on the call list.",
            CallOutcome.LEFT_MESSAGE: "A message was left: the visit stays on the call list.",
        },
    ),
    PublicEnum(
        SlotState,
        "SlotState",
        "The state of a slot. BOOKED takes precedence over all others.",
        {
            SlotState.FREE: "The slot is free.",
            SlotState.HELD: "A patient holds the slot while they decide.",
            SlotState.OFFERED: "The slot is offered to one patient.",
            SlotState.KEPT: "The slot is kept for the waiting list.",
            SlotState.BOOKED: "The slot is booked for a visit.",
            SlotState.BLOCKED: "A colleague has blocked the slot.",
            SlotState.ABSENT: "The slot was withdrawn because the doctor will be absent.",
            SlotState.WITHDRAWN: "The slot was withdrawn.",
        },
    ),
    PublicEnum(
        Medium,
        "Medium",
        "How a message is sent.",
        {Medium.EMAIL: "By e-mail.", Medium.SMS: "By SMS."},
    ),
    PublicEnum(
        MessageState,
        "MessageState",
        "The state of a message.",
        {
            MessageState.DUE: "The message is waiting for the first or the next attempt to send it.",
            MessageState.SENDING: "The message is being sent now.",
            MessageState.SENT: "The mail server or SMS gateway has accepted the message.",
            MessageState.DELIVERED: "The SMS gateway has reported delivery.",
            MessageState.FAILED: "The message could not be sent or delivered, and will not be tried again.",
            MessageState.DROPPED: "The message was no longer needed when it was due to be sent.",
        },
    ),
    PublicEnum(
        MessageKind,
        "MessageKind",
        "What a message is about.",
        {
            MessageKind.ACCOUNT_OPENED: "An account was opened; the message contains a one-time password.",
            MessageKind.ADDRESS_TRIED: "Somebody tried to use this person's e-mail address for another account.",
            MessageKind.NEW_PASSWORD: "A new one-time password was requested.",
            MessageKind.PASSWORD_CHANGED: "The password was changed.",
            MessageKind.CONTACT_CHANGED: "The e-mail address, telephone, reminders or language were changed.",
            MessageKind.EMAIL_REQUESTED: "A change of the e-mail address was requested; the message goes to the current"
            " address.",
            MessageKind.EMAIL_CONFIRMATION: "A new e-mail address is to be confirmed; the message goes there and"
            " contains a link.",
            MessageKind.IDENTITY_CONFIRMED: "Reception has confirmed the identity of the account's owner.",
            MessageKind.LOGIN_ENDED: "The account can no longer be used to sign in: another account of the same person"
            " has replaced it.",
            MessageKind.SECOND_FACTOR_CHANGED: "A second factor was set up, removed or reset.",
            MessageKind.ACCOUNT_CLOSED: "The account was closed; the message lists the visits that stay booked.",
            MessageKind.STAFF_INVITED: "A colleague was invited; the message contains a one-time password.",
            MessageKind.VISIT_BOOKED: "A visit was booked.",
            MessageKind.VISIT_MOVED: "A visit was moved.",
            MessageKind.VISIT_CANCELLED: "A visit was cancelled.",
            MessageKind.VISIT_REMINDER: "A visit will take place soon.",
            MessageKind.TERM_OFFERED: "A slot that has become free is offered to a patient on the waiting list.",
            MessageKind.TERM_WITHDRAWN: "An offered slot was withdrawn.",
            MessageKind.DOCTOR_ABSENT: "The doctor will be absent; the message contains the slot offered instead, if"
            " there is one.",
            MessageKind.VISIT_TAKES_PLACE: "The doctor is back: a visit that was called off takes place after all.",
        },
    ),
)


def publish(enums: Iterable[PublicEnum]) -> None:
    """Give the enums their public names and descriptions; called before the schema is built."""
    for public in enums:
        definition = StrawberryAnnotation(public.enum).resolve()
        assert isinstance(definition, StrawberryEnumDefinition)  # noqa: S101 - for mypy  # nosec B101
        definition.name, definition.description = public.name, public.description
        for value in definition.values:
            value.description = public.values[public.enum(value.value)]

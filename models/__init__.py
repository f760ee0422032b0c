"""The domain model: the centre's entities and their rules; Tortoise finds every stored model here."""

from models.accounts.account import Account
from models.accounts.account_request import AccountRequest
from models.accounts.former_name import FormerName
from models.accounts.login_throttle import LoginThrottle
from models.accounts.one_time_password import OneTimePassword
from models.accounts.patient import Patient
from models.accounts.recovery_code import RecoveryCode
from models.accounts.second_factor import SecondFactor
from models.accounts.session import Session
from models.accounts.workspace import Workspace
from models.audit import AuditEntry
from models.events.event import Event
from models.events.partner import Partner, PartnerKey, PartnerStream
from models.outbox import Message
from models.schedules.schedule import Schedule
from models.slots.absence import Absence
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.values.idempotency_key import IdempotencyKey
from models.visits.phone_call import PhoneCall
from models.visits.visit import Visit
from models.visits.visit_history import VisitChange
from models.waiting.offer import Offer
from models.waiting.waiting_list import WaitingListEntry

__all__ = [
    "Absence",
    "Account",
    "AccountRequest",
    "AuditEntry",
    "Clinic",
    "Doctor",
    "Event",
    "FormerName",
    "IdempotencyKey",
    "LoginThrottle",
    "Message",
    "Offer",
    "OneTimePassword",
    "Partner",
    "PartnerKey",
    "PartnerStream",
    "Patient",
    "PhoneCall",
    "RecoveryCode",
    "Schedule",
    "SecondFactor",
    "Session",
    "Slot",
    "Visit",
    "VisitChange",
    "WaitingListEntry",
    "Workspace",
]

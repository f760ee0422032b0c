"""The states of a visit (FHIR: Appointment.status) and the channels of booking."""

from enum import StrEnum


class Status(StrEnum):
    BOOKED = "BOOKED"
    ARRIVED = "ARRIVED"
    FULFILLED = "FULFILLED"
    CANCELLED = "CANCELLED"
    NO_SHOW = "NO_SHOW"


class Channel(StrEnum):
    ONLINE = "ONLINE"
    PHONE = "PHONE"
    RECEPTION = "RECEPTION"
    PARTNER = "PARTNER"

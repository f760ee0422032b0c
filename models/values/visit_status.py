"""What can become of a visit, and how it can have been booked (FHIR: Appointment.status)."""

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

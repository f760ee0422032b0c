"""What a calendar program needs of a visit: RFC 5545 text that it can accept, update and cancel (RFC 5546)."""

from datetime import datetime
from email.utils import parseaddr
from typing import Any

from icalendar import Calendar, Event, vCalAddress, vText

import settings

_UNTIL_CANCELLED, _CANCELLED = ("REQUEST", "CONFIRMED"), ("CANCEL", "CANCELLED")
WORDS = {
    "PL": ("Wizyta - {centre}", "Numer wizyty: {reference}. Zmiana lub odwołanie: {url} albo tel. {phone}."),
    "EN": ("Visit - {centre}", "Visit reference: {reference}. To move or cancel it: {url} or phone {phone}."),
}


def text(visit: dict[str, Any], language: str, attendee: str | None) -> str:
    """The iCalendar text of a visit's snapshot: UTC times, one UID for its life, SEQUENCE + 1 at each change.

    The summary is neutral: a calendar is often shared, and a clinic's name would tell the illness.
    """
    method, status = _CANCELLED if visit["cancelled"] else _UNTIL_CANCELLED
    summary, description = WORDS[language]
    event = Event()
    event.add("uid", visit["uid"])
    event.add("sequence", visit["sequence"])
    event.add("status", status)
    event.add("dtstamp", datetime.fromisoformat(visit["changed_at"]))
    event.add("dtstart", datetime.fromisoformat(visit["starts_at"]))
    event.add("dtend", datetime.fromisoformat(visit["ends_at"]))
    event.add("summary", summary.format(centre=settings.CENTRE_NAME))
    event.add("location", vText(visit["address"]))
    words = {"reference": visit["reference"], "url": settings.PUBLIC_URL, "phone": visit["phone"]}
    event.add("description", description.format(**words))
    event.add("organizer", _address(parseaddr(settings.MAIL_FROM)[1], settings.CENTRE_NAME))
    if attendee:
        event.add("attendee", _address(attendee, attendee, PARTSTAT="ACCEPTED", RSVP="FALSE"))
    calendar = Calendar()
    calendar.add("prodid", "-//CM Diamed//e-Rejestracja//PL")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    return str(calendar.to_ical().decode())


def _address(email: str, name: str, **parameters: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    address.params.update({"CN": vText(name), **parameters})
    return address

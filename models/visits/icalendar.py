"""iCalendar: a visit as RFC 5545 text, which a calendar program can add, update and cancel (RFC 5546)."""

from datetime import datetime, timedelta
from typing import Any

from icalendar import Alarm, Calendar, Event, vCalAddress, vText

import setting_types
import settings
from models.values import contact

ALARMS = (timedelta(days=1), timedelta(hours=2))
FILE_NAMES = {"PL": "wizyta.ics", "EN": "visit.ics"}
WORDS = {
    "PL": ("Wizyta – {centre}", "Numer wizyty: {reference}. Zmiana lub odwołanie: {url} albo tel. {phone}."),
    "EN": ("Visit – {centre}", "Visit reference: {reference}. To move or cancel it: {url} or phone {phone}."),
}


def render(visit: dict[str, Any], language: str, attendee: str | None) -> str:
    """An invitation (or its withdrawal) made from a visit's snapshot, for the patient's mail program."""
    event = _build_event(visit, language)
    if attendee:
        event.add("attendee", _address(attendee, attendee, PARTSTAT="ACCEPTED", RSVP="FALSE"))
    return _wrap(event, "CANCEL" if visit["cancelled"] else "REQUEST")


def render_file(visit: dict[str, Any], language: str) -> str:
    """A file to download: nobody is invited, and a future visit gets two alarms."""
    event = _build_event(visit, language)
    for before in () if visit["cancelled"] else ALARMS:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("trigger", -before)
        alarm.add("description", event["summary"])
        event.add_component(alarm)
    return _wrap(event, "PUBLISH")


def _build_event(visit: dict[str, Any], language: str) -> Event:
    """Times are in UTC, a visit keeps one UID, and each change increments SEQUENCE.

    The summary is neutral: calendars are often shared, and a clinic's name would reveal the illness.
    """
    summary, description = WORDS[language]
    event = Event()
    event.add("uid", visit["uid"])
    event.add("sequence", visit["sequence"])
    event.add("status", "CANCELLED" if visit["cancelled"] else "CONFIRMED")
    event.add("dtstamp", datetime.fromisoformat(visit["changed_at"]))
    event.add("dtstart", datetime.fromisoformat(visit["starts_at"]))
    event.add("dtend", datetime.fromisoformat(visit["ends_at"]))
    event.add("summary", summary.format(centre=settings.CENTRE_NAME))
    event.add("location", vText(visit["address"]))
    words = {"reference": visit["reference"], "url": settings.PUBLIC_URL, "phone": visit["phone"]}
    event.add("description", description.format(**words))
    event.add("organizer", _address(setting_types.split_sender(settings.MAIL_FROM)[1], settings.CENTRE_NAME))
    return event


def _wrap(event: Event, method: str) -> str:
    calendar = Calendar()
    calendar.add("prodid", "-//CM Diamed//e-Rejestracja//PL")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    return str(calendar.to_ical().decode())


def _address(email: str, name: str, **parameters: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{contact.to_ascii_address(email)}")
    address.params.update({"CN": vText(name), **parameters})
    return address

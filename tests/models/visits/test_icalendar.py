"""The calendar file: one event per visit, which moves update and a cancellation ends, and which reveals no illness."""

from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar

from models.outbox import Message
from models.visits import icalendar, side_effects
from models.visits.visit import Visit
from tests import cast
from tests.support.visits import book, cancel, move


def event_of(text: str) -> tuple[Calendar, Any]:
    parsed = Calendar.from_ical(text)
    [event] = parsed.walk("VEVENT")
    return parsed, event


async def calendars(visit: Visit) -> list[str]:
    """The calendar files attached to the letters about this visit, in order."""
    letters = await Message.filter(visit_id=visit.id).order_by("id")
    return [icalendar.render(letter.details["visit"], letter.language, letter.to) for letter in letters]


async def test_a_visit_s_events_have_one_uid_growing_sequence_and_the_right_method() -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    one, two = await cast.morning(cast.warsaw(24, 8).date(), 2, at=clinic, by=await cast.doctor(clinic))
    visit = await book(anna, one)
    await move(anna, visit, two)
    await cancel(anna, visit)
    parsed = [event_of(text) for text in await calendars(visit)]
    assert [(str(c["METHOD"]), str(e["STATUS"]), int(e["SEQUENCE"])) for c, e in parsed] == [
        ("REQUEST", "CONFIRMED", 0),
        ("REQUEST", "CONFIRMED", 1),
        ("CANCEL", "CANCELLED", 2),
    ]
    assert len({str(event["UID"]) for _, event in parsed}) == 1
    assert [event["DTSTART"].dt for _, event in parsed] == [one.starts_at, two.starts_at, two.starts_at]
    assert [event["DTEND"].dt for _, event in parsed] == [one.ends_at, two.ends_at, two.ends_at]


async def test_times_are_utc_lines_are_folded_and_ended_as_the_rfc_says() -> None:
    visit = await book(await cast.anna(), await cast.slot())
    text = icalendar.render(side_effects.snapshot(visit), "PL", "anna@example.pl")
    assert "DTSTART:20261124T090000Z" in text
    assert "DTEND:20261124T092000Z" in text
    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75


@pytest.mark.parametrize(("language", "summary"), [("PL", "Wizyta – CM Diamed"), ("EN", "Visit – CM Diamed")])
async def test_the_summary_is_neutral(language: str, summary: str) -> None:
    """A calendar is often shared, so the entry names neither clinic, doctor nor reason."""
    clinic = await cast.clinic("Poradnia onkologiczna")
    visit = await book(await cast.anna(), await cast.slot(at=clinic), reason="nowotwór")
    text = icalendar.render(side_effects.snapshot(visit), language, "anna@example.pl")
    _, event = event_of(text)
    assert str(event["SUMMARY"]) == summary
    assert visit.reference in str(event["DESCRIPTION"])
    assert str(event["LOCATION"]) == "ul. Długa 1, 00-238 Warszawa"
    unfolded = text.replace("\r\n ", "")
    assert not any(word in unfolded for word in ("onkolog", "Wiśniewska", "nowotwór", "Żółć", cast.ANNA_PESEL))


async def test_what_people_write_cannot_forge_a_line() -> None:
    clinic = await cast.clinic()
    clinic.address = "ul. Długa 1\r\nATTENDEE:mailto:celina@example.pl;x,y\\z"
    await clinic.save()
    visit = await book(await cast.anna(), await cast.slot(at=clinic))
    text = icalendar.render(side_effects.snapshot(visit), "PL", None)
    assert "\nATTENDEE" not in text
    _, event = event_of(text)
    assert "ATTENDEE" not in event
    assert str(event["LOCATION"]).replace("\r\n", "\n") == clinic.address.replace("\r\n", "\n")


@pytest.mark.parametrize(("language", "summary"), [("PL", "Wizyta – CM Diamed"), ("EN", "Visit – CM Diamed")])
async def test_a_file_to_download_invites_nobody_and_rings_a_day_and_two_hours_before(
    language: str, summary: str
) -> None:
    visit = await Visit.get_with_details((await book(await cast.anna(), await cast.slot())).id)
    calendar, event = event_of(icalendar.render_file(side_effects.snapshot(visit), language))
    assert (str(calendar["METHOD"]), str(event["STATUS"]), str(event["SUMMARY"])) == ("PUBLISH", "CONFIRMED", summary)
    assert "ATTENDEE" not in event
    assert [alarm["TRIGGER"].dt for alarm in event.walk("VALARM")] == [-timedelta(days=1), -timedelta(hours=2)]


async def test_the_file_of_a_cancelled_visit_rings_no_more() -> None:
    anna = await cast.anna()
    visit = await book(anna, await cast.slot())
    await cancel(anna, visit)
    row = await Visit.get_with_details(visit.id)
    calendar, event = event_of(icalendar.render_file(side_effects.snapshot(row), "PL"))
    assert (str(calendar["METHOD"]), str(event["STATUS"])) == ("PUBLISH", "CANCELLED")
    assert event.walk("VALARM") == []

"""Invitations: mail programs accept a visit's calendar file, which follows each move and ends with the visit."""

from email.message import EmailMessage
from typing import Any

import pytest
from icalendar import Calendar

from infra import clock
from models.accounts.account import Language
from tasks.letters import send_letters
from tests import cast
from tests.support.smtp_server import SmtpServer, body, parts
from tests.support.visits import booked, cancelled, minutes, moved

FIRST, SECOND = cast.warsaw(24, 14, 30), cast.warsaw(1, 8, month=12)


async def last_mail(smtp_server: SmtpServer) -> EmailMessage:
    await send_letters()
    return smtp_server.mails[-1]


def event_of(mail: EmailMessage) -> Any:  # Any, because its properties have many types
    [event] = Calendar.from_ical(parts(mail, "text/calendar")[-1].get_content()).walk("VEVENT")
    return event


def method_of(mail: EmailMessage) -> str:
    """The calendar's method, after checking that the header of each part with the calendar states the same one."""
    method = str(Calendar.from_ical(parts(mail, "text/calendar")[-1].get_content())["method"])
    assert [part.get_param("method") for part in parts(mail, "text/calendar")] == [method, method]
    return method


async def test_a_booking_is_confirmed_with_an_invitation(smtp_server: SmtpServer) -> None:
    anna = await cast.anna()
    visit = await booked(anna, FIRST)
    mail = await last_mail(smtp_server)
    event = event_of(mail)
    assert method_of(mail) == "REQUEST"
    assert event["status"] == "CONFIRMED"
    assert event.start == FIRST
    assert event["dtstart"].to_ical() == b"20261124T133000Z"
    assert event.end == cast.warsaw(24, 14, 50)
    assert event["location"] == "ul. Długa 1, 00-238 Warszawa"
    assert event["attendee"] == "mailto:anna@example.pl"
    assert event["organizer"] == "mailto:rejestracja@diamed.example"
    assert visit.reference in body(mail, "plain")
    assert "wtorek, 24 listopada 2026, 14:30" in mail["subject"]


async def test_a_move_updates_the_invitation_and_a_cancellation_takes_it_back(smtp_server: SmtpServer) -> None:
    anna = await cast.anna()
    visit = await booked(anna, FIRST)
    first = await last_mail(smtp_server)
    clock.advance(minutes(5))
    await moved(visit, anna, SECOND)
    second = await last_mail(smtp_server)
    clock.advance(minutes(5))
    await cancelled(visit, anna)
    third = await last_mail(smtp_server)

    mails = [first, second, third]
    assert [method_of(mail) for mail in mails] == ["REQUEST", "REQUEST", "CANCEL"]
    assert len({str(event_of(mail)["uid"]) for mail in mails}) == 1
    assert [int(event_of(mail)["sequence"]) for mail in mails] == [0, 1, 2]
    assert event_of(first)["dtstamp"].dt < event_of(second)["dtstamp"].dt < event_of(third)["dtstamp"].dt
    assert event_of(second).start == SECOND
    assert str(event_of(third)["status"]) == "CANCELLED"
    assert "Poprzedni termin, wtorek, 24 listopada 2026, 14:30" in body(second, "plain")


async def test_of_letters_about_one_visit_only_the_last_goes_out(smtp_server: SmtpServer) -> None:
    anna = await cast.anna()
    await moved(await booked(anna, FIRST), anna, SECOND)
    await send_letters()
    assert [int(event_of(mail)["sequence"]) for mail in smtp_server.mails] == [1]


@pytest.mark.parametrize(("language", "name"), [(Language.PL, "wizyta.ics"), (Language.EN, "visit.ics")])
async def test_mail_programs_find_the_invitation_beside_the_text_and_as_a_file(
    language: Language, name: str, smtp_server: SmtpServer
) -> None:
    await booked(await cast.anna(language=language), FIRST)
    mail = await last_mail(smtp_server)
    [alternative] = parts(mail, "multipart/alternative")
    kinds = [part.get_content_type() for part in alternative.iter_parts()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]  # mail programs prefer the last one
    [file] = mail.iter_attachments()
    assert (file.get_filename(), file.get_content_disposition()) == (name, "attachment")
    for part in parts(mail, "text/calendar"):
        assert part.get_param("method") == "REQUEST"
        assert part.get_param("charset") == "utf-8"
        assert part.get_content().startswith("BEGIN:VCALENDAR\r\n")
        assert "\r\nMETHOD:REQUEST\r\n" in part.get_content()


async def test_a_shared_calendar_and_the_mail_name_neither_clinic_nor_doctor_nor_patient(
    smtp_server: SmtpServer,
) -> None:
    await booked(await cast.anna(), FIRST)
    mail = await last_mail(smtp_server)
    words = f"{mail['subject']} {body(mail, 'plain')} {body(mail, 'html')} {event_of(mail).to_ical().decode()}"
    for never in ("kardiolog", "Wiśniewska", "Ewa", "Żółć", "Anna", cast.ANNA_PESEL):
        assert never not in words

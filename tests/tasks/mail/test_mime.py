"""A mail as bytes: its content arrives exactly as written, in lines that every server accepts."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from tasks.mail.mime import Invitation, Mail
from tests.support.smtp_server import body, parts

SENDER = ("CM Diamed", "poczta@diamed.example")
MAIL = Mail("anna@example.pl", SENDER, "Visit", "Good morning\n", "<p>Good morning</p>\n", "<1@diamed.example>", "")


def read(mail: Mail) -> EmailMessage:
    content = mail.as_bytes()
    assert content.isascii()
    lines = content.split(b"\r\n")
    assert not any(end in line for line in lines for end in (b"\r", b"\n"))
    assert max(map(len, lines)) <= 78
    parsed = message_from_bytes(content, policy=policy.default)
    assert not any(part.defects for part in parsed.walk())
    assert isinstance(parsed, EmailMessage)
    return parsed


@pytest.mark.parametrize(
    "subject",
    [
        "Wizyta",
        "Źdźbło",
        "Potwierdzenie wizyty: wtorek, 24 listopada 2026, 14:30, " + "w Poradni Żółci i Źdźbeł " * 6 + "!",
        "A subject of many words " * 10 + "!",
        "=?utf-8?q?not_encoded?= = ?",
    ],
)
def test_a_subject_arrives_as_it_was_written(subject: str) -> None:
    assert read(replace(MAIL, subject=subject))["subject"] == subject


@pytest.mark.parametrize(
    "name", ["", "CM Diamed", 'Przychodnia "Zdrowie", s.c.', 'CM "Diamed", (Warsaw) \\ <x>', "Źródło, s.c. (Łódź)"]
)
def test_the_name_of_the_sender_arrives_as_one_name(name: str) -> None:
    [address] = read(replace(MAIL, sender=(name, SENDER[1])))["from"].addresses
    assert (address.display_name, address.addr_spec) == (name, SENDER[1])


def test_both_bodies_arrive_whole() -> None:
    text, html = "Zażółć gęślą jaźń\n.\n.\n--=_alternative\n" * 30, "<p>Zażółć &lt;gęślą&gt; jaźń</p>\n" * 30
    mail = read(replace(MAIL, text=text, html=html))
    assert mail.get_content_type() == "multipart/alternative"
    assert (body(mail, "plain"), body(mail, "html")) == (text, html)


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
def test_an_invitation_is_a_file_and_an_alternative_that_agree(method: str) -> None:
    ics = f"BEGIN:VCALENDAR\r\nMETHOD:{method}\r\nSUMMARY:Źródło\r\nEND:VCALENDAR\r\n"
    mail = read(replace(MAIL, invitation=Invitation(ics, "wizyta.ics")))
    alternative, file = parts(mail, "text/calendar")
    assert alternative.get_content() == file.get_content() == ics
    assert alternative.get_param("method") == file.get_param("method") == method
    assert [part.get_filename() for part in mail.iter_attachments()] == ["wizyta.ics"]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_nothing_adds_a_field_to_the_header(end: str) -> None:
    forged = f"x{end}Bcc: borys@example.pl"
    for mail in (replace(MAIL, to=forged), replace(MAIL, subject=forged), replace(MAIL, message_id=forged)):
        with pytest.raises(ValueError, match="line"):
            mail.as_bytes()

"""Letters as they arrive by SMTP: what each must say, and what none may say."""

import re
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import uuid4

import pytest

import settings
from models.accounts.account import Account, Language
from models.outbox import Message, MessageKind, MessageState
from models.visits import message_check
from tasks.letters import send_letters
from tests import cast
from tests.support.smtp_server import SmtpServer, body, parts
from tests.tasks.letters import post

VISIT = {
    "uid": "1@e-rejestracja",
    "reference": "ABCD-EFGH",
    "starts_at": "2026-11-24T13:30:00+00:00",
    "ends_at": "2026-11-24T13:50:00+00:00",
    "changed_at": "2026-11-23T08:00:00+00:00",
    "address": "ul. *Długa* <1>, 00-238 Warszawa",
    "phone": "22 111 11 11",
    "sequence": 0,
    "cancelled": False,
}
DETAILS: dict[MessageKind, dict[str, Any]] = {
    MessageKind.ACCOUNT_OPENED: {},
    MessageKind.ADDRESS_TRIED: {},
    MessageKind.NEW_PASSWORD: {},
    MessageKind.PASSWORD_CHANGED: {},
    MessageKind.CONTACT_CHANGED: {"changed": ["email", "phone", "sms_reminders", "language"]},
    MessageKind.EMAIL_REQUESTED: {},
    MessageKind.IDENTITY_CONFIRMED: {"has_replaced": True},
    MessageKind.LOGIN_ENDED: {},
    MessageKind.ACCOUNT_CLOSED: {"visits": [VISIT], "lost": [VISIT | {"reference": "LOST-LOST"}]},
    MessageKind.VISIT_BOOKED: {"visit": VISIT},
    MessageKind.VISIT_MOVED: {"visit": VISIT | {"sequence": 1}, "moved_from": "2026-12-01T07:00:00+00:00"},
    MessageKind.VISIT_CANCELLED: {"visit": VISIT | {"sequence": 2, "cancelled": True}},
    MessageKind.VISIT_TAKES_PLACE: {"visit": VISIT},
}
OF_VISITS = [
    *(MessageKind.VISIT_BOOKED, MessageKind.VISIT_MOVED, MessageKind.VISIT_CANCELLED),
    MessageKind.VISIT_TAKES_PLACE,
]
SAYS = {
    (MessageKind.ACCOUNT_OPENED, "PL"): ["Login: anna@example.pl", "przez 24 godz.", "ustawienie własnego hasła"],
    (MessageKind.ACCOUNT_OPENED, "EN"): ["Login: anna@example.pl", "valid for 24 hours", "password of your own"],
    (MessageKind.ADDRESS_TRIED, "PL"): [
        "ktoś próbował założyć konto",
        "nic się w nim nie zmieniło",
        "można zamówić nowe",
    ],
    (MessageKind.ADDRESS_TRIED, "EN"): ["somebody tried to open an account", "nothing in it has changed"],
    (MessageKind.NEW_PASSWORD, "PL"): ["Login: anna@example.pl", "dotychczasowe hasło działa nadal"],
    (MessageKind.NEW_PASSWORD, "EN"): ["Login: anna@example.pl", "your current password keeps working"],
    (MessageKind.PASSWORD_CHANGED, "PL"): ["zmienione: poniedziałek, 23 listopada 2026, 09:00", "zamówić nowe hasło"],
    (MessageKind.PASSWORD_CHANGED, "EN"): ["changed: Monday, 23 November 2026, 09:00", "request a new password"],
    (MessageKind.CONTACT_CHANGED, "PL"): ["adres e-mail", "numer telefonu", "przypomnienia SMS", "język wiadomości"],
    (MessageKind.CONTACT_CHANGED, "EN"): [
        "e-mail address",
        "telephone number",
        "SMS reminders",
        "language of messages",
    ],
    (MessageKind.EMAIL_REQUESTED, "PL"): [
        "poproszono o zmianę adresu e-mail",
        "dopiero wtedy, gdy zostanie potwierdzony",
    ],
    (MessageKind.EMAIL_REQUESTED, "EN"): ["was requested", "only when it is confirmed"],
    (MessageKind.IDENTITY_CONFIRMED, "PL"): ["na podstawie dokumentu", "jedno konto"],
    (MessageKind.IDENTITY_CONFIRMED, "EN"): ["from a document", "one account"],
    (MessageKind.LOGIN_ENDED, "PL"): ["nie można się już zalogować", "innego konta tej samej osoby"],
    (MessageKind.LOGIN_ENDED, "EN"): ["no longer possible to log in", "another account of the same"],
    (MessageKind.ACCOUNT_CLOSED, "PL"): [
        *("wtorek, 24 listopada 2026, 14:30", "ABCD-EFGH", "przełożyć telefonicznie"),
        *("te wizyty nie mogą się odbyć", "LOST-LOST"),
    ],
    (MessageKind.ACCOUNT_CLOSED, "EN"): [
        *("Tuesday, 24 November 2026, 14:30", "ABCD-EFGH", "moved by telephone"),
        *("these visits cannot take place", "LOST-LOST"),
    ],
    (MessageKind.VISIT_BOOKED, "PL"): ["Termin: wtorek, 24 listopada 2026, 14:30", "ABCD-EFGH", "dokument tożsamości"],
    (MessageKind.VISIT_BOOKED, "EN"): [
        "Date and time: Tuesday, 24 November 2026, 14:30",
        "ABCD-EFGH",
        "identity document",
    ],
    (MessageKind.VISIT_MOVED, "PL"): ["Poprzedni termin, wtorek, 1 grudnia 2026, 08:00", "24 listopada 2026, 14:30"],
    (MessageKind.VISIT_MOVED, "EN"): ["previous date, Tuesday, 1 December 2026, 08:00", "24 November 2026, 14:30"],
    (MessageKind.VISIT_CANCELLED, "PL"): [
        "została odwołana",
        "24 listopada 2026, 14:30",
        "zarezerwować po zalogowaniu",
    ],
    # This text must fit every reader, even one whose letter about the absence was dropped before it could be sent.
    (MessageKind.VISIT_TAKES_PLACE, "PL"): [
        *("odbędzie się w zarezerwowanym terminie. Jeżeli otrzymali", "24 listopada 2026, 14:30"),
        "Jeżeli proponowaliśmy inny termin",
    ],
    (MessageKind.VISIT_TAKES_PLACE, "EN"): [
        *("will take place at the booked time. If you were told", "24 November 2026, 14:30"),
        "If we offered you another time",
    ],
    (MessageKind.VISIT_CANCELLED, "EN"): ["was cancelled", "24 November 2026, 14:30", "book another date"],
}


@pytest.fixture(autouse=True)
def as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch off the checks for outdated facts: only rendering is tested here (see test_message_check.py)."""
    monkeypatch.setattr(message_check, "CHECKS", dict.fromkeys(MessageKind, message_check._check_nothing))
    monkeypatch.setattr(message_check, "FOLLOWING_KINDS", set())


async def sent(kind: MessageKind, account: Account, smtp_server: SmtpServer) -> EmailMessage:
    assert await post(kind, account, visit_id=uuid4(), **DETAILS[kind])
    await send_letters()
    [mail] = smtp_server.mails
    return mail


def in_one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", DETAILS)
async def test_every_letter_arrives_in_the_language_of_its_reader(
    kind: MessageKind, language: Language, smtp_server: SmtpServer
) -> None:
    anna = await cast.anna(language=language)
    mail = await sent(kind, anna, smtp_server)
    text, html = body(mail, "plain"), body(mail, "html")
    for words in SAYS[kind, language.value]:
        assert words in in_one_line(text)
        assert words in in_one_line(re.sub(r"<[^>]+>", "", html))
    assert f'<html lang="{language.value.lower()}">' in html
    assert mail["to"] == "anna@example.pl"
    assert mail["from"] == settings.MAIL_FROM
    assert mail["auto-submitted"] == "auto-generated"
    assert parsedate_to_datetime(mail["date"]) == cast.MONDAY
    assert (await Message.get()).state == MessageState.SENT
    assert (await Message.get()).sent_at == cast.MONDAY


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", DETAILS)
async def test_no_letter_names_a_person_or_shows_how_it_was_made(
    kind: MessageKind, language: Language, smtp_server: SmtpServer
) -> None:
    mail = await sent(kind, await cast.anna(language=language), smtp_server)
    for words in (str(mail["subject"]), body(mail, "plain"), body(mail, "html")):
        for never in ("Anna", "Żółć", cast.ANNA_PESEL, "{{", "{%", "Subject:", "None", "\\"):
            assert never not in words
    assert 10 < len(mail["subject"]) < 90
    assert not re.search(r"\n\n\n", body(mail, "plain"))
    assert settings.CENTRE_PHONE in body(mail, "plain")


async def test_user_input_in_a_letter_is_treated_as_plain_text(smtp_server: SmtpServer) -> None:
    mail = await sent(MessageKind.VISIT_BOOKED, await cast.anna(), smtp_server)
    assert "Adres: ul. *Długa* <1>, 00-238 Warszawa" in body(mail, "plain")
    assert "Adres: ul. *Długa* &lt;1&gt;, 00-238 Warszawa" in body(mail, "html")


async def test_a_link_in_a_letter_is_the_public_address_as_it_is(
    smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PUBLIC_URL", "https://e_rejestracja.example/a*b*c")
    mail = await sent(MessageKind.ACCOUNT_OPENED, await cast.anna(), smtp_server)
    assert 'href="https://e_rejestracja.example/a*b*c/zaloguj"' in body(mail, "html")
    assert "https://e_rejestracja.example/a*b*c/zaloguj" in body(mail, "plain")


async def test_a_letter_shows_only_the_site_of_a_long_address_and_a_button_to_confirm(smtp_server: SmtpServer) -> None:
    mail = await sent(MessageKind.VISIT_BOOKED, await cast.anna(language=Language.EN), smtp_server)
    shown = re.sub(r"<[^>]+>", "", body(mail, "html"))
    assert "Confirm or cancel the visit" in shown
    assert "/wizyty/" not in shown
    assert "/wizyty/" in body(mail, "plain")


async def test_the_letters_of_visits_have_a_calendar_file_and_no_others(smtp_server: SmtpServer) -> None:
    anna = await cast.anna()
    for kind, details in DETAILS.items():
        smtp_server.mails.clear()
        await post(kind, anna, visit_id=uuid4(), **details)
        await send_letters()
        assert bool(parts(smtp_server.mails[0], "text/calendar")) == (kind in OF_VISITS)


async def test_a_closed_account_without_visits_gets_a_letter_without_a_list(smtp_server: SmtpServer) -> None:
    await post(MessageKind.ACCOUNT_CLOSED, await cast.anna())
    await send_letters()
    assert "pozostają ważne" not in body(smtp_server.mails[0], "plain")


async def test_an_international_domain_is_written_to_and_odd_letters_before_the_at_are_refused(
    smtp_server: SmtpServer,
) -> None:
    anna = await cast.anna()
    await post(MessageKind.PASSWORD_CHANGED, anna, to="anna@żółć.example")
    odd = await post(MessageKind.PASSWORD_CHANGED, anna, to="żółć@example.pl")
    await send_letters()
    assert smtp_server.recipients == ["anna@xn--kda4b0koi.example"]
    assert odd
    assert (await Message.get(id=odd.id)).state == MessageState.FAILED

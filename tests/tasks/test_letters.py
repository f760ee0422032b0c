"""Letters: what every one of them says and never says, as they arrive by SMTP."""

import re
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

import settings
from models.account import Account, Language
from models.message import Kind, Message, State
from tasks.letters import send_letters
from tests import cast
from tests.tasks.post_office import PostOffice, body, parts

VISIT = {
    "uid": "1@e-rejestracja", "reference": "ABCD-EFGH", "starts_at": "2026-11-24T13:30:00+00:00",
    "ends_at": "2026-11-24T13:50:00+00:00", "changed_at": "2026-11-23T08:00:00+00:00",
    "address": "ul. *Długa* <1>, 00-238 Warszawa", "phone": "22 111 11 11", "sequence": 0, "cancelled": False,
}  # fmt: skip
DETAILS: dict[Kind, dict[str, Any]] = {
    Kind.ACCOUNT_OPENED: {},
    Kind.ADDRESS_TRIED: {},
    Kind.NEW_PASSWORD: {},
    Kind.PASSWORD_CHANGED: {},
    Kind.CONTACT_CHANGED: {"changed": ["email", "phone", "sms_reminders", "language"]},
    Kind.ACCOUNT_CLOSED: {"visits": [VISIT]},
    Kind.VISIT_BOOKED: {"visit": VISIT},
    Kind.VISIT_MOVED: {"visit": VISIT | {"sequence": 1}, "moved_from": "2026-12-01T07:00:00+00:00"},
    Kind.VISIT_CANCELLED: {"visit": VISIT | {"sequence": 2, "cancelled": True}},
}
OF_VISITS = [Kind.VISIT_BOOKED, Kind.VISIT_MOVED, Kind.VISIT_CANCELLED]
SAYS = {
    (Kind.ACCOUNT_OPENED, "PL"): ["Login: anna@example.pl", "przez 24 godz.", "ustawienie własnego hasła"],
    (Kind.ACCOUNT_OPENED, "EN"): ["Login: anna@example.pl", "valid for 24 hours", "password of your own"],
    (Kind.ADDRESS_TRIED, "PL"): ["ktoś próbował założyć konto", "nic się w nim nie zmieniło", "można zamówić nowe"],
    (Kind.ADDRESS_TRIED, "EN"): ["somebody tried to open an account", "nothing in it has changed"],
    (Kind.NEW_PASSWORD, "PL"): ["Login: anna@example.pl", "dotychczasowe hasło działa nadal"],
    (Kind.NEW_PASSWORD, "EN"): ["Login: anna@example.pl", "your present password keeps working"],
    (Kind.PASSWORD_CHANGED, "PL"): ["zmienione: poniedziałek, 23 listopada 2026, 09:00", "zamówić nowe hasło"],
    (Kind.PASSWORD_CHANGED, "EN"): ["changed: Monday, 23 November 2026, 09:00", "request a new password"],
    (Kind.CONTACT_CHANGED, "PL"): ["adres e-mail", "numer telefonu", "przypomnienia SMS", "język wiadomości"],
    (Kind.CONTACT_CHANGED, "EN"): ["e-mail address", "telephone number", "SMS reminders", "language of messages"],
    (Kind.ACCOUNT_CLOSED, "PL"): ["wtorek, 24 listopada 2026, 14:30", "ABCD-EFGH", "przełożyć telefonicznie"],
    (Kind.ACCOUNT_CLOSED, "EN"): ["Tuesday, 24 November 2026, 14:30", "ABCD-EFGH", "moved by telephone"],
    (Kind.VISIT_BOOKED, "PL"): ["Termin: wtorek, 24 listopada 2026, 14:30", "ABCD-EFGH", "dokument tożsamości"],
    (Kind.VISIT_BOOKED, "EN"): ["Date and time: Tuesday, 24 November 2026, 14:30", "ABCD-EFGH", "identity document"],
    (Kind.VISIT_MOVED, "PL"): ["Poprzedni termin, wtorek, 1 grudnia 2026, 08:00", "24 listopada 2026, 14:30"],
    (Kind.VISIT_MOVED, "EN"): ["former date, Tuesday, 1 December 2026, 08:00", "24 November 2026, 14:30"],
    (Kind.VISIT_CANCELLED, "PL"): ["została odwołana", "24 listopada 2026, 14:30", "zarezerwować po zalogowaniu"],
    (Kind.VISIT_CANCELLED, "EN"): ["was cancelled", "24 November 2026, 14:30", "book another date"],
}


async def sent(kind: Kind, account: Account, office: PostOffice) -> EmailMessage:
    assert await Message.post(kind, account, **DETAILS[kind])
    await send_letters()
    [mail] = office.mails
    return mail


def in_one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", DETAILS)
async def test_every_letter_arrives_in_the_language_of_its_reader(
    kind: Kind, language: Language, office: PostOffice
) -> None:
    anna = await cast.anna(language=language)
    mail = await sent(kind, anna, office)
    text, html = body(mail, "plain"), body(mail, "html")
    for words in SAYS[kind, language.value]:
        assert words in in_one_line(text)
        assert words in in_one_line(re.sub(r"<[^>]+>", "", html))
    assert f'<html lang="{language.value.lower()}">' in html
    assert mail["to"] == "anna@example.pl"
    assert mail["from"] == settings.MAIL_FROM
    assert mail["auto-submitted"] == "auto-generated"
    assert parsedate_to_datetime(mail["date"]) == cast.MONDAY
    assert (await Message.get()).state == State.SENT
    assert (await Message.get()).sent_at == cast.MONDAY


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", DETAILS)
async def test_no_letter_names_a_person_or_shows_how_it_was_made(
    kind: Kind, language: Language, office: PostOffice
) -> None:
    mail = await sent(kind, await cast.anna(language=language), office)
    for words in (str(mail["subject"]), body(mail, "plain"), body(mail, "html")):
        for never in ("Anna", "Żółć", cast.ANNA_PESEL, "{{", "{%", "Subject:", "None", "\\"):
            assert never not in words
    assert 10 < len(mail["subject"]) < 90
    assert not re.search(r"\n\n\n", body(mail, "plain"))
    assert settings.CENTRE_PHONE in body(mail, "plain")


async def test_what_people_wrote_is_neither_markup_nor_html(office: PostOffice) -> None:
    mail = await sent(Kind.VISIT_BOOKED, await cast.anna(), office)
    assert "Adres: ul. *Długa* <1>, 00-238 Warszawa" in body(mail, "plain")
    assert "Adres: ul. *Długa* &lt;1&gt;, 00-238 Warszawa" in body(mail, "html")


async def test_a_link_in_a_letter_is_the_public_address_as_it_is(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PUBLIC_URL", "https://e_rejestracja.example/a*b*c")
    mail = await sent(Kind.ACCOUNT_OPENED, await cast.anna(), office)
    assert 'href="https://e_rejestracja.example/a*b*c"' in body(mail, "html")
    assert "https://e_rejestracja.example/a*b*c" in body(mail, "plain")


async def test_the_letters_of_visits_have_a_calendar_file_and_no_others(office: PostOffice) -> None:
    anna = await cast.anna()
    for kind, details in DETAILS.items():
        office.mails.clear()
        await Message.post(kind, anna, **details)
        await send_letters()
        assert bool(parts(office.mails[0], "text/calendar")) == (kind in OF_VISITS)


async def test_a_closed_account_without_visits_gets_a_letter_without_a_list(office: PostOffice) -> None:
    await Message.post(Kind.ACCOUNT_CLOSED, await cast.anna())
    await send_letters()
    assert "pozostają ważne" not in body(office.mails[0], "plain")


async def test_an_international_domain_is_written_to_and_odd_letters_before_the_at_are_refused(
    office: PostOffice,
) -> None:
    anna = await cast.anna()
    await Message.post(Kind.PASSWORD_CHANGED, anna, to="anna@żółć.example")
    odd = await Message.post(Kind.PASSWORD_CHANGED, anna, to="żółć@example.pl")
    await send_letters()
    assert office.recipients == ["anna@xn--kda4b0koi.example"]
    assert odd
    assert (await Message.get(id=odd.id)).state == State.FAILED

"""Offers as patients read them: letters in both languages, and single-part texts that reveal no illness."""

import re
from datetime import timedelta

import pytest

import settings
from infra import clock
from models.accounts.account import Account, Language
from models.outbox import Medium, Message, MessageKind, MessageState
from models.schedules import absence_ending
from models.slots.slot import Slot
from models.waiting import freed_slots
from models.waiting.offer import Offer
from tasks.freed_slots import offer_slots
from tasks.letters import send_letters
from tasks.slot_horizon import fill_horizon
from tasks.sms import gsm
from tasks.texts import send_texts
from tests import cast
from tests.support.background import all_done
from tests.support.schedules import TUESDAY, holder_of, join_waiting_list, line, publish, report_absence
from tests.support.sms_server import SmsServer
from tests.support.smtp_server import SmtpServer, body
from tests.support.visits import book, cancel, patient_of

NEVER = ("Anna", "Żółć", "Wiśniewska", "kardiolog", cast.ANNA_PESEL, "{{", "{%", "None", "Subject:")
SAYS = {
    (MessageKind.TERM_OFFERED, "PL"): [
        "Termin: wtorek, 24 listopada 2026, 08:00",
        "do: poniedziałek, 23 listopada 2026, 10",
    ],
    (MessageKind.TERM_OFFERED, "EN"): [
        "time: Tuesday, 24 November 2026, 08:00",
        "until Monday, 23 November 2026, 10:00",
    ],
    (MessageKind.DOCTOR_ABSENT, "PL"): [
        "24 listopada 2026, 08:00",
        "Nowy termin: środa, 25 listopada 2026, 08:00",
        "zgody",
    ],
    (MessageKind.DOCTOR_ABSENT, "EN"): [
        "24 November 2026, 08:00",
        "New date and time: Wednesday, 25 November 2026",
        "consent",
    ],
}


async def told(kind: MessageKind, **more: object) -> Slot:
    """Offer Anna a slot, because she is on the waiting list or because her doctor is absent."""
    anna, clinic, rita = await cast.anna(**more), await cast.clinic(), await cast.rita()
    doctor = await cast.doctor(clinic)
    [slot], [other] = [await cast.morning(TUESDAY + timedelta(days=day), 1, at=clinic, by=doctor) for day in (0, 1)]
    if kind is MessageKind.DOCTOR_ABSENT:
        await book(anna, slot)
        await report_absence(rita, doctor, 24)
        return other
    [zofia] = await cast.rivals(1)
    visit = await book(zofia, slot)
    await join_waiting_list(anna, clinic)
    await cancel(zofia, visit)
    await freed_slots.allocate()
    return slot


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", [MessageKind.TERM_OFFERED, MessageKind.DOCTOR_ABSENT])
async def test_the_letter_says_what_is_offered_and_until_when_and_names_nobody(
    kind: MessageKind, language: Language, smtp_server: SmtpServer
) -> None:
    await told(kind, language=language)
    await Message.exclude(kind=kind).update(state=MessageState.DROPPED)
    await send_letters()
    [mail] = smtp_server.mails
    text = " ".join(body(mail, "plain").split())
    html = " ".join(re.sub(r"<[^>]+>", "", body(mail, "html")).split())
    for words in SAYS[kind, language.value]:
        assert words in text
        assert words in html
    for never in NEVER:
        assert never not in f"{mail['subject']} {text} {html}"
    assert not [part for part in mail.walk() if part.get_content_type() == "text/calendar"], "nothing is booked yet"


@pytest.mark.parametrize(("language", "words"), [("PL", "miejsce na liście oczekujących"), ("EN", "keep your place")])
async def test_a_patient_who_counted_on_a_withdrawn_slot_is_notified(
    language: str, words: str, smtp_server: SmtpServer
) -> None:
    slot = await told(MessageKind.TERM_OFFERED, language=Language(language))
    await Message.all().update(state=MessageState.DROPPED)
    await report_absence(await Account.get(email="rita@diamed.example"), await slot.doctor, 24)
    await send_letters()
    [mail] = smtp_server.mails
    assert mail["to"] == "anna@example.pl"
    text = " ".join(body(mail, "plain").split())
    assert words in text
    assert "2026, 08:00" in text
    assert [never for never in NEVER if never in f"{mail['subject']} {text}"] == []


async def test_without_any_other_slot_the_letter_says_so(smtp_server: SmtpServer) -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    await book(anna, await cast.slot(at=clinic, by=doctor))
    await report_absence(await cast.rita(), doctor, 24)
    await send_letters()
    text = " ".join(body(smtp_server.mails[-1], "plain").split())
    assert "Nowy termin można wybrać po zalogowaniu" in text
    assert "Proponujemy" not in text


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", [MessageKind.TERM_OFFERED, MessageKind.DOCTOR_ABSENT])
async def test_the_text_is_one_part_without_names_clinics_or_links(
    kind: MessageKind, language: Language, gateway: SmsServer
) -> None:
    await told(kind, language=language)
    await send_texts()
    [text] = [form["message"] for form in gateway.accepted.values()]
    assert gsm.count_septets(text) <= gsm.SEPTETS_PER_PART
    assert set(text) <= gsm.BASIC
    assert "24.11.2026" in text or "24 Nov 2026" in text
    assert "08:00" in text
    assert "22 111 11 11" in text
    for never in (*NEVER, "http", "Poradnia", settings.PUBLIC_URL):
        assert never not in text


async def test_no_text_about_an_offer_that_is_over_and_none_at_night(gateway: SmsServer) -> None:
    with clock.pinned(cast.warsaw(23, 8)):
        await told(MessageKind.TERM_OFFERED)
        await send_texts()
        [text] = await Message.filter(medium=Medium.SMS)
        assert (text.state, text.due_at) == (MessageState.DUE, cast.warsaw(23, 9)), "no telephone rings before nine"
    with clock.pinned(cast.warsaw(23, 9)):
        await send_texts()
        assert gateway.asked == []
        assert (await Message.get(id=text.id)).state is MessageState.DROPPED


async def test_no_text_about_a_visit_that_was_cancelled_meanwhile(gateway: SmsServer) -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    visit = await book(anna, await cast.slot(at=clinic, by=doctor))
    await report_absence(await cast.rita(), doctor, 24)
    await cancel(anna, visit)
    await send_texts()
    assert gateway.asked == []


async def test_the_clock_passes_an_offer_on_and_sends_its_letter(smtp_server: SmtpServer) -> None:
    slot = await told(MessageKind.TERM_OFFERED)
    borys = await cast.borys()
    await join_waiting_list(borys, await slot.clinic)
    await Message.all().update(state=MessageState.DROPPED)
    clock.advance(timedelta(minutes=60))
    await offer_slots()
    await all_done()
    assert await holder_of(slot) == borys.patient_id
    assert smtp_server.recipients == ["borys@example.pl"]
    await offer_slots()
    await all_done()
    assert len(smtp_server.mails) == await Offer.filter(patient_id=patient_of(borys).id).count() == 1


async def test_the_clock_fills_the_horizon_and_offers_what_is_new() -> None:
    clinic, rita, anna = await cast.clinic(), await cast.rita(), await cast.anna()
    doctor = await cast.doctor(clinic)
    await publish(rita, doctor, clinic, line(2, 8, 9))
    first = clock.today() + timedelta(days=91)
    await join_waiting_list(anna, clinic, first_day=first, last_day=first + timedelta(days=20))
    with clock.pinned(cast.MONDAY + timedelta(days=7)):
        await fill_horizon()
        await fill_horizon()
        await all_done()
        fresh = await Slot.filter(starts_at__gt=cast.MONDAY + timedelta(days=91)).order_by("starts_at")
        assert [await holder_of(slot) for slot in fresh] == [anna.patient_id, None]


@pytest.mark.parametrize("language", Language)
async def test_the_text_that_a_visit_takes_place_after_all_is_one_part(language: Language, gateway: SmsServer) -> None:
    anna, rita, clinic = await cast.anna(language=language), await cast.rita(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    await book(anna, await cast.slot(at=clinic, by=doctor))
    report = await report_absence(rita, doctor, 24)
    await absence_ending.end(report.absence.id, by=rita)
    await send_texts()
    [text] = [form["message"] for form in gateway.accepted.values()]
    assert gsm.count_septets(text) <= gsm.SEPTETS_PER_PART
    assert set(text) <= gsm.BASIC
    assert ("jednak sie odbedzie" if language is Language.PL else "takes place after all") in text
    for never in (*NEVER, "http", "Poradnia", settings.PUBLIC_URL):
        assert never not in text

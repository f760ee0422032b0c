"""Offers as patients read them: letters in both languages, texts in one part that tell nobody's illness."""

import re
from datetime import timedelta

import pytest

import settings
from models import clock, turn
from models.account import Account, Language
from models.message import Kind, Medium, Message, State
from models.offer import Offer
from models.slot import Slot
from tasks import gsm
from tasks.horizon import fill_horizon
from tasks.letters import send_letters
from tasks.texts import send_texts
from tasks.waiting import offer_terms
from tests import cast
from tests.models.promises import book, cancel, person
from tests.rota import TUESDAY, absent, holder, line, publish, wait
from tests.tasks.conftest import all_done
from tests.tasks.post_office import PostOffice, body
from tests.tasks.text_gateway import TextGateway

NEVER = ("Anna", "Żółć", "Wiśniewska", "kardiolog", cast.ANNA_PESEL, "{{", "{%", "None", "Subject:")
SAYS = {
    (Kind.TERM_OFFERED, "PL"): ["Termin: wtorek, 24 listopada 2026, 08:00", "do: poniedziałek, 23 listopada 2026, 10"],
    (Kind.TERM_OFFERED, "EN"): ["time: Tuesday, 24 November 2026, 08:00", "until Monday, 23 November 2026, 10:00"],
    (Kind.DOCTOR_ABSENT, "PL"): ["24 listopada 2026, 08:00", "Nowy termin: środa, 25 listopada 2026, 08:00", "zgody"],
    (Kind.DOCTOR_ABSENT, "EN"): [
        "24 November 2026, 08:00",
        "New date and time: Wednesday, 25 November 2026",
        "consent",
    ],
}


async def told(kind: Kind, **more: object) -> Slot:
    """Anna is offered a term: as she waits, or because her doctor is absent."""
    anna, clinic, rita = await cast.anna(**more), await cast.clinic(), await cast.rita()
    doctor = await cast.doctor(clinic)
    [slot], [other] = [await cast.morning(TUESDAY + timedelta(days=day), 1, at=clinic, by=doctor) for day in (0, 1)]
    if kind is Kind.DOCTOR_ABSENT:
        await book(anna, slot)
        await absent(rita, doctor, 24)
        return other
    [zofia] = await cast.rivals(1)
    visit = await book(zofia, slot)
    await wait(anna, clinic)
    await cancel(zofia, visit)
    await turn.sweep()
    return slot


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", [Kind.TERM_OFFERED, Kind.DOCTOR_ABSENT])
async def test_the_letter_says_what_is_offered_and_until_when_and_names_nobody(
    kind: Kind, language: Language, office: PostOffice
) -> None:
    await told(kind, language=language)
    await Message.exclude(kind=kind).update(state=State.DROPPED)
    await send_letters()
    [mail] = office.mails
    text = " ".join(body(mail, "plain").split())
    html = " ".join(re.sub(r"<[^>]+>", "", body(mail, "html")).split())
    for words in SAYS[kind, language.value]:
        assert words in text
        assert words in html
    for never in NEVER:
        assert never not in f"{mail['subject']} {text} {html}"
    assert not [part for part in mail.walk() if part.get_content_type() == "text/calendar"], "nothing is booked yet"


@pytest.mark.parametrize(("language", "words"), [("PL", "liście oczekujących pozostaje"), ("EN", "keep your place")])
async def test_who_counted_on_a_term_that_is_withdrawn_is_told(language: str, words: str, office: PostOffice) -> None:
    slot = await told(Kind.TERM_OFFERED, language=Language(language))
    await Message.all().update(state=State.DROPPED)
    await absent(await Account.get(email="rita@diamed.example"), await slot.doctor, 24)
    await send_letters()
    [mail] = office.mails
    assert mail["to"] == "anna@example.pl"
    text = " ".join(body(mail, "plain").split())
    assert words in text
    assert "2026, 08:00" in text
    assert [never for never in NEVER if never in f"{mail['subject']} {text}"] == []


async def test_without_any_other_term_the_letter_says_so(office: PostOffice) -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    await book(anna, await cast.slot(at=clinic, by=doctor))
    await absent(await cast.rita(), doctor, 24)
    await send_letters()
    text = " ".join(body(office.mails[-1], "plain").split())
    assert "Nowy termin można wybrać po zalogowaniu" in text
    assert "Proponujemy" not in text


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", [Kind.TERM_OFFERED, Kind.DOCTOR_ABSENT])
async def test_the_text_is_one_part_without_names_clinics_or_links(
    kind: Kind, language: Language, gateway: TextGateway
) -> None:
    await told(kind, language=language)
    await send_texts()
    [text] = [form["message"] for form in gateway.accepted.values()]
    assert gsm.length(text) <= gsm.ONE_PART
    assert set(text) <= gsm.BASIC
    assert "24.11.2026" in text or "24 Nov 2026" in text
    assert "08:00" in text
    assert "22 111 11 11" in text
    for never in (*NEVER, "http", "Poradnia", settings.PUBLIC_URL):
        assert never not in text


async def test_no_text_about_an_offer_that_is_over_and_none_at_night(gateway: TextGateway) -> None:
    with clock.pinned(cast.warsaw(23, 8)):
        await told(Kind.TERM_OFFERED)
        await send_texts()
        [text] = await Message.filter(medium=Medium.SMS)
        assert (text.state, text.due_at) == (State.DUE, cast.warsaw(23, 9)), "no telephone rings before nine"
    with clock.pinned(cast.warsaw(23, 9)):
        await send_texts()
        assert gateway.asked == []
        assert (await Message.get(id=text.id)).state is State.DROPPED


async def test_no_text_about_a_visit_that_was_cancelled_meanwhile(gateway: TextGateway) -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    visit = await book(anna, await cast.slot(at=clinic, by=doctor))
    await absent(await cast.rita(), doctor, 24)
    await cancel(anna, visit)
    await send_texts()
    assert gateway.asked == []


async def test_the_clock_passes_an_offer_on_and_sends_its_letter(office: PostOffice) -> None:
    slot = await told(Kind.TERM_OFFERED)
    borys = await cast.borys()
    await wait(borys, await slot.clinic)
    await Message.all().update(state=State.DROPPED)
    clock.advance(timedelta(minutes=60))
    await offer_terms()
    await all_done()
    assert await holder(slot) == borys.patient_id
    assert office.recipients == ["borys@example.pl"]
    await offer_terms()
    await all_done()
    assert len(office.mails) == await Offer.filter(patient_id=person(borys).id).count() == 1


async def test_the_clock_fills_the_horizon_and_offers_what_is_new() -> None:
    clinic, rita, anna = await cast.clinic(), await cast.rita(), await cast.anna()
    doctor = await cast.doctor(clinic)
    await publish(rita, doctor, clinic, line(2, 8, 9))
    first = clock.today() + timedelta(days=91)
    await wait(anna, clinic, first_day=first, last_day=first + timedelta(days=20))
    with clock.pinned(cast.MONDAY + timedelta(days=7)):
        await fill_horizon()
        await fill_horizon()
        await all_done()
        fresh = await Slot.filter(starts_at__gt=cast.MONDAY + timedelta(days=91)).order_by("starts_at")
        assert [await holder(slot) for slot in fresh] == [anna.patient_id, None]

"""Text messages: each is a single part, in letters that every telephone can show, with nothing private."""

import pytest

import settings
from models.outbox import Message, MessageKind
from tasks.mail import rendering
from tasks.sms import gsm
from tests import cast
from tests.tasks.reminders import a_reminder, sweep


@pytest.mark.parametrize("centre", ["CM Diamed", "Źródło {Zdrowia} [przychodnia|specjalistyczna] ^~\\€ " * 4])
@pytest.mark.parametrize("language", ["PL", "EN"])
def test_a_text_is_one_part_without_polish_letters(centre: str, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "CENTRE_NAME", centre)
    visit = {"starts_at": "2026-11-24T13:30:00+00:00", "phone": "+48 22 111 11 11 wewn. 1234"}
    message = Message(kind=MessageKind.VISIT_REMINDER, language=language, details={"visit": visit})
    text = rendering.render_text(message)
    gsm_7 = sum(2 if letter in "^{}[]~\\|€" else 1 for letter in text)
    assert gsm_7 <= 160
    assert all(letter.isascii() or letter == "€" for letter in text)
    assert "14:30" in text
    assert text.endswith("+48 22 111 11 11 wewn. 1234.")


def test_what_sms_cannot_spell_is_a_question_mark_and_brackets_count_twice() -> None:
    assert gsm.transliterate("Żółć – „tak” 漢") == 'Zolc - "tak" ?'
    assert gsm.count_septets("[a]€") == 7


async def test_a_text_names_nobody_and_carries_no_link() -> None:
    await a_reminder()
    [text] = await sweep()
    for never in ("Anna", "Zolc", "kardiolog", "Wisniewska", cast.ANNA_PESEL, "http", "www"):
        assert never not in text

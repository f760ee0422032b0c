"""Reminders: one SMS on the day before, at a reasonable hour, for patients who want it."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

import tasks.broker
from infra import clock
from models.accounts.account import Account, Language
from models.accounts.patient import Patient
from models.outbox import Medium, Message, MessageKind, MessageState
from models.visits import reminder
from tasks.broker import nudge
from tasks.mail import mailbox
from tasks.reminders import write_reminders
from tests import cast
from tests.support.background import all_done
from tests.support.visits import cancelled, turn_to
from tests.tasks.reminders import a_visit, sweep


async def test_at_noon_of_the_day_before_one_text_goes_to_the_phone() -> None:
    await a_visit()
    turn_to(cast.warsaw(23, 11, 59))
    assert await sweep() == []
    turn_to(cast.warsaw(23, 12))
    assert await sweep() == [
        "CM Diamed: przypominamy o wizycie w dniu 24.11.2026 o godz. 14:30. "
        "Odwolanie lub zmiana: portal e-rejestracji albo tel. 22 111 11 11."
    ]
    for _ in range(3):
        clock.advance(timedelta(hours=2))
        assert len(await sweep()) == 1
    message = await Message.get(medium=Medium.SMS)
    assert (message.kind, message.to, message.state) == (MessageKind.VISIT_REMINDER, "+48501234567", MessageState.SENT)
    await message.fetch_related("account")
    assert message.account == await Account.get()
    assert mailbox.entries()[0]["to"] == "+48501234567"


async def test_english_readers_get_english() -> None:
    await a_visit(account=await cast.anna(language=Language.EN))
    turn_to(cast.warsaw(23, 12))
    [text] = await sweep()
    assert text == (
        "CM Diamed: a reminder of your visit on 24 Nov 2026 at 14:30. "
        "To cancel or move it: e-registration portal or tel. 22 111 11 11."
    )


@pytest.mark.parametrize(
    ("visit", "first"),
    [
        (datetime(2026, 10, 25, 10, tzinfo=cast.WARSAW), datetime(2026, 10, 24, 12, tzinfo=cast.WARSAW)),
        (datetime(2026, 10, 26, 7, tzinfo=cast.WARSAW), datetime(2026, 10, 25, 12, tzinfo=cast.WARSAW)),
        (datetime(2027, 3, 28, 10, tzinfo=cast.WARSAW), datetime(2027, 3, 27, 12, tzinfo=cast.WARSAW)),
        (datetime(2027, 3, 29, 21, 40, tzinfo=cast.WARSAW), datetime(2027, 3, 28, 12, tzinfo=cast.WARSAW)),
    ],
)
async def test_noon_is_noon_on_the_wall_also_when_the_clocks_change(visit: datetime, first: datetime) -> None:
    turn_to(visit - timedelta(days=10))
    await a_visit(visit)
    turn_to(first - timedelta(minutes=1))
    assert await sweep() == []
    turn_to(first)
    [text] = await sweep()
    assert f"{visit:%d.%m.%Y o godz. %H:%M}" in text


async def test_an_early_visit_and_one_around_midnight_belong_to_their_local_day() -> None:
    late, early = cast.warsaw(24, 23, 30), cast.warsaw(25, 0, 30)
    await a_visit(late)
    await a_visit(early, await cast.borys())
    turn_to(cast.warsaw(23, 12))
    assert ["24.11.2026" in text for text in await sweep()] == [True]
    turn_to(cast.warsaw(24, 11, 59))
    assert len(await sweep()) == 1
    turn_to(cast.warsaw(24, 12))
    assert "25.11.2026 o godz. 00:30" in (await sweep())[1]


@pytest.mark.parametrize(("hour", "minute", "goes"), [(8, 59, 0), (9, 0, 1), (19, 59, 1), (20, 0, 0), (23, 0, 0)])
async def test_nobody_is_texted_before_nine_or_after_eight(hour: int, minute: int, goes: int) -> None:
    booked_late = cast.warsaw(23, hour, minute)
    turn_to(booked_late)
    visit = cast.warsaw(24, 14, 30) if hour >= 12 else cast.warsaw(23, 14, 30)
    await a_visit(visit)
    assert len(await sweep()) == goes


@pytest.mark.parametrize(("minutes", "goes"), [(180, 1), (179, 0), (70, 0)])
async def test_a_visit_booked_late_is_reminded_of_while_three_hours_are_left(minutes: int, goes: int) -> None:
    await a_visit(cast.MONDAY + timedelta(hours=1, minutes=minutes))
    clock.advance(timedelta(hours=1))
    assert len(await sweep()) == goes


async def test_booked_in_the_evening_it_is_reminded_of_in_the_morning_if_there_is_time() -> None:
    turn_to(cast.warsaw(23, 21))
    await a_visit(cast.warsaw(24, 11, 59))
    await a_visit(cast.warsaw(24, 12), await cast.borys())
    assert await sweep() == []
    turn_to(cast.warsaw(24, 9))
    [text] = await sweep()
    assert "12:00" in text


async def test_a_day_of_downtime_is_caught_up_while_it_helps() -> None:
    await a_visit(cast.warsaw(24, 14, 30))
    await a_visit(cast.warsaw(24, 11), await cast.borys())
    turn_to(cast.warsaw(24, 10))
    [text] = await sweep()
    assert "14:30" in text


@pytest.mark.parametrize("unwanted", [{"sms_reminders": False}, {"phone": None}])
async def test_a_patient_who_did_not_ask_for_reminders_gets_none(unwanted: dict[str, bool | None]) -> None:
    await a_visit()
    await Patient.all().update(**unwanted)
    turn_to(cast.warsaw(23, 12))
    await sweep()
    assert await Message.filter(medium=Medium.SMS).count() == 0


async def test_a_cancelled_visit_gets_none() -> None:
    anna = await cast.anna()
    visit = await a_visit(account=anna)
    await cancelled(visit, anna)
    turn_to(cast.warsaw(23, 12))
    await sweep()
    assert await Message.filter(medium=Medium.SMS).count() == 0


async def test_a_patient_without_an_account_gets_a_polish_one() -> None:
    await a_visit()
    account = await Account.get()
    await Account.filter(id=account.id).update(patient_id=None)
    turn_to(cast.warsaw(23, 12))
    [text] = await sweep()
    assert "przypominamy" in text


async def test_sweeps_that_race_write_one_reminder_each(monkeypatch: pytest.MonkeyPatch) -> None:
    for rival in await cast.rivals(5):
        await a_visit(account=rival)
    turn_to(cast.warsaw(23, 12))
    together, write = asyncio.Barrier(6), Message.bulk_create

    async def all_at_once(*messages: Any, **options: Any) -> None:
        await together.wait()  # every sweep has read before any of them writes
        await write(*messages, **options)

    monkeypatch.setattr(Message, "bulk_create", all_at_once)
    await asyncio.gather(*(reminder.write_due_reminders() for _ in range(together.parties)))
    assert await Message.filter(medium=Medium.SMS).count() == 5


async def test_the_sweep_nudges_the_sender() -> None:
    await a_visit()
    turn_to(cast.warsaw(23, 12))
    await nudge(write_reminders)
    await tasks.broker.finish_nudges()
    await all_done()
    assert len(mailbox.entries()) == 1

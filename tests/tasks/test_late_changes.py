"""Reminders: changes made after they were written are taken into account when they are sent."""

from infra import clock
from models.accounts.patient import Patient
from models.outbox import Message, MessageKind, MessageState
from models.schedules import absence_ending
from tasks.mail import mailbox
from tasks.texts import send_texts
from tests import cast
from tests.support.schedules import report_absence
from tests.support.visits import cancelled, moved, turn_to
from tests.tasks.reminders import NEXT_DAY, a_reminder, a_visit, sweep


async def test_a_moved_visit_gets_a_reminder_of_its_own() -> None:
    anna = await cast.anna()
    visit = await a_visit(account=anna)
    turn_to(cast.warsaw(23, 12))
    assert len(await sweep()) == 1
    await moved(visit, anna, cast.warsaw(24, 16))
    texts = await sweep()
    assert len(texts) == 2
    assert "16:00" in texts[1]


async def test_a_visit_moved_away_and_back_before_the_text_went_is_still_reminded_of() -> None:
    anna = await cast.anna()
    visit = await a_visit(account=anna)
    turn_to(cast.warsaw(23, 12))
    await sweep(sending=False)
    await moved(visit, anna, cast.warsaw(30, 9))
    assert await sweep() == []
    await moved(visit, anna, NEXT_DAY)
    assert len(await sweep()) == 1
    assert len(await sweep()) == 1


async def test_what_changed_before_the_text_went_is_respected() -> None:
    anna, borys, celina = await cast.anna(), await cast.borys(), await cast.celina()
    visit = await a_visit(account=anna)
    await a_visit(account=borys)
    await a_visit(account=celina)
    turn_to(cast.warsaw(23, 12))
    await sweep(sending=False)
    await cancelled(visit, anna)
    await Patient.filter(id=borys.patient_id).update(sms_reminders=False)
    await Patient.filter(id=celina.patient_id).update(phone=None)
    assert await sweep() == []
    dropped = await Message.filter(state=MessageState.DROPPED).values_list("account_id", "reason")
    assert dict(dropped) == {
        anna.id: "the visit is no longer booked",
        borys.id: "the patient no longer wants texts",
        celina.id: "the patient no longer wants texts",
    }


async def test_a_new_phone_gets_the_text() -> None:
    text = await a_reminder()
    await Patient.all().update(phone="+48601234567")
    await send_texts()
    assert mailbox.entries()[0]["to"] == "+48601234567"
    assert (await Message.get(id=text.id)).to == "+48601234567"


async def test_a_text_held_up_until_evening_waits_for_the_morning_without_counting_as_a_failure() -> None:
    text = await a_reminder(cast.warsaw(24, 14, 30))
    turn_to(cast.warsaw(23, 20))
    await send_texts()
    waiting = await Message.get(id=text.id)
    assert (waiting.state, waiting.tries, waiting.due_at) == (MessageState.DUE, 0, cast.warsaw(24, 9))
    turn_to(cast.warsaw(24, 9))
    assert len(await sweep()) == 1


async def test_a_text_held_up_until_it_helps_nobody_is_dropped() -> None:
    late, early = await a_reminder(cast.warsaw(24, 14, 30)), cast.warsaw(24, 11, 59)
    await a_visit(early, await cast.borys())
    await sweep(sending=False)
    turn_to(cast.warsaw(23, 20))
    await send_texts()
    [dropped] = await Message.filter(state=MessageState.DROPPED)
    assert dropped.reason == "it is too late for a reminder"
    assert dropped.details["visit"]["starts_at"] == early.astimezone(clock.now().tzinfo).isoformat()
    turn_to(cast.warsaw(24, 11, 31))
    await send_texts()
    assert (await Message.get(id=late.id)).state == MessageState.DROPPED
    assert mailbox.entries() == []


async def test_a_visit_whose_doctor_is_absent_is_not_reminded_of_until_the_doctor_is_back() -> None:
    anna, rita = await cast.anna(), await cast.rita()
    visit = await a_visit(account=anna)
    turn_to(cast.warsaw(23, 12))
    await sweep(sending=False)
    report = await report_absence(rita, await visit.doctor, 24)
    await Message.exclude(kind=MessageKind.VISIT_REMINDER).update(state=MessageState.DROPPED)
    assert await sweep() == []
    await absence_ending.end(report.absence.id, by=rita)
    await Message.exclude(kind=MessageKind.VISIT_REMINDER).update(state=MessageState.DROPPED)
    assert ["przypominamy" in text for text in await sweep()] == [True]


async def test_moved_away_and_back_the_last_text_says_the_present_time() -> None:
    anna = await cast.anna()
    visit = await a_visit(account=anna)
    turn_to(cast.warsaw(23, 12))
    assert "14:30" in (await sweep())[-1]
    await moved(visit, anna, cast.warsaw(24, 16))
    assert "16:00" in (await sweep())[-1]
    await moved(visit, anna, NEXT_DAY)
    texts = await sweep()
    assert len(texts) == 3
    assert "14:30" in texts[-1]
    assert await sweep() == texts, "and no fourth"


async def test_a_text_that_failed_is_written_anew_when_the_visit_is_moved_away_and_back_and_not_before() -> None:
    anna = await cast.anna()
    visit = await a_visit(account=anna)
    turn_to(cast.warsaw(23, 12))
    await sweep(sending=False)
    await Message.filter(kind=MessageKind.VISIT_REMINDER).update(state=MessageState.FAILED)
    assert await sweep() == []
    await moved(visit, anna, cast.warsaw(30, 9))
    await moved(visit, anna, NEXT_DAY)
    [text] = await sweep()
    assert "24.11.2026 o godz. 14:30" in text


async def test_moved_away_and_back_between_two_sweeps_nobody_is_texted_twice() -> None:
    anna = await cast.anna()
    visit = await a_visit(account=anna)
    turn_to(cast.warsaw(23, 12))
    assert len(await sweep()) == 1
    await moved(visit, anna, cast.warsaw(24, 16))
    await moved(visit, anna, NEXT_DAY)
    assert len(await sweep()) == 1

"""Reminders once more: what changed after they were written is respected when they are sent."""

from models import clock
from models.message import Message, State
from models.patient import Patient
from tasks import mailbox
from tasks.texts import send_texts
from tests import cast
from tests.tasks.sweeps import NEXT_DAY, a_reminder, a_visit, sweep
from tests.tasks.visits import cancelled, moved, turn_to


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
    dropped = await Message.filter(state=State.DROPPED).values_list("account_id", "reason")
    assert dict(dropped) == {
        anna.id: "the visit is no longer booked",
        borys.id: "the patient wants no reminders any more",
        celina.id: "the patient wants no reminders any more",
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
    assert (waiting.state, waiting.tries, waiting.due_at) == (State.DUE, 0, cast.warsaw(24, 9))
    turn_to(cast.warsaw(24, 9))
    assert len(await sweep()) == 1


async def test_a_text_held_up_until_it_helps_nobody_is_dropped() -> None:
    late, early = await a_reminder(cast.warsaw(24, 14, 30)), cast.warsaw(24, 11, 59)
    await a_visit(early, await cast.borys())
    await sweep(sending=False)
    turn_to(cast.warsaw(23, 20))
    await send_texts()
    [dropped] = await Message.filter(state=State.DROPPED)
    assert dropped.reason == "it is too late for a reminder"
    assert dropped.details["visit"]["starts_at"] == early.astimezone(clock.now().tzinfo).isoformat()
    turn_to(cast.warsaw(24, 11, 31))
    await send_texts()
    assert (await Message.get(id=late.id)).state == State.DROPPED
    assert mailbox.entries() == []

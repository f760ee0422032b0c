"""The call list: which patients are on it (no e-mail address, no message, a failed one) and when they leave it."""

from datetime import timedelta

from infra import clock
from models.accounts import patient_record
from models.accounts.account import Account
from models.accounts.patient import Patient
from models.outbox import Medium, Message, MessageKind, MessageState
from models.values.visit_status import Status
from models.visits import attendance, call_list
from models.visits.phone_call import CallOutcome
from models.visits.visit import Visit
from tests import cast
from tests.support.identity import show
from tests.support.visits import actor, book, book_for, cancel_for, move_for, patient_of

TUESDAY = cast.warsaw(24, 10).date()


async def calls(clinic_id: object = None) -> list[tuple[str, str]]:
    found = await call_list.list_for_day(clinic_id, TUESDAY)  # type: ignore[arg-type]  # any row with an id
    return [(call.visit.patient.last_name, call.reason.value) for call in found]


async def fails(visit: Visit, kind: MessageKind, reason: str = "SMTP 550: no such mailbox") -> None:
    """Make the letter's sending fail for good."""
    letter = await Message.get(visit_id=visit.id, kind=kind).select_related("account")
    await Message.filter(id=letter.id).update(state=MessageState.SENDING, tries=1)
    letter.tries = 1
    await letter.fail(reason)


async def call(by: Account, visit: Visit, outcome: CallOutcome = CallOutcome.REACHED) -> None:
    patient = await Patient.get(id=visit.patient_id)
    report = attendance.CallReport(outcome, note="powiadomiona")
    await attendance.record_call(visit.id, report, patient=patient, actor=actor(by))


async def test_a_patient_without_email_is_called_and_one_who_was_written_to_is_not() -> None:
    rita, clinic = await cast.rita(), await cast.clinic()
    one, two = await cast.morning(TUESDAY, 2, at=clinic, by=await cast.doctor(clinic))
    await book_for(rita, await cast.dorota(rita), one)
    await book(await cast.anna(), two)
    assert await calls() == [("Dzwoniąca", "NO_EMAIL")]


async def test_a_patient_who_got_an_address_after_booking_has_no_message_of_the_visit_yet() -> None:
    rita, slot = await cast.rita(), await cast.slot()
    dorota = await show(await cast.dorota(rita), rita)
    await book_for(rita, dorota, slot)
    await patient_record.invite(dorota.id, "d@example.pl", by=rita)
    assert await calls() == [("Dzwoniąca", "NO_MESSAGE")]


async def test_a_patient_whose_letter_failed_is_called_and_the_reason_is_shown() -> None:
    anna, slot = await cast.anna(), await cast.slot()
    visit = await book(anna, slot)
    await fails(visit, MessageKind.VISIT_BOOKED)
    [call] = await call_list.list_for_day(None, TUESDAY)
    assert (call.reason, call.visit.id, call.visit.patient.phone) == ("MESSAGE_FAILED", visit.id, "+48501234567")
    assert call.message
    assert (call.message.reason, call.message.settled_at) == ("SMTP 550: no such mailbox", clock.now())


async def test_only_the_newest_letter_counts() -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    one, two = await cast.morning(TUESDAY, 2, at=clinic, by=await cast.doctor(clinic))
    visit = await book(anna, one)
    await fails(visit, MessageKind.VISIT_BOOKED)
    clock.advance(timedelta(minutes=1))
    await Visit.reschedule(visit.id, two.id, patient=patient_of(anna), by=anna)
    assert await calls() == []


async def test_a_text_that_failed_counts_beside_a_letter_that_arrived() -> None:
    anna, slot = await cast.anna(), await cast.slot()
    visit = await book(anna, slot)
    text = await Message.create(
        kind=MessageKind.VISIT_REMINDER,
        medium=Medium.SMS,
        to="+48501234567",
        language="PL",
        account=anna,
        visit_id=visit.id,
        details={},
        request_id="",
        created_at=clock.now(),
        due_at=clock.now(),
        state=MessageState.SENDING,
        tries=1,
    )
    await text.fail("SMSAPI 13: not a number that can get texts")
    assert await calls() == [("Żółć", "MESSAGE_FAILED")]


async def test_a_call_takes_a_visit_off_until_it_changes_or_another_message_fails() -> None:
    rita, anna, clinic = await cast.rita(), await cast.anna(), await cast.clinic()
    one, two = await cast.morning(TUESDAY, 2, at=clinic, by=await cast.doctor(clinic))
    visit = await book(anna, one)
    await fails(visit, MessageKind.VISIT_BOOKED)
    clock.advance(timedelta(minutes=1))
    await call(rita, visit)
    assert await calls() == []
    clock.advance(timedelta(minutes=1))
    moved = await move_for(rita, await Visit.get_with_details(visit.id), two)
    assert await calls() == []
    clock.advance(timedelta(minutes=1))
    await fails(moved, MessageKind.VISIT_MOVED)
    assert await calls() == [("Żółć", "MESSAGE_FAILED")]


async def test_a_caller_without_email_whose_visit_was_moved_is_called_again() -> None:
    rita, clinic = await cast.rita(), await cast.clinic()
    one, two = await cast.morning(TUESDAY, 2, at=clinic, by=await cast.doctor(clinic))
    visit = await book_for(rita, await cast.dorota(rita), one)
    await call(rita, visit)
    assert await calls() == []
    clock.advance(timedelta(minutes=1))
    await move_for(rita, visit, two)
    assert await calls() == [("Dzwoniąca", "NO_EMAIL")]


async def test_a_cancelled_visit_is_called_about_only_when_the_letter_that_says_so_failed() -> None:
    rita, anna, clinic = await cast.rita(), await cast.anna(), await cast.clinic()
    one, two = await cast.morning(TUESDAY, 2, at=clinic, by=await cast.doctor(clinic))
    visit = await book(anna, one)
    other = await book_for(rita, await cast.dorota(rita), two)
    clock.advance(timedelta(minutes=1))
    await cancel_for(rita, await Visit.get_with_details(visit.id))
    await cancel_for(rita, other)
    assert await calls() == []
    await fails(visit, MessageKind.VISIT_CANCELLED)
    assert await calls() == [("Żółć", "MESSAGE_FAILED")]


async def test_a_patient_who_has_come_needs_no_call() -> None:
    rita, slot = await cast.rita(), await cast.slot()
    visit = await book_for(rita, await cast.dorota(rita), slot)
    for status in (Status.ARRIVED, Status.FULFILLED, Status.NO_SHOW):
        await Visit.filter(id=visit.id).update(status=status)
        assert await calls() == []


async def test_a_list_is_of_one_local_day_and_of_one_clinic_or_all() -> None:
    rita = await cast.rita()
    heart, skin = await cast.clinic(), await cast.clinic("Poradnia skórna")
    doctor = await cast.doctor(heart, skin)
    dorota = await cast.dorota(rita)
    for clinic, at in ((heart, cast.warsaw(24, 0)), (skin, cast.warsaw(24, 23, 40)), (skin, cast.warsaw(25, 0))):
        await book_for(rita, dorota, await cast.slot(at, at=clinic, by=doctor))
    assert len(await calls()) == 2
    assert len(await calls(heart.id)) == len(await calls(skin.id)) == 1


async def test_only_who_was_reached_leaves_the_list_and_calls_in_vain_are_told_latest_first() -> None:
    rita = await cast.rita()
    visit = await book_for(rita, await cast.dorota(rita), await cast.slot())
    for outcome in (CallOutcome.NO_ANSWER, CallOutcome.LEFT_MESSAGE):
        clock.advance(timedelta(minutes=5))
        await call(rita, visit, outcome)
    [entry] = await call_list.list_for_day(None, TUESDAY)
    assert [tried.outcome for tried in entry.tries] == [CallOutcome.LEFT_MESSAGE, CallOutcome.NO_ANSWER]
    await call(rita, visit)
    assert await calls() == []
    clock.advance(timedelta(minutes=5))
    await Visit.filter(id=visit.id).update(changed_at=clock.now())  # as if the visit had been changed
    [entry] = await call_list.list_for_day(None, TUESDAY)
    assert entry.tries == []  # earlier calls were about the visit before its change

"""A visit's status on its day: the allowed transitions, the times at which they are possible, and races."""

from datetime import datetime, timedelta

import pytest

from infra import clock
from models.audit import AuditEntry
from models.outbox import Message
from models.refusals.booking import VisitNotFound
from models.refusals.desk import StatusNotChangeable
from models.refusals.refusal import InvalidInput
from models.values.actor import Actor
from models.values.visit_status import Channel, Status
from models.visits import attendance
from models.visits.attendance import CallReport
from models.visits.phone_call import CallOutcome
from models.visits.visit import Visit
from models.visits.visit_history import VisitChange
from tests import cast
from tests.support.racing import race, tally
from tests.support.visits import actor, book_for, cancel_for

B, A, F, C, N = Status.BOOKED, Status.ARRIVED, Status.FULFILLED, Status.CANCELLED, Status.NO_SHOW
ALLOWED = {(B, A), (N, A), (A, F), (B, N), (A, N)}
TABLE = [(was, wanted, (was, wanted) in ALLOWED) for was in Status for wanted in (A, F, N) if was != wanted]


async def visit_of_dorota(status: Status = B) -> tuple[Visit, Actor]:
    """A visit of Dorota's tomorrow at ten in this status, and Rita as the actor."""
    rita = await cast.rita()
    visit = await book_for(rita, await cast.dorota(rita), await cast.slot())
    if status == C:
        visit = await cancel_for(rita, visit)
    elif status != B:
        await Visit.filter(id=visit.id).update(status=status)
    return await Visit.get_with_details(visit.id), actor(rita, channel=Channel.RECEPTION)


@pytest.mark.parametrize(("was", "wanted", "allowed"), TABLE)
async def test_only_allowed_transitions_happen(was: Status, wanted: Status, allowed: bool) -> None:
    visit, by = await visit_of_dorota(was)
    before = await VisitChange.all().count()
    with clock.pinned(visit.starts_at + timedelta(minutes=1)):
        if allowed:
            assert (await attendance.mark(visit.id, wanted, patient=visit.patient, actor=by)).status == wanted
            change = await VisitChange.filter(visit_id=visit.id).order_by("-at", "-id").first()
            assert change is not None
            assert (change.kind, change.by, change.channel) == (wanted, "reception", Channel.RECEPTION)
            entry = await AuditEntry.get(action=f"visit_{wanted.value.lower()}")
            assert (entry.subject_id, entry.patient_id, entry.account_id) == (visit.id, visit.patient_id, by.by.id)
        else:
            with pytest.raises(StatusNotChangeable) as refused:
                await attendance.mark(visit.id, wanted, patient=visit.patient, actor=by)
            assert refused.value.details == {"reason": "STATUS", "status": was.value, "wanted": wanted.value}
            assert (await Visit.get(id=visit.id)).status == was
            assert await VisitChange.all().count() == before
    assert await Message.all().count() == 0


@pytest.mark.parametrize("status", [A, F, N])
async def test_marked_twice_is_marked_once(status: Status) -> None:
    visit, by = await visit_of_dorota(status)
    before = await VisitChange.all().count()
    assert (await attendance.mark(visit.id, status, patient=visit.patient, actor=by)).status == status
    assert await VisitChange.all().count() == before


async def test_people_arrive_from_the_first_moment_of_the_visits_day() -> None:
    visit, by = await visit_of_dorota()
    midnight = cast.warsaw(24, 0)
    with clock.pinned(midnight - timedelta(microseconds=1)), pytest.raises(StatusNotChangeable) as refused:
        await attendance.mark(visit.id, A, patient=visit.patient, actor=by)
    assert refused.value.details["reason"] == "TOO_EARLY"
    with clock.pinned(midnight):
        assert (await attendance.mark(visit.id, A, patient=visit.patient, actor=by)).status == A


@pytest.mark.parametrize(("was", "wanted"), [(B, N), (A, F)])
async def test_nobody_has_failed_to_come_or_been_seen_before_the_visit_begins(was: Status, wanted: Status) -> None:
    visit, by = await visit_of_dorota(was)
    with clock.pinned(visit.starts_at - timedelta(microseconds=1)), pytest.raises(StatusNotChangeable) as refused:
        await attendance.mark(visit.id, wanted, patient=visit.patient, actor=by)
    assert refused.value.details["reason"] == "TOO_EARLY"
    with clock.pinned(visit.starts_at):
        assert (await attendance.mark(visit.id, N, patient=visit.patient, actor=by)).status == N


async def test_a_visit_in_the_night_in_which_the_clocks_change_has_its_own_day() -> None:
    rita = await cast.rita()
    with clock.pinned(cast.warsaw(24, 9, month=10)):
        visit = await book_for(rita, await cast.dorota(rita), await cast.slot(cast.warsaw(25, 9, month=10)))
    by = actor(rita)
    with clock.pinned(cast.warsaw(24, 23, 59, month=10)), pytest.raises(StatusNotChangeable):
        await attendance.mark(visit.id, A, patient=visit.patient, actor=by)
    with clock.pinned(cast.warsaw(25, 0, 0, month=10)):
        assert (await attendance.mark(visit.id, A, patient=visit.patient, actor=by)).status == A


async def test_of_two_colleagues_who_mark_otherwise_at_once_the_second_is_refused() -> None:
    visit, by = await visit_of_dorota(A)
    with clock.pinned(visit.starts_at):
        outcomes = await race(
            attendance.mark(visit.id, F, patient=visit.patient, actor=by),
            attendance.mark(visit.id, N, patient=visit.patient, actor=by),
        )
    assert tally(outcomes) == {"Visit": 1, "StatusNotChangeable": 1}


async def test_a_cancelled_visit_is_not_marked_though_both_happen_at_once() -> None:
    visit, by = await visit_of_dorota()
    with clock.pinned(cast.warsaw(24, 9)):
        cancelled, marked = await race(
            Visit.cancel(visit.id, patient=visit.patient, by=by),
            attendance.mark(visit.id, A, patient=visit.patient, actor=by),
        )
    outcome = (type(cancelled).__name__, type(marked).__name__)
    status = (await Visit.get(id=visit.id)).status
    assert (*outcome, status) in {
        ("Visit", "StatusNotChangeable", Status.CANCELLED),
        ("VisitNotChangeable", "Visit", Status.ARRIVED),
    }


async def test_a_call_is_noted_with_its_words_and_changes_nothing_else() -> None:
    visit, by = await visit_of_dorota()
    report = CallReport(note="potwierdziła")
    after = await attendance.record_call(visit.id, report, patient=visit.patient, actor=by)
    assert (after.status, after.changed_at, after.sequence) == (visit.status, visit.changed_at, visit.sequence)
    change = await VisitChange.get(kind="CALLED")
    assert (change.reason, change.by) == ("potwierdziła", "reception")
    assert await AuditEntry.filter(action="visit_called", patient_id=visit.patient_id).count() == 1


async def test_a_visit_of_somebody_else_is_not_marked() -> None:
    visit, by = await visit_of_dorota()
    borys = await cast.borys()
    assert borys.patient
    with pytest.raises(VisitNotFound):
        await attendance.mark(visit.id, A, patient=borys.patient, actor=by)


@pytest.mark.parametrize("again_at", [cast.warsaw(23, 9), cast.warsaw(24, 10)])
async def test_a_patient_is_tried_again_after_now_and_before_the_visit(again_at: datetime) -> None:
    visit, by = await visit_of_dorota()
    report = CallReport(CallOutcome.NO_ANSWER, again_at)
    with pytest.raises(InvalidInput):
        await attendance.record_call(visit.id, report, patient=visit.patient, actor=by)
    report = CallReport(again_at=cast.warsaw(23, 12))
    with pytest.raises(InvalidInput):  # a patient who has been reached need not be called again
        await attendance.record_call(visit.id, report, patient=visit.patient, actor=by)
    assert await VisitChange.filter(kind="CALLED").count() == 0


@pytest.mark.parametrize("marks", [(A,), (A, F), (N,), (A, N), (N, A, F)])
async def test_marks_are_taken_back_one_by_one_to_what_it_was_before(marks: tuple[Status, ...]) -> None:
    visit, by = await visit_of_dorota()
    with clock.pinned(visit.starts_at):
        for mark in marks:
            clock.advance(timedelta(seconds=1))
            await attendance.mark(visit.id, mark, patient=visit.patient, actor=by)
        for mark, before in zip(reversed(marks), [*reversed(marks[:-1]), B], strict=True):
            clock.advance(timedelta(seconds=1))
            undone = await attendance.undo(visit.id, patient=visit.patient, actor=by, reason="pomyłka", marked=mark)
            assert undone.status == before
        with pytest.raises(StatusNotChangeable) as refused:
            await attendance.undo(visit.id, patient=visit.patient, actor=by)
    assert refused.value.details["reason"] == "NOT_MARKED"
    change = await VisitChange.filter(kind="UNDONE").first()
    assert change is not None
    assert (change.reason, change.by, change.account_id) == ("pomyłka", "reception", by.by.id)
    assert await AuditEntry.filter(action="undo_status", patient_id=visit.patient_id).count() == len(marks)


async def test_a_repeated_request_that_names_the_mark_takes_back_no_other() -> None:
    visit, by = await visit_of_dorota()
    with clock.pinned(visit.starts_at):
        for mark in (A, F):
            clock.advance(timedelta(seconds=1))
            await attendance.mark(visit.id, mark, patient=visit.patient, actor=by)
        outcomes = await race(*(attendance.undo(visit.id, patient=visit.patient, actor=by, marked=F) for _ in range(3)))
    assert tally(outcomes) == {"Visit": 1, "StatusNotChangeable": 2}
    assert (await Visit.get(id=visit.id)).status == A


async def test_a_mark_is_taken_back_on_the_visits_day_only() -> None:
    visit, by = await visit_of_dorota()
    with clock.pinned(visit.starts_at):
        await attendance.mark(visit.id, N, patient=visit.patient, actor=by)
    with clock.pinned(cast.warsaw(25, 0)), pytest.raises(StatusNotChangeable) as refused:
        await attendance.undo(visit.id, patient=visit.patient, actor=by)
    assert refused.value.details["reason"] == "TOO_LATE"
    with clock.pinned(cast.warsaw(24, 23, 59)):
        assert (await attendance.undo(visit.id, patient=visit.patient, actor=by)).status == B

"""What becomes of a visit on its day: the table of transitions, the hours at which they are possible, and races."""

from datetime import timedelta

import pytest

from models import attendance, clock
from models.audit import AuditEntry
from models.errand import Errand
from models.message import Message
from models.refusal import VisitNotFound
from models.staff_refusal import StatusNotChangeable
from models.visit import Visit
from models.visit_change import VisitChange
from models.visit_status import Channel, Status
from tests import cast
from tests.models.desk import book_for, cancel_for, errand
from tests.models.promises import race, tally

B, A, F, C, N = Status.BOOKED, Status.ARRIVED, Status.FULFILLED, Status.CANCELLED, Status.NO_SHOW
ALLOWED = {(B, A), (N, A), (A, F), (B, N), (A, N)}
TABLE = [(was, wanted, (was, wanted) in ALLOWED) for was in Status for wanted in (A, F, N) if was != wanted]


async def visit_of_dorota(status: Status = B) -> tuple[Visit, Errand]:
    """Tomorrow at ten, with Rita's errand."""
    rita = await cast.rita()
    visit = await book_for(rita, await cast.dorota(rita), await cast.slot())
    if status == C:
        visit = await cancel_for(rita, visit)
    elif status != B:
        await Visit.filter(id=visit.id).update(status=status)
    return await Visit.whole(visit.id), errand(rita, channel=Channel.RECEPTION)


@pytest.mark.parametrize(("was", "wanted", "allowed"), TABLE)
async def test_only_allowed_transitions_happen(was: Status, wanted: Status, allowed: bool) -> None:
    visit, by = await visit_of_dorota(was)
    before = await VisitChange.all().count()
    with clock.pinned(visit.starts_at + timedelta(minutes=1)):
        if allowed:
            assert (await attendance.mark(visit.id, wanted, patient=visit.patient, errand=by)).status == wanted
            change = await VisitChange.filter(visit_id=visit.id).order_by("-at", "-id").first()
            assert change is not None
            assert (change.kind, change.by, change.channel) == (wanted, "reception", Channel.RECEPTION)
            entry = await AuditEntry.get(action=f"visit_{wanted.value.lower()}")
            assert (entry.subject_id, entry.patient_id, entry.account_id) == (visit.id, visit.patient_id, by.by.id)
        else:
            with pytest.raises(StatusNotChangeable) as refused:
                await attendance.mark(visit.id, wanted, patient=visit.patient, errand=by)
            assert refused.value.details == {"reason": "STATUS", "status": was.value, "wanted": wanted.value}
            assert (await Visit.get(id=visit.id)).status == was
            assert await VisitChange.all().count() == before
    assert await Message.all().count() == 0


@pytest.mark.parametrize("status", [A, F, N])
async def test_marked_twice_is_marked_once(status: Status) -> None:
    visit, by = await visit_of_dorota(status)
    before = await VisitChange.all().count()
    assert (await attendance.mark(visit.id, status, patient=visit.patient, errand=by)).status == status
    assert await VisitChange.all().count() == before


async def test_people_arrive_from_the_first_moment_of_the_visits_day() -> None:
    visit, by = await visit_of_dorota()
    midnight = cast.warsaw(24, 0)
    with clock.pinned(midnight - timedelta(microseconds=1)), pytest.raises(StatusNotChangeable) as refused:
        await attendance.mark(visit.id, A, patient=visit.patient, errand=by)
    assert refused.value.details["reason"] == "TOO_EARLY"
    with clock.pinned(midnight):
        assert (await attendance.mark(visit.id, A, patient=visit.patient, errand=by)).status == A


async def test_nobody_has_failed_to_come_before_the_visit_begins() -> None:
    visit, by = await visit_of_dorota()
    with clock.pinned(visit.starts_at - timedelta(microseconds=1)), pytest.raises(StatusNotChangeable) as refused:
        await attendance.mark(visit.id, N, patient=visit.patient, errand=by)
    assert refused.value.details["reason"] == "TOO_EARLY"
    with clock.pinned(visit.starts_at):
        assert (await attendance.mark(visit.id, N, patient=visit.patient, errand=by)).status == N


async def test_a_visit_in_the_night_in_which_the_clocks_change_has_its_own_day() -> None:
    rita = await cast.rita()
    with clock.pinned(cast.warsaw(24, 9, month=10)):
        visit = await book_for(rita, await cast.dorota(rita), await cast.slot(cast.warsaw(25, 9, month=10)))
    by = errand(rita)
    with clock.pinned(cast.warsaw(24, 23, 59, month=10)), pytest.raises(StatusNotChangeable):
        await attendance.mark(visit.id, A, patient=visit.patient, errand=by)
    with clock.pinned(cast.warsaw(25, 0, 0, month=10)):
        assert (await attendance.mark(visit.id, A, patient=visit.patient, errand=by)).status == A


async def test_of_two_colleagues_who_mark_otherwise_at_once_the_second_is_refused() -> None:
    visit, by = await visit_of_dorota(A)
    with clock.pinned(visit.starts_at):
        outcomes = await race(
            attendance.mark(visit.id, F, patient=visit.patient, errand=by),
            attendance.mark(visit.id, N, patient=visit.patient, errand=by),
        )
    assert tally(outcomes) == {"Visit": 1, "StatusNotChangeable": 1}


async def test_a_cancelled_visit_is_not_marked_though_both_happen_at_once() -> None:
    visit, by = await visit_of_dorota()
    with clock.pinned(cast.warsaw(24, 9)):
        cancelled, marked = await race(
            Visit.cancel(visit.id, patient=visit.patient, by=by),
            attendance.mark(visit.id, A, patient=visit.patient, errand=by),
        )
    kinds = {type(cancelled).__name__, type(marked).__name__}
    assert kinds in ({"Visit", "StatusNotChangeable"}, {"Visit", "VisitNotChangeable"})


async def test_a_call_is_noted_with_its_words_and_changes_nothing_else() -> None:
    visit, by = await visit_of_dorota()
    after = await attendance.called(visit.id, patient=visit.patient, errand=by, words="potwierdziła")
    assert (after.status, after.changed_at, after.sequence) == (visit.status, visit.changed_at, visit.sequence)
    change = await VisitChange.get(kind="CALLED")
    assert (change.reason, change.by) == ("potwierdziła", "reception")
    assert await AuditEntry.filter(action="visit_called", patient_id=visit.patient_id).count() == 1


async def test_a_visit_of_somebody_else_is_not_marked() -> None:
    visit, by = await visit_of_dorota()
    borys = await cast.borys()
    assert borys.patient
    with pytest.raises(VisitNotFound):
        await attendance.mark(visit.id, A, patient=borys.patient, errand=by)

"""Confirmation: given once and for this date only; a letter's link is valid for one visit until it begins."""

from datetime import timedelta

import pytest

import settings
from infra import clock, crypto
from models.audit import AuditEntry
from models.outbox import Message
from models.refusals.booking import LinkNotValid, VisitNotChangeable, VisitNotFound
from models.schedules import absence_ending, closing
from models.schedules.closing import DOCTOR
from models.values.actor import Actor
from models.values.visit_status import Status
from models.visits import confirmation
from models.visits.visit import Visit
from models.visits.visit_history import VisitChange
from tests import cast
from tests.support.racing import race, tally
from tests.support.schedules import TUESDAY, report_absence
from tests.support.visits import book, cancel, is_free, minutes, move, patient_of, turn_to

EVENING = cast.warsaw(23, 18)


async def link_of(visit: Visit) -> str:
    return confirmation.make_link(visit.id, (await Visit.get(id=visit.id)).sequence)


async def test_a_patient_confirms_once_and_it_is_told_once() -> None:
    anna = await cast.anna()
    visit = await book(anna, await cast.slot())
    for _ in range(2):
        confirmed = await confirmation.confirm(visit.id, patient=patient_of(anna), by=Actor(anna))
        clock.advance(minutes(5))
    assert confirmed.confirmed_at == cast.MONDAY
    assert confirmed.status is Status.BOOKED
    assert await VisitChange.filter(visit_id=visit.id).order_by("at").values_list("kind", "by") == [
        ("BOOKED", "patient"),
        ("CONFIRMED", "patient"),
    ]
    assert await AuditEntry.filter(action="confirm_visit", account_id=anna.id, subject_id=visit.id).count() == 1


async def test_a_visit_that_cannot_take_place_is_not_confirmed_until_it_can() -> None:
    anna, rita = await cast.anna(), await cast.rita()
    visit = await book(anna, await cast.slot())
    doctor = await visit.doctor
    report = await report_absence(rita, doctor, 24)
    for attempt in (
        confirmation.confirm(visit.id, patient=patient_of(anna), by=Actor(anna)),
        confirmation.confirm_linked(await link_of(visit)),
    ):
        with pytest.raises(VisitNotChangeable) as refused:
            await attempt
        assert "cannot take place" in refused.value.message("EN")
    await absence_ending.end(report.absence.id, by=rita)
    await closing.close(DOCTOR, doctor.id, TUESDAY, by=rita)
    with pytest.raises(VisitNotChangeable):
        await confirmation.confirm(visit.id, patient=patient_of(anna), by=Actor(anna))
    await closing.reopen(DOCTOR, doctor.id, by=rita)
    assert (await confirmation.confirm_linked(await link_of(visit))).confirmed_at


async def test_a_stranger_confirms_nothing() -> None:
    anna, celina = await cast.anna(), await cast.celina()
    visit = await book(anna, await cast.slot())
    with pytest.raises(VisitNotFound):
        await confirmation.confirm(visit.id, patient=patient_of(celina), by=Actor(celina))
    assert (await Visit.get(id=visit.id)).confirmed_at is None


async def test_a_visit_that_has_begun_or_was_cancelled_is_not_confirmed() -> None:
    anna = await cast.anna()
    begun, cancelled = await book(anna, await cast.slot()), await book(anna, await cast.slot(cast.warsaw(24, 12)))
    await cancel(anna, cancelled)
    with pytest.raises(VisitNotChangeable):
        await confirmation.confirm(cancelled.id, patient=patient_of(anna), by=Actor(anna))
    turn_to(begun.starts_at)
    with pytest.raises(VisitNotChangeable):
        await confirmation.confirm(begun.id, patient=patient_of(anna), by=Actor(anna))


async def test_a_moved_visit_is_to_be_confirmed_anew() -> None:
    anna = await cast.anna()
    visit = await book(anna, await cast.slot())
    await confirmation.confirm(visit.id, patient=patient_of(anna), by=Actor(anna))
    moved = await move(anna, visit, await cast.slot(cast.warsaw(25, 10)))
    assert moved.confirmed_at is None


async def test_whoever_has_the_link_confirms_and_cancels_without_an_account_of_their_own() -> None:
    anna, slot = await cast.anna(), await cast.slot()
    link = await link_of(await book(anna, slot))
    with clock.pinned(EVENING):
        assert (await confirmation.confirm_linked(link)).confirmed_at == EVENING
        assert (await confirmation.confirm_linked(link)).confirmed_at == EVENING
    assert (await confirmation.cancel_linked(link, "choroba")).status is Status.CANCELLED
    assert await is_free(slot)
    assert await Message.filter(kind="visit_cancelled").count() == 1
    used = await AuditEntry.filter(action="use_visit_link", patient_id=anna.patient_id)
    assert [entry.role for entry in used] == ["NOBODY", "NOBODY"]  # repeating a change adds no entry


async def test_a_repeated_cancellation_by_link_changes_nothing_and_answers_the_same() -> None:
    anna = await cast.anna()
    link = await link_of(await book(anna, await cast.slot()))
    outcomes = await race(*(confirmation.cancel_linked(link, None) for _ in range(5)))
    assert tally(outcomes) == {"Visit": 5}
    assert {visit.status for visit in outcomes} == {Status.CANCELLED}
    assert await VisitChange.filter(kind="CANCELLED").count() == 1
    assert await Message.filter(kind="visit_cancelled").count() == 1
    with pytest.raises(VisitNotChangeable):
        await confirmation.confirm_linked(link)


async def test_a_link_dies_with_a_move_and_the_new_letter_has_a_new_one() -> None:
    anna = await cast.anna()
    visit = await book(anna, await cast.slot())
    old = await link_of(visit)
    await move(anna, visit, await cast.slot(cast.warsaw(25, 10)))
    new = await link_of(visit)
    for use in (confirmation.find_linked, confirmation.confirm_linked):
        with pytest.raises(LinkNotValid):
            await use(old)
    with pytest.raises(LinkNotValid):
        await confirmation.cancel_linked(old, None)
    assert (await confirmation.find_linked(new)).starts_at == cast.warsaw(25, 10)
    await cancel(anna, visit)
    with pytest.raises(LinkNotValid):
        await confirmation.find_linked(old)  # the old link is invalid even now that the visit is cancelled
    assert (await confirmation.find_linked(new)).status is Status.CANCELLED


async def test_a_link_ends_when_its_visit_begins() -> None:
    anna = await cast.anna()
    visit = await book(anna, await cast.slot())
    link = await link_of(visit)
    turn_to(visit.starts_at - timedelta(seconds=1))
    assert await confirmation.find_linked(link)
    turn_to(visit.starts_at)
    with pytest.raises(LinkNotValid):
        await confirmation.find_linked(link)


async def test_a_link_cancels_only_while_the_clinic_allows_it() -> None:
    anna = await cast.anna()
    visit = await book(anna, await cast.slot(at=await cast.clinic(cancel_until_minutes=120)))
    link = await link_of(visit)
    turn_to(visit.starts_at - minutes(120))
    with pytest.raises(VisitNotChangeable):
        await confirmation.cancel_linked(link, None)
    assert (await confirmation.confirm_linked(link)).confirmed_at  # the link may still confirm the visit


@pytest.mark.parametrize("token", ["", "x", "ż", "a" * 43, "\0", "=" * 1000])
async def test_a_made_up_link_is_nobodys(token: str) -> None:
    with pytest.raises(LinkNotValid):
        await confirmation.find_linked(token)


async def test_a_link_is_neither_guessed_nor_made_of_another_signed_token(monkeypatch: pytest.MonkeyPatch) -> None:
    anna = await cast.anna()
    visit = await book(anna, await cast.slot())
    link = await link_of(visit)
    forged = [crypto.sign(visit.id.bytes + bytes(4), "cursor/visits"), link[:-1] + ("A" if link[-1] != "A" else "Q")]
    monkeypatch.setattr(settings, "SECRET_KEY", "another key of thirty-two letters or more")
    forged.append(confirmation.make_link(visit.id, 0))
    monkeypatch.undo()
    for token in forged:
        with pytest.raises(LinkNotValid):
            await confirmation.find_linked(token)
    assert await confirmation.find_linked(link)


async def test_of_a_move_and_a_cancellation_by_link_at_once_the_promises_survive() -> None:
    anna, there = await cast.anna(), await cast.slot(cast.warsaw(25, 10))
    visit = await book(anna, await cast.slot())
    link = await link_of(visit)
    outcomes = await race(move(anna, visit, there), confirmation.cancel_linked(link, None))
    assert tally(outcomes) in ({"Visit": 1, "LinkNotValid": 1}, {"Visit": 1, "VisitNotChangeable": 1})

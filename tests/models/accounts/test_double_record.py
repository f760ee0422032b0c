"""Duplicates: a second record of a person can be marked, a search shows the mark, and nobody books into it unawares."""

from uuid import uuid4

import pytest
from tortoise.transactions import in_transaction

from models.accounts import double_record, patient_record
from models.accounts.account import Account
from models.accounts.patient import Patient
from models.accounts.patient_record import PatientDetails
from models.admin import person_removal
from models.audit import AuditEntry
from models.refusals.desk import PatientIsDouble, PatientNotFound
from models.refusals.refusal import InvalidInput
from models.visits import booking_check
from models.visits.visit import Visit
from tests import cast
from tests.support.racing import race, tally
from tests.support.visits import WHY, book, book_for, patient_of


async def caller(by: Account, name: str = "Jan") -> Patient:
    entry = PatientDetails(name, "Żak", phone="22 621 00 00", to_be_completed=True)
    return await patient_record.register(entry, by=by)


async def test_booking_into_a_double_is_refused_with_the_right_record_unless_a_reason_is_given() -> None:
    rita, slot = await cast.rita(), await cast.slot()
    right, wrong = await cast.dorota(rita), await caller(rita)
    marked = await double_record.mark(wrong.id, right.id, by=rita)
    assert marked.double_of_id == right.id
    with pytest.raises(PatientIsDouble) as refused:
        await book_for(rita, wrong, slot)
    assert refused.value.details == {"patient_id": str(right.id)}
    [told] = await booking_check.find_refusals(slot.id, wrong.id)
    assert told.details == refused.value.details
    visit = await book_for(rita, wrong, slot, WHY)
    entry = await AuditEntry.get(action="visit_booked")
    assert (visit.patient.id, entry.override_reason, entry.passed_over) == (wrong.id, WHY, "PATIENT_IS_DOUBLE")


async def test_the_right_record_is_booked_as_ever_and_nothing_has_moved() -> None:
    rita, slot, other = await cast.rita(), await cast.slot(), await cast.slot(cast.warsaw(25, 10))
    right, wrong = await cast.dorota(rita), await caller(rita)
    visit = await book_for(rita, wrong, slot)
    await double_record.mark(wrong.id, right.id, by=rita)
    await book_for(rita, right, other)
    assert (await Visit.get(id=visit.id)).patient_id == wrong.id


async def test_a_mark_is_taken_back() -> None:
    rita, slot = await cast.rita(), await cast.slot()
    right, wrong = await cast.dorota(rita), await caller(rita)
    await double_record.mark(wrong.id, right.id, by=rita)
    for _ in range(2):
        assert (await double_record.unmark(wrong.id, by=rita)).double_of_id is None
    await book_for(rita, wrong, slot)
    assert await AuditEntry.filter(action="unmark_double").count() == 1


async def test_marks_form_no_chain() -> None:
    rita = await cast.rita()
    right, second, third = await cast.dorota(rita), await caller(rita), await caller(rita, "Janek")
    await double_record.mark(third.id, second.id, by=rita)
    await double_record.mark(second.id, right.id, by=rita)
    assert {one.double_of_id for one in await Patient.exclude(id=right.id)} == {right.id}
    for of in (third.id, right.id, uuid4()):
        with pytest.raises(InvalidInput):
            await double_record.mark(right.id, of, by=rita)


async def test_two_colleagues_who_mark_each_others_record_make_no_circle() -> None:
    rita = await cast.rita()
    one, two = await cast.dorota(rita), await caller(rita)
    outcomes = await race(double_record.mark(one.id, two.id, by=rita), double_record.mark(two.id, one.id, by=rita))
    assert tally(outcomes) == {"Patient": 1, "InvalidInput": 1}
    assert await AuditEntry.filter(action="mark_double").count() == 1


async def test_a_claim_is_no_double_it_joins_its_record() -> None:
    rita, anna = await cast.rita(), await cast.anna(is_confirmed=False)
    right = await cast.dorota(rita)
    for pair in ((anna.patient_id, right.id), (right.id, anna.patient_id)):
        with pytest.raises(InvalidInput):
            await double_record.mark(*pair, by=rita)
    for nobody in (double_record.mark(uuid4(), right.id, by=rita), double_record.unmark(uuid4(), by=rita)):
        with pytest.raises(PatientNotFound):
            await nobody


async def test_the_patient_of_a_double_books_as_ever() -> None:
    """Only reception is warned: the patient cannot do anything about a duplicate record."""
    rita, anna, slot = await cast.rita(), await cast.anna(), await cast.slot()
    right = await cast.dorota(rita)
    await double_record.mark(patient_of(anna).id, right.id, by=rita)
    await book(anna, slot)


async def test_a_double_waits_for_no_number_and_its_original_can_be_forgotten() -> None:
    rita = await cast.rita()
    right, wrong = await cast.dorota(rita), await caller(rita)
    await double_record.mark(wrong.id, right.id, by=rita)
    assert await Patient.list_to_complete(None, 9) == []
    async with in_transaction():
        await person_removal.remove(await Patient.lock(right.id))
    assert (await Patient.get(id=wrong.id)).double_of_id is None

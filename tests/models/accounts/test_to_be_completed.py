"""Callers without a PESEL or document: booked by name and telephone number, and listed until a number is added."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from models.accounts import patient_record, patient_search
from models.accounts.patient import Patient
from models.accounts.patient_record import PatientDetails
from models.refusals.desk import PatientExists, PatientIncomplete, RecordsNotMerged
from models.refusals.refusal import InvalidInput
from models.values.identity_document import DocumentKind, SeenDocument
from models.visits import identity_confirmation
from tests import cast
from tests.support.racing import only, race, tally
from tests.support.visits import book_for

JAN: dict[str, Any] = {"first_name": "Jan", "last_name": "Żak", "phone": "22 621 00 00", "to_be_completed": True}
BORN = date(1985, 3, 12)  # the birth date in Dorota's PESEL


async def register(**more: Any) -> Patient:
    return await patient_record.register(PatientDetails(**JAN | more), by=await cast.rita())


async def flaws(**more: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refused:
        await register(**more)
    return [(flaw.path[0], flaw.code) for flaw in refused.value.flaws]


async def waiting() -> list[Patient]:
    return await Patient.list_to_complete(None, 10)


async def test_a_caller_is_booked_by_name_and_telephone_and_waits_for_a_number() -> None:
    jan = await register(birth_date=BORN)
    rita = await cast.roman()
    await book_for(rita, jan, await cast.slot())
    assert [(one.id, one.birth_date, one.is_to_be_completed) for one in await waiting()] == [(jan.id, BORN, True)]
    for text in ("zak", "12.03.1985", "+48 22 621 00 00"):
        assert [one.id for one in await patient_search.search(text, None, 9)] == [jan.id]


async def test_a_telephone_is_needed_and_an_account_is_not_given() -> None:
    assert await flaws(phone=None) == [("phone", "REQUIRED")]


async def test_an_account_needs_a_number() -> None:
    assert await flaws(email="jan@example.pl") == [("email", "NOT_AVAILABLE")]


@pytest.mark.parametrize("born", [date(1899, 12, 31), date(2026, 11, 24)])
async def test_nobody_is_born_before_1900_or_tomorrow(born: date) -> None:
    assert await flaws(birth_date=born) == [("birthDate", "OUT_OF_RANGE")]


async def test_a_birth_date_that_the_pesel_contradicts_is_a_mistake() -> None:
    assert await flaws(birth_date=date(1985, 3, 13), pesel=cast.DOROTA_PESEL) == [("birthDate", "NOT_AVAILABLE")]


async def test_a_number_is_required_unless_the_record_is_to_be_completed_later() -> None:
    assert await flaws(to_be_completed=False) == [("document", "REQUIRED")]


async def test_a_document_that_was_seen_must_have_a_number() -> None:
    with pytest.raises(InvalidInput) as refused:
        await patient_record.register(PatientDetails(**JAN), by=await cast.rita(), seen=SeenDocument.PASSPORT)
    assert refused.value.flaws == [(("identitySeen",), "NOT_AVAILABLE")]


async def test_a_number_completes_the_record_which_can_be_confirmed_then() -> None:
    jan, rita = await register(birth_date=BORN), await cast.roman()
    with pytest.raises(PatientIncomplete):
        await identity_confirmation.confirm(jan.id, SeenDocument.PASSPORT, by=rita)
    with pytest.raises(PatientIncomplete):
        await patient_record.invite(jan.id, "jan@example.pl", by=rita)
    changed = await patient_record.change(jan.id, PatientDetails(pesel=cast.DOROTA_PESEL), by=rita)
    assert (changed.is_to_be_completed, changed.birth_date, changed.birth_date_sealed) == (False, BORN, None)
    assert await waiting() == []
    assert (await identity_confirmation.confirm(jan.id, SeenDocument.PASSPORT, by=rita)).identity_confirmed_at


async def test_a_document_completes_it_too_and_keeps_the_birth_date() -> None:
    jan, rita = await register(birth_date=BORN), await cast.roman()
    passport = (DocumentKind.PASSPORT, "UA", "FE123456")
    changed = await patient_record.change(jan.id, PatientDetails(document=passport), by=rita)
    assert (changed.is_to_be_completed, changed.birth_date) == (False, BORN)
    corrected = await patient_record.change(jan.id, PatientDetails(birth_date=date(1985, 3, 14)), by=rita)
    assert corrected.birth_date == date(1985, 3, 14)


async def test_the_number_of_another_record_is_not_taken() -> None:
    jan, rita = await register(), await cast.roman()
    dorota = await cast.dorota(rita)
    with pytest.raises(RecordsNotMerged) as refused:
        await patient_record.change(jan.id, PatientDetails(pesel=cast.DOROTA_PESEL), by=rita)
    assert refused.value.details == {"patient_id": str(dorota.id)}


async def test_who_telephones_twice_has_one_record() -> None:
    rita = await cast.rita()
    spellings = (JAN, JAN | {"last_name": "ZAK"}, JAN | {"phone": "+48226210000"})
    outcomes = await race(*(patient_record.register(PatientDetails(**one), by=rita) for one in spellings))
    assert tally(outcomes) == {"Patient": 1, "PatientExists": 2}
    known = str(only(Patient, outcomes).id)
    assert {one.details["patient_id"] for one in outcomes if isinstance(one, PatientExists)} == {known}
    await patient_record.register(PatientDetails(**JAN | {"first_name": "Ewa"}), by=rita)
    assert len(await waiting()) == 2


async def test_a_birth_date_cannot_be_read_in_the_database(stranger: Any) -> None:
    await register(birth_date=BORN)
    rows = await stranger.fetch("SELECT * FROM patient")
    values = [value for row in rows for value in row.values() if not isinstance(value, UUID)]  # ids have any digits
    assert values
    assert "1985" not in str(values)

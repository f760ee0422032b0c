"""Clinics and doctors as administration keeps them: everything wrong is named at once, nothing half done."""

from typing import Any
from uuid import uuid4

import pytest

from models import clock, licence, premises
from models.audit import AuditEntry
from models.clinic import Clinic
from models.doctor import Doctor
from models.refusal import InvalidInput
from tests import cast

LICENCE, ANOTHER = "5425740", "6000012"
HEART = {"name": "Poradnia kardiologiczna", "address": "ul. Długa 1, Warszawa", "phone": "22 111 11 11"}
EWA: dict[str, Any] = {
    "title": "lek.", "first_name": "Ewa", "last_name": "Wiśniewska", "specialties": ["kardiolog"], "licence": LICENCE
}  # fmt: skip


def paths(refused: pytest.ExceptionInfo[InvalidInput]) -> list[str]:
    return [".".join(flaw.path) for flaw in refused.value.flaws]


@pytest.mark.parametrize("number", [LICENCE, ANOTHER])
def test_a_licence_is_checked_by_its_first_digit(number: str) -> None:
    assert licence.is_valid(number)
    for place in range(7):
        for digit in "0123456789":
            changed = number[:place] + digit + number[place + 1 :]
            assert changed == number or not licence.is_valid(changed), "one wrong digit is always found"


@pytest.mark.parametrize("number", ["", "542574", "54257400", "0000000", "５４２５７４０", "542574a", "5425740\n"])
def test_what_is_no_licence(number: str) -> None:
    assert not licence.is_valid(number)


async def test_a_clinic_is_opened_with_the_usual_rules_or_its_own() -> None:
    adam = await cast.adam()
    usual = await premises.open_clinic(by=adam, **HEART)
    assert (usual.days_ahead, usual.minimum_notice_minutes, usual.planned_visits_per_patient) == (90, 60, 3)
    own = await premises.open_clinic(by=adam, **HEART, days_ahead=14, cancel_until_minutes=1440)
    assert (own.days_ahead, own.cancel_until_minutes) == (14, 1440)
    assert await Clinic.listed("KARDIO", None, 10) == [usual, own]
    assert await AuditEntry.filter(action="open_clinic", account_id=adam.id).count() == 2


async def test_of_a_clinic_only_what_is_given_is_changed() -> None:
    adam, clinic = await cast.adam(), await cast.clinic()
    await premises.change_clinic(clinic.id, by=adam, name="Poradnia żył", planned_visits_per_patient=1)
    changed = await Clinic.get()
    assert (changed.name, changed.address, changed.planned_visits_per_patient) == ("Poradnia żył", clinic.address, 1)
    assert await Clinic.listed("zyl", None, 10) == [changed]


async def test_what_is_wrong_with_a_clinic_is_named_at_once() -> None:
    adam = await cast.adam()
    wrong = {"name": " ", "address": "x" * 301, "days_ahead": 0, "cancel_until_minutes": -1}
    with pytest.raises(InvalidInput) as refused:
        await premises.change_clinic(uuid4(), by=adam, **wrong)
    assert paths(refused) == ["name", "address", "daysAhead", "cancelUntilMinutes", "clinicId"]
    with pytest.raises(InvalidInput):
        await premises.open_clinic(by=adam, **{**HEART, "phone": ""})
    assert await Clinic.all().count() == 0


async def test_a_doctor_is_added_to_clinics_and_found_by_name() -> None:
    adam, clinic = await cast.adam(), await cast.clinic()
    doctor = await premises.add_doctor(by=adam, clinic_ids=[clinic.id], **EWA)
    assert await Doctor.listed(clinic.id, "wisniewska", None, 10) == [doctor]
    assert doctor.licence == LICENCE


async def test_a_licence_is_one_persons() -> None:
    adam, clinic = await cast.adam(), await cast.clinic()
    doctor = await premises.add_doctor(by=adam, clinic_ids=[clinic.id], **EWA)
    for number, code in ((LICENCE, "NOT_AVAILABLE"), ("5425741", "MALFORMED")):
        with pytest.raises(InvalidInput) as refused:
            await premises.add_doctor(by=adam, clinic_ids=[clinic.id], **{**EWA, "licence": number})
        assert refused.value.flaws == [(("licence",), code)]
    await premises.change_doctor(doctor.id, by=adam, licence=LICENCE)
    await premises.change_doctor(doctor.id, by=adam, licence="")
    assert (await Doctor.get()).licence is None


async def test_what_is_wrong_with_a_doctor_is_named_at_once() -> None:
    adam = await cast.adam()
    wrong = {**EWA, "last_name": "4", "specialties": ["a"] * 11}
    with pytest.raises(InvalidInput) as refused:
        await premises.add_doctor(by=adam, clinic_ids=[], **wrong)
    assert paths(refused) == ["lastName", "specialties", "clinicIds"]
    with pytest.raises(InvalidInput) as refused:
        await premises.change_doctor(uuid4(), by=adam, clinic_ids=[uuid4()])
    assert paths(refused) == ["clinicIds", "doctorId"]


async def test_a_married_doctor_is_found_by_the_new_name_and_sees_patients_elsewhere() -> None:
    adam, here, there = await cast.adam(), await cast.clinic(), await cast.clinic("Poradnia okulistyczna")
    doctor = await cast.doctor(here)
    await premises.change_doctor(doctor.id, by=adam, last_name="Wiśniewska-Żak", clinic_ids=[there.id])
    assert [one.id for one in await Doctor.listed(there.id, "zak", None, 10)] == [doctor.id]
    assert await Doctor.listed(here.id, None, None, 10) == []


async def test_a_clinic_with_slots_to_come_cannot_be_taken_from_a_doctor() -> None:
    adam, here, there = await cast.adam(), await cast.clinic(), await cast.clinic("Poradnia okulistyczna")
    doctor = await cast.doctor(here)
    slot = await cast.slot(at=here, by=doctor)
    with pytest.raises(InvalidInput) as refused:
        await premises.change_doctor(doctor.id, by=adam, last_name="Nowa", clinic_ids=[there.id])
    assert paths(refused) == ["clinicIds"]
    assert (await Doctor.get()).last_name == "Wiśniewska"
    with clock.pinned(slot.ends_at):
        await premises.change_doctor(doctor.id, by=adam, clinic_ids=[there.id])

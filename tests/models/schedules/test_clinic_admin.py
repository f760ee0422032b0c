"""Administrators maintain clinics and doctors: all errors are reported at once, and nothing is left half done."""

from typing import Any
from uuid import uuid4

import pytest

from infra import clock
from models.audit import AuditEntry
from models.refusals.refusal import InvalidInput
from models.refusals.schedule import ClinicExists, DoctorExists
from models.schedules import clinic_admin
from models.schedules.clinic_admin import ClinicDetails, DoctorDetails
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.values import licence
from tests import cast
from tests.support.racing import only, race, tally

LICENCE, ANOTHER = "5425740", "6000012"
HEART: dict[str, Any] = {"name": "Poradnia kardiologiczna", "address": "ul. Długa 1, Warszawa", "phone": "22 111 11 11"}
EWA: dict[str, Any] = {
    "title": "lek.",
    "first_name": "Ewa",
    "last_name": "Wiśniewska",
    "specialties": ["kardiolog"],
    "licence": LICENCE,
}


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
def test_an_invalid_licence_number_is_refused(number: str) -> None:
    assert not licence.is_valid(number)


async def test_a_clinic_is_opened_with_the_usual_rules_or_its_own() -> None:
    adam = await cast.adam()
    usual = await clinic_admin.open_clinic(ClinicDetails(**HEART), by=adam)
    assert (usual.days_ahead, usual.minimum_notice_minutes, usual.planned_visits_per_patient) == (90, 60, 3)
    branch = HEART | {"address": "ul. Krótka 2, Warszawa"}
    own = await clinic_admin.open_clinic(ClinicDetails(**branch, days_ahead=14, cancel_until_minutes=1440), by=adam)
    assert (own.days_ahead, own.cancel_until_minutes) == (14, 1440)
    assert await Clinic.list_page("KARDIO", None, 10) == [usual, own]
    assert await AuditEntry.filter(action="open_clinic", account_id=adam.id).count() == 2


async def test_of_several_who_open_one_clinic_at_once_one_does_and_the_others_are_refused() -> None:
    adam = await cast.adam()
    spellings = ("Poradnia kardiologiczna", "PORADNIA KARDIOLOGICZNA", " Poradnia kardiologiczna ")
    opened = [clinic_admin.open_clinic(ClinicDetails(**(HEART | {"name": name})), by=adam) for name in spellings]
    outcomes = await race(*opened)
    assert tally(outcomes) == {"Clinic": 1, "ClinicExists": 2}
    known = str(only(Clinic, outcomes).id)
    assert [each.details["clinic_id"] for each in outcomes if isinstance(each, ClinicExists)] == [known] * 2
    assert await Clinic.all().count() == await AuditEntry.filter(action="open_clinic").count() == 1


async def test_two_clinics_renamed_to_the_same_at_once_stay_two() -> None:
    adam = await cast.adam()
    one, two = [
        await clinic_admin.open_clinic(ClinicDetails(**(HEART | {"name": n})), by=adam) for n in ("Oko", "Ucho")
    ]
    details = ClinicDetails(name="Nos")
    outcomes = await race(*(clinic_admin.change_clinic(each.id, details, by=adam) for each in (one, two)))
    assert tally(outcomes) == {"Clinic": 1, "ClinicExists": 1}
    await clinic_admin.change_clinic(one.id, ClinicDetails(name="Ucho i nos"), by=adam)
    await clinic_admin.change_clinic(one.id, ClinicDetails(name="Ucho i nos"), by=adam)


async def test_of_a_clinic_only_what_is_given_is_changed() -> None:
    adam, clinic = await cast.adam(), await cast.clinic()
    await clinic_admin.change_clinic(
        clinic.id, ClinicDetails(name="Poradnia żył", planned_visits_per_patient=1), by=adam
    )
    changed = await Clinic.get()
    assert (changed.name, changed.address, changed.planned_visits_per_patient) == ("Poradnia żył", clinic.address, 1)
    assert await Clinic.list_page("zyl", None, 10) == [changed]


async def test_what_is_wrong_with_a_clinic_is_named_at_once() -> None:
    adam = await cast.adam()
    wrong: dict[str, Any] = {"name": " ", "address": "x" * 301, "days_ahead": 0, "cancel_until_minutes": -1}
    with pytest.raises(InvalidInput) as refused:
        await clinic_admin.change_clinic(uuid4(), ClinicDetails(**wrong), by=adam)
    assert paths(refused) == ["name", "address", "daysAhead", "cancelUntilMinutes", "clinicId"]
    with pytest.raises(InvalidInput):
        await clinic_admin.open_clinic(ClinicDetails(**(HEART | {"phone": ""})), by=adam)
    assert await Clinic.all().count() == 0


@pytest.mark.parametrize("phone", ["22 111 11", "22 111 11 11 wew. 3", "0-800-REJESTRACJA", "+48 1", "reception"])
async def test_a_clinics_telephone_can_be_dialled(phone: str) -> None:
    adam, clinic = await cast.adam(), await cast.clinic()
    with pytest.raises(InvalidInput) as refused:
        await clinic_admin.open_clinic(ClinicDetails(**HEART | {"phone": phone}), by=adam)
    assert refused.value.flaws == [(("phone",), "PHONE_MALFORMED")]
    with pytest.raises(InvalidInput) as refused:
        await clinic_admin.change_clinic(clinic.id, ClinicDetails(phone=phone), by=adam)
    assert paths(refused) == ["phone"]
    await clinic_admin.change_clinic(clinic.id, ClinicDetails(phone="(22) 111-11-12"), by=adam)
    assert (await Clinic.get(id=clinic.id)).phone == "(22) 111-11-12"


async def test_a_doctor_is_added_to_clinics_and_found_by_name() -> None:
    adam, clinic = await cast.adam(), await cast.clinic()
    doctor = await clinic_admin.add_doctor(DoctorDetails(clinic_ids=[clinic.id], **EWA), by=adam)
    assert await Doctor.list_page(clinic.id, "wisniewska", None, 10) == [doctor]
    assert doctor.licence == LICENCE


async def test_a_licence_belongs_to_one_doctor_only() -> None:
    adam, clinic = await cast.adam(), await cast.clinic()
    doctor = await clinic_admin.add_doctor(DoctorDetails(clinic_ids=[clinic.id], **EWA), by=adam)
    for number, code in ((LICENCE, "NOT_AVAILABLE"), ("5425741", "MALFORMED")):
        with pytest.raises(InvalidInput) as refused:
            await clinic_admin.add_doctor(DoctorDetails(clinic_ids=[clinic.id], **{**EWA, "licence": number}), by=adam)
        assert refused.value.flaws == [(("licence",), code)]
    await clinic_admin.change_doctor(doctor.id, DoctorDetails(licence=LICENCE), by=adam)
    await clinic_admin.change_doctor(doctor.id, DoctorDetails(licence=""), by=adam)
    assert (await Doctor.get()).licence is None


async def test_of_two_doctors_given_one_licence_at_once_one_is_refused() -> None:
    adam, clinic = await cast.adam(), await cast.clinic()
    people = [DoctorDetails(clinic_ids=[clinic.id], **EWA | {"last_name": name}) for name in ("Ra", "Fa", "La", "Ta")]
    added = [clinic_admin.add_doctor(one, by=adam) for one in people]
    assert tally(await race(*added)) == {"Doctor": 1, "InvalidInput": 3}
    assert await Doctor.all().count() == 1


async def test_a_second_clinic_of_the_same_name_and_place_is_opened_on_confirmation() -> None:
    adam = await cast.adam()
    known = await clinic_admin.open_clinic(ClinicDetails(**HEART), by=adam)
    another = await clinic_admin.open_clinic(ClinicDetails(**HEART), by=adam, is_another=True)
    assert known.id != another.id
    other = await clinic_admin.open_clinic(ClinicDetails(**HEART | {"name": "Poradnia żył"}), by=adam)
    same = ClinicDetails(name=" PORADNIA kardiologiczna")
    with pytest.raises(ClinicExists):
        await clinic_admin.change_clinic(other.id, same, by=adam)
    assert (await clinic_admin.change_clinic(other.id, same, by=adam, is_another=True)).id == other.id


async def test_a_doctor_added_twice_at_once_is_there_once() -> None:
    adam, clinic = await cast.adam(), await cast.clinic()
    spellings = (EWA | {"licence": None}, EWA | {"last_name": "WISNIEWSKA", "licence": None})
    people = [DoctorDetails(clinic_ids=[clinic.id], **one) for one in (*spellings, *spellings)]
    outcomes = await race(*(clinic_admin.add_doctor(one, by=adam) for one in people))
    assert tally(outcomes) == {"Doctor": 1, "DoctorExists": 3}
    assert await Doctor.all().count() == await AuditEntry.filter(action="add_doctor").count() == 1


async def test_a_namesake_is_added_on_confirmation_or_if_the_licence_differs() -> None:
    adam, clinic = await cast.adam(), await cast.clinic()

    async def add(number: str | None, **more: Any) -> Doctor:
        return await clinic_admin.add_doctor(
            DoctorDetails(clinic_ids=[clinic.id], **EWA | {"licence": number}), by=adam, **more
        )

    ewa = await add(LICENCE)
    with pytest.raises(DoctorExists) as refused:
        await add(None)
    assert refused.value.details == {"doctor_id": str(ewa.id)}
    await add(ANOTHER)
    await add(None, is_another=True)
    with pytest.raises(InvalidInput):
        await add(LICENCE, is_another=True)
    assert await Doctor.all().count() == 3


async def test_what_is_wrong_with_a_doctor_is_named_at_once() -> None:
    adam = await cast.adam()
    wrong = {**EWA, "last_name": "4", "specialties": ["a"] * 11}
    with pytest.raises(InvalidInput) as refused:
        await clinic_admin.add_doctor(DoctorDetails(clinic_ids=[], **wrong), by=adam)
    assert paths(refused) == ["lastName", "specialties", "clinicIds"]
    with pytest.raises(InvalidInput) as refused:
        await clinic_admin.change_doctor(uuid4(), DoctorDetails(clinic_ids=[uuid4()]), by=adam)
    assert paths(refused) == ["clinicIds", "doctorId"]


async def test_a_married_doctor_is_found_by_the_new_name_and_sees_patients_elsewhere() -> None:
    adam, here, there = await cast.adam(), await cast.clinic(), await cast.clinic("Poradnia okulistyczna")
    doctor = await cast.doctor(here)
    await clinic_admin.change_doctor(
        doctor.id, DoctorDetails(last_name="Wiśniewska-Żak", clinic_ids=[there.id]), by=adam
    )
    assert [one.id for one in await Doctor.list_page(there.id, "zak", None, 10)] == [doctor.id]
    assert await Doctor.list_page(here.id, None, None, 10) == []


async def test_a_clinic_with_slots_to_come_cannot_be_taken_from_a_doctor() -> None:
    adam, here, there = await cast.adam(), await cast.clinic(), await cast.clinic("Poradnia okulistyczna")
    doctor = await cast.doctor(here)
    slot = await cast.slot(at=here, by=doctor)
    with pytest.raises(InvalidInput) as refused:
        await clinic_admin.change_doctor(doctor.id, DoctorDetails(last_name="Nowa", clinic_ids=[there.id]), by=adam)
    assert paths(refused) == ["clinicIds"]
    assert (await Doctor.get()).last_name == "Wiśniewska"
    with clock.pinned(slot.ends_at):
        await clinic_admin.change_doctor(doctor.id, DoctorDetails(clinic_ids=[there.id]), by=adam)

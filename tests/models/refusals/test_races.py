"""Each constraint that a race can violate becomes a refusal: one concurrent caller wins, and none gets an error."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from models.accounts import patient_record, staff
from models.accounts.account import Account, Role
from models.accounts.patient_record import PatientDetails
from models.refusals import constraints
from models.refusals.refusal import Refusal
from models.schedules import clinic_admin, single_slots
from models.schedules.clinic_admin import DoctorDetails
from models.values.identity_document import DocumentKind
from tests import cast
from tests.support.racing import race
from tests.support.visits import book, move

NAMES: dict[str, Any] = {"first_name": "Oksana", "last_name": "Kowalenko"}
PASSPORT = (DocumentKind.PASSPORT, "UA", "FE123456")
Rivals = Callable[[], Awaitable[list[Awaitable[Any]]]]


async def invited_colleagues() -> list[Awaitable[Any]]:
    adam = await cast.adam()
    return [staff.invite("nowa@diamed.example", "Nowa", Role.RECEPTIONIST, by=adam) for _ in range(4)]


async def doctors_with_one_licence() -> list[Awaitable[Any]]:
    adam, clinic = await cast.adam(), await cast.clinic()
    return [
        clinic_admin.add_doctor(
            DoctorDetails(
                first_name="Ewa",
                last_name=name,
                title="",
                specialties=["kardiolog"],
                licence="5425740",
                clinic_ids=[clinic.id],
            ),
            by=adam,
        )
        for name in ("Wiśniewska", "Nowa", "Inna", "Czwarta")
    ]


async def accounts_of_one_record() -> list[Awaitable[Any]]:
    rita = await cast.rita()
    oksana = await patient_record.register(PatientDetails(**NAMES, document=PASSPORT), by=rita)
    return [patient_record.invite(oksana.id, f"oksana{n}@example.pl", by=rita) for n in range(4)]


async def records_with_one_pesel() -> list[Awaitable[Any]]:
    rita = await cast.rita()
    return [patient_record.register(PatientDetails(**NAMES, pesel=cast.DOROTA_PESEL), by=rita) for _ in range(4)]


async def records_with_one_document() -> list[Awaitable[Any]]:
    rita = await cast.rita()
    return [patient_record.register(PatientDetails(**NAMES, document=PASSPORT), by=rita) for _ in range(4)]


async def slots_at_one_time() -> list[Awaitable[Any]]:
    rita, clinic = await cast.rita(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    return [single_slots.add(doctor.id, clinic.id, cast.warsaw(24, 10), 20 + n, by=rita) for n in range(4)]


async def visits_at_one_time() -> list[Awaitable[Any]]:
    anna, clinic = await cast.anna(), await cast.clinic()
    slots = [await cast.slot(at=clinic, by=await cast.doctor(clinic, last_name=f"Lekarz{n}")) for n in "abcd"]
    return [book(anna, slot) for slot in slots]


async def doctors_changed_to_one_licence() -> list[Awaitable[Any]]:
    adam, clinic = await cast.adam(), await cast.clinic()
    doctors = [await cast.doctor(clinic, last_name=f"Lekarz{n}") for n in "abcd"]
    return [clinic_admin.change_doctor(each.id, DoctorDetails(licence="5425740"), by=adam) for each in doctors]


async def four_records(rita: Account) -> list[Any]:
    passports = [(DocumentKind.PASSPORT, "UA", f"FE12345{n}") for n in range(4)]
    return [(await patient_record.register(PatientDetails(**NAMES, document=each), by=rita)).id for each in passports]


async def records_corrected_to_one_pesel() -> list[Awaitable[Any]]:
    rita, pesel = await cast.rita(), PatientDetails(pesel=cast.DOROTA_PESEL)
    return [patient_record.change(id_, pesel, by=rita) for id_ in await four_records(rita)]


async def records_corrected_to_one_document() -> list[Awaitable[Any]]:
    rita, document = await cast.rita(), PatientDetails(document=(DocumentKind.PASSPORT, "UA", "FE999999"))
    return [patient_record.change(id_, document, by=rita) for id_ in await four_records(rita)]


async def accounts_corrected_to_one_address() -> list[Awaitable[Any]]:
    rita = await cast.rita()
    ids = await four_records(rita)
    for number, id_ in enumerate(ids):
        await patient_record.invite(id_, f"oksana{number}@example.pl", by=rita)
    return [patient_record.replace_email(id_, "oksana@example.pl", None, by=rita) for id_ in ids]


async def visits_moved_to_one_time() -> list[Awaitable[Any]]:
    anna, clinic = await cast.anna(), await cast.clinic(planned_visits_per_patient=4)
    doctors = [await cast.doctor(clinic, last_name=f"Lekarz{n}") for n in "abcd"]
    visits = [await book(anna, await cast.slot(cast.warsaw(25, 8 + n), at=clinic, by=doctors[n])) for n in range(4)]
    goals = [await cast.slot(cast.warsaw(24, 10), at=clinic, by=doctor) for doctor in doctors]
    return [move(anna, visit, goal) for visit, goal in zip(visits, goals, strict=True)]


RACES: dict[str, Rivals] = {
    "account_email_key_key": invited_colleagues,
    "doctor_licence_key": doctors_with_one_licence,
    "account_patient_id_key": accounts_of_one_record,
    "patient_pesel_index_key": records_with_one_pesel,
    "patient_document_index_key": records_with_one_document,
    "slot_doctor_overlap": slots_at_one_time,
    "visit_patient_overlap": visits_at_one_time,
}


BY_CHANGES: dict[str, Rivals] = {
    "account_email_key_key": accounts_corrected_to_one_address,
    "doctor_licence_key": doctors_changed_to_one_licence,
    "patient_pesel_index_key": records_corrected_to_one_pesel,
    "patient_document_index_key": records_corrected_to_one_document,
    "visit_patient_overlap": visits_moved_to_one_time,
}


def test_no_constraint_is_left_out() -> None:
    assert RACES.keys() == constraints.REFUSALS.keys()


@pytest.mark.parametrize("rivals", [*RACES.values(), *BY_CHANGES.values()], ids=lambda rivals: rivals.__name__)
async def test_one_wins_and_the_others_are_refused_in_words(rivals: Rivals) -> None:
    outcomes = await race(*await rivals())
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert len(refused) == 3, outcomes
    assert len([outcome for outcome in outcomes if not isinstance(outcome, BaseException)]) == 1
    assert all(outcome.message(language) for outcome in refused for language in ("PL", "EN"))

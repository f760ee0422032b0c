"""Premises: what administration keeps: clinics with their rules, doctors and where they see patients."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tortoise.transactions import in_transaction

from models import clock, licence
from models.audit import AuditEntry
from models.clinic import Clinic
from models.doctor import Doctor
from models.intake import NAME_LENGTH, Form
from models.slot import Slot
from models.spelling import folded

if TYPE_CHECKING:
    from models.account import Account

# name of the column, name of the field, longest text, whether it is needed
CLINIC_TEXTS = (
    ("name", "name", 200, True), ("description", "description", 2000, False), ("address", "address", 300, True),
    ("phone", "phone", 40, True),
)  # fmt: skip
RULES = (
    ("days_ahead", "daysAhead", 1, 365), ("minimum_notice_minutes", "minimumNoticeMinutes", 0, 14 * 24 * 60),
    ("cancel_until_minutes", "cancelUntilMinutes", 0, 30 * 24 * 60),
    ("planned_visits_per_patient", "plannedVisitsPerPatient", 1, 50),
)  # fmt: skip
MOST_SPECIALTIES = 10


async def open_clinic(*, by: "Account", **given: Any) -> Clinic:
    form = Form()
    details = _of_clinic(form, given)
    form.check()
    async with in_transaction():
        clinic = await Clinic.opened(**details)
        await AuditEntry.record("open_clinic", account=by, subject_id=clinic.id)
    return clinic


async def change_clinic(clinic_id: UUID, *, by: "Account", **given: Any) -> Clinic:
    """What is given is changed, the rest stays; visits that are booked already are not touched by new rules."""
    form, clinic = Form(), await Clinic.get_or_none(id=clinic_id)
    details = _of_clinic(form, given)
    if clinic is None:
        form.wrong("clinicId", "NOT_AVAILABLE")
    form.check()
    assert clinic  # noqa: S101 - the form has said so  # nosec B101
    if "name" in details:
        details["search_name"] = folded(details["name"])
    if details:
        async with in_transaction():
            await clinic.update_from_dict(details).save(update_fields=details)
            await AuditEntry.record("change_clinic", account=by, subject_id=clinic.id)
    return clinic


def _of_clinic(form: Form, given: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column, name, limit, required in CLINIC_TEXTS:
        if given.get(column) is not None:
            found[column] = form.text(name, given[column], limit, required=required) or ""
    for column, name, least, most in RULES:
        if (value := given.get(column)) is not None:
            found[column] = value
            if not least <= value <= most:
                form.wrong(name, "OUT_OF_RANGE")
    return found


async def add_doctor(*, by: "Account", clinic_ids: Sequence[UUID], **given: Any) -> Doctor:
    """Said twice with one licence it is refused: a licence is one person's."""
    form = Form()
    details = await _of_doctor(form, given, None)
    clinics = await _clinics(form, clinic_ids)
    form.check()
    async with in_transaction():
        doctor = await Doctor.added(clinics=clinics, **details)
        await AuditEntry.record("add_doctor", account=by, subject_id=doctor.id)
    return doctor


async def change_doctor(
    doctor_id: UUID, *, by: "Account", clinic_ids: Sequence[UUID] | None = None, **given: Any
) -> Doctor:  # fmt: skip
    """What is given is changed. A clinic in which the doctor has slots to come cannot be taken away."""
    form, doctor = Form(), await Doctor.get_or_none(id=doctor_id)
    details = await _of_doctor(form, given, doctor_id)
    clinics = None if clinic_ids is None else await _clinics(form, clinic_ids)
    if doctor is None:
        form.wrong("doctorId", "NOT_AVAILABLE")
    form.check()
    assert doctor  # noqa: S101 - the form has said so  # nosec B101
    async with in_transaction():
        await Doctor.lock(doctor_id)
        if clinics is not None:
            await _see_patients_in(doctor, clinics)
        if details:
            doctor.update_from_dict(details)
            doctor.search_name = Doctor.search_name_of(doctor.last_name, doctor.first_name, doctor.specialties)
            await doctor.save(update_fields=[*details, "search_name"])
        await AuditEntry.record("change_doctor", account=by, subject_id=doctor.id)
    return doctor


async def _of_doctor(form: Form, given: dict[str, Any], doctor_id: UUID | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if given.get("title") is not None:
        found["title"] = form.text("title", given["title"], 60, required=False) or ""
    for column, name in (("first_name", "firstName"), ("last_name", "lastName")):
        if given.get(column) is not None:
            found[column] = form.name(name, given[column])
    if given.get("specialties") is not None:
        words = [form.text("specialties", word, NAME_LENGTH) for word in given["specialties"][: MOST_SPECIALTIES + 1]]
        found["specialties"] = [word for word in words if word]
        if len(words) > MOST_SPECIALTIES:
            form.wrong("specialties", "TOO_LONG")
    if (number := given.get("licence")) is not None:
        found["licence"] = number.strip() or None
        await _check_licence(form, found["licence"], doctor_id)
    return found


async def _check_licence(form: Form, number: str | None, doctor_id: UUID | None) -> None:
    if number is None:
        return
    if not licence.is_valid(number):
        form.wrong("licence", "MALFORMED")
    elif await Doctor.filter(licence=number).exclude(id=doctor_id).exists():
        form.wrong("licence", "NOT_AVAILABLE")


async def _clinics(form: Form, ids: Sequence[UUID]) -> list[Clinic]:
    found = await Clinic.filter(id__in=list(ids))
    if not ids:
        form.wrong("clinicIds", "REQUIRED")
    elif len(found) < len(set(ids)):
        form.wrong("clinicIds", "NOT_AVAILABLE")
    return found


async def _see_patients_in(doctor: Doctor, clinics: list[Clinic]) -> None:
    """Exactly there from now on."""
    kept = [clinic.id for clinic in clinics]
    to_come = Slot.filter(doctor_id=doctor.id, withdrawn_at=None, ends_at__gt=clock.now())
    if await to_come.exclude(clinic_id__in=kept).exists():
        form = Form()
        form.wrong("clinicIds", "NOT_AVAILABLE")
        form.check()
    present = {clinic.id: clinic for clinic in await doctor.clinics.all()}
    if gone := [clinic for id_, clinic in present.items() if id_ not in kept]:
        await doctor.clinics.remove(*gone)
    await doctor.clinics.add(*(clinic for clinic in clinics if clinic.id not in present))

"""Clinic administration: opening clinics, changing them and their rules, adding and changing doctors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tortoise.transactions import in_transaction

from infra import clock, database
from infra.transliteration import fold
from models import audit
from models.audit import AuditEntry, Changes
from models.refusals import constraints
from models.refusals.schedule import ClinicExists, DoctorExists
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.values import licence
from models.values.form import NAME_LENGTH, Form

if TYPE_CHECKING:
    from models.accounts.account import Account

# column, field of the input, maximum length, whether it is required
CLINIC_TEXTS = (
    ("name", "name", 200, True),
    ("description", "description", 2000, False),
    ("address", "address", 300, True),
    ("phone", "phone", 40, True),
)
# column, field of the input, minimum, maximum
CLINIC_RULES = (
    ("days_ahead", "daysAhead", 1, 365),
    ("minimum_notice_minutes", "minimumNoticeMinutes", 0, 14 * 24 * 60),
    ("cancel_until_minutes", "cancelUntilMinutes", 0, 30 * 24 * 60),
    ("planned_visits_per_patient", "plannedVisitsPerPatient", 1, 50),
)
MAX_SPECIALTIES = 10
CLINICS_LOCK, DOCTORS_LOCK = 7_22_2028, 7_22_2029  # arbitrary numbers, the same on all hosts
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock($1)"


@dataclass(frozen=True)
class ClinicDetails:
    """The values to set on a clinic; None leaves a value unchanged or, for a new clinic, at its default."""

    name: str | None = None
    description: str | None = None
    address: str | None = None
    phone: str | None = None
    days_ahead: int | None = None
    minimum_notice_minutes: int | None = None
    cancel_until_minutes: int | None = None
    planned_visits_per_patient: int | None = None

    def validate(self, form: Form) -> dict[str, Any]:
        """Validate the input: return the columns to write, and report errors to the form."""
        columns: dict[str, Any] = {}
        for column, name, limit, required in CLINIC_TEXTS:
            if (value := getattr(self, column)) is not None:
                columns[column] = form.text(name, value, limit, required=required) or ""
        if columns.get("phone"):  # kept as typed: patients read it as the centre writes it
            form.phone("phone", columns["phone"])
        for column, name, least, most in CLINIC_RULES:
            if (value := getattr(self, column)) is not None:
                columns[column] = value
                if not least <= value <= most:
                    form.add_flaw(name, "OUT_OF_RANGE", least, most)
        return columns


@dataclass(frozen=True)
class DoctorDetails:
    """The values to set on a doctor; None leaves a value unchanged. An empty licence removes the licence."""

    title: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    specialties: Sequence[str] | None = None
    licence: str | None = None
    clinic_ids: Sequence[UUID] | None = None

    async def validate(self, form: Form, doctor_id: UUID | None) -> dict[str, Any]:
        """Validate the input: return the columns to write, and report errors to the form."""
        columns: dict[str, Any] = {}
        if self.title is not None:
            columns["title"] = form.text("title", self.title, 60, required=False) or ""
        if self.first_name is not None:
            columns["first_name"] = form.name("firstName", self.first_name)
        if self.last_name is not None:
            columns["last_name"] = form.name("lastName", self.last_name)
        if self.specialties is not None:
            columns["specialties"] = _validate_specialties(form, self.specialties)
        if self.licence is not None:
            columns["licence"] = self.licence.strip() or None
            await _check_licence(form, columns["licence"], doctor_id)
        return columns


async def open_clinic(details: ClinicDetails, *, by: "Account", is_another: bool = False) -> Clinic:
    """Open a clinic; raises ClinicExists if one has the same name and address, unless `is_another` is true."""
    form = Form()
    columns = details.validate(form)
    form.raise_if_flawed()
    async with in_transaction():
        if not is_another:
            await _require_new(columns["name"], columns["address"], None)
        clinic = await Clinic.open(**columns)
        changes = audit.compare(None, columns, is_public=True)
        await AuditEntry.record("open_clinic", account=by, subject_id=clinic.id, changes=changes)
    return clinic


async def change_clinic(clinic_id: UUID, details: ClinicDetails, *, by: "Account", is_another: bool = False) -> Clinic:
    """Change the given details; new rules do not affect visits that are booked already."""
    form, clinic = Form(), await Clinic.get_or_none(id=clinic_id)
    columns = details.validate(form)
    if clinic is None:
        form.add_flaw("clinicId", "NOT_AVAILABLE")
    form.raise_if_flawed()
    assert clinic  # noqa: S101 - the form has no flaw  # nosec B101
    if "name" in columns:
        columns["search_name"] = fold(columns["name"])
    if columns:
        async with in_transaction():
            if columns.keys() & {"name", "address"} and not is_another:
                await _require_new(columns.get("name", clinic.name), columns.get("address", clinic.address), clinic.id)
            changes = audit.compare(clinic, columns, is_public=True)
            await clinic.update_from_dict(columns).save(update_fields=columns)
            await AuditEntry.record("change_clinic", account=by, subject_id=clinic.id, changes=changes)
    return clinic


async def _require_new(name: str, address: str, clinic_id: UUID | None) -> None:
    """Refuse a duplicate; a lock serialises administrators. No constraint, because old data may have duplicates."""
    await database.fetch(_ONE_AT_A_TIME, [CLINICS_LOCK])
    for other in await Clinic.filter(search_name=fold(name)).order_by("id"):
        if other.id != clinic_id and fold(other.address) == fold(address):
            raise ClinicExists(clinic_id=str(other.id))


async def add_doctor(details: DoctorDetails, *, by: "Account", is_another: bool = False) -> Doctor:
    """Add a doctor; raises DoctorExists if one has the same name, unless `is_another` is true.

    A licence that another doctor has is refused in any case.
    """
    form = Form()
    columns = await details.validate(form, None)
    clinics = await _find_clinics(form, details.clinic_ids or [])
    form.raise_if_flawed()
    with constraints.raise_refusals():
        async with in_transaction():
            if not is_another:
                await _require_new_name(columns)
            doctor = await Doctor.add(clinics=clinics, **columns)
            changes = {**audit.compare(None, columns, is_public=True), **_compare_clinics([], clinics)}
            await AuditEntry.record("add_doctor", account=by, subject_id=doctor.id, changes=changes)
    return doctor


async def _require_new_name(columns: dict[str, Any]) -> None:
    """Refuse a duplicate name; a lock serialises administrators. Different licences mean different people."""
    await database.fetch(_ONE_AT_A_TIME, [DOCTORS_LOCK])
    names, licence_ = [fold(columns["first_name"]), fold(columns["last_name"])], columns.get("licence")
    for other in await Doctor.filter(search_name__startswith=fold(f"{names[1]} {names[0]}")).order_by("id"):
        is_same_name = [fold(other.first_name), fold(other.last_name)] == names
        if is_same_name and not (licence_ and other.licence and licence_ != other.licence):
            raise DoctorExists(doctor_id=str(other.id))


async def change_doctor(doctor_id: UUID, details: DoctorDetails, *, by: "Account") -> Doctor:
    """Change the given details; a clinic where the doctor has future slots cannot be removed."""
    form, doctor = Form(), await Doctor.get_or_none(id=doctor_id)
    columns = await details.validate(form, doctor_id)
    clinics = None if details.clinic_ids is None else await _find_clinics(form, details.clinic_ids)
    if doctor is None:
        form.add_flaw("doctorId", "NOT_AVAILABLE")
    form.raise_if_flawed()
    assert doctor  # noqa: S101 - the form has no flaw  # nosec B101
    with constraints.raise_refusals():
        async with in_transaction():
            await Doctor.lock(doctor_id)
            changes = dict(audit.compare(doctor, columns, is_public=True))
            if clinics is not None:
                changes |= _compare_clinics(await doctor.clinics.all(), clinics)
                await _set_clinics(doctor, clinics)
            if columns:
                doctor.update_from_dict(columns)
                doctor.search_name = Doctor.build_search_name(doctor.last_name, doctor.first_name, doctor.specialties)
                await doctor.save(update_fields=[*columns, "search_name"])
            await AuditEntry.record("change_doctor", account=by, subject_id=doctor.id, changes=changes)
    return doctor


def _compare_clinics(before: Sequence[Clinic], after: Sequence[Clinic]) -> Changes:
    """The names of the clinics before and after the change; empty if they stay the same."""
    names = [sorted(clinic.name for clinic in clinics) or None for clinics in (before, after)]
    return {"clinics": (names[0], names[1])} if names[0] != names[1] else {}


def _validate_specialties(form: Form, specialties: Sequence[str]) -> list[str]:
    cleaned = [form.text("specialties", word, NAME_LENGTH) for word in specialties[: MAX_SPECIALTIES + 1]]
    if len(cleaned) > MAX_SPECIALTIES:
        form.add_flaw("specialties", "TOO_LONG")
    return [word for word in cleaned if word]


async def _check_licence(form: Form, number: str | None, doctor_id: UUID | None) -> None:
    if number is None:
        return
    if not licence.is_valid(number):
        form.add_flaw("licence", "MALFORMED")
    elif await Doctor.filter(licence=number).exclude(id=doctor_id).exists():
        form.add_flaw("licence", "NOT_AVAILABLE")


async def _find_clinics(form: Form, ids: Sequence[UUID]) -> list[Clinic]:
    found = await Clinic.filter(id__in=list(ids))
    if not ids:
        form.add_flaw("clinicIds", "REQUIRED")
    elif len(found) < len(set(ids)):
        form.add_flaw("clinicIds", "NOT_AVAILABLE")
    return found


async def _set_clinics(doctor: Doctor, clinics: list[Clinic]) -> None:
    """Set the doctor's clinics to exactly these."""
    kept = [clinic.id for clinic in clinics]
    future = Slot.filter(doctor_id=doctor.id, withdrawn_at=None, ends_at__gt=clock.now())
    if await future.exclude(clinic_id__in=kept).exists():
        form = Form()
        form.add_flaw("clinicIds", "NOT_AVAILABLE")
        form.raise_if_flawed()
    present = {clinic.id: clinic for clinic in await doctor.clinics.all()}
    if removed := [clinic for id_, clinic in present.items() if id_ not in kept]:
        await doctor.clinics.remove(*removed)
    await doctor.clinics.add(*(clinic for clinic in clinics if clinic.id not in present))

"""A busy day at the centre: three clinics, six doctors, a patient in nearly every slot."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from tortoise.transactions import in_transaction

from infra import clock, database
from models.accounts.account import Account
from models.accounts.patient import Patient
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.values import visit_reference
from models.values.visit_status import Channel
from models.visits.visit import Visit
from tests import cast

FIRST_NAMES = ["Anna", "Borys", "Celina", "Dorota", "Edward", "Felicja", "Grzegorz", "Halina", "Igor", "Justyna"]
LAST_NAMES = ["Nowak", "Kowalska", "Wójcik", "Szymańska", "Lewandowski", "Zając", "Król", "Wróbel", "Pawlak", "Dudek"]
REASONS = ["kontrola", "ból głowy", "recepta", None]
DOCTORS = [
    ("Kardiologia", "Ewa", "Wiśniewska", "kardiolog"),
    ("Kardiologia", "Jan", "Kowal", "kardiolog"),
    ("Okulistyka", "Maria", "Zielińska", "okulista"),
    ("Okulistyka", "Piotr", "Łukasiewicz", "okulista"),
    ("Interna", "Olga", "Mazur", "internista"),
    ("Interna", "Tomasz", "Bąk", "internista"),
]
MINUTES = 20
SLOTS_PER_DOCTOR = 18


@dataclass
class Scene:
    """What a test needs to know about the day."""

    day: date
    rita: Account
    clinics: dict[str, Clinic] = field(default_factory=dict)
    doctors: list[Doctor] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    patients: list[Patient] = field(default_factory=list)

    def person(self, number: int) -> str:
        """The patient's name as the desk writes it: surname first."""
        patient = self.patients[number]
        return f"{patient.last_name} {patient.first_name}"

    @property
    def free(self) -> list[Slot]:
        return self.slots[len(self.visits) :]


def tomorrow() -> date:
    return clock.today() + timedelta(days=1)


async def busy_day(day: date | None = None, visits: int = 92, begin: time = time(8)) -> Scene:
    """Create this many visits on a day; about one slot in five stays free."""
    scene = Scene(day or tomorrow(), await cast.rita())
    for clinic, first_name, last_name, specialty in DOCTORS:
        if clinic not in scene.clinics:
            scene.clinics[clinic] = await cast.clinic(clinic)
        more = {"specialties": [specialty], "title": "lek."}
        doctor = await cast.doctor(scene.clinics[clinic], first_name=first_name, last_name=last_name, **more)
        scene.doctors.append(doctor)
    scene.slots = _slots(scene, datetime.combine(scene.day, begin, cast.WARSAW))
    scene.patients = [_patient(number) for number in range(visits)]
    await Slot.bulk_create(scene.slots)
    await Patient.bulk_create(scene.patients)
    scene.slots, scene.patients = await _read_back(scene)
    await _book(scene)
    return scene


async def _read_back(scene: Scene) -> tuple[list[Slot], list[Patient]]:
    """Slots and patients read back from the database, in the order in which they were created."""
    slots = {slot.id: slot for slot in await Slot.all()}
    patients = {patient.id: patient for patient in await Patient.all()}
    return [slots[slot.id] for slot in scene.slots], [patients[patient.id] for patient in scene.patients]


async def _book(scene: Scene) -> None:
    pairs = zip(scene.slots, scene.patients, strict=False)
    scene.visits = [_visit(slot, patient, number) for number, (slot, patient) in enumerate(pairs)]
    async with in_transaction():
        await Visit.bulk_create(scene.visits)
        await database.connection().execute_script(
            "UPDATE slot SET visit_id = visit.id FROM visit WHERE visit.slot_id = slot.id AND slot.visit_id IS NULL"
        )


def _slots(scene: Scene, begin: datetime) -> list[Slot]:
    """Slots ordered by time, then doctor, so that every doctor has visits and everybody's last slots are free."""
    pairs = [(n, doctor) for n in range(SLOTS_PER_DOCTOR) for doctor in range(len(scene.doctors))]
    return [_slot(scene, doctor, begin + timedelta(minutes=MINUTES * n)) for n, doctor in pairs]


def _slot(scene: Scene, doctor: int, starts_at: datetime) -> Slot:
    clinic = scene.clinics[DOCTORS[doctor][0]]
    ends_at = starts_at + timedelta(minutes=MINUTES)
    return Slot(clinic=clinic, doctor=scene.doctors[doctor], starts_at=starts_at, ends_at=ends_at)


def _patient(number: int) -> Patient:
    first_name, last_name = FIRST_NAMES[number % 10], LAST_NAMES[number // 10]
    phone = f"+48501{number:06}" if number % 7 else None
    return Patient(first_name=first_name, last_name=last_name, phone=phone, created_at=clock.now())


def _visit(slot: Slot, patient: Patient, number: int) -> Visit:
    return Visit(
        reference=visit_reference.generate(),
        channel=Channel.PHONE,
        patient=patient,
        slot=slot,
        clinic_id=slot.clinic_id,
        doctor_id=slot.doctor_id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        reason=REASONS[number % len(REASONS)],
        booked_at=clock.now(),
        changed_at=clock.now(),
    )

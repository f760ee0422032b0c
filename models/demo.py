"""A believable centre for a first run: clinics, doctors, terms for 60 days, two patients; never in production."""

from datetime import date, datetime, time, timedelta

from holidays import country_holidays
from tortoise.transactions import in_transaction

import settings
from models import clock, contact, database, password, pesel
from models.account import Account, Role
from models.clinic import Clinic
from models.doctor import Doctor
from models.patient import Patient
from models.slot import Slot

DAYS = 60
DEMO_LOCK = 7_23_2026
PASSWORD = "zielony rower na moście"  # noqa: S105 - shown to everybody who starts the demo  # nosec B105
LOGINS = ("jan.kowalski@example.pl", "maria.wisniewska@example.pl")
PEOPLE = (("Jan", "Kowalski", "44051401359", "+48501234567"), ("Maria", "Wiśniewska", "02211307589", "+48601234567"))

DLUGA, LIPOWA = "ul. Długa 12, 00-238 Warszawa", "al. Lipowa 3, 05-800 Pruszków"
CLINICS = (
    ("Poradnia lekarza rodzinnego", "Porady, recepty, skierowania i badania okresowe.", DLUGA, "22 000 00 01"),
    ("Poradnia kardiologiczna", "Choroby serca i nadciśnienie; EKG na miejscu.", DLUGA, "22 000 00 02"),
    ("Poradnia dermatologiczna", "Choroby skóry, dermatoskopia znamion.", LIPOWA, "22 000 00 03"),
    ("Poradnia okulistyczna", "Badanie wzroku i dna oka, dobór okularów.", LIPOWA, "22 000 00 04"),
    ("Poradnia ginekologiczna", "Opieka ginekologiczna i prowadzenie ciąży.", DLUGA, "22 000 00 05"),
)  # fmt: skip
FAMILY, HEART, SKIN, EYES, WOMEN = range(5)
# title, names, specialty, clinic, weekdays (Monday is 0), first hour, hours, minutes a slot
DOCTORS = (
    ("lek.", "Anna", "Zielińska", "lekarz rodzinny", FAMILY, (0, 1, 2, 3, 4), 8, 5, 15),
    ("lek.", "Piotr", "Wójcik", "lekarz rodzinny", FAMILY, (0, 1, 2, 3, 4), 13, 5, 15),
    ("dr n. med.", "Katarzyna", "Lewandowska", "lekarz rodzinny", FAMILY, (0, 2, 4), 10, 6, 20),
    ("dr n. med.", "Tomasz", "Kamiński", "kardiolog", HEART, (0, 2), 9, 5, 20),
    ("prof. dr hab.", "Barbara", "Szymańska", "kardiolog", HEART, (3,), 14, 4, 30),
    ("lek.", "Łukasz", "Dąbrowski", "kardiolog", HEART, (1, 4), 8, 6, 20),
    ("lek.", "Agnieszka", "Kozłowska", "dermatolog", SKIN, (0, 1, 3), 9, 6, 15),
    ("dr n. med.", "Michał", "Jankowski", "dermatolog", SKIN, (2, 4), 12, 5, 15),
    ("lek.", "Małgorzata", "Mazur", "okulista", EYES, (0, 2, 4), 8, 5, 20),
    ("lek.", "Paweł", "Krawczyk", "okulista", EYES, (1, 3), 13, 5, 20),
    ("dr n. med.", "Joanna", "Piotrowska", "ginekolog", WOMEN, (1, 2, 4), 9, 5, 20),
    ("lek.", "Ewa", "Grabowska", "ginekolog", WOMEN, (0, 3), 12, 6, 20),
    ("lek.", "Rafał", "Pawłowski", "lekarz rodzinny", FAMILY, (5,), 8, 5, 15),
    ("dr n. med.", "Żaneta", "Źrebiec", "okulista", EYES, (5,), 9, 4, 20),
)


async def prepare(url: str) -> None:
    """Bring the database up to date; a development database that is empty gets a believable demo."""
    await database.migrate(url)
    if settings.DEMO and not settings.IN_PRODUCTION:
        await database.open_(url)
        await fill_if_empty()
        await database.close()


async def fill_if_empty() -> None:
    async with in_transaction():
        await database.rows("SELECT pg_advisory_xact_lock($1)", [DEMO_LOCK])
        if not await Clinic.exists() and not await Account.exists():
            await _fill()


async def _fill() -> None:
    clinics = [
        await Clinic.opened(name, description=description, address=address, phone=phone)
        for name, description, address, phone in CLINICS
    ]
    slots: list[Slot] = []
    for title, first_name, last_name, specialty, place, weekdays, hour, hours, minutes in DOCTORS:
        clinic = clinics[place]
        doctor = await Doctor.added(
            clinics=[clinic], title=title, first_name=first_name, last_name=last_name, specialties=[specialty]
        )
        for day in _working_days(weekdays):
            slots += _day(clinic, doctor, day, hour, hours * 60 // minutes, minutes)
    await Slot.bulk_create(slots, batch_size=1000)
    secret = await password.hashed(PASSWORD)
    for email, person in zip(LOGINS, PEOPLE, strict=True):
        await _patient(email, secret, *person)


def _working_days(weekdays: tuple[int, ...]) -> list[date]:
    free, today = country_holidays("PL"), clock.today()
    days = [today + timedelta(days=ahead) for ahead in range(DAYS)]
    return [day for day in days if day.weekday() in weekdays and day not in free]


def _day(clinic: Clinic, doctor: Doctor, day: date, hour: int, count: int, minutes: int) -> list[Slot]:
    begin = datetime.combine(day, time(hour), settings.TIME_ZONE)
    starts = [begin + timedelta(minutes=minutes * n) for n in range(count)]
    return [Slot(clinic=clinic, doctor=doctor, starts_at=at, ends_at=at + timedelta(minutes=minutes)) for at in starts]


async def _patient(email: str, secret: str, first_name: str, last_name: str, number: str, phone: str) -> None:
    patient = await Patient.create(
        first_name=first_name, last_name=last_name, pesel_sealed=pesel.sealed(number), pesel_index=pesel.index(number),
        phone=phone, sms_reminders=True, created_at=clock.now(),
    )  # fmt: skip
    await Account.create(
        email=email, email_key=contact.email_key(email), role=Role.PATIENT, password_hash=secret,
        created_at=clock.now(), patient=patient,
    )  # fmt: skip

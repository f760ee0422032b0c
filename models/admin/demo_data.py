"""Demo data for a first run: clinics, doctors with schedules, patients and staff; never in production."""

from typing import Any

from tortoise.transactions import in_transaction

import settings
from infra import clock, database
from models.accounts import password
from models.accounts.account import Account, Role
from models.accounts.patient import Patient
from models.admin import key_check, runtime_role
from models.schedules.schedule import Schedule, ScheduleTemplate
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.values import contact, pesel
from models.values.identity_document import SeenDocument
from models.values.weekly_template import TemplateLine

DEMO_LOCK = 7_23_2026
PASSWORD = "zielony rower na moście"  # noqa: S105 - no secret: everybody may try the demo  # nosec B105
LOGINS = ("jan.kowalski@example.pl", "maria.wisniewska@example.pl")
STAFF_LOGINS = ("recepcja@example.pl", "administracja@example.pl")
STAFF = (("Renata Miła", Role.RECEPTIONIST), ("Adam Główny", Role.ADMINISTRATOR))
PEOPLE = (("Jan", "Kowalski", "44051401359", "+48501234567"), ("Maria", "Wiśniewska", "02211307589", "+48601234567"))

DLUGA, LIPOWA = "ul. Długa 12, 00-238 Warszawa", "al. Lipowa 3, 05-800 Pruszków"
CLINICS = (
    ("Poradnia lekarza rodzinnego", "Porady, recepty, skierowania i badania okresowe.", DLUGA, "22 000 00 01"),
    ("Poradnia kardiologiczna", "Choroby serca i nadciśnienie; EKG na miejscu.", DLUGA, "22 000 00 02"),
    ("Poradnia dermatologiczna", "Choroby skóry, dermatoskopia znamion.", LIPOWA, "22 000 00 03"),
    ("Poradnia okulistyczna", "Badanie wzroku i dna oka, dobór okularów.", LIPOWA, "22 000 00 04"),
    ("Poradnia ginekologiczna", "Opieka ginekologiczna i prowadzenie ciąży.", DLUGA, "22 000 00 05"),
)
FAMILY, HEART, SKIN, EYES, WOMEN = range(5)
# title, names, specialty, clinic, weekdays (Monday is 1), first hour, hours, minutes per slot
DOCTORS = (
    ("lek.", "Anna", "Zielińska", "lekarz rodzinny", FAMILY, (1, 2, 3, 4, 5), 8, 5, 15),
    ("lek.", "Piotr", "Wójcik", "lekarz rodzinny", FAMILY, (1, 2, 3, 4, 5), 13, 5, 15),
    ("dr n. med.", "Katarzyna", "Lewandowska", "lekarz rodzinny", FAMILY, (1, 3, 5), 10, 6, 20),
    ("dr n. med.", "Tomasz", "Kamiński", "kardiolog", HEART, (1, 3), 9, 5, 20),
    ("prof. dr hab.", "Barbara", "Szymańska", "kardiolog", HEART, (4,), 14, 4, 30),
    ("lek.", "Łukasz", "Dąbrowski", "kardiolog", HEART, (2, 5), 8, 6, 20),
    ("lek.", "Agnieszka", "Kozłowska", "dermatolog", SKIN, (1, 2, 4), 9, 6, 15),
    ("dr n. med.", "Michał", "Jankowski", "dermatolog", SKIN, (3, 5), 12, 5, 15),
    ("lek.", "Małgorzata", "Mazur", "okulista", EYES, (1, 3, 5), 8, 5, 20),
    ("lek.", "Paweł", "Krawczyk", "okulista", EYES, (2, 4), 13, 5, 20),
    ("dr n. med.", "Joanna", "Piotrowska", "ginekolog", WOMEN, (2, 3, 5), 9, 5, 20),
    ("lek.", "Ewa", "Grabowska", "ginekolog", WOMEN, (1, 4), 12, 6, 20),
    ("lek.", "Rafał", "Pawłowski", "lekarz rodzinny", FAMILY, (6,), 8, 5, 15),
    ("dr n. med.", "Żaneta", "Źrebiec", "okulista", EYES, (6,), 9, 4, 20),
)


async def prepare(url: str) -> None:
    """Migrate the database, check that it fits the settings, and fill an empty development database with demo data."""
    await runtime_role.migrate(url)
    await database.run_connected(url, lambda: _check_and_fill(url))


async def _check_and_fill(url: str) -> None:
    await key_check.verify()
    if settings.IN_PRODUCTION:
        await refuse_demo_accounts()
        await runtime_role.warn_of_one_role()
    elif settings.DEMO:
        async with database.hold_advisory_lock(url, DEMO_LOCK):  # of two concurrent starts, only one fills the database
            await fill_if_empty()


async def refuse_demo_accounts() -> None:
    """Refuse a database with the demo's accounts: everybody knows their password."""
    known = [contact.email_key(login) for login in (*LOGINS, *STAFF_LOGINS)]
    if await Account.filter(email_key__in=known).exists():
        raise settings.BadSetting(
            "This database holds the demo's accounts, whose password is public: production needs another database"
            " (DATABASE_URL)."
        )


async def fill_if_empty() -> None:
    async with in_transaction():
        if not await Clinic.exists() and not await Account.exists():
            await _fill()


async def _fill() -> None:
    clinics = [
        await Clinic.open(name, description=description, address=address, phone=phone)
        for name, description, address, phone in CLINICS
    ]
    secret = await password.hash_password(PASSWORD)
    _, administrator = [
        await _account(email, secret, role=role, staff_name=name)
        for email, (name, role) in zip(STAFF_LOGINS, STAFF, strict=True)
    ]
    for title, first_name, last_name, specialty, place, weekdays, hour, hours, minutes in DOCTORS:
        doctor = await Doctor.add(
            clinics=[clinics[place]], title=title, first_name=first_name, last_name=last_name, specialties=[specialty]
        )
        lines = [TemplateLine(weekday, hour * 60, (hour + hours) * 60, minutes) for weekday in weekdays]
        await Schedule.publish(
            ScheduleTemplate(doctor.id, clinics[place].id, lines, valid_from=clock.today()), by=administrator
        )
    for email, person in zip(LOGINS, PEOPLE, strict=True):
        await _patient(email, secret, *person, confirmed_by=administrator)


async def _patient(
    email: str, secret: str, first_name: str, last_name: str, number: str, phone: str, *, confirmed_by: Account
) -> None:
    patient = await Patient.create(
        first_name=first_name,
        last_name=last_name,
        **pesel.to_columns(number),
        phone=phone,
        sms_reminders=True,
        created_at=clock.now(),
        identity_confirmed_at=clock.now(),
        identity_seen=SeenDocument.IDENTITY_CARD,
        identity_confirmed_by=confirmed_by.id,
    )
    await _account(email, secret, role=Role.PATIENT, patient=patient)


async def _account(email: str, secret: str, **more: Any) -> Account:
    return await Account.create(
        email=email, email_key=contact.email_key(email), password_hash=secret, created_at=clock.now(), **more
    )

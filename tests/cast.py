"""The cast of the tests: the same few people, one clinic or two, and a fixed Monday at nine."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from infra import clock
from models.accounts import password, patient_record
from models.accounts.account import Account, Language, Role
from models.accounts.patient import Patient
from models.accounts.session import Session
from models.events.partner import Partner
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.values import contact, pesel
from models.values.identity_document import SeenDocument

WARSAW = ZoneInfo("Europe/Warsaw")
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=WARSAW)
PASSWORD = "zielona kaczka lubi deszcz"
ANNA_PESEL, BORYS_PESEL, CELINA_PESEL = "02211307589", "44051401359", "90090515836"
DOROTA_PESEL = "85031245604"

_hashes: dict[str, str] = {}


def warsaw(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    """A moment in 2026, given as the clinic's local time."""
    return datetime(2026, month, day, hour, minute, tzinfo=WARSAW)


async def hash_of(secret: str) -> str:
    if secret not in _hashes:
        _hashes[secret] = await password.hash_password(secret)
    return _hashes[secret]


def confirmation(at: datetime) -> dict[str, Any]:
    """The fields of a record whose owner has shown reception an identity card."""
    seen = SeenDocument.IDENTITY_CARD
    return {"identity_confirmed_at": at, "identity_seen": seen, "identity_confirmed_by": uuid4()}


async def patient_account(email: str, number: str | None, first_name: str, last_name: str, **more: Any) -> Account:
    """A patient who has long had an account and a password of their own."""
    patient = await Patient.create(
        first_name=first_name,
        last_name=last_name,
        **(pesel.to_columns(number) if number else {}),
        phone=more.get("phone", "+48501234567"),
        sms_reminders=more.get("sms_reminders", True),
        created_at=clock.now(),
        **(confirmation(clock.now()) if more.get("is_confirmed", True) else {"is_claim": True}),
    )
    account = await Account.create(
        email=email,
        email_key=contact.email_key(email),
        role=Role.PATIENT,
        language=more.get("language", Language.PL),
        password_hash=await hash_of(PASSWORD),
        created_at=clock.now(),
        patient=patient,
    )
    account.patient = patient
    return account


async def anna(**more: Any) -> Account:
    """Anna Żółć, a patient who wants SMS reminders."""
    return await patient_account("anna@example.pl", ANNA_PESEL, "Anna", "Żółć", **more)


async def borys(**more: Any) -> Account:
    """Borys Nowak, another patient."""
    return await patient_account("borys@example.pl", BORYS_PESEL, "Borys", "Nowak", **more)


async def celina(**more: Any) -> Account:
    """Celina Obca, a stranger, who must not see or change any of Anna's data."""
    return await patient_account("celina@example.pl", CELINA_PESEL, "Celina", "Obca", **more)


async def colleague(email: str, name: str, role: Role) -> Account:
    """A member of staff who has long had a password of their own."""
    return await Account.create(
        email=email,
        email_key=contact.email_key(email),
        role=role,
        staff_name=name,
        language=Language.PL,
        password_hash=await hash_of(PASSWORD),
        created_at=clock.now(),
    )


async def rita() -> Account:
    """Rita Recepcyjna, a receptionist."""
    return await colleague("rita@diamed.example", "Rita Recepcyjna", Role.RECEPTIONIST)


async def roman() -> Account:
    """Roman Ranny, another receptionist."""
    return await colleague("roman@diamed.example", "Roman Ranny", Role.RECEPTIONIST)


async def adam() -> Account:
    """Adam Główny, an administrator."""
    return await colleague("adam@diamed.example", "Adam Główny", Role.ADMINISTRATOR)


async def dorota(by: Account, **more: Any) -> Patient:
    """Dorota Dzwoniąca, who books by telephone: she has neither an e-mail address nor an account."""
    details = {"first_name": "Dorota", "last_name": "Dzwoniąca", "pesel": DOROTA_PESEL, "phone": "22 621 00 00", **more}
    return await patient_record.register(patient_record.PatientDetails(**details), by=by)


async def rivals(count: int) -> list[Account]:
    """Many patients who compete for the same slot."""
    return [await patient_account(f"rywal{n}@example.pl", None, "Rywal", "Kolejny") for n in range(count)]


async def signed_in(account: Account) -> str:
    """The token of an open session."""
    _session, token = await Session.open_for(account)
    return token


async def clinic(name: str = "Poradnia kardiologiczna", **rules: Any) -> Clinic:
    return await Clinic.open(name, address="ul. Długa 1, 00-238 Warszawa", phone="22 111 11 11", **rules)


async def doctor(*clinics: Clinic, last_name: str = "Wiśniewska", first_name: str = "Ewa", **more: Any) -> Doctor:
    details = {"title": "dr n. med.", "specialties": ["kardiolog"], **more}
    return await Doctor.add(clinics=list(clinics), first_name=first_name, last_name=last_name, **details)


async def slot(
    starts_at: datetime | None = None, *, at: Clinic | None = None, by: Doctor | None = None, minutes: int = 20
) -> Slot:
    """A free slot, by default tomorrow at ten; a clinic and a doctor are created if omitted."""
    starts_at = starts_at or warsaw(24, 10)
    at = at or await clinic()
    by = by or await doctor(at)
    return await Slot.create(clinic=at, doctor=by, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=minutes))


async def slots(first: datetime, count: int, *, at: Clinic, by: Doctor, minutes: int = 20) -> list[Slot]:
    """`count` free slots in a row."""
    starts = [first + timedelta(minutes=minutes * n) for n in range(count + 1)]
    made = [Slot(clinic=at, doctor=by, starts_at=start, ends_at=end) for start, end in pairwise(starts)]
    await Slot.bulk_create(made)
    for one in made:
        one._saved_in_db = True  # which `bulk_create` does not note: a later `save` must update
    return made


async def morning(day: date, count: int, *, at: Clinic, by: Doctor, minutes: int = 20) -> list[Slot]:
    """`count` free slots in a row from eight o'clock."""
    return await slots(datetime.combine(day, time(8), WARSAW), count, at=at, by=by, minutes=minutes)


async def administrator() -> Account:
    """Dorota Wójcik, who administers the centre."""
    return await Account.create(
        email="dorota@diamed.example",
        email_key=contact.email_key("dorota@diamed.example"),
        role=Role.ADMINISTRATOR,
        password_hash=await hash_of(PASSWORD),
        created_at=clock.now(),
    )


async def partner(*clinics: Clinic, shows_references: bool = False, name: str = "Zdrowie Razem") -> tuple[Partner, str]:
    """A partner that follows the events of these clinics, and its key."""
    ids = [place.id for place in clinics]
    return await Partner.add(name, ids, shows_references=shows_references, by=await _adding_administrator())


async def _adding_administrator() -> Account:
    found = await Account.filter(role=Role.ADMINISTRATOR).first()
    return found or await administrator()

"""Rotation of SECRET_KEY: what is sealed with the previous one is sealed with the present one, all of it or nothing."""

import asyncio
import sys

from tortoise.transactions import in_transaction

import settings
from models import database, pesel, seal
from models.account import Account
from models.application import Application
from models.audit import AuditEntry
from models.document import Document
from models.document import number_index as document_number_index
from models.patient import Patient
from models.second_factor import SecondFactor
from models.throttle import Throttle

BATCH = 500
SEALED = ["pesel_sealed", "pesel_index", "document_sealed", "document_index", "document_number_index"]


async def rotate() -> dict[str, int]:
    """Run with the service stopped. Raises seal.Broken, and changes nothing, when a row opens with neither key.

    Said twice it changes nothing more. One-time passwords not used yet are void: their hashes cannot be made anew.
    """
    if not settings.SECRET_KEY_PREVIOUS or settings.SECRET_KEY_PREVIOUS == settings.SECRET_KEY:
        raise settings.BadSetting("Set SECRET_KEY to the new key and SECRET_KEY_PREVIOUS to the one before.")
    async with in_transaction():
        await database.rows("LOCK TABLE patient, application, account, second_factor, throttle IN EXCLUSIVE MODE")
        changed = {
            "patients": await _patients(),
            "applications": await _applications(),
            "second_factors": await _second_factors(),
        }
        if any(changed.values()):
            forgotten = Account.exclude(one_time_hash=None)
            changed["one_time_passwords"] = await forgotten.update(one_time_hash=None, one_time_expires_at=None)
            await Throttle.all().delete()
            await AuditEntry.record("rotate_secret", account=None)
    return changed


def _reopened(sealed: bytes, purpose: str) -> str | None:
    """What the previous key sealed; None for what the present key has sealed."""
    try:
        seal.open_(sealed, purpose)
    except seal.Broken:
        return seal.open_(sealed, purpose, settings.SECRET_KEY_PREVIOUS)
    return None


async def _patients() -> int:
    count, known = 0, Patient.all().order_by("id")
    batch = await known.limit(BATCH)
    while batch:
        stale = [patient for patient in batch if _resealed(patient)]
        if stale:
            await Patient.bulk_update(stale, SEALED)
        count += len(stale)
        batch = await known.filter(id__gt=batch[-1].id).limit(BATCH)
    return count


def _resealed(patient: Patient) -> bool:
    """Whether anything of the patient was sealed with the previous key; it is sealed with the present one now."""
    number = _reopened(patient.pesel_sealed, "pesel") if patient.pesel_sealed else None
    if number:
        patient.pesel_sealed, patient.pesel_index = pesel.sealed(number), pesel.index(number)
    text = _reopened(patient.document_sealed, "document") if patient.document_sealed else None
    if text:
        document = Document.read(text)
        patient.document_sealed, patient.document_index = document.sealed(), document.index
        patient.document_number_index = document_number_index(document.number)
    return bool(number or text)


async def _applications() -> int:
    count = 0
    for application in await Application.all():
        if form := _reopened(application.sealed, "application"):
            application.sealed = seal.close(form, "application")
            await application.save(update_fields=["sealed"])
            count += 1
    return count


async def _second_factors() -> int:
    count = 0
    for factor in await SecondFactor.all():
        if secret := _reopened(factor.sealed, "second factor"):
            factor.sealed = seal.close(secret, "second factor")
            await factor.save(update_fields=["sealed"])
            count += 1
    return count


def command() -> None:
    """`python server.py rotate-secret`."""
    sys.stdout.write(f"{asyncio.run(database.within(settings.DATABASE_URL, rotate))}\n")

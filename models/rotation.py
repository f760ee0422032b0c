"""Rotation of SECRET_KEY: what is sealed with the previous one is sealed with the present one, all of it or nothing."""

from tortoise.transactions import in_transaction

import settings
from models import database, pesel, seal
from models.account import Account
from models.application import Application
from models.audit import AuditEntry
from models.patient import Patient
from models.throttle import Throttle

BATCH = 500


async def rotate() -> dict[str, int]:
    """Run with the service stopped. Raises seal.Broken, and changes nothing, when a row opens with neither key.

    Said twice it changes nothing more. One-time passwords not used yet are void: their hashes cannot be made anew.
    """
    if not settings.SECRET_KEY_PREVIOUS or settings.SECRET_KEY_PREVIOUS == settings.SECRET_KEY:
        raise settings.BadSetting("Set SECRET_KEY to the new key and SECRET_KEY_PREVIOUS to the one before.")
    async with in_transaction():
        await database.rows("LOCK TABLE patient, application, account, throttle IN EXCLUSIVE MODE")
        changed = {"patients": await _patients(), "applications": await _applications()}
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
    count, known = 0, Patient.exclude(pesel_sealed=None).order_by("id")
    batch = await known.limit(BATCH)
    while batch:
        stale = []
        for patient in batch:
            if patient.pesel_sealed and (number := _reopened(patient.pesel_sealed, "pesel")):
                patient.pesel_sealed, patient.pesel_index = pesel.sealed(number), pesel.index(number)
                stale.append(patient)
        if stale:
            await Patient.bulk_update(stale, ["pesel_sealed", "pesel_index"])
        count += len(stale)
        batch = await known.filter(id__gt=batch[-1].id).limit(BATCH)
    return count


async def _applications() -> int:
    count = 0
    for application in await Application.all():
        if form := _reopened(application.sealed, "application"):
            application.sealed = seal.close(form, "application")
            await application.save(update_fields=["sealed"])
            count += 1
    return count

"""Rotation of SECRET_KEY: re-encrypts everything from the previous key to the current one, or nothing."""

import asyncio
import sys
from datetime import date

from tortoise.transactions import in_transaction

import settings
from infra import crypto, database
from models.accounts.account_request import AccountRequest
from models.accounts.login_throttle import LoginThrottle
from models.accounts.one_time_password import OneTimePassword
from models.accounts.patient import Patient
from models.accounts.second_factor import SecondFactor
from models.admin import key_check
from models.audit import AuditEntry
from models.values import pesel
from models.values.identity_document import IdentityDocument
from models.values.identity_document import number_index as document_number_index

BATCH = 500
SEALED = [
    "pesel_sealed",
    "pesel_index",
    "birth_date_index",
    "birth_date_sealed",
    "document_sealed",
    "document_index",
    "document_number_index",
]


async def rotate() -> dict[str, int]:
    """Run while the service is stopped. Raises crypto.InvalidToken and changes nothing when neither key fits a row.

    A second run changes nothing. Unused one-time passwords become void: their hashes cannot be recomputed.
    """
    await _refuse_beside_processes()
    if not settings.SECRET_KEY_PREVIOUS or settings.SECRET_KEY_PREVIOUS == settings.SECRET_KEY:
        raise settings.BadSetting("Set SECRET_KEY to the new key and SECRET_KEY_PREVIOUS to the one before.")
    async with in_transaction():
        await database.fetch(
            "LOCK TABLE patient, application, second_factor, one_time_password, throttle IN EXCLUSIVE MODE"
        )
        changed = {
            "patients": await _rotate_patients(),
            "applications": await _rotate_account_requests(),
            "second_factors": await _rotate_second_factors(),
        }
        await key_check.replace()
        if any(changed.values()):
            changed["one_time_passwords"] = await OneTimePassword.all().delete()
            await LoginThrottle.all().delete()
            await AuditEntry.record("rotate_secret", account=None)
    return changed


_OTHERS = """
    SELECT DISTINCT coalesce(host(client_addr), 'this host') AS host FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE :any::text || '%'
        AND application_name <> :own::text
"""


async def _refuse_beside_processes() -> None:
    """Refuse to run while other processes do: they would go on writing with the previous key."""
    if others := await database.fetch(_OTHERS, {"any": database.APPLICATION, "own": database.SESSION_NAME}):
        hosts = ", ".join(sorted(row["host"] for row in others))
        raise settings.BadSetting(f"Processes of e-Rejestracja use this database (from {hosts}): stop them first.")


def _decrypt_previous(sealed: bytes, purpose: str) -> str | None:
    """The text, if the previous key encrypted it; None if the current key did."""
    try:
        crypto.decrypt(sealed, purpose)
    except crypto.InvalidToken:
        return crypto.decrypt(sealed, purpose, settings.SECRET_KEY_PREVIOUS)
    return None


async def _rotate_patients() -> int:
    count, known = 0, Patient.all().order_by("id")
    batch = await known.limit(BATCH)
    while batch:
        stale = [patient for patient in batch if _reencrypt(patient)]
        if stale:
            await Patient.bulk_update(stale, SEALED)
        count += len(stale)
        batch = await known.filter(id__gt=batch[-1].id).limit(BATCH)
    return count


def _reencrypt(patient: Patient) -> bool:
    """Re-encrypt what the previous key encrypted; return whether there was anything."""
    number = _decrypt_previous(patient.pesel_sealed, "pesel") if patient.pesel_sealed else None
    if number:
        patient.update_from_dict(pesel.to_columns(number))
    born = _decrypt_previous(patient.birth_date_sealed, "birth date") if patient.birth_date_sealed else None
    if born:
        patient.update_from_dict(pesel.birth_date_columns(date.fromisoformat(born)))
    text = _decrypt_previous(patient.document_sealed, "document") if patient.document_sealed else None
    if text:
        document = IdentityDocument.from_json(text)
        patient.document_sealed, patient.document_index = document.encrypt(), document.index
        patient.document_number_index = document_number_index(document.number)
    return bool(number or text or born)


async def _rotate_account_requests() -> int:
    count = 0
    for application in await AccountRequest.all():
        if form := _decrypt_previous(application.sealed, "application"):
            application.sealed = crypto.encrypt(form, "application")
            await application.save(update_fields=["sealed"])
            count += 1
    return count


async def _rotate_second_factors() -> int:
    count = 0
    for factor in await SecondFactor.all():
        if secret := _decrypt_previous(factor.sealed, "second factor"):
            factor.sealed = crypto.encrypt(secret, "second factor")
            await factor.save(update_fields=["sealed"])
            count += 1
    return count


def command() -> None:
    """`python server.py rotate-secret`."""
    try:
        changed = asyncio.run(database.run_connected(settings.DATABASE_URL, rotate))
    except crypto.InvalidToken:
        raise settings.BadSetting(
            "SECRET_KEY_PREVIOUS is not the key with which this database was filled. Nothing was changed."
        ) from None
    sys.stdout.write(f"{changed}\n")

"""Key check: an encrypted constant shows whether SECRET_KEY is the key with which the database was filled."""

import settings
from infra import crypto, database
from models.accounts.patient import Patient

PURPOSE, CONSTANT = "key check", "e-rejestracja"

_INSERT = "INSERT INTO key_check (id, sealed) VALUES (1, $1) ON CONFLICT (id) DO NOTHING"
_READ = "SELECT sealed FROM key_check WHERE id = 1"
_REPLACE = "UPDATE key_check SET sealed = $1 WHERE id = 1"


class WrongKey(settings.BadSetting):
    def __init__(self) -> None:
        super().__init__(
            "SECRET_KEY is not the one with which this database was filled: PESEL numbers could not be read, and one"
            " person could get two records. Set the former key; docs/operations.md explains how to rotate it."
        )


async def verify() -> None:
    """Raise WrongKey unless the database was filled with the current key; a new database adopts the key."""
    if not await _is_compared():
        await database.fetch(_INSERT, [crypto.encrypt(CONSTANT, PURPOSE)])
        await _is_compared()  # another process, with another key, may have been first


async def compare() -> None:
    """Raise WrongKey if the database was filled with another key; changes nothing."""
    await _is_compared()


async def _is_compared() -> bool:
    """Raise WrongKey if the database was filled with another key; return whether it has the constant yet."""
    found = await database.fetch(_READ)
    try:
        if found:
            crypto.decrypt(found[0]["sealed"], PURPOSE)
        else:
            await _check_patients()
    except crypto.InvalidToken:
        raise WrongKey from None
    return bool(found)


async def _check_patients() -> None:
    """For a database from a version that stored no constant, check whether a patient can be decrypted."""
    patient = await Patient.exclude(pesel_sealed=None).first()
    if patient and patient.pesel_sealed:
        crypto.decrypt(patient.pesel_sealed, "pesel")


async def replace() -> None:
    """Store the constant encrypted with the current key, in the transaction that re-encrypts everything else."""
    database.require_transaction()
    await database.fetch(_REPLACE, [crypto.encrypt(CONSTANT, PURPOSE)])

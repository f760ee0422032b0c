"""Finding a patient as reception does: by the beginning of a name, a number, a telephone or a visit's reference."""

import re
from typing import Any
from uuid import UUID

from models import contact, database, document, pesel, reference
from models.keyset import Key
from models.patient import Patient
from models.spelling import folded

LONGEST, SHORTEST = 100, 2

# Either name may come first; every further word is the beginning of a word of the whole name.
# Each way to find somebody is a branch of its own, so that each has its index.
_SEARCH = """
    WITH hit AS (
        SELECT id FROM patient WHERE search_name LIKE $1 AND ' ' || search_name LIKE ALL($2::text[])
        UNION SELECT id FROM patient WHERE search_given LIKE $1 AND ' ' || search_name LIKE ALL($2::text[])
        UNION SELECT id FROM patient WHERE pesel_index = $3 OR document_number_index = $4 OR phone = $5
        UNION SELECT patient_id FROM visit WHERE reference = $6
    )
    SELECT id, search_name FROM patient JOIN hit USING (id)
    WHERE $7::text IS NULL OR (search_name, id) > ($7, $8::uuid)
    ORDER BY search_name, id LIMIT $9
"""


async def found(text: str, after: Key | None, limit: int) -> list[Patient]:
    """By name; each record carries its `sort_name`. Whole numbers must be equal: nobody is guessed by half a PESEL."""
    words = [_literal(word) for word in folded(text).split()] or [""]
    name, id_ = after or (None, None)
    values: list[Any] = [
        f"{words[0]}%" if words[0] else None, [f"% {word}%" for word in words[1:]], _pesel(text),
        document.number_index(text), _phone(text), _reference(text), name, id_, limit,
    ]  # fmt: skip
    rows = await database.rows(_SEARCH, values)
    names: dict[UUID, str] = {UUID(str(row["id"])): row["search_name"] for row in rows}
    patients = await Patient.filter(id__in=list(names)).select_related("account")
    for patient in patients:
        patient.sort_name = names[patient.id]
    return sorted(patients, key=lambda patient: (patient.sort_name, patient.id))


def _literal(word: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", word)


def _pesel(text: str) -> str | None:
    try:
        return pesel.index(pesel.parse(text))
    except pesel.BadPesel:
        return None


def _phone(text: str) -> str | None:
    try:
        return contact.phone(text)
    except contact.BadContact:
        return None


def _reference(text: str) -> str | None:
    letters = re.sub(r"[\s-]", "", text).upper()
    return f"{letters[:4]}-{letters[4:]}" if len(letters) == 8 and set(letters) <= set(reference.SPEAKABLE) else None

"""Patient search for reception: by current and former names, birth date, number, address or a visit's reference."""

import re
from datetime import date
from typing import Any
from uuid import UUID

from infra import database
from infra.keyset import Key
from models.accounts.patient import Patient
from models.values import contact, identity_document, person_name, pesel, visit_reference

LONGEST, SHORTEST = 100, 2
_DATE = re.compile(r"(?<!\d)(?:(\d{4})([-./]) ?(\d\d?)\2 ?(\d\d?)|(\d\d?)([-./]) ?(\d\d?)\6 ?(\d{4}))(?!\d)", re.ASCII)

# Each word searched for must begin a word of the names, in any order; the longest one is looked up in the index.
# "~>=~" and "~<~" compare by bytes, as the index does, and no character is greater than the last one of Unicode.
# Each kind of search is a separate branch, so that each uses its own index.
_SEARCH = """
    WITH wanted AS MATERIALIZED (
        SELECT word AS beginning, word || chr(1114111) AS end
        FROM unnest(name_words(:names::text, false)) AS word
    ), rarest AS MATERIALIZED (
        SELECT wanted.beginning, wanted.end FROM wanted ORDER BY length(wanted.beginning) DESC LIMIT 1
    ), named AS (
        SELECT DISTINCT patient_word.patient_id AS id
        FROM patient_word
        WHERE patient_word.word ~>=~ (SELECT rarest.beginning FROM rarest)
            AND patient_word.word ~<~ (SELECT rarest.end FROM rarest)
            AND NOT EXISTS (
                SELECT 1 FROM wanted
                WHERE NOT EXISTS (
                    SELECT 1 FROM patient_word AS own_word
                    WHERE own_word.patient_id = patient_word.patient_id
                        AND own_word.word ~>=~ wanted.beginning AND own_word.word ~<~ wanted.end
                )
            )
    ), hit AS (
        SELECT patient.id FROM patient JOIN named ON named.id = patient.id
        WHERE :birth_date::text IS NULL OR patient.birth_date_index = :birth_date::text
        UNION SELECT patient.id FROM patient
        WHERE patient.birth_date_index = :birth_date::text AND NOT EXISTS (SELECT 1 FROM wanted)
        UNION SELECT patient.id FROM patient
        WHERE patient.pesel_index = :pesel::text OR patient.document_number_index = :document::text
            OR patient.phone = :phone::text
        UNION SELECT account.patient_id FROM account WHERE account.email_key = :email::text
        UNION SELECT visit.patient_id FROM visit WHERE visit.reference = :reference::text
    )
    SELECT patient.id, patient.search_name
    FROM patient JOIN hit ON hit.id = patient.id
    WHERE :after_name::text IS NULL OR (patient.search_name, patient.id) > (:after_name::text, :after_id::uuid)
    ORDER BY patient.search_name, patient.id LIMIT :limit
"""


async def search(text: str, after: Key | None, limit: int) -> list[Patient]:
    """Patients by name, each with its `sort_name`; numbers match only as a whole, so that none can be guessed."""
    birth_date, rest = _split_birth_date(text)
    name, id_ = after or (None, None)
    values: dict[str, Any] = {
        "names": person_name.respell(rest),
        "birth_date": birth_date,
        "pesel": _pesel(text),
        "document": identity_document.number_index(text),
        "phone": _phone(text),
        "email": contact.email_key(text) if "@" in text else None,
        "reference": _reference(text),
        "after_name": name,
        "after_id": id_,
        "limit": limit,
    }
    rows = await database.fetch(_SEARCH, values)
    names: dict[UUID, str] = {UUID(str(row["id"])): row["search_name"] for row in rows}
    patients = await Patient.filter(id__in=list(names)).select_related("account")
    for patient in patients:
        patient.sort_name = names[patient.id]
    return sorted(patients, key=lambda patient: (patient.sort_name, patient.id))


def _split_birth_date(text: str) -> tuple[str | None, str]:
    """Find a birth date (1980-05-01, 1.5.1980, 01/05/1980); return its blind index, and the text without the date."""
    found = _DATE.search(text)
    if found is None:
        return None, text
    year, month, day = (int(part) for part in (found[1] or found[8], found[3] or found[7], found[4] or found[5]))
    try:
        index = pesel.birth_date_index(date(year, month, day))
    except ValueError:
        return None, text
    return index, text[: found.start()] + " " + text[found.end() :]


def _pesel(text: str) -> str | None:
    try:
        return pesel.blind_index(pesel.parse(text))
    except pesel.InvalidPesel:
        return None


def _phone(text: str) -> str | None:
    try:
        return contact.parse_phone(text)
    except contact.InvalidContact:
        return None


def _reference(text: str) -> str | None:
    letters = re.sub(r"[\s-]", "", text).upper()
    return (
        f"{letters[:4]}-{letters[4:]}" if len(letters) == 8 and set(letters) <= set(visit_reference.SPEAKABLE) else None
    )

"""Field problem: one thing wrong with one field of an input, for machines and for people."""

from enum import StrEnum
from typing import Self

import strawberry

import settings
from models import refusal as refusals
from models.account import Language


@strawberry.enum(description="What is wrong with a field.")
class FieldProblemCode(StrEnum):
    REQUIRED = "REQUIRED"
    MALFORMED = "MALFORMED"
    PESEL_CHECKSUM = "PESEL_CHECKSUM"
    PESEL_BIRTH_DATE = "PESEL_BIRTH_DATE"
    EMAIL_MALFORMED = "EMAIL_MALFORMED"
    PHONE_NOT_MOBILE = "PHONE_NOT_MOBILE"
    TOO_LONG = "TOO_LONG"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    NOT_AVAILABLE = "NOT_AVAILABLE"


FIELD_WORDS = {
    "REQUIRED": ("This field is needed.", "To pole jest wymagane."),
    "MALFORMED": ("This cannot be read; please check it.", "Nie można tego odczytać; proszę sprawdzić."),
    "PESEL_CHECKSUM": ("This is not a valid PESEL: a digit is wrong.", "To nie jest poprawny PESEL: błędna cyfra."),
    "PESEL_BIRTH_DATE": ("This PESEL holds no possible birth date.", "Ten PESEL nie zawiera możliwej daty urodzenia."),
    "EMAIL_MALFORMED": ("This is not an e-mail address.", "To nie jest adres e-mail."),
    "PHONE_NOT_MOBILE": ("This is not a mobile number.", "To nie jest numer telefonu komórkowego."),
    "TOO_LONG": ("This is too long.", "To jest za długie."),
    "OUT_OF_RANGE": ("This is out of range.", "To wykracza poza dozwolony zakres."),
    "NOT_AVAILABLE": ("This cannot be used here; please ask reception.", "Tego nie można tu użyć; pomoże rejestracja."),
}
NO_PESEL = (
    "E-registration needs a PESEL number. Without one please register by telephone ({phone}) or at reception.",
    "E-rejestracja wymaga numeru PESEL. Bez niego prosimy o rejestrację telefoniczną ({phone}) lub w przychodni.",
)


@strawberry.type(description="One thing wrong with one field.")
class FieldProblem:
    path: list[str] = strawberry.field(description="Where in the input.")
    code: FieldProblemCode = strawberry.field(description="What is wrong, for machines.")
    message: str = strawberry.field(description="What is wrong, for people.")

    @classmethod
    def of(cls, flaw: refusals.Flaw, language: str) -> Self:
        words = NO_PESEL if flaw == (("pesel",), "REQUIRED") else FIELD_WORDS[flaw.code]
        message = words[1 if language == Language.PL else 0].format(phone=settings.CENTRE_PHONE)
        return cls(path=list(flaw.path), code=FieldProblemCode(flaw.code), message=message)

"""Field problem: one thing wrong with one field of an input, for machines and for people."""

from enum import Enum
from typing import Self

import strawberry

import settings
from infra.text import Text
from models.refusals.refusal import Flaw


@strawberry.enum(description="What is wrong with a field.")
class FieldProblemCode(Enum):
    REQUIRED = strawberry.enum_value("REQUIRED", description="The field must not be empty.")
    MALFORMED = strawberry.enum_value(
        "MALFORMED", description="The value has the wrong format or contains characters that are not allowed."
    )
    PESEL_CHECKSUM = strawberry.enum_value("PESEL_CHECKSUM", description="The check digit of the PESEL is wrong.")
    PESEL_BIRTH_DATE = strawberry.enum_value(
        "PESEL_BIRTH_DATE", description="The PESEL contains an impossible date of birth."
    )
    EMAIL_MALFORMED = strawberry.enum_value("EMAIL_MALFORMED", description="The value is not an e-mail address.")
    PHONE_MALFORMED = strawberry.enum_value("PHONE_MALFORMED", description="The value is not a telephone number.")
    PHONE_NOT_MOBILE = strawberry.enum_value("PHONE_NOT_MOBILE", description="The value is not a valid mobile number.")
    TOO_LONG = strawberry.enum_value(
        "TOO_LONG", description="The text has too many characters, or the list too many entries."
    )
    OUT_OF_RANGE = strawberry.enum_value(
        "OUT_OF_RANGE", description="The number, date or time is outside its range, or overlaps another one."
    )
    NOT_AVAILABLE = strawberry.enum_value(
        "NOT_AVAILABLE",
        description="The value cannot be used here: the object does not exist or does not fit, or the value is taken.",
    )
    TIME_MISSING = strawberry.enum_value("TIME_MISSING", description="The clocks skip this time.")
    TIME_AMBIGUOUS = strawberry.enum_value(
        "TIME_AMBIGUOUS", description="The clocks show this time twice: give the offset."
    )


TEXTS = {
    FieldProblemCode.REQUIRED: Text(pl="To pole jest wymagane.", en="This field is required."),
    FieldProblemCode.MALFORMED: Text(
        pl="Ten wpis jest niezrozumiały; prosimy go sprawdzić.", en="This cannot be read; please check it."
    ),
    FieldProblemCode.PESEL_CHECKSUM: Text(
        pl="To nie jest poprawny PESEL: któraś cyfra się nie zgadza.", en="This is not a valid PESEL: a digit is wrong."
    ),
    FieldProblemCode.PESEL_BIRTH_DATE: Text(
        pl="Data urodzenia w tym numerze PESEL nie istnieje.", en="The birth date in this PESEL does not exist."
    ),
    FieldProblemCode.EMAIL_MALFORMED: Text(pl="To nie jest adres e-mail.", en="This is not an e-mail address."),
    FieldProblemCode.PHONE_MALFORMED: Text(
        pl="To nie jest numer telefonu; prosimy sprawdzić cyfry.",
        en="This is not a telephone number.",
    ),
    FieldProblemCode.PHONE_NOT_MOBILE: Text(
        pl="To nie jest numer telefonu komórkowego.", en="This is not a mobile number."
    ),
    FieldProblemCode.TOO_LONG: Text(pl="To jest za długie.", en="This is too long."),
    FieldProblemCode.OUT_OF_RANGE: Text(pl="To wykracza poza dozwolony zakres.", en="This is out of range."),
    FieldProblemCode.NOT_AVAILABLE: Text(
        pl="Tego nie można tu użyć; pomoże rejestracja.", en="This cannot be used here; please ask reception."
    ),
    FieldProblemCode.TIME_MISSING: Text(
        pl="Tej godziny nie ma: wypada podczas zmiany czasu na letni.",
        en="This time does not exist: the clocks skip it when summer time begins.",
    ),
    FieldProblemCode.TIME_AMBIGUOUS: Text(
        pl="Ta godzina wypada dwa razy, bo kończy się czas letni: prosimy podać przesunięcie (+02:00 albo +01:00).",
        en="The clocks show this time twice, as summer time ends: give the offset, +02:00 or +01:00.",
    ),
}
# Texts that state the limit: a maximum length, or the first and the last allowed value.
ALLOWED = {
    FieldProblemCode.TOO_LONG: Text(pl="Najwyżej {0} znaków.", en="At most {0} characters."),
    FieldProblemCode.OUT_OF_RANGE: Text(pl="Dozwolone: od {0} do {1}.", en="Allowed: from {0} to {1}."),
}
FOR_STAFF = {
    FieldProblemCode.NOT_AVAILABLE: Text(
        pl="Tego nie można tu użyć: nie istnieje, nie pasuje lub jest już zajęte.",
        en="This cannot be used here: it does not exist, does not fit or is taken.",
    ),
}
NO_PESEL = Text(
    pl="E-rejestracja wymaga numeru PESEL. Bez niego prosimy o rejestrację telefoniczną ({phone}) lub w przychodni.",
    en="E-registration needs a PESEL number. Without one, please register by telephone ({phone}) or at reception.",
)


@strawberry.type(description="What is wrong with one field of the input.")
class FieldProblem:
    path: list[str] = strawberry.field(description="The path of the field in the input, such as `lines`, `0`, `until`.")
    code: FieldProblemCode = strawberry.field(description="A machine-readable code for what is wrong.")
    message: str = strawberry.field(description="What is wrong: a sentence to show, in the caller's language.")

    @classmethod
    def of(cls, flaw: Flaw, language: str, allowed: tuple[str, ...] = (), *, is_for_staff: bool = False) -> Self:
        code = FieldProblemCode(flaw.code)
        text = TEXTS[code]
        if allowed and code in ALLOWED:
            text = ALLOWED[code]
        elif is_for_staff:
            text = FOR_STAFF.get(code, text)
        elif flaw == (("pesel",), "REQUIRED"):
            text = NO_PESEL
        message = text.in_(language).format(*allowed, phone=settings.CENTRE_PHONE)
        return cls(path=list(flaw.path), code=code, message=message)

"""PESEL: the Polish national identification number; parsed strictly, shown masked, stored encrypted."""

from datetime import date
from typing import Any

from stdnum.exceptions import InvalidChecksum, InvalidComponent, ValidationError
from stdnum.pl import pesel

from infra import clock, crypto


class InvalidPesel(ValueError):
    """Not a PESEL; `code` is the FieldProblemCode."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def parse(text: str) -> str:
    """The eleven digits; checks format, checksum and that the birth date exists (gov.pl) and is not in the future."""
    try:
        number = str(pesel.validate(text))
    except InvalidChecksum:
        raise InvalidPesel("PESEL_CHECKSUM") from None
    except InvalidComponent:
        raise InvalidPesel("PESEL_BIRTH_DATE") from None
    except ValidationError:
        raise InvalidPesel("MALFORMED") from None
    if not (number.isascii() and number.isdigit()):
        raise InvalidPesel("MALFORMED")
    if birth_date(number) > clock.today():
        raise InvalidPesel("PESEL_BIRTH_DATE")
    return number


def birth_date(number: str) -> date:
    born: date = pesel.get_birth_date(number)
    return born


def mask(number: str) -> str:
    return "*" * 7 + number[-4:]


def to_columns(number: str) -> dict[str, Any]:
    """The columns of a patient's row that store the number."""
    return {
        "pesel_sealed": encrypt(number),
        "pesel_index": blind_index(number),
        "birth_date_index": birth_date_index(birth_date(number)),
        "birth_date_sealed": None,
    }


def encrypt(number: str) -> bytes:
    return crypto.encrypt(number, "pesel")


def decrypt(sealed_number: bytes) -> str:
    return crypto.decrypt(sealed_number, "pesel")


def blind_index(number: str) -> str:
    """A blind index that finds the same number again, and so prevents duplicates, without revealing the number."""
    return crypto.blind_index(number, "pesel index")


def birth_date_index(day: date) -> str:
    """A blind index to find people by birth date, which comes from the PESEL or is stored encrypted."""
    return crypto.blind_index(day.isoformat(), "birth date index")


def birth_date_columns(day: date) -> dict[str, Any]:
    """The columns of a patient's row that store the birth date of a person without a PESEL."""
    return {
        "birth_date_sealed": crypto.encrypt(day.isoformat(), "birth date"),
        "birth_date_index": birth_date_index(day),
    }


def decrypt_birth_date(sealed: bytes) -> date:
    return date.fromisoformat(crypto.decrypt(sealed, "birth date"))

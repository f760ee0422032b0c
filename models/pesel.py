"""PESEL: the number of a person in Poland; parsed strictly, shown masked, stored sealed."""

from datetime import date

from stdnum.exceptions import InvalidChecksum, InvalidComponent, ValidationError
from stdnum.pl import pesel

from models import clock, seal


class BadPesel(ValueError):
    """Not a PESEL; `code` is the FieldProblemCode."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def parse(text: str) -> str:
    """The eleven digits: format, checksum, a birth date of the calendar (gov.pl) and not in the future."""
    try:
        number = str(pesel.validate(text))
    except InvalidChecksum:
        raise BadPesel("PESEL_CHECKSUM") from None
    except InvalidComponent:
        raise BadPesel("PESEL_BIRTH_DATE") from None
    except ValidationError:
        raise BadPesel("MALFORMED") from None
    if not (number.isascii() and number.isdigit()):
        raise BadPesel("MALFORMED")
    if birth_date(number) > clock.today():
        raise BadPesel("PESEL_BIRTH_DATE")
    return number


def birth_date(number: str) -> date:
    born: date = pesel.get_birth_date(number)
    return born


def masked(number: str) -> str:
    return "*" * 7 + number[-4:]


def sealed(number: str) -> bytes:
    return seal.close(number, "pesel")


def opened(sealed_number: bytes) -> str:
    return seal.open_(sealed_number, "pesel")


def index(number: str) -> str:
    """Finds and forbids an equal number without showing it."""
    return seal.blind(number, "pesel index")

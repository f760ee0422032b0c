"""How a person can be reached: e-mail addresses and mobile telephones, in one spelling each."""

import unicodedata

import email_validator
import phonenumbers

COUNTRY = "PL"
LONGEST_EMAIL = 320


class BadContact(ValueError):
    """Not an address or number that we can use."""


def email(text: str) -> str:
    """The address as it will be written to (RFC 5321 syntax; whether it exists, the mail will show)."""
    try:
        found = email_validator.validate_email(
            text.strip(), check_deliverability=False, test_environment=True, allow_smtputf8=False
        )
    except email_validator.EmailNotValidError as problem:
        raise BadContact(str(problem)) from None
    return str(found.normalized)


def email_key(address: str) -> str:
    """What makes two spellings one address: no mailbox in practice tells ANNA@ from anna@."""
    return unicodedata.normalize("NFC", address.strip()).casefold()


def mobile(text: str) -> str:
    """The number of a mobile telephone in E.164; numbers without +country are Polish."""
    number = _valid(text)
    if phonenumbers.number_type(number) != phonenumbers.PhoneNumberType.MOBILE:
        raise BadContact("Not a mobile number.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phone(text: str) -> str:
    """The number of any telephone in E.164: reception calls people without a mobile one, too."""
    return phonenumbers.format_number(_valid(text), phonenumbers.PhoneNumberFormat.E164)


def _valid(text: str) -> phonenumbers.PhoneNumber:
    try:
        number = phonenumbers.parse(text, COUNTRY)
    except phonenumbers.NumberParseException as problem:
        raise BadContact(str(problem)) from None
    if not phonenumbers.is_valid_number(number):
        raise BadContact("Not a telephone number.")
    return number

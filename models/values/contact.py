"""E-mail addresses and telephone numbers, each in one canonical spelling."""

import re
import unicodedata

import email_validator
import idna
import phonenumbers
from phonenumbers import PhoneNumberType

import setting_types

LONGEST_EMAIL, LONGEST_LOCAL_PART = 320, 64
MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}  # some countries do not distinguish them
_TOP_LEVEL_DOMAIN = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]+")


class InvalidContact(ValueError):
    """Not an address or number that we can use."""


def parse_email(text: str) -> str:
    """The canonical address; only the syntax of RFC 5321 is checked, not whether the address exists."""
    try:
        found = email_validator.validate_email(
            text.strip(), check_deliverability=False, test_environment=True, allow_smtputf8=False
        )
    except email_validator.EmailNotValidError as problem:
        raise InvalidContact(str(problem)) from None
    if len(found.local_part) > LONGEST_LOCAL_PART:
        raise InvalidContact("The part before the @-sign is too long.")
    if not _TOP_LEVEL_DOMAIN.fullmatch(found.ascii_domain.rpartition(".")[2].lower()):
        raise InvalidContact("There is no such top-level domain.")
    return str(found.normalized)


def email_key(address: str) -> str:
    """A key that is equal for all spellings of an address, with its domain in Unicode (IDNA 2008) or as xn--.

    In practice no server distinguishes ANNA@ from anna@; ß and final sigma in a domain remain separate letters.
    """
    local_part, at, domain = unicodedata.normalize("NFC", address.strip()).rpartition("@")
    ascii_domain = _encode_domain(domain)
    return f"{local_part.casefold()}{at}{idna.decode(ascii_domain) if ascii_domain else domain.casefold()}"


def to_ascii_address(address: str) -> str:
    """The address as mail servers take it, with its domain in ASCII."""
    local_part, at, domain = address.rpartition("@")
    return f"{local_part}{at}{_encode_domain(domain) or domain}"


def _encode_domain(domain: str) -> str | None:
    """The domain in ASCII by IDNA 2008 (capitals mapped as in UTS 46, ß and ς kept); None if it is no domain."""
    try:
        return idna.encode(domain, uts46=True, std3_rules=True).decode()
    except (idna.IDNAError, UnicodeError):
        return None


def parse_mobile(text: str) -> str:
    """The number of a telephone that can receive texts, in E.164; numbers without a country code are Polish."""
    number = _parse_number(text)
    if phonenumbers.number_type(number) not in MOBILE:
        raise InvalidContact("Not a mobile number.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def parse_phone(text: str) -> str:
    """Any telephone number in E.164: reception also calls people without a mobile phone."""
    return phonenumbers.format_number(_parse_number(text), phonenumbers.PhoneNumberFormat.E164)


def _parse_number(text: str) -> phonenumbers.PhoneNumber:
    try:
        return setting_types.parse_number(text)
    except ValueError as problem:
        raise InvalidContact(str(problem)) from None

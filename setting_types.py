"""The types of settings, each with a check that says what is wrong."""

import re
import unicodedata
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import limits
import phonenumbers
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator, Field

HOST_AND_PORT = r"(?:[\w-]{1,63}(?:\.[\w-]{1,63})*\.?|\[[\da-fA-F:.]+\])(?::\d+)?"
USER = r"[^/?#]+@"
LOGIN = r"[^/?#:@]+:[^/?#]+@"
ONE_USER = r"(?:[A-Za-z0-9._~+=-]|%[2-7][\dA-Fa-f])+@"  # sent in a header
MAIL_ADDRESS = re.compile(r"[^\s@<>,\x80-\U0010ffff]+@[\w-]+(?:\.[\w-]+)*")  # the domain may be non-ASCII
MOST, LONGEST_SECONDS = 1_000_000_000, 366 * 24 * 3600
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
SENDER = re.compile(r"(?:([^<>@]*?)\s*<)?([^\s<>]+)(?(1)>)")
NO_ZONES = {"Factory", "localtime"}  # unknown to PostgreSQL, or a different zone there
WALL_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")


class Example(NamedTuple):
    """A correct value to show when a setting is wrong; if `is_secret`, the wrong value is not shown."""

    text: str
    is_secret: bool = False


def matching(shape: str, reason: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(shape, text):
            raise ValueError(reason)
        return text

    return AfterValidator(check)


def matching_url(shape: str) -> AfterValidator:
    def check(text: str) -> str:
        try:
            port = urlsplit(text).port
        except ValueError:
            port = 0
        if port == 0 or not re.fullmatch(shape, text):
            raise ValueError("must be a URL like the one in the example")
        return text.rstrip("/")

    return AfterValidator(check)


def check_networks(text: str) -> str:
    try:
        for network in text.split(","):
            if network.strip() != "*":
                ip_network(network.strip())
    except ValueError:
        raise ValueError("must be addresses or networks, separated by commas") from None
    return text


def split_sender(text: str) -> tuple[str, str]:
    """The name and the address of `Name <address>`; the name may hold commas, quotes and any letters."""
    found = SENDER.fullmatch(text)
    if not (found and MAIL_ADDRESS.fullmatch(found[2]) and _is_mailbox(found[2])):
        raise ValueError("must be one e-mail address, with or without a name before it")
    name = found[1] or ""
    return (re.sub(r"\\(.)", r"\1", name[1:-1]) if QUOTED.fullmatch(name) else name), found[2]


def _is_mailbox(address: str) -> bool:
    """Whether RFC 5321 allows the address; its domain may be a local one."""
    try:
        validate_email(address, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False)
    except EmailNotValidError:
        return False
    return True


def check_sender(text: str) -> str:
    split_sender(text)
    return text


def parse_wall_time(value: Any) -> Any:
    """Minutes since local midnight; "24:00" is the end of the day."""
    if not isinstance(value, str):
        return value
    if not WALL_TIME.fullmatch(value):
        raise ValueError('must be a time from "00:00" to "24:00"')
    return int(value[:2]) * 60 + int(value[3:])


def parse_zone(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value not in available_timezones() - NO_ZONES:
        raise ValueError("must be the name of a time zone")
    return ZoneInfo(value)


def check_rate(text: str) -> str:
    try:
        [rate] = limits.parse_many(text)
    except ValueError:
        rate = None
    if rate is None or not (1 <= rate.amount <= MOST and 1 <= rate.get_expiry() <= LONGEST_SECONDS):
        raise ValueError("must be a number, at least 1, and the period in which it counts, at most a year")
    return text


def parse_number(text: str) -> phonenumbers.PhoneNumber:
    """Parse a number, Polish unless it has a country code; raises ValueError if the text is not exactly one number."""
    if not all(_may_be_dialled(sign) for sign in text):  # the library would drop letters, and an extension after them
        raise ValueError("More than a telephone number.")
    try:
        number = phonenumbers.parse(text, "PL")
    except phonenumbers.NumberParseException as problem:
        raise ValueError(str(problem)) from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise ValueError("Not a telephone number.")
    return number


def _may_be_dialled(sign: str) -> bool:
    """Whether a number may contain the character: a digit of any script, a separator, or a copied direction mark."""
    return sign in "+＋()./−" or unicodedata.category(sign) in ("Nd", "Zs", "Pd", "Cf")


def check_phone(text: str) -> str:
    """A number of a clinic or a person, or a short one such as 19 115."""
    if not re.fullmatch(r"\d(?: ?\d){2,5}", text):
        try:
            parse_number(text)
        except ValueError:
            raise ValueError("must be one telephone number, without letters") from None
    return text


def check_file(text: str) -> str:
    if not Path(text).is_file():
        raise ValueError("must be the path of a file")
    return text


def check_dark_colour(text: str) -> str:
    """White text on the colour must have a contrast of 4.5 (WCAG 2.2, 1.4.3)."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ValueError("must be a colour such as the one in the example")
    channels = [int(text[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    if 1.05 / (luminance + 0.05) < 4.5:
        raise ValueError("must be darker: white text on it needs a contrast of 4.5")
    return text.lower()


Line = Annotated[str, matching(r"[^\x00-\x1f\x7f]*", "must be one line of text")]
Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=1, le=MOST)]
Minutes = Annotated[int, Field(ge=1, le=366 * 24 * 60)]
Hours = Annotated[int, Field(ge=1, le=366 * 24)]
Days = Annotated[int, Field(ge=1, le=3660)]
AuditYears = Annotated[int, Field(ge=3, le=100)]  # the database refuses to delete younger entries
Seconds = Annotated[float, Field(gt=0, le=86_400)]
SecondsOrNone = Annotated[float, Field(ge=0, le=86_400)]
WallTime = Annotated[int, BeforeValidator(parse_wall_time)]
Rate = Annotated[str, AfterValidator(check_rate)]
HTTP_URL = matching_url(rf"https?://{HOST_AND_PORT}(?:/[^\s?#\"<>\\]*)?")
PAGE = matching(
    r'|/[^/\s"<>][^\s"<>]*|https?://[^\s/?#"<>]+[^\s"<>]*', "must be an http or https address, or a path on this server"
)
ORIGINS = matching(
    rf"\*|https?://{HOST_AND_PORT}(?:\s*,\s*https?://{HOST_AND_PORT})*",
    "must be origins, without a path, separated by commas",
)
DATABASE = matching_url(r"postgres(?:ql)?://[^/]*/[^/?]+(?:\?.*)?")
BEARER = matching(r"[A-Za-z0-9._~+/-]{16,}=*", "must be 16 or more letters, digits or any of -._~+/")

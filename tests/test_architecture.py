"""The house: rooms keep their direction, modules introduce themselves, and the time comes from one clock."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("infra", "schema", "resolvers", "models", "tasks", "web")
MODULES = [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts]


def imported_by(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def test_settings_import_nothing_of_ours() -> None:
    assert not {name.split(".")[0] for name in imported_by(ROOT / "settings.py")} & {*ROOMS, "server", "tests"}


def test_every_module_says_in_one_sentence_what_it_is() -> None:
    assert [path for path in MODULES if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_the_current_time_comes_only_from_the_clock() -> None:
    offenders = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today") and path.name != "clock.py":
                owner = ast.unparse(node.value)
                if owner not in ("clock", "self"):
                    offenders.append(f"{path.name}: {owner}.{node.attr}")
    assert offenders == []

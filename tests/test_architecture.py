"""The architecture: packages import in one direction, modules have docstrings, and all time comes from one clock."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
EMPTY_CONTAINER = re.compile(r"\{\}|\[\]|(set|dict|list|\w*deque|OrderedDict|defaultdict|Weak\w+|Counter)\(\w*\)")
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
    for module in ("settings.py", "setting_types.py"):
        assert not {name.split(".")[0] for name in imported_by(ROOT / module)} & {*ROOMS, "server", "tests"}


def test_every_module_says_in_one_sentence_what_it_is() -> None:
    assert [path for path in MODULES if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_all_migrations_lead_to_one_last_migration() -> None:
    texts = {path.stem: path.read_text() for path in (ROOT / "models/migrations").glob("0*.py")}
    followed = {name for text in texts.values() for name in re.findall(r"\(.models., .(\d{4}_\w+).\)", text)}
    assert set(texts) - followed == {max(texts)}


def test_the_current_time_comes_only_from_the_clock() -> None:
    offenders = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today") and path.name != "clock.py":
                owner = ast.unparse(node.value)
                if owner not in ("clock", "self"):
                    offenders.append(f"{path.name}: {owner}.{node.attr}")
    assert offenders == []


def state_of(path: Path) -> set[str]:
    """Module-level names that functions rebind (`global`) or that start as an empty container."""
    tree = ast.parse(path.read_text())
    names = {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            value = ast.unparse(node.value)
            if EMPTY_CONTAINER.fullmatch(value):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names |= {ast.unparse(target) for target in targets}
    return names


def test_state_that_modules_keep_is_listed_in_the_architecture() -> None:
    listed = (ROOT / "docs/architecture.md").read_text().partition("## State of a process")[2].splitlines()
    missing = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in MODULES
        for name in state_of(path)
        if not any(str(path.relative_to(ROOT)) in row and f"`{name}`" in row for row in listed)
    ]
    assert missing == []

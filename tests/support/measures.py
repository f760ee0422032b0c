"""Reports the sizes of modules and functions against the house limits (`make report`); it never fails a build."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
ROOMS = ("infra", "models", "schema", "resolvers", "tasks", "web")
MODULE_LINES, FUNCTION_LINES, PARAMETERS = 300, 50, 5  # at most
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Measured(NamedTuple):
    size: int
    name: str


def modules() -> list[Path]:
    rooms = [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts]
    return [*rooms, ROOT / "server.py", ROOT / "settings.py", ROOT / "setting_types.py"]


def functions(path: Path) -> Iterator[Function]:
    tree = ast.parse(path.read_text())
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def lines_of(function: Function) -> int:
    """The number of lines in the function's body, without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def parameters_of(function: Function) -> list[ast.arg]:
    found = function.args
    return [
        argument
        for argument in found.posonlyargs + found.args + found.kwonlyargs
        if argument.arg not in ("self", "cls")
    ]


def is_annotated(function: Function) -> bool:
    return function.returns is not None and all(argument.annotation for argument in parameters_of(function))


def named(path: Path, function: Function) -> str:
    return f"{path.relative_to(ROOT)}:{function.lineno} {function.name}"


def summary(title: str, found: list[Measured], limit: int) -> Iterator[str]:
    sizes = sorted(each.size for each in found)
    yield f"{title}: {len(sizes)}, median {median(sizes):.0f}, p95 {quantiles(sizes, n=20)[-1]:.0f}, max {sizes[-1]}"
    over = sorted((each for each in found if each.size > limit), reverse=True)
    yield from (f"  above {limit}: {each.name} ({each.size})" for each in over)


def report() -> Iterator[str]:
    paths = modules()
    all_functions = [(path, function) for path in paths for function in functions(path)]
    yield from summary(
        "Lines of a module",
        [Measured(len(path.read_text().splitlines()), str(path.relative_to(ROOT))) for path in paths],
        MODULE_LINES,
    )
    yield from summary(
        "Lines of a function",
        [Measured(lines_of(function), named(path, function)) for path, function in all_functions],
        FUNCTION_LINES,
    )
    yield from summary(
        "Parameters of a function",
        [Measured(len(parameters_of(function)), named(path, function)) for path, function in all_functions],
        PARAMETERS,
    )
    annotated = sum(is_annotated(function) for _, function in all_functions)
    described = sum(ast.get_docstring(function) is not None for _, function in all_functions)
    yield f"Annotated functions: {annotated / len(all_functions):.1%}"
    yield f"Functions with a docstring: {described / len(all_functions):.1%}"
    introduced = sum(bool(ast.get_docstring(ast.parse(path.read_text()))) for path in paths)
    yield f"Modules with a docstring: {introduced / len(paths):.1%}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(report()) + "\n")

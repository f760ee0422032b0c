"""The stages of an operation, each inside the hooks of all extensions.

Strawberry wraps every hook anew for every operation. Here the hooks of a class are looked up once, and its generators
are stepped through directly.
"""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import nullcontext
from functools import cache
from inspect import isasyncgenfunction, isgeneratorfunction
from types import TracebackType
from typing import Any

from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.types import StreamExecutionResult

Hook = Generator[None, None, None] | AsyncGenerator[None, None]


class Stage:
    """Begins the hooks in their order and ends them in reverse order, with what the stage has raised, if anything.

    A hook may raise something else, which the hooks around it see, or swallow it.
    """

    __slots__ = ("_arguments", "_begun", "_extensions", "_name")

    def __init__(self, name: str, extensions: list[SchemaExtension], *arguments: Any) -> None:
        self._name, self._extensions, self._arguments = name, extensions, arguments
        self._begun: list[Hook] = []

    async def __aenter__(self) -> None:
        try:
            for place, begin in _find_hooks(self._name, *map(type, self._extensions)):
                running = begin(self._extensions[place], *self._arguments)
                if isinstance(running, Generator):
                    next(running)
                else:
                    await anext(running)
                self._begun.append(running)
        except BaseException as raised:
            await self._end(raised)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        return await self._end(raised)

    async def _end(self, raised: BaseException | None) -> bool:
        """Whether a hook has swallowed what was raised; otherwise what the outermost hook leaves is raised."""
        left = raised
        while self._begun:
            try:
                if await _finish(self._begun.pop(), left):
                    left = None
            except BaseException as other:
                left = other
        if left is not None and left is not raised:
            raise left
        return raised is not None and left is None


async def _finish(hook: Hook, raised: BaseException | None) -> bool:
    """Let the hook go on to its end; whether it has swallowed the exception."""
    try:
        if isinstance(hook, Generator):
            next(hook) if raised is None else hook.throw(raised)
        else:
            await (anext(hook) if raised is None else hook.athrow(raised))
    except (StopIteration, StopAsyncIteration) as ended:
        return raised is not None and ended is not raised
    if isinstance(raised, GeneratorExit):  # the event loop ends and has closed the hook already
        return False
    raise RuntimeError("A hook of an extension must yield once.")


@cache
def _find_hooks(name: str, *kinds: type[SchemaExtension]) -> list[tuple[int, Callable[..., Hook]]]:
    """Which of the extensions have a hook of this name."""
    default, found = getattr(SchemaExtension, name), []
    for place, kind in enumerate(kinds):
        hook = getattr(kind, name)
        if hook is default:
            continue
        if not isgeneratorfunction(hook) and not isasyncgenfunction(hook):
            raise TypeError(f"{kind.__name__}.{name} must be a generator.")
        found.append((place, hook))
    return found


class StageRunner(SchemaExtensionsRunner):
    """Strawberry's runner with these stages."""

    def operation(self) -> Any:
        return Stage("on_operation", self.extensions)

    def parsing(self) -> Any:
        return Stage("on_parse", self.extensions)

    def validation(self) -> Any:
        return Stage("on_validate", self.extensions)

    def executing(self) -> Any:
        return Stage("on_execute", self.extensions)

    def on_stream_result(self, result: StreamExecutionResult) -> Any:
        kinds = map(type, self.extensions)
        has_hooks = _find_hooks("on_stream_result", *kinds)
        return Stage("on_stream_result", self.extensions, result) if has_hooks else nullcontext()

    async def get_extensions_results(self, ctx: Any) -> dict[str, Any]:
        """Our extensions leave theirs in the context."""
        results: dict[str, Any] = ctx.extensions_results
        return results

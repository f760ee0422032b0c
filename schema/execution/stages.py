"""The stages of an operation, each run inside the hooks of all extensions.

Strawberry wraps every hook again for every operation. Here the hooks of a class are looked up once, and their
generators are advanced directly.
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
    """Starts the hooks in order and finishes them in reverse order, passing on any exception that the stage has raised.

    A hook may swallow the exception, or raise another one, which the hooks around it then see.
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
        try:
            return await self._end(raised)
        finally:
            del raised, traceback  # see _finish

    async def _end(self, raised: BaseException | None) -> bool:
        """Finish the hooks; return whether one swallowed the exception, or raise the one that replaced it."""
        left = raised
        try:
            while self._begun:
                try:
                    if await _finish(self._begun.pop(), left):
                        left = None
                except BaseException as other:
                    left = other
            if left is not None and left is not raised:
                raise left
            return raised is not None and left is None
        finally:
            del raised, left  # see _finish


async def _finish(hook: Hook, raised: BaseException | None) -> bool:
    """Let the hook run to its end, and return whether it has swallowed the exception."""
    try:
        if isinstance(hook, Generator):
            next(hook) if raised is None else hook.throw(raised)
        else:
            await (anext(hook) if raised is None else hook.athrow(raised))
        if isinstance(raised, GeneratorExit):  # the event loop is ending and has already closed the hook
            return False
        raise RuntimeError("A hook of an extension must yield once.")
    except (StopIteration, StopAsyncIteration) as ended:
        return raised is not None and ended is not raised
    finally:
        del raised  # its traceback refers to this frame: the cycle would keep all of the operation's objects in memory


@cache
def _find_hooks(name: str, *kinds: type[SchemaExtension]) -> list[tuple[int, Callable[..., Hook]]]:
    """The hooks with this name, each with the position of its extension."""
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
        """Our extensions put their results in the context."""
        results: dict[str, Any] = ctx.extensions_results
        return results

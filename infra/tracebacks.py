"""Tracebacks: their frames keep all objects of a request in memory for as long as somebody has the exception."""


def release(raised: BaseException) -> None:
    """Drop the tracebacks of an exception and its causes, once they have been logged if anybody needs them.

    A frame often refers to something that refers to the exception: a cycle, which only the garbage collector would end.
    """
    seen: set[int] = set()
    waiting: list[BaseException | None] = [raised]
    while waiting:
        if (error := waiting.pop()) is not None and id(error) not in seen:
            seen.add(id(error))
            error.__traceback__ = None
            waiting += [error.__cause__, error.__context__, getattr(error, "original_error", None)]

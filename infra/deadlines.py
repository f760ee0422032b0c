"""Deadlines: the time by which the work for a request must be done, whatever it is waiting for."""

import asyncio
from contextvars import ContextVar

import settings

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def begin() -> float:
    """Start the time limit of an operation; return its deadline, by the event loop's clock."""
    end = asyncio.get_running_loop().time() + settings.OPERATION_SECONDS
    _deadline.set(end)
    return end


def current() -> float:
    """The deadline of the current request; outside a request, that of an operation that starts now."""
    return _deadline.get() or asyncio.get_running_loop().time() + settings.OPERATION_SECONDS


def is_over() -> bool:
    end = _deadline.get()
    return end is not None and asyncio.get_running_loop().time() >= end

"""Turns: few log-ins look things up at once, so that a crowd of them does not hold up everybody else.

Without turns, a hundred that arrive together take all connections to the database, and a search waits behind them.
They lose nothing by it: hashing the passwords takes far longer.
"""

import asyncio
from weakref import WeakKeyDictionary

AT_ONCE = 4

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def take() -> asyncio.Semaphore:
    """To be held while a log-in looks things up; those who wait get it in the order in which they came."""
    return _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))

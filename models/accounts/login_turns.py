"""Login turns: only a few log-ins query the database at once, so that a crowd of them does not delay everybody else.

Without turns, a hundred log-ins that arrive together take all connections to the database, and a search has to wait.
Waiting for a turn costs a log-in next to nothing: hashing its password takes far longer.
"""

import asyncio
from weakref import WeakKeyDictionary

AT_ONCE = 4

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def take() -> asyncio.Semaphore:
    """Hold it while a log-in queries the database; waiting log-ins get it in the order in which they came."""
    return _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))

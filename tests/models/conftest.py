"""Fixtures of the models' tests: a connection that bypasses the code, and a check of invariants after every test."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.support.invariants import check_invariants


@pytest.fixture
async def stranger(database_url: str) -> AsyncIterator[Any]:
    """A database connection that bypasses the code."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture(autouse=True)
async def kept(fresh: None) -> AsyncIterator[None]:
    """Checks that the invariants hold after every test, whatever it did."""
    yield
    await check_invariants()

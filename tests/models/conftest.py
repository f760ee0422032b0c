"""What the tests of the models share: a way around the code, and a look at the promises after every test."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.models.promises import promises_hold


@pytest.fixture
async def stranger(database_url: str) -> AsyncIterator[Any]:
    """A connection of somebody who goes around the code."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture(autouse=True)
async def kept(fresh: None) -> AsyncIterator[None]:
    """Whatever a test did, the promises hold afterwards."""
    yield
    await promises_hold()

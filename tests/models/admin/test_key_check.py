"""The key check: a service with a different SECRET_KEY refuses to start, whatever the database holds."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

import settings
from infra import database
from models.admin import demo_data, key_check, key_rotation
from tests import cast

NEW = "another key of more than thirty-two characters"


@pytest.fixture(autouse=True)
async def unchecked(fresh: None) -> AsyncIterator[None]:
    """A database with which no key has been used yet."""
    await database.fetch("DELETE FROM key_check")
    yield
    await database.fetch("DELETE FROM key_check")


async def test_the_same_key_is_right_again_and_again() -> None:
    await key_check.verify()
    await key_check.verify()


async def test_another_key_is_refused_and_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    await key_check.verify()
    monkeypatch.setattr(settings, "SECRET_KEY", NEW)
    with pytest.raises(settings.BadSetting, match="SECRET_KEY is not the one"):
        await key_check.verify()


async def test_another_key_is_noticed_by_the_patients_of_a_database_without_a_constant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await cast.anna()
    monkeypatch.setattr(settings, "SECRET_KEY", NEW)
    with pytest.raises(settings.BadSetting):
        await key_check.verify()
    assert await database.fetch("SELECT * FROM key_check") == []


async def test_of_many_first_starts_at_once_one_constant_stays() -> None:
    await asyncio.gather(*(key_check.verify() for _ in range(8)))
    assert len(await database.fetch("SELECT * FROM key_check")) == 1


async def test_a_rotation_moves_the_constant_to_the_new_key(monkeypatch: pytest.MonkeyPatch) -> None:
    await key_check.verify()
    monkeypatch.setattr(settings, "SECRET_KEY_PREVIOUS", settings.SECRET_KEY)
    monkeypatch.setattr(settings, "SECRET_KEY", NEW)
    await key_rotation.rotate()
    await key_check.verify()
    monkeypatch.setattr(settings, "SECRET_KEY", settings.SECRET_KEY_PREVIOUS)
    with pytest.raises(settings.BadSetting):
        await key_check.verify()


async def test_a_rotation_is_refused_while_a_process_uses_the_database(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SECRET_KEY_PREVIOUS", settings.SECRET_KEY)
    monkeypatch.setattr(settings, "SECRET_KEY", NEW)
    named = {"application_name": f"{database.APPLICATION} relay"}
    process = await asyncpg.connect(database_url, server_settings=named)
    try:
        with pytest.raises(settings.BadSetting, match="stop them first"):
            await key_rotation.rotate()
    finally:
        await process.close()


async def test_production_refuses_a_database_with_the_demo_s_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    await cast.patient_account("jan.kowalski@example.pl", None, "Jan", "Kowalski")
    monkeypatch.setattr(settings, "IN_PRODUCTION", True)
    with pytest.raises(settings.BadSetting, match="demo's accounts"):
        await demo_data.refuse_demo_accounts()

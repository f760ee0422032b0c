"""Sessions: a token gives access to its account until it idles, expires or is ended; only its hash is stored."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

import settings
from infra import clock, database
from models.accounts.session import Session
from tests import cast
from tests.support.statement_count import list_sent

IDLE, OLD, MOMENT = timedelta(minutes=30), timedelta(hours=8), timedelta(microseconds=1)


async def test_a_token_finds_its_session_account_and_patient_in_one_statement() -> None:
    anna = await cast.anna()
    token = await cast.signed_in(anna)
    session = await Session.find_by_token(token)
    assert session is not None
    assert session.account.email == "anna@example.pl"
    assert session.account.patient is not None
    assert session.account.patient.first_name == "Anna"


@pytest.mark.parametrize("count", [1, 3, 16])
async def test_postgresql_does_not_plan_every_look_up(count: int, stranger: Any) -> None:
    """Planning takes longer than the look-up. After five plans with values, PostgreSQL must keep a generic one."""
    anna = await cast.anna()
    tokens = [await cast.signed_in(anna) for _ in range(count)]
    _, [(statement, values)] = await list_sent(asyncio.gather(*map(Session.find_by_token, tokens)))
    prepared = await stranger.prepare(statement)
    for _ in range(6):
        assert len(await prepared.fetch(*values)) == count
    plans = "SELECT generic_plans FROM pg_prepared_statements WHERE statement = $1"
    assert await stranger.fetchval(plans, statement) == 1


async def test_more_tokens_than_one_statement_takes_are_all_found() -> None:
    anna = await cast.anna()
    tokens = [await cast.signed_in(anna) for _ in range(40)]
    assert all(await asyncio.gather(*map(Session.find_by_token, tokens)))


async def test_tokens_are_long_random_and_kept_only_as_a_hash() -> None:
    anna = await cast.anna()
    tokens = {await cast.signed_in(anna) for _ in range(20)}
    assert len(tokens) == 20
    assert min(len(token) for token in tokens) >= 43, "256 bits in base64"
    kept = str(await database.fetch("SELECT * FROM session"))
    assert not any(token in kept for token in tokens)


@pytest.mark.parametrize("token", ["", "x", "\0", "\ud800", "ż", "x" * 100_000])
async def test_what_is_not_a_token_opens_nothing(token: str) -> None:
    await cast.signed_in(await cast.anna())
    assert await Session.find_by_token(token) is None


async def test_the_hash_in_the_database_is_not_a_token() -> None:
    await cast.signed_in(await cast.anna())
    assert await Session.find_by_token((await Session.get()).token_hash) is None


async def test_an_idle_session_ends_after_half_an_hour() -> None:
    token = await cast.signed_in(await cast.anna())
    with clock.pinned(clock.now() + IDLE):
        assert await Session.find_by_token(token) is None
    with clock.pinned(clock.now() + IDLE - MOMENT):
        assert await Session.find_by_token(token) is not None


async def test_a_session_in_use_lives_on_but_not_beyond_eight_hours() -> None:
    token, began = await cast.signed_in(await cast.anna()), clock.now()
    while clock.now() < began + OLD - IDLE:
        clock.advance(IDLE - MOMENT)
        assert await Session.find_by_token(token) is not None
    with clock.pinned(began + OLD - MOMENT):
        assert await Session.find_by_token(token) is not None
    with clock.pinned(began + OLD):
        assert await Session.find_by_token(token) is None


async def test_being_used_is_noted_once_a_minute_and_never_wakes_the_dead() -> None:
    token, began = await cast.signed_in(await cast.anna()), clock.now()
    for step, noted in ((timedelta(minutes=1), began), (timedelta(minutes=1, seconds=1), None)):
        with clock.pinned(began + step):
            assert await Session.find_by_token(token) is not None
            assert (await Session.get()).seen_at == (noted or clock.now())
    seen_at = (await Session.get()).seen_at
    with clock.pinned(seen_at + IDLE):
        assert await Session.find_by_token(token) is None
        assert (await Session.get()).seen_at == seen_at


async def test_a_session_that_was_ended_stays_ended() -> None:
    anna = await cast.anna()
    token, other = await cast.signed_in(anna), await cast.signed_in(anna)
    session = await Session.find_by_token(token)
    assert session is not None
    await session.end()
    ended_at = (await Session.get(id=session.id)).ended_at
    with clock.pinned(clock.now() + timedelta(minutes=1)):
        await session.end()
    assert (await Session.get(id=session.id)).ended_at == ended_at
    assert await Session.find_by_token(token) is None
    assert await Session.find_by_token(other) is not None


async def test_ending_all_sessions_ends_those_of_one_account() -> None:
    anna, borys = await cast.anna(), await cast.borys()
    hers, his = [await cast.signed_in(anna) for _ in range(3)], await cast.signed_in(borys)
    await Session.end_all(anna)
    assert [await Session.find_by_token(token) for token in hers] == [None, None, None]
    assert await Session.find_by_token(his) is not None


async def test_only_sessions_past_their_time_are_swept_away() -> None:
    token = await cast.signed_in(await cast.anna())
    assert await Session.purge() == 0
    assert await Session.find_by_token(token) is not None
    clock.advance(OLD + timedelta(days=settings.ENDED_SESSION_DAYS))
    assert await Session.purge() == 0
    clock.advance(MOMENT)
    assert await Session.purge() == 1

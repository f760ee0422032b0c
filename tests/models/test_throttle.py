"""Throttling promises: failures make guessing slow, from 30 seconds to an hour, and a new password always helps."""

from datetime import datetime, timedelta

import pytest

from models import clock, database
from models.account import Account
from models.refusal import TooManyAttempts, WrongCredentials
from models.session import Session
from models.throttle import Throttle
from tests import cast
from tests.models.promises import race

HOME = "203.0.113.7"
MOMENT = timedelta(microseconds=1)
ANNA, NOBODY = "anna@example.pl", "nobody@example.pl"


async def fail(login: str, address: str = HOME) -> None:
    with pytest.raises(WrongCredentials):
        await Account.log_in(login, "a wrong guess", address=address)


async def waits(login: str, address: str = HOME, secret: str = cast.PASSWORD) -> timedelta:
    """How long the right password is refused from now on."""
    with pytest.raises(TooManyAttempts) as refusal:
        await Account.log_in(login, secret, address=address)
    return datetime.fromisoformat(refusal.value.details["retry_at"]) - clock.now()


@pytest.mark.parametrize("login", [ANNA, NOBODY])
async def test_after_five_failures_each_one_doubles_the_wait_from_half_a_minute_to_an_hour(login: str) -> None:
    """For a login that nobody has, too: being slowed down tells nothing."""
    await cast.anna()
    for n in range(5):
        await fail(login, f"198.51.100.{n}")
    seen = []
    for n in range(9):
        wait = await waits(login)
        seen.append(wait.total_seconds())
        clock.advance(wait - MOMENT)
        assert await waits(login) == MOMENT
        clock.advance(MOMENT)
        await fail(login, f"192.0.2.{n}")
    assert seen == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]


async def test_trying_during_the_wait_does_not_make_it_longer() -> None:
    await cast.anna()
    for _ in range(5):
        await fail(ANNA)
    for _ in range(3):
        assert await waits(ANNA) == timedelta(seconds=30)
    clock.advance(timedelta(seconds=30))
    await Account.log_in(ANNA, cast.PASSWORD, address=HOME)


async def test_a_success_forgets_the_failures_before_it() -> None:
    await cast.anna()
    for _ in range(3):
        for _ in range(4):
            await fail(ANNA)
        await Account.log_in(ANNA, cast.PASSWORD, address=HOME)


async def test_failures_of_one_login_are_not_another_s() -> None:
    await cast.anna()
    await cast.borys()
    for _ in range(5):
        await fail(ANNA)
    await Account.log_in("borys@example.pl", cast.PASSWORD, address=HOME)


@pytest.mark.parametrize("spelling", ["ANNA@example.pl", " anna@example.pl", "anna@EXAMPLE.pl "])
async def test_another_spelling_of_the_login_is_the_same_login(spelling: str) -> None:
    await cast.anna()
    for _ in range(5):
        await fail(spelling)
    assert await waits(ANNA) == timedelta(seconds=30)


async def test_after_twenty_failures_an_address_waits_whatever_logins_it_tried() -> None:
    await cast.anna()
    for n in range(20):
        await fail(f"nobody{n}@example.pl")
    assert await waits(ANNA) == timedelta(seconds=30)
    await Account.log_in(ANNA, cast.PASSWORD, address="198.51.100.1")
    clock.advance(timedelta(seconds=30))
    await fail("nobody20@example.pl")
    assert await waits(ANNA) == timedelta(seconds=60)


async def test_a_success_does_not_excuse_an_address() -> None:
    """Whoever has one account cannot use it to guess others' for ever."""
    await cast.anna()
    for n in range(20):
        if n < 19:
            await Account.log_in(ANNA, cast.PASSWORD, address=HOME)
        await fail(f"nobody{n}@example.pl")
    assert await waits(ANNA) == timedelta(seconds=30)


async def test_a_one_time_password_passes_while_the_login_waits() -> None:
    anna = await cast.anna()
    secret = await anna.new_one_time_password()
    for _ in range(5):
        await fail(ANNA)
    await waits(ANNA)
    session, _ = await Account.log_in(ANNA, secret, address=HOME)
    await anna.refresh_from_db()
    await anna.change_password(session, secret, "szary wilk nosi kapelusz")
    await Account.log_in(ANNA, "szary wilk nosi kapelusz", address=HOME)


async def test_failures_outlive_a_restart() -> None:
    await cast.anna()
    for _ in range(5):
        await fail(ANNA)
    await database.rows("SELECT 1")
    pool = database.connection()
    await pool.close()  # every connection and all that the process knew of them
    assert await waits(ANNA) == timedelta(seconds=30)


async def test_failures_at_once_are_all_counted() -> None:
    throttle = [Throttle.of_login(ANNA)]
    await race(*(Throttle.failed(throttle) for _ in range(9)))
    assert (await Throttle.get()).failures == 9


async def test_failures_are_forgotten_a_day_after_the_last() -> None:
    throttle = [Throttle.of_login(ANNA)]
    for _ in range(7):
        await Throttle.failed(throttle)
    with clock.pinned(clock.now() + timedelta(hours=24)):
        await Throttle.failed(throttle)
    assert (await Throttle.get()).failures == 8
    with clock.pinned(clock.now() + timedelta(hours=48, microseconds=1)):
        await Throttle.failed(throttle)
        assert (await Throttle.get()).failures == 1
        assert await Throttle.wait_until(throttle) is None


async def test_the_longest_wait_is_an_hour_however_many_failures() -> None:
    throttle = [Throttle.of_login(ANNA)]
    await Throttle.failed(throttle)
    await Throttle.all().update(failures=2_000_000)
    await Throttle.failed(throttle)
    assert await Throttle.wait_until(throttle) == clock.now() + timedelta(hours=1)


async def test_neither_logins_nor_addresses_can_be_read_from_what_is_kept() -> None:
    await cast.anna()
    await fail(ANNA)
    kept = str(await database.rows("SELECT * FROM throttle"))
    assert "anna" not in kept
    assert HOME not in kept


async def test_old_failures_are_swept_away() -> None:
    await Throttle.failed([Throttle.of_login(ANNA)])
    assert await Throttle.purge(clock.now()) == 0
    assert await Throttle.purge(clock.now() + MOMENT) == 1
    assert await Session.all().count() == 0

"""Login throttling: guessing gets slower, and no stranger can make the owner of a known device or a letter wait."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from infra import clock, database
from models.accounts import known_device
from models.accounts.account import Account
from models.accounts.login_throttle import FORGET_AFTER, FREE_TRIES, HALVED_AFTER, LoginThrottle
from models.accounts.one_time_password import OneTimePassword
from models.accounts.second_factor import SecondFactor
from models.refusals.booking import TooBusy, TooManyAttempts, WrongCredentials
from tests import cast
from tests.support.racing import race, tally

HOME, CAFE = "203.0.113.7", "198.51.100.200"
MOMENT = timedelta(microseconds=1)
ANNA, BORYS, NOBODY = "anna@example.pl", "borys@example.pl", "nobody@example.pl"


async def fail(login: str, address: str = HOME, device: str = "") -> None:
    with pytest.raises(WrongCredentials):
        await Account.log_in(login, "a wrong guess", address=address, device=device)


async def waits(login: str, address: str = HOME, secret: str = cast.PASSWORD, device: str = "") -> timedelta:
    """How long even the right password will be refused from now on."""
    with pytest.raises(TooManyAttempts) as refusal:
        await Account.log_in(login, secret, address=address, device=device)
    return datetime.fromisoformat(refusal.value.details["retry_at"]) - clock.now()


async def get_in(login: str, address: str = HOME, device: str = "") -> str:
    """Sign in with the account's own password; returns what the device keeps."""
    session, _ = await Account.log_in(login, cast.PASSWORD, address=address, device=device)
    return known_device.remember(device, session.account)


def addresses() -> Iterator[str]:
    """A great many network addresses, as a botnet has."""
    return (f"198.51.{n // 250}.{n % 250}" for n in range(50_000))


@pytest.mark.parametrize("login", [ANNA, NOBODY])
async def test_after_five_failures_each_one_doubles_the_wait_from_half_a_minute_to_an_hour(login: str) -> None:
    """The same happens for a login that does not exist, so a delay reveals nothing."""
    await cast.anna()
    for _ in range(5):
        await fail(login)
    seen = []
    for _ in range(9):
        wait = await waits(login)
        seen.append(wait.total_seconds())
        clock.advance(wait - MOMENT)
        assert await waits(login) <= MOMENT * 2
        clock.advance(MOMENT * 2)
        await fail(login)
    assert seen[0] == 30
    assert all(1.8 <= later / earlier <= 2 for earlier, later in pairwise(seen[:6])), seen
    assert max(seen) <= 3600
    assert seen[-1] > 1500


async def test_trying_during_the_wait_does_not_make_it_longer() -> None:
    await cast.anna()
    for _ in range(5):
        await fail(ANNA)
    for _ in range(3):
        assert await waits(ANNA) == timedelta(seconds=30)
    clock.advance(timedelta(seconds=30))
    await get_in(ANNA)


async def test_a_success_forgets_the_failures_before_it() -> None:
    await cast.anna()
    for _ in range(3):
        for _ in range(4):
            await fail(ANNA)
        await get_in(ANNA)


async def test_failures_at_one_address_do_not_make_the_owner_wait_at_another() -> None:
    await cast.anna()
    for _ in range(5):
        await fail(ANNA, CAFE)
    assert await waits(ANNA, CAFE) == timedelta(seconds=30)
    await get_in(ANNA, HOME)


async def test_failures_at_one_login_do_not_count_at_another() -> None:
    await cast.anna()
    await cast.borys()
    for _ in range(5):
        await fail(ANNA)
    await get_in(BORYS)


@pytest.mark.parametrize("spelling", ["ANNA@example.pl", " anna@example.pl", "anna@EXAMPLE.pl "])
async def test_another_spelling_of_the_login_is_the_same_login(spelling: str) -> None:
    await cast.anna()
    for _ in range(5):
        await fail(spelling)
    assert await waits(ANNA) == timedelta(seconds=30)


async def test_failures_fade_by_half_every_six_hours_and_not_all_at_one_moment() -> None:
    await cast.anna()
    for _ in range(4):
        await fail(ANNA)
    clock.advance(HALVED_AFTER)
    for _ in range(2):
        await fail(ANNA)
    await fail(ANNA)  # the first four failures have faded to two; with three more this is the fifth
    assert await waits(ANNA) == timedelta(seconds=30)
    clock.advance(4 * HALVED_AFTER)
    for _ in range(4):
        await fail(ANNA)
    await get_in(ANNA)


async def test_after_twenty_logins_have_failed_an_address_waits_whichever_is_next() -> None:
    await cast.anna()
    for n in range(20):
        await fail(f"nobody{n}@example.pl")
    assert await waits(ANNA) == timedelta(seconds=30)
    await get_in(ANNA, CAFE)
    clock.advance(timedelta(seconds=31))
    await fail("nobody20@example.pl")
    assert timedelta(seconds=55) < await waits(ANNA) <= timedelta(seconds=60)


async def test_the_many_mistakes_of_few_people_do_not_slow_their_address_down() -> None:
    """This happens in the network of a doctor's surgery or of a mobile operator."""
    await cast.anna()
    for n in range(10):
        for _ in range(4):
            await fail(f"colleague{n}@example.pl")
    await get_in(ANNA)


async def test_people_who_get_in_after_a_mistake_do_not_add_up() -> None:
    rivals = await cast.rivals(25)
    for rival in rivals:
        await fail(rival.email or "")
        await get_in(rival.email or "")
    assert await LoginThrottle.filter(address_key__isnull=False).count() == 0


async def test_mistakes_of_different_people_fade_too() -> None:
    await cast.anna()
    for n in range(19):
        await fail(f"nobody{n}@example.pl")
    clock.advance(HALVED_AFTER)
    for n in range(19, 28):
        await fail(f"nobody{n}@example.pl")
    await get_in(ANNA)


async def test_an_account_of_one_s_own_is_no_excuse_for_guessing_others() -> None:
    await cast.anna()
    for n in range(20):
        await fail(f"nobody{n}@example.pl")
        if n < 19:
            await get_in(ANNA)
    assert await waits(ANNA) == timedelta(seconds=30)


async def test_a_stranger_with_any_number_of_addresses_keeps_no_known_device_out() -> None:
    """An attacker who knows only the login tries it from anywhere, even from the owner's own network."""
    await cast.anna()
    device = await get_in(ANNA)
    places = addresses()
    for _ in range(FREE_TRIES["login"] + 1):
        try:
            await fail(ANNA, next(places))
        except TooManyAttempts:
            break
    for n in range(25):
        await fail(f"nobody{n}@example.pl") if n < 20 else await waits(f"nobody{n}@example.pl")
    assert await waits(ANNA, CAFE) > timedelta(0), "strangers have to wait, wherever they are"
    for _ in range(3):
        assert await get_in(ANNA, device=device) == device
    assert await get_in(ANNA, next(places), device=device) == device


async def test_a_stranger_with_any_number_of_addresses_is_slowed_down_at_a_login() -> None:
    await cast.anna()
    places = addresses()
    for _ in range(FREE_TRIES["login"]):
        await fail(ANNA, next(places))
    assert await waits(ANNA, next(places)) == timedelta(seconds=30)
    for n in range(500):  # attempts during the wait are never checked
        await waits(ANNA, next(places)) if n % 100 == 0 else next(places)
    guesses, end = 0, clock.now() + timedelta(days=1)
    while clock.now() < end:
        clock.advance(await waits(ANNA, next(places)) + MOMENT)
        await fail(ANNA, next(places))
        guesses += 1
    assert guesses < 250


async def test_a_known_device_is_slowed_down_separately_by_its_own_failures() -> None:
    """A thief has the device but not the password; the owner's other devices do not have to wait."""
    await cast.anna()
    stolen, own = await get_in(ANNA), await get_in(ANNA, CAFE)
    places = addresses()
    for _ in range(5):
        await fail(ANNA, next(places), device=stolen)
    assert await waits(ANNA, next(places), device=stolen) == timedelta(seconds=30)
    await get_in(ANNA, device=own)
    await get_in(ANNA)


async def test_a_one_time_password_passes_while_the_login_waits() -> None:
    anna = await cast.anna()
    secret = await OneTimePassword.issue(anna)
    for _ in range(5):
        await fail(ANNA)
    await waits(ANNA)
    session, _ = await Account.log_in(ANNA, secret, address=HOME)
    changed, _ = await anna.change_password(session, secret, "szary wilk nosi kapelusz")
    device = known_device.remember("", changed.account)
    await Account.log_in(ANNA, "szary wilk nosi kapelusz", address=HOME, device=device)


async def test_failures_outlive_a_restart() -> None:
    await cast.anna()
    for _ in range(5):
        await fail(ANNA)
    await database.fetch("SELECT 1")
    pool = database.connection()
    await pool.close()  # drops every connection and all state that the process kept
    assert await waits(ANNA) == timedelta(seconds=30)


async def test_of_a_burst_only_the_free_tries_are_judged() -> None:
    await cast.anna()
    tries = [Account.log_in(ANNA, f"guess {n}", address=HOME) for n in range(40)]
    assert tally(await race(*tries)) == {"WrongCredentials": 5, "TooManyAttempts": 35}


async def test_of_a_burst_from_everywhere_only_the_free_tries_are_judged() -> None:
    await cast.anna()
    places = addresses()
    tries = [Account.log_in(ANNA, f"guess {n}", address=next(places)) for n in range(80)]
    assert tally(await race(*tries)) == {"WrongCredentials": FREE_TRIES["login"], "TooManyAttempts": 30}


async def test_what_was_not_judged_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    async def busy(*_: object, **__: object) -> bool:
        raise TooBusy(retry_at=clock.now().isoformat())

    await cast.anna()
    for _ in range(4):
        await fail(ANNA)
    with monkeypatch.context() as patch:
        patch.setattr("models.accounts.password.verify", busy)
        for _ in range(10):
            with pytest.raises(TooBusy):
                await Account.log_in(ANNA, cast.PASSWORD, address=HOME)
    await fail(ANNA)
    assert await waits(ANNA) == timedelta(seconds=30), "and no excuse for the failures before"


async def test_the_longest_wait_is_an_hour_however_many_failures() -> None:
    await cast.anna()
    await fail(ANNA)
    await LoginThrottle.filter(kind="pair").update(failures=2_000_000)
    await fail(ANNA)
    assert await waits(ANNA) == timedelta(hours=1)


async def test_neither_logins_nor_addresses_can_be_read_from_what_is_kept() -> None:
    await cast.anna()
    await fail(ANNA)
    kept = str(await database.fetch("SELECT * FROM throttle"))
    assert "anna" not in kept
    assert HOME not in kept


async def test_old_failures_are_swept_away() -> None:
    await fail(ANNA)
    clock.advance(FORGET_AFTER)
    assert await LoginThrottle.purge() == 0
    clock.advance(MOMENT)
    assert await LoginThrottle.purge() == 3
    assert await SecondFactor.all().count() == 0

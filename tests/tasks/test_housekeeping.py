"""Housekeeping: expired data are deleted, and valid data are kept."""

from datetime import timedelta

from infra import clock
from models.accounts.one_time_password import OneTimePassword
from models.events import event_log
from models.events.event import Event
from tasks.housekeeping import purge_expired
from tests import cast
from tests.support.event_chaos import append


async def test_expired_one_time_passwords_go_and_valid_ones_stay() -> None:
    anna, borys = await cast.anna(), await cast.borys()
    await OneTimePassword.issue(anna)
    clock.advance(timedelta(hours=24, seconds=1))
    await OneTimePassword.issue(borys)
    await purge_expired()
    assert await OneTimePassword.all().values_list("account_id", flat=True) == [borys.id]


async def test_events_are_kept_for_ninety_days_and_those_without_a_place_for_as_long_as_they_wait() -> None:
    await append()
    await event_log.assign_positions()
    await append()
    clock.advance(timedelta(days=90))
    await purge_expired()
    assert await Event.all().count() == 2
    clock.advance(timedelta(seconds=1))
    await purge_expired()
    [waiting] = await Event.all()
    assert waiting.position is None
    await event_log.assign_positions()
    assert [event.position for event in (await event_log.read(1, None, 10)).events] == [2]

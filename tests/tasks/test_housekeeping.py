"""Housekeeping: what has expired goes, what still counts stays."""

from datetime import timedelta
from uuid import uuid4

from models import clock, event_log
from models.account import Account
from models.event import Event
from models.kept_answer import KeptAnswer
from models.session import Session
from models.throttle import Throttle
from tasks.housekeeping import tidy_up
from tests import cast
from tests.models.chaos import append


async def test_sessions_go_a_week_after_their_end() -> None:
    await cast.signed_in(await cast.anna())
    clock.advance(timedelta(days=7, hours=8))
    await tidy_up()
    assert await Session.all().count() == 1
    clock.advance(timedelta(seconds=1))
    await tidy_up()
    assert await Session.all().count() == 0


async def test_failures_are_forgotten_after_a_day() -> None:
    await Throttle.failed([Throttle.of_login("anna@example.pl")])
    clock.advance(timedelta(hours=24))
    await tidy_up()
    assert await Throttle.all().count() == 1
    clock.advance(timedelta(seconds=1))
    await tidy_up()
    assert await Throttle.all().count() == 0


async def test_answers_are_kept_for_a_day() -> None:
    await KeptAnswer.create(account_id=uuid4(), key="k", asked="a", kept_at=clock.now())
    clock.advance(timedelta(hours=24))
    await tidy_up()
    assert await KeptAnswer.all().count() == 1
    clock.advance(timedelta(seconds=1))
    await tidy_up()
    assert await KeptAnswer.all().count() == 0


async def test_expired_one_time_passwords_are_blanked_and_valid_ones_stay() -> None:
    anna, borys = await cast.anna(), await cast.borys()
    await anna.new_one_time_password()
    clock.advance(timedelta(hours=24, seconds=1))
    await borys.new_one_time_password()
    await tidy_up()
    assert (await Account.get(id=anna.id)).one_time_hash is None
    assert (await Account.get(id=borys.id)).one_time_hash is not None


async def test_events_are_kept_for_ninety_days_and_those_without_a_place_for_as_long_as_they_wait() -> None:
    await append()
    await event_log.number()
    await append()
    clock.advance(timedelta(days=90))
    await tidy_up()
    assert await Event.all().count() == 2
    clock.advance(timedelta(seconds=1))
    await tidy_up()
    [waiting] = await Event.all()
    assert waiting.position is None
    await event_log.number()
    assert [event.position for event in (await event_log.read(1, None, 10)).events] == [2]

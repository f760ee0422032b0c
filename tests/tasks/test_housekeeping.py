"""Housekeeping: what has expired goes, what still counts stays."""

from datetime import timedelta
from uuid import uuid4

from models import clock
from models.account import Account
from models.kept_answer import KeptAnswer
from models.session import Session
from models.throttle import Throttle
from tasks.housekeeping import tidy_up
from tests import cast


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

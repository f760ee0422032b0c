"""A workspace is stored encrypted for one session, limited in size, and deleted however that session ends."""

from datetime import timedelta

import pytest

import settings
from infra import clock
from models.accounts.account import Account
from models.accounts.session import Session
from models.accounts.workspace import MAX_BYTES, Workspace
from tests import cast
from tests.support.racing import race
from tests.support.visits import minutes

FORM = '{"patientId": "Patient_x", "note": "Żółć"}'


async def opened(account: Account) -> Session:
    session, _ = await Session.open_for(account)
    return session


async def test_what_the_desk_has_open_is_kept_for_its_session_alone_and_not_as_it_is() -> None:
    rita = await cast.rita()
    mine, other = await opened(rita), await opened(rita)
    assert await Workspace.keep(mine, FORM)
    assert (await Workspace.find(mine), await Workspace.find(other)) == (FORM, None)
    assert "Patient" not in str((await Workspace.get()).sealed)
    assert await Workspace.keep(mine, "")
    assert await Workspace.find(mine) is None


async def test_what_is_too_long_changes_nothing() -> None:
    session = await opened(await cast.rita())
    longest = "ż" * (MAX_BYTES // 2)
    assert await Workspace.keep(session, longest)
    assert not await Workspace.keep(session, longest + "x")
    assert await Workspace.find(session) == longest


@pytest.mark.parametrize("ends", ["log_out", "all"])
async def test_it_is_gone_when_the_session_ends_and_is_not_kept_after(ends: str) -> None:
    rita = await cast.rita()
    session = await opened(rita)
    await Workspace.keep(session, FORM)
    await (session.end() if ends == "log_out" else Session.end_all(rita))
    assert await Workspace.all().count() == 0
    await Workspace.keep(session, FORM)
    assert await Workspace.all().count() == 0


async def test_it_goes_with_a_session_that_has_run_out() -> None:
    session = await opened(await cast.rita())
    await Workspace.keep(session, FORM)
    clock.advance(minutes(60 * 24 * 8))
    await Session.purge()
    assert await Workspace.all().count() == 0


async def test_of_many_at_once_one_is_kept() -> None:
    session = await opened(await cast.rita())
    assert await race(*(Workspace.keep(session, str(n)) for n in range(1, 6))) == [True] * 5
    assert await Workspace.find(session) in set("12345")


async def test_of_many_at_once_the_one_changed_last_is_kept_in_whatever_order_they_arrive() -> None:
    session, now = await opened(await cast.rita()), clock.now()
    for order in ((5, 1, 4, 2, 3), (3, 2, 5, 1, 4)):
        await Workspace.keep(session, "")
        saves = (Workspace.keep(session, str(n), now + timedelta(milliseconds=n)) for n in order)
        assert await race(*saves) == [True] * 5
        assert await Workspace.find(session) == "5"


@pytest.mark.parametrize("latest", [FORM, ""])
async def test_a_save_that_was_overtaken_is_ignored(latest: str) -> None:
    session, now = await opened(await cast.rita()), clock.now()
    await Workspace.keep(session, latest, now)
    assert await Workspace.keep(session, "older", now - timedelta(milliseconds=1))
    assert await Workspace.find(session) == (latest or None)
    assert await Workspace.keep(session, "of a client that names no time")
    assert await Workspace.find(session) == "of a client that names no time"


async def test_what_another_key_has_encrypted_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    session = await opened(await cast.rita())
    await Workspace.keep(session, FORM)
    monkeypatch.setattr(settings, "SECRET_KEY", "another key of thirty-two letters or more")
    assert await Workspace.find(session) is None
    assert await Workspace.keep(session, "new")
    assert await Workspace.find(session) == "new"

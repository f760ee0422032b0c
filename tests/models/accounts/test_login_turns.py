"""Turns: a crowd of log-ins leaves connections to everybody else."""

import asyncio
from typing import Any

import pytest

from models.accounts import login_turns
from models.accounts.account import Account
from models.refusals.booking import WrongCredentials
from tests.support.racing import race, tally


class LookUps:
    """Stands in for the look-up of an account, which finds none, and notes how many run at once."""

    def __init__(self) -> None:
        self.running = self.most = 0

    async def find_by_email(self, login: str) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0)
        self.running -= 1


async def _wrong(*_: Any, **__: Any) -> bool:
    return False


async def test_few_log_ins_look_things_up_at_once_and_all_get_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    look_ups = LookUps()
    monkeypatch.setattr(Account, "find_by_email", look_ups.find_by_email)
    monkeypatch.setattr("models.accounts.password.verify", _wrong)
    crowd = [Account.log_in(f"{n}@example.pl", "secret", address=f"203.0.113.{n}") for n in range(20)]
    assert tally(await race(*crowd)) == {"WrongCredentials": 20}
    assert look_ups.most == login_turns.AT_ONCE


async def test_a_log_in_that_fails_gives_its_turn_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.accounts.password.verify", _wrong)
    for n in range(login_turns.AT_ONCE + 1):
        with pytest.raises(WrongCredentials):
            await Account.log_in(f"{n}@example.pl", "secret", address=f"203.0.113.{n}")
    assert not login_turns.take().locked()

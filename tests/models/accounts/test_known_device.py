"""Known devices: a mark is valid for one account and its current password, and nobody can forge one."""

import pytest

from infra import crypto
from models.accounts import known_device
from models.accounts.account import Account
from models.accounts.one_time_password import OneTimePassword
from tests import cast

HOME = "203.0.113.7"


async def again(account: Account) -> Account:
    return await Account.get(id=account.id)


async def test_a_device_is_known_to_the_account_that_signed_in_there_and_to_no_other() -> None:
    anna, celina = await cast.anna(), await cast.celina()
    kept = known_device.remember("", anna)
    assert known_device.find_mark(kept, await again(anna))
    assert known_device.find_mark(kept, celina) is None
    assert known_device.find_mark(kept, None) is None


async def test_a_new_password_makes_every_device_a_stranger() -> None:
    """This includes the marks of a thief who knew the previous password."""
    anna = await cast.anna()
    kept = known_device.remember("", anna)
    session, _ = await Account.log_in("anna@example.pl", cast.PASSWORD, address=HOME)
    changed, _ = await anna.change_password(session, cast.PASSWORD, "szary wilk nosi kapelusz")
    assert known_device.find_mark(kept, await again(anna)) is None
    assert known_device.find_mark(known_device.remember(kept, changed.account), await again(anna))


async def test_a_letter_alone_does_not_change_which_devices_are_known() -> None:
    anna = await cast.anna()
    kept = known_device.remember("", anna)
    await OneTimePassword.issue(anna)
    assert known_device.find_mark(kept, await again(anna))


@pytest.mark.parametrize("forged", ["", "x", ".", "0" * 65, "ł" * 65, f"{'0' * 32}-{'0' * 32}", "." * 100_000])
async def test_an_invalid_mark_makes_no_device_known(forged: str) -> None:
    anna = await cast.anna()
    assert known_device.find_mark(forged, anna) is None
    assert known_device.find_mark(forged, None) is None
    assert known_device.find_mark(known_device.remember(forged, anna), anna)


async def test_a_mark_with_any_character_changed_is_a_stranger() -> None:
    anna = await cast.anna()
    kept = known_device.remember("", anna)
    for place, letter in enumerate(kept):
        changed = kept[:place] + ("0" if letter != "0" else "1") + kept[place + 1 :]
        assert known_device.find_mark(changed, anna) is None


async def test_the_colleagues_at_one_desk_are_all_known_there_and_the_list_has_an_end() -> None:
    people = await cast.rivals(12)
    kept = ""
    for person in people:
        kept = known_device.remember(kept, person)
    assert [known_device.find_mark(kept, person) is not None for person in people] == [False] * 2 + [True] * 10
    assert len(kept) <= known_device.LONGEST
    assert known_device.remember(kept, people[-1]) == kept, "signing in again makes no further mark"
    first = known_device.remember(kept, people[5])
    assert first.partition(".")[0] == known_device.find_mark(kept, people[5]), "who came last stays longest"


async def test_a_mark_says_nothing_of_its_account(monkeypatch: pytest.MonkeyPatch) -> None:
    anna = await cast.anna()
    kept = known_device.remember("", anna)
    assert str(anna.id) not in kept
    monkeypatch.setattr(crypto, "derive_key", lambda *_: b"another key")
    assert known_device.find_mark(kept, anna) is None

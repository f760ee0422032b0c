"""Accounts: only the right password gives access, and every failure looks the same."""

from datetime import date, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher

import settings
from infra import clock, database
from models.accounts import password
from models.accounts.account import Account
from models.accounts.one_time_password import OneTimePassword
from models.accounts.patient import Patient
from models.accounts.session import Session
from models.audit import AuditEntry
from models.outbox import Message, MessageKind
from models.refusals.booking import TooManyAttempts, WeakPassword, WrongCredentials
from models.values import pesel
from tests import cast
from tests.support.hashing import SERVICE, count_hashing
from tests.support.racing import only, race, tally

HOME = "203.0.113.7"
NEW_PASSWORD = "szary wilk nosi kapelusz"
MOMENT = timedelta(microseconds=1)


async def log_in(login: str, secret: str, address: str = HOME) -> tuple[Session, str]:
    return await Account.log_in(login, secret, address=address)


async def entries() -> list[tuple[Any, ...]]:
    return await AuditEntry.all().order_by("id").values_list("action", "outcome", "account_id", "patient_id")


async def test_the_own_password_opens_a_session() -> None:
    anna = await cast.anna()
    session, token = await log_in("anna@example.pl", cast.PASSWORD)
    found = await Session.find_by_token(token)
    assert found is not None
    assert (found.id, found.account.id, found.account.patient_id) == (session.id, anna.id, anna.patient_id)
    assert not found.must_change_password
    assert await entries() == [("log_in", "done", anna.id, anna.patient_id)]


@pytest.mark.parametrize("login", ["ANNA@EXAMPLE.PL", "Anna@Example.pl", " anna@example.pl "])
async def test_the_login_is_the_address_however_it_is_typed(login: str) -> None:
    await cast.anna()
    assert await log_in(login, cast.PASSWORD)


@pytest.mark.parametrize("login", ["nobody@example.pl", "", "anna", "a" * 10_000, "anna@example.pl\0", "\0", "\ud800"])
async def test_an_unknown_login_and_a_wrong_password_are_refused_alike(login: str) -> None:
    anna = await cast.anna()
    with pytest.raises(WrongCredentials) as wrong:
        await log_in("anna@example.pl", "not her password")
    with pytest.raises(WrongCredentials) as unknown:
        await log_in(login, cast.PASSWORD)
    assert wrong.value.details == unknown.value.details == {}
    assert await entries() == [("log_in", "refused", anna.id, anna.patient_id), ("log_in", "refused", None, None)]


@pytest.mark.parametrize(
    "secret", ["", "\0", "\ud800", "x" * 100_000, "zielona kaczka lubi deszcz\0", cast.PASSWORD + " "]
)
async def test_no_strange_password_gets_in_or_breaks_anything(secret: str) -> None:
    await cast.anna()
    with pytest.raises(WrongCredentials):
        await log_in("anna@example.pl", secret)


async def test_an_account_without_an_own_password_is_not_opened_by_an_empty_one() -> None:
    anna = await cast.anna()
    await Account.filter(id=anna.id).update(password_hash=None)
    for secret in ("", "None", cast.PASSWORD):
        with pytest.raises(WrongCredentials):
            await log_in("anna@example.pl", secret)


async def test_a_wrong_password_costs_as_much_work_as_an_unknown_login(monkeypatch: pytest.MonkeyPatch) -> None:
    await cast.anna()
    with pytest.raises(WrongCredentials):
        await log_in("warming-up@example.pl", "makes the hash that stands for nobody's")
    work = count_hashing(monkeypatch)
    for login in ("anna@example.pl", "nobody@example.pl"):
        with pytest.raises(WrongCredentials):
            await log_in(login, "not her password")
    wrong, unknown = work
    assert wrong == unknown


async def test_a_password_hashed_by_older_rules_is_hashed_anew_when_it_is_used() -> None:
    anna = await cast.anna()
    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(cast.PASSWORD)
    await Account.filter(id=anna.id).update(password_hash=old)
    await log_in("anna@example.pl", cast.PASSWORD)
    renewed = (await Account.get(id=anna.id)).password_hash or ""
    assert renewed != old
    assert not password.is_outdated(renewed)
    await log_in("anna@example.pl", cast.PASSWORD)


async def test_a_one_time_password_opens_a_session_that_must_change_it() -> None:
    anna = await cast.anna()
    secret = await OneTimePassword.issue(anna)
    _, token = await log_in("anna@example.pl", secret)
    session = await Session.find_by_token(token)
    assert session is not None
    assert session.must_change_password
    assert await entries() == [("log_in_once", "done", anna.id, anna.patient_id)]


async def test_a_one_time_password_is_good_once_even_in_a_race() -> None:
    anna = await cast.anna()
    for _round in range(3):
        secret = await OneTimePassword.issue(anna)
        outcomes = await race(*(log_in("anna@example.pl", secret, f"198.51.100.{n}") for n in range(10)))
        kinds = tally(outcomes)
        assert kinds.pop("tuple") == 1
        assert set(kinds) <= {"WrongCredentials", "TooManyAttempts"}
    assert await Session.all().count() == 3


async def test_a_one_time_password_is_good_for_24_hours_and_not_a_moment_longer() -> None:
    anna = await cast.anna()
    secret = await OneTimePassword.issue(anna)
    with clock.pinned(clock.now() + timedelta(hours=24)), pytest.raises(WrongCredentials):
        await log_in("anna@example.pl", secret)
    with clock.pinned(clock.now() + timedelta(hours=24) - MOMENT):
        assert await log_in("anna@example.pl", secret)


async def test_a_newer_letter_does_not_void_an_older_one_and_each_opens_once() -> None:
    """Anybody can have a newer letter sent, so it must not void an older one."""
    anna = await cast.anna()
    secrets = [await OneTimePassword.issue(anna) for _ in range(3)]
    for secret in secrets:
        assert await log_in("anna@example.pl", secret)
        with pytest.raises(WrongCredentials):
            await log_in("anna@example.pl", secret)


async def test_a_one_time_password_voided_while_it_is_being_used_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The owner sets a password between the look-up of the one-time password and its use."""
    anna = await cast.anna()
    secret = await OneTimePassword.issue(anna)
    find = OneTimePassword.find_hash

    async def find_and_lose(*arguments: Any) -> str | None:
        found = await find(*arguments)
        await OneTimePassword.void(anna.id)
        return found

    monkeypatch.setattr(OneTimePassword, "find_hash", find_and_lose)
    with pytest.raises(WrongCredentials):
        await log_in("anna@example.pl", secret)
    assert await Session.all().count() == 0


async def test_the_own_password_still_works_while_a_one_time_one_is_outstanding() -> None:
    """Anybody may request a new password in Anna's name, and that must not lock her out."""
    anna = await cast.anna()
    secret = await OneTimePassword.issue(anna)
    assert not (await log_in("anna@example.pl", cast.PASSWORD))[0].must_change_password
    assert (await log_in("anna@example.pl", secret))[0].must_change_password


async def test_one_s_one_time_password_does_not_open_another_s_account() -> None:
    anna, _ = await cast.anna(), await cast.celina()
    secret = await OneTimePassword.issue(anna)
    with pytest.raises(WrongCredentials):
        await log_in("celina@example.pl", secret)


async def test_one_time_passwords_that_are_over_are_forgotten_and_no_others() -> None:
    anna, borys = await cast.anna(), await cast.borys()
    await OneTimePassword.issue(anna)
    with clock.pinned(clock.now() + timedelta(hours=24, minutes=1)):
        secret = await OneTimePassword.issue(borys)
        assert await OneTimePassword.purge() == 1
        assert await OneTimePassword.filter(account_id=anna.id).count() == 0
        assert await log_in("borys@example.pl", secret)


async def test_changing_the_password_ends_every_session_and_opens_a_new_one() -> None:
    anna = await cast.anna()
    session, mine = await log_in("anna@example.pl", cast.PASSWORD)
    _, other = await log_in("anna@example.pl", cast.PASSWORD)
    _, new = await anna.change_password(session, cast.PASSWORD, NEW_PASSWORD)
    assert await Session.find_by_token(mine) is None
    assert await Session.find_by_token(other) is None
    assert await Session.find_by_token(new) is not None
    with pytest.raises(WrongCredentials):
        await log_in("anna@example.pl", cast.PASSWORD)
    assert await log_in("anna@example.pl", NEW_PASSWORD)
    assert (await Message.get()).kind == MessageKind.PASSWORD_CHANGED
    assert ("change_password", "done", anna.id, anna.patient_id) in await entries()


async def test_a_first_log_in_sets_an_own_password_by_the_one_time_one() -> None:
    anna = await cast.anna()
    await Account.filter(id=anna.id).update(password_hash=None)
    secret = await OneTimePassword.issue(anna)
    session, _ = await log_in("anna@example.pl", secret)
    account = await Account.get(id=anna.id)
    with pytest.raises(WrongCredentials):
        await account.change_password(session, "something else", NEW_PASSWORD)
    opened, _ = await account.change_password(session, secret, NEW_PASSWORD)
    assert not opened.must_change_password
    assert await log_in("anna@example.pl", NEW_PASSWORD)


async def test_changing_the_password_voids_an_outstanding_one_time_password() -> None:
    anna = await cast.anna()
    session, _ = await log_in("anna@example.pl", cast.PASSWORD)
    secret = await OneTimePassword.issue(anna)
    await anna.change_password(session, cast.PASSWORD, NEW_PASSWORD)
    with pytest.raises(WrongCredentials):
        await log_in("anna@example.pl", secret)


async def test_a_password_is_not_changed_by_a_wrong_one_or_to_a_weak_one() -> None:
    anna = await cast.anna()
    session, token = await log_in("anna@example.pl", cast.PASSWORD)
    with pytest.raises(WrongCredentials):
        await anna.change_password(session, "not her password", NEW_PASSWORD)
    for weak, code in (("krótkie", "TOO_SHORT"), ("Anna Żółć anna@example.pl 2002", "PERSONAL")):
        with pytest.raises(WeakPassword) as refusal:
            await anna.change_password(session, cast.PASSWORD, weak)
        assert code in refusal.value.details["reasons"]
    assert await Session.find_by_token(token) is not None
    assert await log_in("anna@example.pl", cast.PASSWORD)
    assert await Message.all().count() == 0


async def test_the_centres_name_and_a_birth_year_known_without_a_pesel_are_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "CENTRE_NAME", "Zdrowie Bemowo")
    anna = await cast.anna()
    session, _ = await log_in("anna@example.pl", cast.PASSWORD)
    columns = pesel.birth_date_columns(date(1987, 5, 4))
    await Patient.filter(id=anna.patient_id).update(pesel_sealed=None, pesel_index=None, **columns)
    for weak in ("Zdrowie Bemowo Anna Żółć", "Anna Żółć 1987 1987 1987"):
        with pytest.raises(WeakPassword) as refusal:
            await anna.change_password(session, cast.PASSWORD, weak)
        assert refusal.value.details["reasons"] == ["PERSONAL"]


async def test_of_two_changes_with_one_password_at_once_one_counts() -> None:
    """The first change ends the other's session, so a thief cannot overwrite the owner's new password."""
    anna = await cast.anna()
    for n in range(5):
        old = cast.PASSWORD if n == 0 else f"{NEW_PASSWORD} {n}"
        [hers, _], [stolen, _] = await log_in("anna@example.pl", old), await log_in("anna@example.pl", old)
        one, two = [await Account.get(id=anna.id) for _ in range(2)]
        new = f"{NEW_PASSWORD} {n + 1}"
        outcomes = await race(one.change_password(hers, old, new), two.change_password(stolen, old, new))
        assert tally(outcomes) == {"tuple": 1, "WrongCredentials": 1}
    assert await Session.filter(ended_at=None).count() == 1


async def test_a_log_in_with_the_old_password_during_its_change_leaves_no_session() -> None:
    """The old password is still right when it is checked, but no longer when the session is about to open."""
    anna = await cast.anna()
    old = cast.PASSWORD
    for n in range(6):
        session, _ = await log_in("anna@example.pl", old)
        new = f"{NEW_PASSWORD} {n}"
        rivals = [log_in("anna@example.pl", old, f"198.51.100.{n}{m}") for m in range(4)]
        outcomes = await race((await Account.get(id=anna.id)).change_password(session, old, new), *rivals)
        [opened, _] = outcomes[0]
        still_open = await Session.filter(account_id=anna.id, ended_at=None).values_list("id", flat=True)
        assert still_open == [opened.id]
        await database.fetch("DELETE FROM throttle")
        old = new


async def test_the_old_password_read_before_and_proved_after_its_change_opens_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same race made deterministic: the change happens while the old password is being hashed."""
    anna = await cast.anna()
    session, _ = await log_in("anna@example.pl", cast.PASSWORD)
    matches = password.verify

    async def change_meanwhile(secret: str, hash_: str | None, **_: object) -> bool:
        right = await matches(secret, hash_)
        monkeypatch.setattr(password, "verify", matches)
        await (await Account.get(id=anna.id)).change_password(session, cast.PASSWORD, NEW_PASSWORD)
        return right

    monkeypatch.setattr(password, "verify", change_meanwhile)
    with pytest.raises(WrongCredentials):
        await log_in("anna@example.pl", cast.PASSWORD)
    assert await Session.filter(ended_at=None).count() == 1


async def test_a_signed_in_owner_proves_the_password_whatever_strangers_do_to_the_login() -> None:
    anna = await cast.anna()
    session, _ = await log_in("anna@example.pl", cast.PASSWORD)
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await log_in("anna@example.pl", "a stranger's guess")
    with pytest.raises(TooManyAttempts):
        await log_in("anna@example.pl", cast.PASSWORD)
    await anna.reauthenticate(cast.PASSWORD, session)
    await anna.change_password(session, cast.PASSWORD, NEW_PASSWORD)
    assert await log_in("anna@example.pl", NEW_PASSWORD, "198.51.100.9")


async def test_a_thief_of_an_open_session_cannot_guess_its_password() -> None:
    anna = await cast.anna()
    session, _ = await log_in("anna@example.pl", cast.PASSWORD)
    outcomes = await race(*(anna.reauthenticate(f"guess {n}", session) for n in range(5)))
    assert tally(outcomes) == {"WrongCredentials": 5}
    with pytest.raises(WrongCredentials):
        await anna.reauthenticate(cast.PASSWORD, session)
    with clock.pinned(clock.now() + timedelta(seconds=30)):
        await anna.reauthenticate(cast.PASSWORD, session)  # attempts during the delay did not extend it


async def test_a_proved_password_forgets_the_failures_before() -> None:
    anna = await cast.anna()
    session, _ = await log_in("anna@example.pl", cast.PASSWORD)
    for _ in range(4):
        for _ in range(4):
            with pytest.raises(WrongCredentials):
                await anna.reauthenticate("a slip of the finger", session)
        await anna.reauthenticate(cast.PASSWORD, session)
    assert await AuditEntry.filter(action="prove_password", outcome="refused").count() == 16


async def test_of_a_burst_of_guesses_at_once_only_the_free_tries_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even the right password among them is refused once the others have failed; hashing runs at its real speed."""
    monkeypatch.setattr(password, "_hasher", SERVICE)
    monkeypatch.setattr(cast, "_hashes", {})
    await cast.anna()
    guesses = [f"guess {n}" for n in range(30)] + [cast.PASSWORD]
    outcomes = await race(*(log_in("anna@example.pl", guess) for guess in guesses))
    kinds = tally(outcomes)
    assert kinds == {"WrongCredentials": 5, "TooManyAttempts": 26}
    assert only(type(outcomes[-1]), outcomes[-1:]).details["retry_at"]

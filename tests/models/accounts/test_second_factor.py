"""The second factor: requested only after the right password, usable once per code, and impossible to bypass."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from infra import clock, database
from models.accounts import staff
from models.accounts.account import Account
from models.accounts.login_throttle import FREE_TRIES
from models.accounts.one_time_password import OneTimePassword
from models.accounts.recovery_code import RecoveryCode
from models.accounts.second_factor import SecondFactor
from models.accounts.session import Session
from models.audit import AuditEntry
from models.outbox import Message, MessageKind
from models.refusals.booking import SecondFactorRequired, TooManyAttempts, WrongCredentials
from models.refusals.desk import SecondFactorNotBegun, SecondFactorPresent, StaffNotFound, WrongCode
from tests import cast
from tests.support.authenticator import Authenticator, set_up_second_factor
from tests.support.racing import race, tally

STEP = timedelta(seconds=30)


async def log_in(code: str | None = None, secret: str = cast.PASSWORD) -> tuple[Session, str]:
    return await Account.log_in("rita@diamed.example", secret, address="203.0.113.7", code=code)


async def refused(code: str | None = None, secret: str = cast.PASSWORD) -> str:
    with pytest.raises(SecondFactorRequired) as refusal:
        await log_in(code, secret)
    return str(refusal.value.details["reason"])


async def test_the_password_is_enough_until_a_code_has_confirmed_that_the_program_works() -> None:
    rita = await cast.rita()
    session, _ = await Session.open_for(rita)
    telephone = Authenticator((await SecondFactor.begin(rita))[0])
    assert await log_in()
    with pytest.raises(WrongCode):
        await SecondFactor.confirm(rita, session, telephone.code(5))
    assert await log_in()
    assert len(await SecondFactor.confirm(rita, session, telephone.code())) == 8
    assert await refused() == "MISSING"
    clock.advance(STEP)
    assert await log_in(telephone.code())


async def test_the_address_for_the_program_names_the_centre_the_login_and_the_secret() -> None:
    secret, uri = await SecondFactor.begin(await cast.rita())
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc, parts.path) == ("otpauth", "totp", "/CM%20Diamed:rita%40diamed.example")
    assert parse_qs(parts.query)["secret"] == [secret]
    assert parse_qs(parts.query)["issuer"] == ["CM Diamed"]


async def test_a_wrong_password_is_never_asked_for_a_code() -> None:
    telephone = await set_up_second_factor(await cast.rita())
    clock.advance(STEP)
    for code in (None, "000000", telephone.code(), telephone.recovery_codes[0]):
        with pytest.raises(WrongCredentials):
            await log_in(code, "not her password")
    assert await log_in(telephone.code())  # the code was not used up


async def test_a_code_is_good_once_and_an_earlier_one_not_after_it() -> None:
    telephone = await set_up_second_factor(await cast.rita())
    clock.advance(3 * STEP)
    earlier, code = telephone.code(-1), telephone.code()
    assert await log_in(code)
    for used in (code, earlier):
        assert await refused(used) == "WRONG"


async def test_of_ten_simultaneous_logins_with_one_code_one_succeeds() -> None:
    telephone = await set_up_second_factor(await cast.rita())
    for _round in range(3):
        clock.advance(2 * STEP)
        code = telephone.code()
        outcomes = tally(await race(*(log_in(code) for _ in range(10))))
        assert outcomes.pop("tuple") == 1
        assert set(outcomes) <= {"SecondFactorRequired", "TooManyAttempts"}
        clock.advance(timedelta(hours=2))


async def test_a_clock_may_be_half_a_minute_wrong_and_no_more() -> None:
    telephone = await set_up_second_factor(await cast.rita())
    clock.advance(10 * STEP)
    for steps in (-3, -2, 2, 3):
        assert await refused(telephone.code(steps)) == "WRONG"
    for steps in (-1, 0, 1):
        assert await log_in(telephone.code(steps))


@pytest.mark.parametrize("code", ["", " ", "\0", "٣٣٣٣٣٣", "x" * 100_000, "-", "12345", "1234567", "\ud800"])
async def test_no_strange_code_gets_in_or_breaks_anything(code: str) -> None:
    await set_up_second_factor(await cast.rita())
    assert await refused(code) == "WRONG"


async def test_a_code_may_be_typed_as_it_is_shown() -> None:
    telephone = await set_up_second_factor(await cast.rita())
    clock.advance(STEP)
    code = telephone.code()
    assert await log_in(f" {code[:3]} {code[3:]} ")
    assert await log_in(telephone.recovery_codes[0].upper().replace("-", " "))


async def test_a_one_time_password_from_a_letter_is_no_way_around_it() -> None:
    rita = await cast.rita()
    telephone = await set_up_second_factor(rita)
    secret = await OneTimePassword.issue(rita)
    assert await refused(None, secret) == "MISSING"
    assert await refused("000000", secret) == "WRONG"
    clock.advance(STEP)
    session, _ = await log_in(telephone.code(), secret)
    assert session.must_change_password


async def test_guessing_codes_gets_slower_and_slower_also_in_a_burst() -> None:
    telephone = await set_up_second_factor(await cast.rita())
    outcomes = tally(await race(*(log_in("000000") for _ in range(FREE_TRIES["code"] + 10))))
    assert outcomes == {"SecondFactorRequired": FREE_TRIES["code"], "TooManyAttempts": 10}
    clock.advance(STEP - timedelta(seconds=1))
    with pytest.raises(TooManyAttempts):
        await log_in(telephone.code())
    clock.advance(timedelta(seconds=1))
    assert await log_in(telephone.code())


async def test_guessed_codes_do_not_make_the_holder_of_a_recovery_code_wait() -> None:
    telephone = await set_up_second_factor(await cast.rita())
    for _ in range(FREE_TRIES["code"]):
        await refused("000000")
    assert await log_in(telephone.recovery_codes[3])


async def test_each_recovery_code_is_good_once_even_in_a_race() -> None:
    telephone = await set_up_second_factor(await cast.rita())
    assert len(set(telephone.recovery_codes)) == 8
    for code in telephone.recovery_codes[:2]:
        outcomes = await race(*(log_in(code) for _ in range(5)))
        assert tally(outcomes)["tuple"] == 1
        clock.advance(timedelta(hours=2))
    assert await RecoveryCode.all().count() == 6


async def test_neither_secret_nor_recovery_codes_can_be_read_from_the_database(tables: str) -> None:
    telephone = await set_up_second_factor(await cast.rita())
    for table in tables.split(", "):
        [found] = await database.fetch(f"SELECT coalesce(string_agg(t::text, ' '), '') AS text FROM {table} t")
        for secret in (telephone.secret, telephone.secret.encode().hex(), *telephone.recovery_codes):
            assert secret not in found["text"], table


async def test_setting_up_and_removing_end_other_sessions_notify_the_holder_and_are_audited() -> None:
    rita = await cast.rita()
    elsewhere = await cast.signed_in(rita)
    telephone = await set_up_second_factor(rita)
    assert await Session.find_by_token(elsewhere) is None
    clock.advance(STEP)
    mine, other = await log_in(telephone.code()), await cast.signed_in(rita)
    await SecondFactor.remove(rita, mine[0], telephone.recovery_codes[0])
    assert await Session.find_by_token(mine[1]) is not None
    assert await Session.find_by_token(other) is None
    assert await log_in()
    assert await RecoveryCode.all().count() == 0
    assert [letter.kind for letter in await Message.all()] == [MessageKind.SECOND_FACTOR_CHANGED] * 2
    actions = [entry.action for entry in await AuditEntry.filter(outcome="done").order_by("id")]
    assert actions == ["confirm_second_factor", "log_in", "use_recovery_code", "remove_second_factor", "log_in"]


async def test_a_wrong_code_removes_nothing_and_one_in_use_is_not_replaced() -> None:
    rita = await cast.rita()
    await set_up_second_factor(rita)
    session, _ = await Session.open_for(rita)
    with pytest.raises(WrongCode):
        await SecondFactor.remove(rita, session, "000000")
    with pytest.raises(SecondFactorPresent):
        await SecondFactor.begin(rita)
    with pytest.raises(SecondFactorNotBegun):
        await SecondFactor.confirm(rita, session, "000000")
    assert await refused() == "MISSING"


async def test_beginning_and_confirming_at_once_leave_a_factor_that_somebody_knows() -> None:
    rita = await cast.rita()
    for _round in range(5):
        session, _ = await Session.open_for(rita)
        telephone = Authenticator((await SecondFactor.begin(rita))[0])
        outcomes = await race(SecondFactor.confirm(rita, session, telephone.code()), SecondFactor.begin(rita))
        if isinstance(outcomes[0], list):
            assert tally(outcomes[1:]) == {"SecondFactorPresent": 1}
            clock.advance(STEP)
            await SecondFactor.require(rita, telephone.code())
            await SecondFactor.delete_for(rita.id)
        else:
            assert tally(outcomes) == {"WrongCode": 1, "tuple": 1}
        clock.advance(timedelta(hours=1))


async def test_an_administrator_resets_a_colleagues_and_not_their_own() -> None:
    rita, adam = await cast.rita(), await cast.adam()
    await set_up_second_factor(rita)
    await set_up_second_factor(adam)
    token = await cast.signed_in(rita)
    await staff.reset_second_factor(rita.id, by=adam)
    assert await Session.find_by_token(token) is None
    assert await log_in()
    for somebody in (adam.id, (await cast.anna()).id):
        with pytest.raises(StaffNotFound):
            await staff.reset_second_factor(somebody, by=adam)
    entry = await AuditEntry.get(action="reset_second_factor")
    assert (entry.account_id, entry.subject_id) == (adam.id, rita.id)
    assert await SecondFactor.find_holders([rita.id, adam.id]) == {adam.id}


async def test_a_removed_colleague_leaves_no_second_factor_behind() -> None:
    rita = await cast.rita()
    await set_up_second_factor(rita)
    await staff.remove(rita.id, by=await cast.adam())
    assert await SecondFactor.all().count() == 0
    assert await RecoveryCode.all().count() == 0

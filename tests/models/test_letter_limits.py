"""No stranger and no looping program can flood a mailbox, and none can use up the letters that its owner needs."""

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from tortoise.transactions import in_transaction

from infra import clock
from models.accounts.account import Account
from models.accounts.account_request import AccountRequest, AccountRequestKind
from models.admin import own_account
from models.outbox import LETTERS_PER_DAY, LIMITED_KINDS, Message, MessageKind
from tests import cast
from tests.models.accounts.test_account_request import ask_for_password, decide_all, letters, pesel_of, sign_up

HOME = "203.0.113.7"


def dropped(kind: MessageKind) -> float:
    return REGISTRY.get_sample_value("e_rejestracja_letters_dropped_total", {"kind": kind.value}) or 0


async def count(kind: MessageKind) -> int:
    return await Message.filter(kind=kind).count()


async def open_many(address: str, accounts: int) -> None:
    for n in range(accounts):
        await sign_up(email=address.format(n=n), pesel=pesel_of(n))
    await decide_all()


async def test_sign_ups_with_ever_new_plus_addresses_fill_no_mailbox() -> None:
    before = dropped(MessageKind.ACCOUNT_OPENED)
    await open_many("anna+{n}@example.pl", 14)
    assert await count(MessageKind.ACCOUNT_OPENED) == LETTERS_PER_DAY
    assert dropped(MessageKind.ACCOUNT_OPENED) == before + 4
    await open_many("Anna+x{n}@EXAMPLE.PL", 3)
    assert await count(MessageKind.ACCOUNT_OPENED) == LETTERS_PER_DAY
    clock.advance(timedelta(days=1))
    await open_many("anna+y{n}@example.pl", 2)
    assert await count(MessageKind.ACCOUNT_OPENED) == LETTERS_PER_DAY + 2


async def test_such_sign_ups_use_up_no_letters_of_the_plain_address_or_of_others() -> None:
    await open_many("anna+{n}@example.pl", 12)
    await sign_up(email="anna@example.pl", pesel=pesel_of(20))
    await sign_up(email="anna+1@elsewhere.pl", pesel=pesel_of(21))
    await decide_all()
    assert [to for _, to in await letters()][-2:] == ["anna@example.pl", "anna+1@elsewhere.pl"]


async def test_passwords_asked_for_in_the_name_of_plus_addresses_fill_no_mailbox_and_lock_nobody_out() -> None:
    """The owner may even use such an address: if they have set a password, their letters are counted separately."""
    await cast.patient_account("anna+diamed@example.pl", cast.ANNA_PESEL, "Anna", "Żółć")
    await open_many("anna+{n}@example.pl", 10)
    for _ in range(3):
        for n in range(10):
            await ask_for_password(f"anna+{n}@example.pl")
        await decide_all()
        clock.advance(timedelta(minutes=3))
    assert await count(MessageKind.NEW_PASSWORD) == LETTERS_PER_DAY
    await ask_for_password("anna+diamed@example.pl")
    await decide_all()
    assert (await letters())[-1] == ("new_password", "anna+diamed@example.pl")


async def test_contact_data_changed_back_and_forth_bring_ten_letters_and_are_changed_all_the_same() -> None:
    anna = await cast.anna()
    assert anna.patient
    for n in range(2 * LETTERS_PER_DAY):
        await own_account.update_contact(anna, anna.patient, phone=f"+4850123{n:04d}")
    assert await count(MessageKind.CONTACT_CHANGED) == LETTERS_PER_DAY
    assert anna.patient.phone == "+48501230019"


async def test_a_password_changed_again_and_again_brings_ten_letters() -> None:
    anna = await cast.anna()
    session, _ = await Account.log_in("anna@example.pl", cast.PASSWORD, address=HOME)
    current = cast.PASSWORD
    for n in range(LETTERS_PER_DAY + 2):
        new = f"szary wilk nosi kapelusz {n}"
        session, _ = await anna.change_password(session, current, new)
        current = new
    assert await count(MessageKind.PASSWORD_CHANGED) == LETTERS_PER_DAY


async def test_accounts_that_all_want_one_address_fill_its_mailbox_no_more_than_one_could() -> None:
    for n, rival in enumerate(await cast.rivals(LETTERS_PER_DAY + 3)):
        wanted = f"victim+{n}@example.pl"
        await Account.filter(id=rival.id).update(
            pending_email=wanted, pending_email_until=clock.now() + timedelta(days=1)
        )
        await AccountRequest.receive(AccountRequestKind.NEW_EMAIL, "r", account_id=str(rival.id), email=wanted)
    await decide_all()
    assert await count(MessageKind.EMAIL_CONFIRMATION) == LETTERS_PER_DAY


@pytest.mark.parametrize("kind", sorted(LIMITED_KINDS))
async def test_every_limited_kind_of_letter_has_a_limit_of_its_own(kind: MessageKind) -> None:
    anna = await cast.anna()
    for _ in range(LETTERS_PER_DAY + 1):
        async with in_transaction():
            last = await Message.post(kind, anna)
    assert last is None
    async with in_transaction():
        others = [await Message.post(other, anna) for other in LIMITED_KINDS - {kind}]
    assert None not in others


async def write_and_undo(account: Account) -> None:
    async with in_transaction():
        assert await Message.post(MessageKind.CONTACT_CHANGED, account)
        raise RuntimeError("undone")


async def test_a_letter_of_a_change_that_was_undone_does_not_count() -> None:
    anna = await cast.anna()
    for _ in range(LETTERS_PER_DAY + 1):
        with pytest.raises(RuntimeError):
            await write_and_undo(anna)
    async with in_transaction():
        assert await Message.post(MessageKind.CONTACT_CHANGED, anna)

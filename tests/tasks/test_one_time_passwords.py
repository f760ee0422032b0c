"""One-time passwords: made when they are sent, kept nowhere; and what closed accounts still get."""

import logging
import re
from datetime import timedelta

import pytest
from uuid6 import uuid7

from models import clock, password
from models.account import Account
from models.message import Kind, Message, State
from models.refusal import WrongCredentials
from tasks.letters import send_letters
from tests import cast
from tests.tasks.logs import logged
from tests.tasks.post_office import PostOffice, body

SECRET = re.compile(r"[a-z2-9]{4}(?:-[a-z2-9]{4}){3}")


async def closed(account: Account) -> None:
    emptied = {"email": None, "email_key": None, "password_hash": None, "closed_at": clock.now()}
    await Account.filter(id=account.id).update(**emptied)


@pytest.mark.parametrize("kind", [Kind.ACCOUNT_OPENED, Kind.NEW_PASSWORD])
async def test_a_one_time_password_is_made_at_sending_and_only_its_hash_is_kept(
    kind: Kind, office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    anna = await cast.anna()
    earlier = await anna.new_one_time_password()
    clock.advance(timedelta(hours=1))
    await Message.post(kind, anna)
    await send_letters()
    [mail] = office.mails
    [secret] = SECRET.findall(body(mail, "plain"))
    assert secret in body(mail, "html")
    await anna.refresh_from_db()
    assert password.is_one_time(secret, anna.one_time_hash)
    assert not password.is_one_time(earlier, anna.one_time_hash)
    assert anna.one_time_expires_at == clock.now() + timedelta(hours=24)
    assert secret not in str((await Message.all().values())[0])
    assert secret not in logged(caplog)
    session, _token = await Account.log_in("anna@example.pl", secret, address="127.0.0.1")
    assert session.must_change_password


async def sent_though_its_sender_died(office: PostOffice) -> str:
    """A letter that arrived, of which its sender could not say so any more."""
    await send_letters()
    [secret] = SECRET.findall(body(office.mails[-1], "plain"))
    await Message.all().update(state=State.SENDING, leased_until=clock.now())
    clock.advance(timedelta(minutes=6))
    return str(secret)


async def test_a_letter_that_comes_twice_brings_the_same_password_so_that_either_will_do(office: PostOffice) -> None:
    anna = await cast.anna()
    await Message.post(Kind.NEW_PASSWORD, anna)
    first = await sent_though_its_sender_died(office)
    await send_letters()
    one, two = office.mails
    assert one["message-id"] == two["message-id"]  # so a mailbox may well show only the first
    assert SECRET.findall(body(two, "plain")) == [first]
    await Account.log_in("anna@example.pl", first, address="127.0.0.1")


async def test_two_letters_never_bring_the_same_password() -> None:
    assert len({password.one_time(letter) for letter in (uuid7(), uuid7(), None, None)}) == 4


async def test_a_password_that_was_used_is_not_brought_to_life_by_its_letter_coming_again(office: PostOffice) -> None:
    anna = await cast.anna()
    await Message.post(Kind.NEW_PASSWORD, anna)
    secret = await sent_though_its_sender_died(office)
    await Account.log_in("anna@example.pl", secret, address="127.0.0.1")
    await send_letters()
    assert len(office.mails) == 1
    assert (await Message.all().first()).state is State.DROPPED  # type: ignore[union-attr]  # there is one
    with pytest.raises(WrongCredentials):
        await Account.log_in("anna@example.pl", secret, address="127.0.0.1")


async def test_an_old_letter_that_comes_late_does_not_void_the_password_of_a_newer_one(office: PostOffice) -> None:
    anna = await cast.anna()
    office.data_answers = ["451 try again"]
    await Message.post(Kind.ACCOUNT_OPENED, anna)
    await send_letters()
    clock.advance(timedelta(seconds=10))
    await Message.post(Kind.NEW_PASSWORD, anna)
    await send_letters()
    clock.advance(timedelta(minutes=1))
    await send_letters()
    [secret] = SECRET.findall(body(office.mails[-1], "plain"))
    assert len(office.mails) == 1
    await Account.log_in("anna@example.pl", secret, address="127.0.0.1")


@pytest.mark.parametrize("kind", [Kind.ACCOUNT_OPENED, Kind.NEW_PASSWORD])
async def test_a_closed_account_is_sent_no_password(kind: Kind, office: PostOffice) -> None:
    anna = await cast.anna()
    message = await Message.post(kind, anna)
    await closed(anna)
    await send_letters()
    assert message
    await message.refresh_from_db()
    assert not office.mails
    assert (message.state, message.to) == (State.DROPPED, "")
    assert (await Account.get(id=anna.id)).one_time_hash is None


async def test_the_address_of_a_closed_account_is_forgotten_after_the_last_letter(office: PostOffice) -> None:
    anna = await cast.anna()
    await Message.post(Kind.PASSWORD_CHANGED, anna)
    await send_letters()
    last = await Message.post(Kind.ACCOUNT_CLOSED, anna)
    await closed(anna)
    office.data_answers = ["451 try again"]
    await send_letters()
    assert last
    assert (await Message.get(id=last.id)).to == "anna@example.pl"  # still to be sent
    clock.advance(timedelta(minutes=1))
    await send_letters()
    assert office.recipients == ["anna@example.pl"] * 2
    assert {message.to for message in await Message.all()} == {""}

"""One-time passwords are created when sent and stored nowhere; a closed account gets only its last letter."""

import logging
import re
from datetime import timedelta

import pytest
from uuid6 import uuid7

from infra import clock
from models.accounts import password
from models.accounts.account import Account
from models.accounts.one_time_password import OneTimePassword
from models.outbox import Message, MessageKind, MessageState
from models.refusals.booking import WrongCredentials
from tasks.letters import send_letters
from tests import cast
from tests.support.smtp_server import SmtpServer, body
from tests.tasks.letters import post
from tests.tasks.logs import logged

SECRET = re.compile(r"[a-z2-9]{4}(?:-[a-z2-9]{4}){3}")


async def closed(account: Account) -> None:
    emptied = {"email": None, "email_key": None, "password_hash": None, "closed_at": clock.now()}
    await Account.filter(id=account.id).update(**emptied)


@pytest.mark.parametrize("kind", [MessageKind.ACCOUNT_OPENED, MessageKind.NEW_PASSWORD])
async def test_a_one_time_password_is_made_at_sending_and_only_its_hash_is_kept(
    kind: MessageKind, smtp_server: SmtpServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    anna = await cast.anna()
    earlier = await OneTimePassword.issue(anna)
    clock.advance(timedelta(hours=1))
    await post(kind, anna)
    await send_letters()
    [mail] = smtp_server.mails
    [secret] = SECRET.findall(body(mail, "plain"))
    assert secret in body(mail, "html")
    first, second = await OneTimePassword.all().order_by("expires_at")
    assert password.is_one_time_password(earlier, first.hash)
    assert password.is_one_time_password(secret, second.hash)
    assert second.expires_at == clock.now() + timedelta(hours=24)
    assert secret not in str((await Message.all().values())[0])
    assert secret not in logged(caplog)
    session, _token = await Account.log_in("anna@example.pl", secret, address="127.0.0.1")
    assert session.must_change_password


async def sent_though_its_sender_died(smtp_server: SmtpServer) -> str:
    """Deliver a letter whose sender died before recording that; returns the one-time password in it."""
    await send_letters()
    [secret] = SECRET.findall(body(smtp_server.mails[-1], "plain"))
    await Message.all().update(state=MessageState.SENDING, leased_until=clock.now())
    clock.advance(timedelta(minutes=6))
    return str(secret)


async def test_a_letter_that_comes_twice_brings_the_same_password_so_that_either_will_do(
    smtp_server: SmtpServer,
) -> None:
    anna = await cast.anna()
    await post(MessageKind.NEW_PASSWORD, anna)
    first = await sent_though_its_sender_died(smtp_server)
    await send_letters()
    one, two = smtp_server.mails
    assert one["message-id"] == two["message-id"]  # so a mail program may show only the first
    assert SECRET.findall(body(two, "plain")) == [first]
    await Account.log_in("anna@example.pl", first, address="127.0.0.1")


async def test_two_letters_never_bring_the_same_password() -> None:
    assert len({password.make_one_time_password(letter) for letter in (uuid7(), uuid7(), None, None)}) == 4


async def test_a_used_password_is_not_revived_when_its_letter_arrives_again(
    smtp_server: SmtpServer,
) -> None:
    anna = await cast.anna()
    await post(MessageKind.NEW_PASSWORD, anna)
    secret = await sent_though_its_sender_died(smtp_server)
    await Account.log_in("anna@example.pl", secret, address="127.0.0.1")
    await send_letters()
    assert len(smtp_server.mails) == 1
    assert (await Message.all().first()).state is MessageState.DROPPED  # type: ignore[union-attr]  # there is one
    with pytest.raises(WrongCredentials):
        await Account.log_in("anna@example.pl", secret, address="127.0.0.1")


async def test_a_letter_that_comes_late_and_a_newer_one_are_both_good_once(smtp_server: SmtpServer) -> None:
    anna = await cast.anna()
    smtp_server.data_answers = ["451 try again"]
    await post(MessageKind.ACCOUNT_OPENED, anna)
    await send_letters()
    clock.advance(timedelta(seconds=10))
    await post(MessageKind.NEW_PASSWORD, anna)
    await send_letters()
    clock.advance(timedelta(minutes=1))
    await send_letters()
    secrets = [SECRET.findall(body(mail, "plain"))[0] for mail in smtp_server.mails]
    assert len(set(secrets)) == 2
    for secret in secrets:
        await Account.log_in("anna@example.pl", secret, address="127.0.0.1")


async def test_a_letter_that_is_sent_again_after_an_own_password_was_set_opens_nothing(smtp_server: SmtpServer) -> None:
    anna = await cast.anna()
    await post(MessageKind.NEW_PASSWORD, anna)
    secret = await sent_though_its_sender_died(smtp_server)
    session, _ = await Account.log_in("anna@example.pl", cast.PASSWORD, address="127.0.0.1")
    await anna.change_password(session, cast.PASSWORD, "szary wilk nosi kapelusz")
    await send_letters()
    assert [mail["subject"] for mail in smtp_server.mails[1:]] == ["Hasło do e-rejestracji CM Diamed zostało zmienione"]
    with pytest.raises(WrongCredentials):
        await Account.log_in("anna@example.pl", secret, address="127.0.0.1")


@pytest.mark.parametrize("kind", [MessageKind.ACCOUNT_OPENED, MessageKind.NEW_PASSWORD])
async def test_a_closed_account_is_sent_no_password(kind: MessageKind, smtp_server: SmtpServer) -> None:
    anna = await cast.anna()
    message = await post(kind, anna)
    await closed(anna)
    await send_letters()
    assert message
    await message.refresh_from_db()
    assert not smtp_server.mails
    assert (message.state, message.to) == (MessageState.DROPPED, "")
    assert await OneTimePassword.filter(account_id=anna.id).count() == 0


async def test_the_address_of_a_closed_account_is_deleted_after_the_last_letter(smtp_server: SmtpServer) -> None:
    anna = await cast.anna()
    await post(MessageKind.PASSWORD_CHANGED, anna)
    await send_letters()
    last = await post(MessageKind.ACCOUNT_CLOSED, anna)
    await closed(anna)
    smtp_server.data_answers = ["451 try again"]
    await send_letters()
    assert last
    assert (await Message.get(id=last.id)).to == "anna@example.pl"  # the last letter is still to be sent
    clock.advance(timedelta(minutes=1))
    await send_letters()
    assert smtp_server.recipients == ["anna@example.pl"] * 2
    assert {message.to for message in await Message.all()} == {""}

"""Account requests are processed in the background, whatever happened to the one before."""

import logging
from datetime import timedelta

import pytest

import tasks.broker
from infra import clock, logs
from models.accounts.account import Account
from models.accounts.account_request import AccountRequest, AccountRequestKind
from models.outbox import Message, MessageKind
from tasks.account_requests import process_account_requests
from tasks.broker import nudge
from tests import cast
from tests.support.background import all_done
from tests.support.smtp_server import SmtpServer
from tests.tasks.logs import logged

FORM = {
    "email": "dana@example.pl",
    "pesel": cast.BORYS_PESEL,
    "first_name": "Dana",
    "last_name": "Nowa",
    "phone": "+48501234567",
    "sms_reminders": True,
    "language": "PL",
}


async def test_a_wish_becomes_a_letter_without_waiting_for_the_clock(smtp_server: SmtpServer) -> None:
    await AccountRequest.receive(AccountRequestKind.SIGN_UP, "request-1", **FORM)
    await nudge(process_account_requests)
    await tasks.broker.finish_nudges()
    await all_done()
    assert smtp_server.recipients == ["dana@example.pl"]
    assert await AccountRequest.all().count() == 0
    assert (await Account.get()).email == "dana@example.pl"


async def test_the_letter_carries_the_id_of_the_request(smtp_server: SmtpServer) -> None:
    logs.bind_request_id("of the sweep")
    await AccountRequest.receive(AccountRequestKind.SIGN_UP, "request-1", **FORM)
    await AccountRequest.receive(AccountRequestKind.NEW_PASSWORD, "request-2", email="dana@example.pl")
    await process_account_requests()
    written = {message.kind: message.request_id for message in await Message.all()}
    assert written == {MessageKind.ACCOUNT_OPENED: "request-1", MessageKind.NEW_PASSWORD: "request-2"}


async def test_a_request_that_cannot_be_processed_stops_no_other_and_is_not_lost(
    smtp_server: SmtpServer, caplog: pytest.LogCaptureFixture
) -> None:
    broken = await AccountRequest.receive(AccountRequestKind.SIGN_UP, "request-1", **FORM)
    await AccountRequest.filter(id=broken.id).update(sealed=b"sealed with another key, dana@example.pl")
    await AccountRequest.receive(AccountRequestKind.SIGN_UP, "request-2", **FORM)
    await process_account_requests()
    await all_done()
    assert smtp_server.recipients == ["dana@example.pl"]
    assert [left.id for left in await AccountRequest.all()] == [broken.id]
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.getMessage() for record in errors] == ["account_request_failed"]
    assert vars(errors[0])["account_request_id"] == str(broken.id)
    assert vars(errors[0])["problem"].startswith("InvalidToken at crypto.py:")
    assert "dana@" not in logged(caplog)


async def test_a_request_that_could_not_be_decided_is_retried_soon(smtp_server: SmtpServer) -> None:
    broken = await AccountRequest.receive(AccountRequestKind.SIGN_UP, "request-1", **FORM)
    good = (await AccountRequest.get()).sealed
    await AccountRequest.filter(id=broken.id).update(sealed=b"broken")
    await process_account_requests()
    await AccountRequest.filter(id=broken.id).update(sealed=good)
    await process_account_requests()
    assert await Account.all().count() == 0
    clock.advance(timedelta(minutes=2))
    await process_account_requests()
    await all_done()
    assert smtp_server.recipients == ["dana@example.pl"]


async def test_no_contents_are_logged(smtp_server: SmtpServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await cast.borys()
    await AccountRequest.receive(AccountRequestKind.SIGN_UP, "request-1", **FORM)
    await nudge(process_account_requests)
    await tasks.broker.finish_nudges()
    await all_done()
    assert smtp_server.recipients == ["dana@example.pl"]
    for never in (cast.BORYS_PESEL, "Dana", "dana@example.pl", "borys@example.pl"):
        assert never not in logged(caplog)

"""Applications: decided in the background, whatever became of the one before."""

import logging
from datetime import timedelta

import pytest

from models import clock, trace
from models.account import Account
from models.application import Application, Wish
from models.message import Kind, Message
from tasks.applications import decide_applications
from tasks.broker import nudge
from tests import cast
from tests.tasks.conftest import all_done
from tests.tasks.logs import logged
from tests.tasks.post_office import PostOffice

FORM = {
    "email": "dana@example.pl", "pesel": cast.BORYS_PESEL, "first_name": "Dana", "last_name": "Nowa",
    "phone": "+48501234567", "sms_reminders": True, "language": "PL",
}  # fmt: skip


async def test_a_wish_becomes_a_letter_without_waiting_for_the_clock(office: PostOffice) -> None:
    await Application.receive(Wish.SIGN_UP, "request-1", **FORM)
    await nudge(decide_applications)
    await all_done()
    assert office.recipients == ["dana@example.pl"]
    assert await Application.all().count() == 0
    assert (await Account.get()).email == "dana@example.pl"


async def test_the_letter_carries_the_id_of_the_request(office: PostOffice) -> None:
    trace.begin("of the sweep")
    await Application.receive(Wish.SIGN_UP, "request-1", **FORM)
    await Application.receive(Wish.NEW_PASSWORD, "request-2", email="dana@example.pl")
    await decide_applications()
    written = {message.kind: message.request_id for message in await Message.all()}
    assert written == {Kind.ACCOUNT_OPENED: "request-1", Kind.NEW_PASSWORD: "request-2"}


async def test_one_that_cannot_be_decided_stops_no_other_and_is_not_lost(
    office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    broken = await Application.receive(Wish.SIGN_UP, "request-1", **FORM)
    await Application.filter(id=broken.id).update(sealed=b"sealed with another key, dana@example.pl")
    await Application.receive(Wish.SIGN_UP, "request-2", **FORM)
    await decide_applications()
    await all_done()
    assert office.recipients == ["dana@example.pl"]
    assert [left.id for left in await Application.all()] == [broken.id]
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.getMessage() for record in errors] == ["application_not_decided"]
    assert vars(errors[0])["application_id"] == str(broken.id)
    assert vars(errors[0])["problem"].startswith("Broken at seal.py:")
    assert "dana@" not in logged(caplog)


async def test_one_that_could_not_be_decided_is_tried_again_soon(office: PostOffice) -> None:
    broken = await Application.receive(Wish.SIGN_UP, "request-1", **FORM)
    good = (await Application.get()).sealed
    await Application.filter(id=broken.id).update(sealed=b"broken")
    await decide_applications()
    await Application.filter(id=broken.id).update(sealed=good)
    await decide_applications()
    assert await Account.all().count() == 0
    clock.advance(timedelta(minutes=2))
    await decide_applications()
    await all_done()
    assert office.recipients == ["dana@example.pl"]


async def test_no_contents_are_logged(office: PostOffice, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await cast.borys()
    await Application.receive(Wish.SIGN_UP, "request-1", **FORM)
    await nudge(decide_applications)
    await all_done()
    assert office.recipients == ["borys@example.pl"]  # whose PESEL it is
    for never in (cast.BORYS_PESEL, "Dana", "dana@example.pl", "borys@example.pl"):
        assert never not in logged(caplog)

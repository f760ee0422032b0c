"""The operator's commands: invite the first administrator, reset a second factor, show the address of SMS reports.

Anything else prints the usage.
"""

import re
from collections.abc import AsyncIterator

import pytest

import settings
from infra import database
from models.accounts.account import Account, Role
from models.accounts.second_factor import SecondFactor
from models.audit import AuditEntry
from models.outbox import Message, MessageKind
from tests import cast
from tests.support.authenticator import set_up_second_factor
from web import commands, sms_reports


@pytest.fixture(autouse=True)
async def reopened(fresh: None, database_url: str) -> AsyncIterator[None]:
    """Reopens the database after the test, because a command opens and closes it itself."""
    yield
    await database.connect(database_url)


async def test_an_administrator_is_let_in_and_the_operator_learns_what_comes_next(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await commands.run(database_url, ["create-administrator", "szef@diamed.example"]) == 0
    await database.connect(database_url)
    account, letter, entry = await Account.get(), await Message.get(), await AuditEntry.get()
    assert (account.email, account.role) == ("szef@diamed.example", Role.ADMINISTRATOR)
    assert account.password_hash is None
    assert (letter.kind, letter.to) == (MessageKind.STAFF_INVITED, "szef@diamed.example")
    assert (entry.action, entry.account_id, entry.subject_id) == ("invite_staff", None, account.id)
    told = capsys.readouterr().out
    assert "one-time password" in told
    assert f"{settings.PUBLIC_URL}/mailbox" in told
    assert not re.search(r"\b\w{4}-\w{4}-\w{4}-\w{4}\b", told), "the password goes by mail only"


@pytest.mark.parametrize("email", ["no address", "anna@example.pl"])
async def test_a_bad_or_known_address_is_refused(
    email: str, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await cast.anna()
    assert await commands.run(database_url, ["create-administrator", email]) == 1
    assert "another account uses it" in capsys.readouterr().err
    await database.connect(database_url)
    assert await Account.all().count() == 1


async def test_the_operator_learns_the_address_of_delivery_reports(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await commands.run(database_url, ["sms-reports-address"]) == 0
    assert capsys.readouterr().out.strip() == sms_reports.address()


@pytest.mark.parametrize("arguments", [["nonsense"], ["create-administrator"], ["create-administrator", "a", "b"]])
async def test_what_is_not_understood_is_answered_with_the_usage(
    arguments: list[str], database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await commands.run(database_url, arguments) == 2
    assert "create-administrator EMAIL" in capsys.readouterr().err


async def test_the_operator_resets_the_second_factor_of_the_last_administrator(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    adam = await cast.adam()
    await set_up_second_factor(adam)
    assert await commands.run(database_url, ["reset-second-factor", "Adam@Diamed.example"]) == 0
    await database.connect(database_url)
    assert await SecondFactor.find_holders([adam.id]) == set()
    await cast.anna()
    for stranger in ("anna@example.pl", "nobody@example.pl"):
        assert await commands.run(database_url, ["reset-second-factor", stranger]) == 1
    assert "adam@diamed.example can log in with the password alone" in capsys.readouterr().out

"""`server.py check` tests everything, reports each problem in one line, and changes nothing."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

import settings
from infra import database, postgres
from models.admin import key_check
from tasks import broker
from tasks.mail import smtp
from tasks.redis_broker import RedisBroker
from tests.support.cluster import valkey_server
from tests.support.service import free_port
from tests.support.sms_server import SmsServer
from tests.support.smtp_server import SmtpServer
from web import self_check

EVERYTHING = ["database", "migrations", "role", "keys", "broker", "mail server", "SMS gateway"]


@pytest.fixture(autouse=True)
async def reopened(fresh: None, database_url: str) -> AsyncIterator[None]:
    """Reopens the database after the test, because the command opens and closes it itself."""
    yield
    await database.connect(database_url)


async def results(url: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, tuple[str, str]]]:
    """The exit code, and for each checked item whether it works and what is reported about it."""
    code = await self_check.run(url)
    lines = capsys.readouterr().out.splitlines()
    return code, {line[8:19].strip(): (line[:6].strip(), line[21:]) for line in lines}


async def kept_constant(url: str) -> list[Any]:
    connection = await asyncpg.connect(url)
    found = await connection.fetch("SELECT * FROM key_check")
    await connection.close()
    return list(found)


async def test_on_a_new_machine_everything_works_and_the_mailbox_stands_in(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = await kept_constant(database_url)
    code, found = await results(database_url, capsys)
    assert (code, list(found)) == (0, EVERYTHING)
    assert {works for works, _ in found.values()} == {"ok"}
    assert await kept_constant(database_url) == before


async def test_a_role_that_can_rewrite_the_audit_trail_is_reported(
    database_url: str, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, found = await results(database_url, capsys)
    assert found["role"] == ("ok", "reads and writes rows, and cannot change the audit trail")
    _, found = await results(postgres_url, capsys)
    assert "can rewrite the audit trail; docs/operations.md" in found["role"][1]


async def test_real_servers_are_asked_and_get_no_letter_and_no_text(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with SmtpServer().open() as mail:
        with SmsServer.open() as gateway:
            monkeypatch.setattr(settings, "SMTP_URL", f"smtp://127.0.0.1:{mail.port}")
            monkeypatch.setattr(settings, "SMS_URL", f"smsapi+http://token@127.0.0.1:{gateway.port}")
            code, found = await results(database_url, capsys)
            assert code == 0
            assert "no letter was sent" in found["mail server"][1]
            assert "no text was sent" in found["SMS gateway"][1]
            assert (mail.mails, gateway.asked) == ([], [])
            monkeypatch.setattr(settings, "SMS_URL", f"smsapi+http://wrong@127.0.0.1:{gateway.port}")
            code, found = await results(database_url, capsys)
            assert (code, found["SMS gateway"])[0] == 1
            assert found["SMS gateway"][1] == (
                f"SMS_URL: 127.0.0.1:{gateway.port} (SMSAPI: HTTP 401). Check the token."
            )


async def test_servers_that_are_not_there_fail_alone(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(settings, "SMTP_URL", f"smtp://127.0.0.1:{free_port()}")
    monkeypatch.setattr(settings, "SMS_URL", f"smsapi+http://token@127.0.0.1:{free_port()}")
    code, found = await results(database_url, capsys)
    assert code == 1
    for name, said in (
        ("mail server", "(SMTP: no connection). Check host and port"),
        ("SMS gateway", "(SMSAPI: no con"),
    ):
        works, line = found[name]
        assert works == "FAILED"
        assert said in line
        assert "127.0.0.1:" in line
        assert "token" not in line
    assert found["database"][0] == found["migrations"][0] == found["keys"][0] == "ok"


async def test_an_unforeseen_failure_is_reported_and_does_not_end_the_check(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def break_down() -> None:
        raise UnicodeError

    monkeypatch.setattr(settings, "SMTP_URL", "smtp://127.0.0.1:1")
    monkeypatch.setattr(smtp, "check", break_down)
    code, found = await results(database_url, capsys)
    assert (code, found["mail server"][0], found["SMS gateway"][0]) == (1, "FAILED", "ok")
    assert "unexpected UnicodeError" in found["mail server"][1]


async def test_a_different_key_and_missing_migrations_are_reported(
    database_url: str, owner: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await key_check.verify()
    monkeypatch.setattr(settings, "SECRET_KEY", "another key, of thirty-two letters or more")
    code, found = await results(database_url, capsys)
    assert (code, found["keys"][0]) == (1, "FAILED")
    name = "empty_for_check"
    await owner.execute(f"CREATE DATABASE {name}")
    code, found = await results(database_url.replace("/postgres?", f"/{name}?"), capsys)
    await owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert code == 1
    assert "python server.py migrate" in found["migrations"][1]
    assert "keys" not in found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("@/", "@nowhere.invalid/"), "the host nowhere.invalid is unknown"),
        (("@/", "@127.0.0.1:1/"), "no connection to 127.0.0.1:1"),
        (("/postgres?", "/nothing?"), "has no database nothing. Create it: createdb nothing"),
        (("//e_rejestracja_runtime@", "//nobody@"), "refuses the user nobody"),
    ],
    ids=["host", "refused", "database", "user"],
)
async def test_why_the_database_cannot_be_reached_is_one_line_with_what_to_do(
    change: tuple[str, str], said: str, database_url: str
) -> None:
    url = database_url.replace(*change)
    if "@/" in change:  # connect by TCP, not by the Unix socket
        url = urlsplit(url)._replace(query="").geturl()
    with pytest.raises(settings.BadSetting) as refused:
        await database.migrate(url)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("reason", ["refused", "host", "password"])
async def test_why_the_broker_does_not_answer_is_said_without_its_password(
    reason: str, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with valkey_server() as running:
        place, said = {
            "refused": (f"127.0.0.1:{free_port()}", "connecting to 127.0.0.1:"),
            "host": ("nowhere.invalid", "connecting to nowhere.invalid:6379"),
            "password": (f"127.0.0.1:{running.port}", "invalid username-password pair"),
        }[reason]
        url = f"redis://nobody:pass-w0rd@{place}"
        monkeypatch.setattr(settings, "BROKER_URL", url)
        monkeypatch.setattr(broker, "broker", RedisBroker(url))
        code, found = await results(database_url, capsys)
        await broker.broker.shutdown()
    works, line = found["broker"]
    assert (code, works) == (1, "FAILED")
    assert said in line
    assert "pass-w0rd" not in line
    assert line.endswith("Web processes work without it; workers do not.")


def test_a_folder_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(settings, "DATABASE_URL", "")
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path / "file" / "var")
    with pytest.raises(settings.BadSetting, match=r"^DATA_DIR: .*/file/var cannot be used \(Not a directory\)"):
        postgres.provide_url().__enter__()

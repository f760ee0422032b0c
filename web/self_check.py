"""`python server.py check`: checks everything that the service needs and reports what works. It changes nothing."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import settings
from infra import database
from models.admin import demo_data, key_check, runtime_role
from tasks import broker
from tasks.mail import smtp
from tasks.outbox_senders import Misconfigured, TryLater, describe_failure
from tasks.sms import gateways

PATIENCE_SECONDS = 15


class Fault(Exception):
    """A failed check, described for the operator."""


async def run(url: str) -> int:
    """Print a line for each check; the exit code is 1 if any of them fails."""
    has_database = await _try("database", lambda: _check_database(url))
    if has_database:
        has_database = await _try("migrations", lambda: _check_migrations(url))
    if has_database:
        await _try("role", lambda: database.run_connected(url, _check_role))
        has_database = await _try("keys", lambda: database.run_connected(url, _check_keys))
    others = [
        await _try("broker", _check_broker),
        await _try("mail server", _check_mail),
        await _try("SMS gateway", _check_texts),
    ]
    return 0 if has_database and all(others) else 1


async def _try(name: str, check: Callable[[], Awaitable[str]]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            found, works = await check(), True
    except TimeoutError:
        found, works = f"no answer within {PATIENCE_SECONDS} s", False
    except (Fault, settings.BadSetting) as fault:
        found, works = str(fault), False
    except Exception as problem:  # whatever the error, the other checks still run
        found, works = f"unexpected {describe_failure(problem)}", False
    sys.stdout.write(f"{'ok' if works else 'FAILED':6}  {name:11}  {found}\n")
    return works


async def _check_database(url: str) -> str:
    return f"PostgreSQL {await database.try_to_connect(url)}"


async def _check_migrations(url: str) -> str:
    if missing := await database.find_missing_migrations(url):
        raise Fault(f"{len(missing)} are missing, the first is {min(missing)}. Run: python server.py migrate")
    return "up to date"


async def _check_role() -> str:
    if await runtime_role.may_change_history():
        return "can rewrite the audit trail; docs/operations.md, Two database roles, explains how to prevent that"
    return "reads and writes rows, and cannot change the audit trail"


async def _check_keys() -> str:
    await key_check.compare()
    if settings.IN_PRODUCTION:
        await demo_data.refuse_demo_accounts()
    return "SECRET_KEY is the one that this database was filled with"


async def _check_broker() -> str:
    if not settings.BROKER_URL:
        return "none: the web process does the background work itself"
    try:
        await broker.ping()
    except Exception as problem:  # any error of the driver or the network, for any broker
        raise Fault(
            f"BROKER_URL: {str(problem).removesuffix('.')}. Web processes work without it; workers do not."
        ) from None
    return "answers"


async def _check_mail() -> str:
    if not settings.SMTP_URL:
        return "none: letters go to the development mailbox"
    try:
        await smtp.check()
    except TryLater as problem:  # also Misconfigured
        raise _explain("SMTP_URL", settings.SMTP_URL, problem, "user and password, smtp or smtps") from None
    return "lets us in; no letter was sent"


async def _check_texts() -> str:
    if not settings.SMS_URL:
        return "none: texts go to the development mailbox"
    try:
        await gateways.choose().check()
    except TryLater as problem:  # also Misconfigured
        raise _explain("SMS_URL", settings.SMS_URL, problem, "the token") from None
    return "knows our token; no text was sent"


def _explain(name: str, url: str, problem: TryLater, what: str) -> Fault:
    place = urlsplit(url).netloc.rpartition("@")[2]
    if not isinstance(problem, Misconfigured):
        what = "host and port, and whether a firewall lets us through; or the server may be busy"
    return Fault(f"{name}: {place} ({problem}). Check {what}.")

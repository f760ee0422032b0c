"""Each kind of row is deleted when its time is over and not before, and retention is decided for every table."""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from tortoise import Tortoise
from tortoise.models import Model

import settings
from infra import clock, database, rate_counters
from models.accounts.account import Account
from models.accounts.login_throttle import FORGET_AFTER, LoginThrottle
from models.accounts.one_time_password import OneTimePassword
from models.accounts.session import Session
from models.admin import retention
from models.audit import AuditEntry
from models.events import event_log
from models.events.event import Event
from models.events.partner import Partner, PartnerKey, PartnerStream
from models.events.partner_quota import PERMIT_LIFETIME
from models.outbox import Message, MessageKind, MessageState
from models.values.idempotency_key import KEPT_FOR, IdempotencyKey
from models.visits.visit import Visit
from models.waiting.offer import Offer, OfferAnswer
from models.waiting.waiting_list import WaitingListEntry, WaitingOutcome
from tests import cast
from tests.support.event_chaos import append
from tests.support.identity import ask_for_address, claim
from tests.support.schedules import join_waiting_list
from tests.support.visits import book

OPERATIONS = (Path(__file__).parents[3] / "docs" / "operations.md").read_text()
MOMENT = timedelta(seconds=1)
DAYS, HOURS = timedelta(days=1), timedelta(hours=1)


async def _write_letter() -> None:
    await book(await cast.anna(), await cast.slot())
    await Message.all().update(state=MessageState.SENT)


async def _end_offer() -> None:
    await join_waiting_list(await cast.anna(), await cast.clinic())
    await _decline(await WaitingListEntry.get(), clock.now())


async def _decline(entry: WaitingListEntry, until: datetime) -> None:
    await Offer.create(
        patient_id=entry.patient_id,
        entry_id=entry.id,
        answer=OfferAnswer.DECLINED,
        made_at=clock.now(),
        expires_at=until,
    )


async def _end_wish() -> None:
    await join_waiting_list(await cast.anna(), await cast.clinic())
    await WaitingListEntry.all().update(ended_at=clock.now(), outcome=WaitingOutcome.LEFT)


async def _sign_in() -> None:
    await cast.signed_in(await cast.anna())


async def _mistype() -> None:
    await LoginThrottle.count(LoginThrottle.for_session(uuid4()))


async def _ask() -> None:
    await rate_counters.hit("1/day", "asking", "somebody")


async def _repeat() -> None:
    await IdempotencyKey.create(account_id=uuid4(), key="k", asked="a", kept_at=clock.now())


async def _send_password() -> None:
    await OneTimePassword.issue(await cast.anna())


async def _want_address() -> None:
    await ask_for_address(await cast.anna(), "nowa@example.pl")


async def _sign_up() -> None:
    await claim("nikt@example.pl")
    await Account.all().update(password_hash=None)


async def _happen() -> None:
    await append()
    await event_log.assign_positions()


async def _follow() -> None:
    partner, _ = await cast.partner(await cast.clinic())
    await PartnerStream.create(partner=partner, lapses_at=clock.now() + PERMIT_LIFETIME)


async def _end_key() -> None:
    await cast.partner(await cast.clinic())
    await PartnerKey.all().update(ends_at=clock.now())


async def _leave() -> None:
    await _end_key()
    await PartnerKey.all().delete()
    await Partner.all().update(removed_at=clock.now())


class Case(NamedTuple):
    """How to leave rows behind, how long they are kept, and how to count them."""

    leave: Callable[[], Awaitable[None]]
    kept_for: timedelta
    left: Callable[[], Awaitable[int]]


async def _count_rates() -> int:
    return len(await database.fetch("SELECT key FROM rate"))


def _rows(model: type[Model], **conditions: Any) -> Callable[[], Awaitable[int]]:
    return lambda: model.filter(**conditions).count()


CASES = {
    "messages": Case(_write_letter, settings.MESSAGE_DAYS * DAYS, _rows(Message)),
    "offers": Case(_end_offer, settings.WAITING_DAYS * DAYS, _rows(Offer)),
    "waiting_list_entries": Case(_end_wish, settings.WAITING_DAYS * DAYS, _rows(WaitingListEntry)),
    "sessions": Case(_sign_in, settings.SESSION_HOURS * HOURS + settings.ENDED_SESSION_DAYS * DAYS, _rows(Session)),
    "login_throttles": Case(_mistype, FORGET_AFTER, _rows(LoginThrottle)),
    "rate_counters": Case(_ask, DAYS - MOMENT, _count_rates),
    "idempotency_keys": Case(_repeat, KEPT_FOR, _rows(IdempotencyKey)),
    "one_time_passwords": Case(_send_password, settings.ONE_TIME_PASSWORD_HOURS * HOURS, _rows(OneTimePassword)),
    "unconfirmed_addresses": Case(
        _want_address, settings.EMAIL_CONFIRMATION_HOURS * HOURS, _rows(Account, pending_email__isnull=False)
    ),
    "unclaimed_accounts": Case(_sign_up, settings.UNCLAIMED_DAYS * DAYS, _rows(Account)),
    "events": Case(_happen, settings.EVENT_RETENTION_DAYS * DAYS, _rows(Event)),
    "partner_streams": Case(_follow, PERMIT_LIFETIME, _rows(PartnerStream)),
    "partner_keys": Case(_end_key, settings.ENDED_SESSION_DAYS * DAYS, _rows(PartnerKey)),
    "partners": Case(_leave, settings.AUDIT_YEARS * 366 * DAYS, _rows(Partner)),
}
BY_POSTGRESQL_S_CLOCK = {"audit_entries"}  # tests/models/test_audit.py


@pytest.mark.parametrize("name", CASES)
async def test_what_was_left_behind_goes_when_its_time_is_over_and_not_before(name: str) -> None:
    leave, kept_for, left = CASES[name]
    await leave()
    there = await left()
    assert there > 0
    clock.advance(kept_for)
    assert (await retention.purge())[name] == 0
    assert await left() == there
    clock.advance(MOMENT)
    assert (await retention.purge())[name] == there
    assert await left() == 0


def test_everything_that_is_removed_is_tried() -> None:
    removed = [found.purges for found in retention.TABLES.values() if isinstance(found, retention.Removed)]
    assert {name for purges in removed for name in purges} == CASES.keys() | BY_POSTGRESQL_S_CLOCK


async def test_what_is_not_over_stays_however_old_it_is() -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    await book(anna, await cast.slot(at=clinic))  # its letter is waiting to be sent
    await join_waiting_list(anna, clinic)
    await cast.partner(clinic)
    clock.advance(30 * 366 * DAYS)
    await retention.purge()
    kept: list[type[Model]] = [Message, WaitingListEntry, Partner, PartnerKey, Visit]
    assert [await model.all().count() for model in kept] == [1] * len(kept)


async def test_an_ended_wish_waits_for_the_offer_that_was_made_for_it() -> None:
    await _end_wish()
    await _decline(await WaitingListEntry.get(), clock.now() + HOURS)
    clock.advance(settings.WAITING_DAYS * DAYS + MOMENT)
    assert (await retention.purge())["waiting_list_entries"] == 0
    clock.advance(HOURS)
    removed = await retention.purge()
    assert (removed["offers"], removed["waiting_list_entries"]) == (1, 1)


async def test_more_than_a_batch_goes_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.batches.BATCH", 2)
    for n in range(5):
        await IdempotencyKey.create(account_id=uuid4(), key=str(n), asked="a", kept_at=clock.now() - 2 * KEPT_FOR)
    assert (await retention.purge())["idempotency_keys"] == 5


async def test_a_letter_that_is_removed_takes_nothing_with_it() -> None:
    anna = await cast.anna()
    visit = await book(anna, await cast.slot())
    await Message.all().update(state=MessageState.SENT)
    clock.advance((settings.MESSAGE_DAYS + 1) * DAYS)
    await retention.purge()
    assert await Visit.exists(id=visit.id)
    assert await AuditEntry.filter(action="visit_booked").count() == 1
    assert not await Message.filter(kind=MessageKind.VISIT_BOOKED).exists()


async def test_every_table_has_a_decision_about_its_rows(tables: str) -> None:
    stored = {model._meta.db_table for model in (Tortoise.apps or {})["models"].values()}
    there = {table.strip('"') for table in tables.split(", ")} | {"tortoise_migrations"}
    assert stored <= there
    assert there == retention.TABLES.keys()


def test_operators_are_told_of_everything_that_is_removed_and_by_which_law() -> None:
    told = OPERATIONS.partition("\n## Retention\n")[2].partition("\n## ")[0]
    rows = [line.split("|") for line in told.splitlines() if line.startswith("| ")][1:]
    removed = {table for table, found in retention.TABLES.items() if isinstance(found, retention.Removed)}
    assert {name for row in rows for name in re.findall(r"`([a-z_]+)`", row[1])} >= removed
    assert all("art." in row[3] for row in rows)

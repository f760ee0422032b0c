"""Partners: a key is shown once and ends when it should; budgets and open subscriptions are limited."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

import settings
from infra import background, clock
from models.audit import AuditEntry
from models.events import partner_quota
from models.events.partner import Partner, PartnerKey, PartnerStream
from models.events.partner_quota import Budgets
from models.refusals.partner import PartnerNotFound, TooManyStreams
from tests import cast
from tests.support.racing import race, tally
from tests.support.statement_count import count_statements

OVERLAP, MOMENT = timedelta(hours=24), timedelta(microseconds=1)


async def is_good(key: str) -> bool:
    return await PartnerKey.find_by_key(key) is not None


async def test_a_key_is_shown_once_and_only_its_hash_is_kept() -> None:
    partner, key = await cast.partner(await cast.clinic())
    assert key.startswith("erp_")
    assert len(key) >= 4 + 43  # 256 random bits
    [row] = await PartnerKey.all().values()
    assert not [value for value in row.values() if key.removeprefix("erp_") in str(value)]
    found = await PartnerKey.find_by_key(key)
    assert found is not None
    assert found.partner.id == partner.id
    assert not await is_good(key + "x")


async def test_the_earlier_keys_of_a_leak_end_at_once_also_those_that_overlap() -> None:
    partner, first = await cast.partner(await cast.clinic())
    admin = await cast._adding_administrator()
    _, second, _ = await Partner.rotate_key(partner.id, by=admin)
    clock.advance(timedelta(hours=1))
    _, third, others_end_at = await Partner.rotate_key(partner.id, by=admin, end_others_now=True)
    assert others_end_at == clock.now()
    assert [await is_good(key) for key in (first, second, third)] == [False, False, True]


async def test_a_renewed_key_overlaps_with_the_old_one_and_then_replaces_it() -> None:
    partner, old = await cast.partner(await cast.clinic())
    admin = await cast._adding_administrator()
    _, new, others_end_at = await Partner.rotate_key(partner.id, by=admin)
    assert others_end_at == clock.now() + OVERLAP
    assert (await is_good(old), await is_good(new)) == (True, True)
    with clock.pinned(clock.now() + OVERLAP - MOMENT):
        assert (await is_good(old), await is_good(new)) == (True, True)
    with clock.pinned(clock.now() + OVERLAP):
        assert (await is_good(old), await is_good(new)) == (False, True)


async def test_renewing_twice_does_not_prolong_the_first_key() -> None:
    partner, first = await cast.partner(await cast.clinic())
    admin = await cast._adding_administrator()
    await Partner.rotate_key(partner.id, by=admin)
    with clock.pinned(clock.now() + timedelta(hours=23)):
        await Partner.rotate_key(partner.id, by=admin)
    with clock.pinned(clock.now() + OVERLAP):
        assert not await is_good(first)


async def test_all_keys_of_a_removed_partner_end_at_once() -> None:
    partner, old = await cast.partner(await cast.clinic())
    admin = await cast._adding_administrator()
    _, new, _ = await Partner.rotate_key(partner.id, by=admin)
    await Partner.remove(partner.id, by=admin)
    assert (await is_good(old), await is_good(new)) == (False, False)
    assert await Partner.list_all() == []
    for again in (Partner.remove(partner.id, by=admin), Partner.rotate_key(partner.id, by=admin)):
        with pytest.raises(PartnerNotFound):
            await again
    done = await AuditEntry.filter(subject_id=partner.id).order_by("id")
    assert [entry.action for entry in done] == ["add_partner", "rotate_partner_key", "remove_partner"]


async def test_a_partner_of_no_clinic_cannot_be() -> None:
    with pytest.raises(IntegrityError):
        await Partner.create(name="Nikt", clinic_ids=[], created_at=clock.now(), tokens=1, refilled_at=clock.now())


async def test_a_budget_is_spent_and_refills_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PARTNER_COST_PER_MINUTE", 60)
    partner, _ = await cast.partner(await cast.clinic())
    assert await partner_quota.charge(partner, 60) is None
    assert await partner_quota.charge(partner, 2) == clock.now() + timedelta(seconds=2)
    with clock.pinned(clock.now() + timedelta(seconds=2)):
        assert await partner_quota.charge(partner, 2) is None
        assert await partner_quota.charge(partner, 1)
    with clock.pinned(clock.now() + timedelta(days=1)):
        assert await partner_quota.charge(partner, 60) is None  # the budget never exceeds one minute's allowance
        assert await partner_quota.charge(partner, 1)


async def test_a_request_that_costs_more_than_a_minutes_budget_takes_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PARTNER_COST_PER_MINUTE", 60)
    partner, _ = await cast.partner(await cast.clinic())
    assert await partner_quota.charge(partner, 100) is None
    assert await partner_quota.charge(partner, 100) == clock.now() + timedelta(minutes=1)


async def test_many_who_spend_at_once_spend_no_more_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PARTNER_COST_PER_MINUTE", 10)
    partner, _ = await cast.partner(await cast.clinic())
    outcomes = await race(*(partner_quota.charge(partner, 1) for _ in range(30)))
    assert tally(outcomes) == {"NoneType": 10, "datetime": 20}


@pytest.fixture
def processes() -> Callable[[], Budgets]:
    """Returns a function that starts simulated processes; each settles its charges when the test says so."""

    def start() -> Budgets:
        budgets = Budgets()
        budgets.is_settling = True
        return budgets

    return start


async def test_what_processes_charge_in_memory_comes_together_when_they_settle(processes: Any) -> None:
    partner, _ = await cast.partner(await cast.clinic())
    await Partner.filter(id=partner.id).update(tokens=60, refilled_at=clock.now())
    here, there = processes(), processes()
    for each in (here, there):
        assert await each.charge(partner.id, 10, 60) is None  # only the first charge goes to PostgreSQL
        assert await each.charge(partner.id, 15, 60) is None
    assert (await Partner.get(id=partner.id)).tokens == 40
    await asyncio.gather(here.settle(), there.settle())
    assert (await Partner.get(id=partner.id)).tokens == 10
    await here.settle()  # charges nothing twice
    assert (await Partner.get(id=partner.id)).tokens == 10
    assert await here.charge(partner.id, 11, 60) == 10
    assert await there.charge(partner.id, 10, 60) is None


async def test_what_several_processes_have_granted_too_much_is_paid_back(
    processes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PARTNER_COST_PER_MINUTE", 60)
    partner, _ = await cast.partner(await cast.clinic())
    await Partner.filter(id=partner.id).update(tokens=60, refilled_at=clock.now())
    here, there = processes(), processes()
    for each in (here, there):
        await each.charge(partner.id, 1, 60)
    for each in (here, there):
        assert await each.charge(partner.id, 58, 60) is None
        await each.settle()
    with clock.pinned(clock.now() + timedelta(seconds=57)):  # the two processes together granted 116 instead of 58
        assert await partner_quota.charge(partner, 1)
    with clock.pinned(clock.now() + timedelta(seconds=60)):
        assert await partner_quota.charge(partner, 1) is None


async def test_an_operation_of_a_partner_whose_budget_is_known_asks_the_database_nothing(processes: Any) -> None:
    partner, _ = await cast.partner(await cast.clinic())
    budgets = processes()
    _, first = await count_statements(budgets.charge(partner.id, 1, 60))
    _, second = await count_statements(budgets.charge(partner.id, 1, 60))
    assert (first, second) == (1, 0)


async def test_of_many_subscriptions_opened_at_once_as_many_as_allowed_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PARTNER_STREAMS", 3)
    partner, _ = await cast.partner(await cast.clinic())
    outcomes = await race(*(partner_quota.acquire_permit(partner) for _ in range(12)))
    assert tally(outcomes) == {"StreamPermit": 3, "TooManyStreams": 9}
    held = next(outcome for outcome in outcomes if isinstance(outcome, partner_quota.StreamPermit))
    await PartnerStream.filter(id=held.id).delete()
    async with partner_quota.hold_permit(partner):
        with pytest.raises(TooManyStreams):
            await partner_quota.acquire_permit(partner)
    await partner_quota.acquire_permit(partner)


async def test_a_place_is_given_back_at_whatever_moment_its_task_is_cancelled_and_however_often() -> None:
    partner, _ = await cast.partner(await cast.clinic())

    async def follow() -> None:
        async with partner_quota.hold_permit(partner):
            await asyncio.Event().wait()

    for turns in range(40):
        task = asyncio.create_task(follow())
        for _ in range(turns):
            await asyncio.sleep(0)
        while not task.done():  # like anyio, which repeats a cancellation at each await
            task.cancel()
            await asyncio.sleep(0)
    follower = asyncio.create_task(follow())
    while not await PartnerStream.exists():
        await asyncio.sleep(0)
    follower.cancel()
    await asyncio.gather(follower, return_exceptions=True)
    await background.finish()
    assert not await PartnerStream.exists()


async def test_the_subscriptions_of_a_process_that_died_lapse_and_those_in_use_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "PARTNER_STREAMS", 2)
    partner, _ = await cast.partner(await cast.clinic())
    alive = await partner_quota.acquire_permit(partner)
    await partner_quota.acquire_permit(partner)
    with clock.pinned(clock.now() + partner_quota.PERMIT_LIFETIME - timedelta(seconds=1)):
        await alive.renew()
    with clock.pinned(clock.now() + partner_quota.PERMIT_LIFETIME + timedelta(seconds=1)):
        assert await partner_quota.purge() == 1
        await partner_quota.acquire_permit(partner)
        with pytest.raises(TooManyStreams):
            await partner_quota.acquire_permit(partner)
    assert await PartnerStream.all().count() == 2

"""Partners' promises: a key is told once and ends when it should; budgets and open subscriptions have a limit."""

from datetime import timedelta

import pytest
from tortoise.exceptions import IntegrityError

import settings
from models import allowance, clock
from models.audit import AuditEntry
from models.partner import Partner, PartnerKey, PartnerStream
from models.partner_refusal import PartnerNotFound, TooManyStreams
from tests import cast
from tests.models.promises import race, tally

OVERLAP, MOMENT = timedelta(hours=24), timedelta(microseconds=1)


async def is_good(key: str) -> bool:
    return await PartnerKey.of_key(key) is not None


async def test_a_key_is_told_once_and_only_its_hash_is_kept() -> None:
    partner, key = await cast.partner(await cast.clinic())
    assert key.startswith("erp_")
    assert len(key) >= 4 + 43  # 256 random bits
    [row] = await PartnerKey.all().values()
    assert not [value for value in row.values() if key.removeprefix("erp_") in str(value)]
    found = await PartnerKey.of_key(key)
    assert found is not None
    assert found.partner.id == partner.id
    assert not await is_good(key + "x")


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
    assert await Partner.listed() == []
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
    assert await allowance.spend(partner, 60) is None
    assert await allowance.spend(partner, 2) == clock.now() + timedelta(seconds=2)
    with clock.pinned(clock.now() + timedelta(seconds=2)):
        assert await allowance.spend(partner, 2) is None
        assert await allowance.spend(partner, 1)
    with clock.pinned(clock.now() + timedelta(days=1)):
        assert await allowance.spend(partner, 60) is None  # it never holds more than a minute's
        assert await allowance.spend(partner, 1)


async def test_what_costs_more_than_a_minute_s_budget_takes_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PARTNER_COST_PER_MINUTE", 60)
    partner, _ = await cast.partner(await cast.clinic())
    assert await allowance.spend(partner, 100) is None
    assert await allowance.spend(partner, 100) == clock.now() + timedelta(minutes=1)


async def test_many_who_spend_at_once_spend_no_more_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PARTNER_COST_PER_MINUTE", 10)
    partner, _ = await cast.partner(await cast.clinic())
    outcomes = await race(*(allowance.spend(partner, 1) for _ in range(30)))
    assert tally(outcomes) == {"NoneType": 10, "datetime": 20}


async def test_of_many_subscriptions_opened_at_once_as_many_as_allowed_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PARTNER_STREAMS", 3)
    partner, _ = await cast.partner(await cast.clinic())
    outcomes = await race(*(allowance.lease(partner) for _ in range(12)))
    assert tally(outcomes) == {"Lease": 3, "TooManyStreams": 9}
    held = next(outcome for outcome in outcomes if isinstance(outcome, allowance.Lease))
    async with allowance.given_back(held):
        with pytest.raises(TooManyStreams):
            await allowance.lease(partner)
    await allowance.lease(partner)


async def test_the_subscriptions_of_a_process_that_died_lapse_and_those_in_use_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "PARTNER_STREAMS", 2)
    partner, _ = await cast.partner(await cast.clinic())
    alive = await allowance.lease(partner)
    await allowance.lease(partner)
    with clock.pinned(clock.now() + allowance.LEASE - timedelta(seconds=1)):
        await alive.renew()
    with clock.pinned(clock.now() + allowance.LEASE + timedelta(seconds=1)):
        assert await allowance.purge() == 1
        await allowance.lease(partner)
        with pytest.raises(TooManyStreams):
            await allowance.lease(partner)
    assert await PartnerStream.all().count() == 2

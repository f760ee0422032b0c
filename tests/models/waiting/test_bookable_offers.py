"""Offers obey booking's rules: only patients who could book get offers; one that cannot be accepted is passed on."""

from datetime import timedelta

import pytest

from infra import clock
from models.accounts.account import Account
from models.outbox import Message, MessageKind
from models.refusals.schedule import OfferOver
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.values.visit_status import Channel
from models.visits import offer_response
from models.waiting import freed_slots
from models.waiting.offer import Offer, OfferAnswer
from models.waiting.waiting_list import WaitingListEntry
from tests import cast
from tests.support.schedules import TUESDAY, holder_of, join_waiting_list, report_absence, the_offer
from tests.support.visits import book, cancel, is_free, patient_of

DAY = timedelta(days=1)


async def freed(limit: int = 2) -> tuple[Clinic, Doctor, Slot, Account, Account]:
    """Anna, and after her Borys, wait for the slot that Celina has just given up."""
    clinic = await cast.clinic(planned_visits_per_patient=limit)
    doctor = await cast.doctor(clinic)
    slot = await cast.slot(at=clinic, by=doctor)
    celina, anna, borys = await cast.celina(), await cast.anna(), await cast.borys()
    visit = await book(celina, slot)
    for account in (anna, borys):
        await join_waiting_list(account, clinic)
        clock.advance(timedelta(seconds=1))
    await cancel(celina, visit)
    return clinic, doctor, slot, anna, borys


async def other_slots(clinic: Clinic, count: int) -> list[Slot]:
    return await cast.morning(TUESDAY + 2 * DAY, count, at=clinic, by=await cast.doctor(clinic, last_name="Inna"))


async def overlapping_slot() -> Slot:
    elsewhere = await cast.clinic("Poradnia okulistyczna")
    return await cast.slot(at=elsewhere, by=await cast.doctor(elsewhere))


async def test_who_has_as_many_visits_as_allowed_is_not_asked() -> None:
    clinic, _, slot, anna, borys = await freed()
    for other in await other_slots(clinic, 2):
        await Slot.filter(id=other.id).update(queued_at=None)
        await book(anna, other)
    await join_waiting_list(borys, clinic)
    await freed_slots.allocate()
    assert await holder_of(slot) == borys.patient_id
    assert await Message.filter(kind=MessageKind.TERM_OFFERED, account_id=anna.id).count() == 0


async def test_when_nobody_who_waits_could_book_the_slot_is_free_for_all() -> None:
    clinic, _, slot, anna, borys = await freed(limit=1)
    for account, other in zip((anna, borys), await other_slots(clinic, 2), strict=True):
        await book(account, other)
    await wait_again(clinic, anna, borys)
    await freed_slots.allocate()
    assert await is_free(slot)
    assert await Offer.all().count() == 0


async def wait_again(clinic: Clinic, *accounts: Account) -> None:
    """Reopen the patients' waiting-list entries, which ended when they booked another slot at the clinic."""
    ids = [account.patient_id for account in accounts]
    await WaitingListEntry.filter(clinic_id=clinic.id, patient_id__in=ids).update(ended_at=None, outcome=None)


async def test_an_offer_that_overlaps_a_visit_booked_since_ends_and_the_next_is_asked() -> None:
    _, _, slot, anna, borys = await freed()
    await freed_slots.allocate()
    offer = await the_offer(anna)
    await book(anna, await overlapping_slot())
    await freed_slots.allocate()
    assert (await Offer.get(id=offer.id)).answer is OfferAnswer.CLOSED
    assert await holder_of(slot) == borys.patient_id
    with pytest.raises(OfferOver):
        await offer_response.accept(offer.id, patient=patient_of(anna), by=anna, channel=Channel.ONLINE)


@pytest.mark.parametrize("rule", [{"minimum_notice_minutes": 3 * 24 * 60}, {"days_ahead": 0}])
async def test_an_offer_that_new_rules_of_the_clinic_forbid_ends(rule: dict[str, int]) -> None:
    clinic, _, slot, anna, _ = await freed()
    await freed_slots.allocate()
    offer = await the_offer(anna)
    await Clinic.filter(id=clinic.id).update(**rule)
    await freed_slots.allocate()
    assert (await Offer.get(id=offer.id)).answer is OfferAnswer.CLOSED
    assert await holder_of(slot) is None


async def test_an_offer_that_can_be_accepted_stays() -> None:
    _, _, slot, anna, _ = await freed()
    await freed_slots.allocate()
    for _ in range(3):
        await freed_slots.allocate()
    assert await holder_of(slot) == anna.patient_id
    assert (await Offer.get()).answer is OfferAnswer.OPEN


async def test_the_offer_for_a_visit_of_an_absent_doctor_does_not_count_that_visit_against_itself() -> None:
    """Anna has the one visit that the clinic allows, with the absent doctor; the offer moves it and adds none."""
    clinic = await cast.clinic(planned_visits_per_patient=1)
    doctor = await cast.doctor(clinic)
    slot = await cast.slot(at=clinic, by=doctor)
    await cast.slot(cast.warsaw(25, 10), at=clinic, by=doctor)
    anna = await cast.anna()
    await book(anna, slot)
    await report_absence(await cast.rita(), doctor, 24)
    await freed_slots.allocate()
    offer = await the_offer(anna)
    moved = await offer_response.accept(offer.id, patient=patient_of(anna), by=anna, channel=Channel.ONLINE)
    assert moved.starts_at == cast.warsaw(25, 10)


async def test_the_offer_for_an_absent_doctors_visit_ends_when_another_visit_takes_its_time() -> None:
    clinic, doctor, slot, anna, _ = await freed(limit=5)
    other = await cast.slot(cast.warsaw(25, 10), at=clinic, by=doctor)
    await freed_slots.allocate()
    await book(anna, slot)
    await report_absence(await cast.rita(), doctor, 24)
    offer = await the_offer(anna)
    assert offer.slot_id == other.id
    elsewhere = await cast.clinic("Poradnia okulistyczna")
    await book(anna, await cast.slot(other.starts_at, at=elsewhere, by=await cast.doctor(elsewhere)))
    await freed_slots.allocate()
    assert (await Offer.get(id=offer.id)).answer is OfferAnswer.CLOSED

"""Confirming identity: an account's claim is kept apart from the person's record until a document has been seen."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

import settings
from infra import clock, database
from models.accounts import identity, patient_record, patient_search
from models.accounts.account import Account
from models.accounts.patient import Patient
from models.accounts.patient_record import PatientDetails
from models.accounts.session import Session
from models.admin import data_export, own_account
from models.audit import AuditEntry
from models.outbox import Message, MessageKind
from models.refusals.booking import SlotTaken, TooManyVisits, WrongCredentials
from models.refusals.desk import IdentityNotConfirmed, PatientExists, PatientNotFound, RecordsOverlap
from models.slots.slot import Slot
from models.values.identity_document import DocumentKind, SeenDocument
from models.values.visit_status import Status
from models.visits import attendance, booking_check, call_list, identity_confirmation, message_search, reminder
from models.visits.message_search import MessageFilter
from models.visits.visit import Visit
from models.visits.visit_search import VisitFilter
from models.waiting import freed_slots
from models.waiting.offer import Offer
from models.waiting.waiting_list import WaitingListEntry
from tests import cast
from tests.support.identity import CARD, again, claim, show, telephone
from tests.support.racing import race, tally
from tests.support.schedules import holder_of, join_waiting_list, the_offer
from tests.support.visits import actor, book, book_for, cancel, hold, move_for, patient_of

HOME = "203.0.113.7"


async def slots(count: int, **rules: Any) -> list[Slot]:
    clinic = await cast.clinic(**rules)
    return await cast.morning(cast.warsaw(24, 8).date(), count, at=clinic, by=await cast.doctor(clinic))


async def two_at_once() -> tuple[Slot, Slot]:
    clinic = await cast.clinic()
    one = await cast.slot(at=clinic, by=await cast.doctor(clinic))
    return one, await cast.slot(at=clinic, by=await cast.doctor(clinic, last_name="Kowal"))


async def all_that_reaches(account: Account) -> str:
    """The content of all messages to the account, and all that it can export."""
    letters = await Message.filter(account_id=account.id).order_by("id").values("kind", "to", "details")
    exported = json.loads(await data_export.export(account))
    del exported["exportedAt"], exported["accessLog"]
    return json.dumps([letters, exported], default=str)


async def everything() -> Any:
    tables = ("patient", "account", "visit", "message", "audit_entry", "session")
    return {table: await database.fetch(f"SELECT * FROM {table} ORDER BY id") for table in tables}


async def test_what_reception_books_for_somebody_reaches_no_account_that_only_claims_to_be_them() -> None:
    rita, stranger, [one, two] = await cast.rita(), await claim("stranger@example.pl"), await slots(2)
    booked = await book_for(rita, patient_of(stranger), one, reason="ból w klatce")
    moved = await move_for(rita, booked, two)
    await patient_record.change(patient_of(stranger).id, PatientDetails(phone="601 111 222"), by=rita)
    told = await all_that_reaches(await again(stranger))
    for hers in ("ból", booked.reference, moved.starts_at.isoformat(), "601111222", "visit_booked", str(booked.id)):
        assert hers not in told
    assert await Visit.list_page(patient_of(stranger).id, None, 9, past=False) == []
    record = await Patient.get(id=booked.patient_id)
    assert (record.phone, record.is_claim, record.first_name) == ("+48601111222", False, "Anna")
    assert (record.pesel, record.identity_confirmed_at) == (cast.ANNA_PESEL, None)


async def test_the_record_opened_for_a_claim_gets_no_way_to_reach_whoever_claims() -> None:
    """Otherwise a stranger's telephone number in the person's record would get the reminders."""
    rita, stranger, [slot] = await cast.rita(), await claim("s@example.pl"), await slots(1)
    await own_account.update_contact(stranger, patient_of(stranger), phone="601 234 567", sms_reminders=True)
    visit = await book_for(rita, patient_of(stranger), slot)
    record = await Patient.get(id=visit.patient_id)
    assert (record.phone, record.sms_reminders) == (None, False)
    with clock.pinned(cast.warsaw(23, 12)):
        await reminder.write_due_reminders()
    assert await Message.filter(kind=MessageKind.VISIT_REMINDER).count() == 0


async def test_reception_keeps_one_record_whoever_claims_the_number() -> None:
    rita, pages = await cast.rita(), await slots(3)
    for n, slot in enumerate(pages):
        await book_for(rita, patient_of(await claim(f"s{n}@example.pl")), slot)
    [record_id] = {visit.patient_id for visit in await Visit.all()}
    with pytest.raises(PatientExists) as refused:
        await telephone(rita)
    assert refused.value.details == {"patient_id": str(record_id)}


async def test_a_person_who_telephones_is_registered_whoever_claims_the_number_and_only_once() -> None:
    rita, roman = await cast.rita(), await cast.roman()
    await claim("stranger@example.pl")
    outcomes = await race(telephone(rita), telephone(roman))
    assert tally(outcomes) == {"Patient": 1, "PatientExists": 1}


async def test_a_claim_of_another_name_is_not_taken_for_the_person() -> None:
    rita, stranger = await cast.rita(), await claim("z@example.pl", first_name="Zenon", last_name="Inny")
    record, [slot] = await telephone(rita), await slots(1)
    with pytest.raises(IdentityNotConfirmed) as refused:
        await book_for(rita, patient_of(stranger), slot)
    assert refused.value.details == {"patient_id": str(record.id)}
    [told] = await booking_check.find_refusals(slot.id, stranger.patient_id)
    assert type(told) is IdentityNotConfirmed
    with pytest.raises(IdentityNotConfirmed):
        await patient_record.change(patient_of(stranger).id, PatientDetails(phone="601 111 222"), by=rita)
    assert await Visit.all().count() == 0


async def test_a_record_with_an_address_given_by_telephone_keeps_its_visits_from_that_address() -> None:
    rita, [one, two] = await cast.rita(), await slots(2)
    record = await telephone(rita, email="anna@example.pl", phone="601 111 222")
    await book_for(rita, record, one)
    account = await Account.get(email="anna@example.pl").select_related("patient")
    assert (patient_of(account).id == record.id, patient_of(account).phone, patient_of(account).is_claim) == (
        False,
        None,
        True,
    )
    assert [letter.kind for letter in await Message.filter(account_id=account.id)] == [MessageKind.ACCOUNT_OPENED]
    await book(account, two)
    assert await Visit.filter(patient_id=record.id).count() == 1


async def test_what_reception_does_is_not_in_the_access_log_of_a_claim_until_it_is_confirmed() -> None:
    rita, stranger, [slot] = await cast.rita(), await claim("s@example.pl"), await slots(1)
    await book(stranger, slot)
    await AuditEntry.record("open_record", account=rita, patient_id=stranger.patient_id)
    ids, own = [patient_of(stranger).id], {"open_account", "visit_booked"}
    assert {entry.action for entry in await AuditEntry.list_for_patient(ids, None, 9, is_claim=True)} == own
    assert {entry["action"] for entry in json.loads(await data_export.export(stranger))["accessLog"]} == {
        *own,
        "export_data",
    }
    await show(patient_of(stranger), rita)
    logged = await AuditEntry.list_for_patient(ids, None, 9, is_claim=False)
    assert {entry.action for entry in logged} == {*own, "export_data", "open_record", "confirm_identity"}


async def test_a_claim_whose_number_nobody_else_has_becomes_the_person_s_record() -> None:
    rita, anna, [one, two] = await cast.rita(), await claim("anna@example.pl"), await slots(2)
    visit = await book(anna, one)
    record = await show(patient_of(anna), rita, SeenDocument.MOBYWATEL)
    assert (record.id, record.is_claim) == (anna.patient_id, False)
    confirmed = (record.identity_confirmed_at, record.identity_seen, record.identity_confirmed_by)
    assert confirmed == (clock.now(), SeenDocument.MOBYWATEL, rita.id)
    assert (await book_for(rita, record, two)).patient_id == visit.patient_id
    assert await Message.filter(account_id=anna.id, kind=MessageKind.IDENTITY_CONFIRMED, to="anna@example.pl").exists()
    entry = await AuditEntry.get(action="confirm_identity")
    assert (entry.account_id, entry.patient_id, entry.subject_id) == (rita.id, record.id, record.id)


async def test_all_of_a_claim_joins_the_record_and_the_account_sees_the_whole() -> None:
    rita, borys, pages = await cast.rita(), await cast.borys(), await slots(5)
    anna = await claim("anna@example.pl")
    record = await telephone(rita, phone="22 621 00 00")
    by_telephone = await book_for(rita, record, pages[0])
    online, past = await book(anna, pages[1]), await book(anna, pages[2])
    await cancel(anna, past)
    await hold(anna, pages[3])
    taken = await book(borys, pages[4])
    await join_waiting_list(anna, await pages[0].clinic)
    await cancel(borys, taken)
    assert await freed_slots.allocate() >= 1
    offer = await the_offer(anna)
    confirmed = await show(patient_of(anna), rita)
    account = await again(anna)
    assert confirmed.id == record.id == account.patient_id
    planned = await Visit.list_page(record.id, None, 9, past=False)
    assert [visit.id for visit in planned] == [by_telephone.id, online.id]
    assert [visit.id for visit in await Visit.list_page(record.id, None, 9, past=True)] == [past.id]
    assert (await Offer.get(id=offer.id)).patient_id == record.id
    assert await holder_of(await Slot.get(id=offer.slot_id)) == record.id
    assert await Slot.filter(held_by_id=record.id).count() == 1, "what was held while deciding is released"
    assert [entry.patient_id for entry in await WaitingListEntry.waiting(record.id)] == [record.id]
    assert (await Visit.book(offer.slot_id or uuid4(), patient=patient_of(account), by=account)).patient_id == record.id
    letters = await MessageFilter(patient_id=record.id).find(rita, None, 20)
    assert {online.id, past.id} <= {letter.visit_id for letter in letters}
    assert (confirmed.phone, confirmed.first_name) == ("+48226210000", "Anna")


async def test_the_id_of_a_claim_stays_good_when_it_has_joined_the_record() -> None:
    rita, anna, [slot] = await cast.rita(), await claim("anna@example.pl"), await slots(1)
    record, claimed = await telephone(rita), patient_of(anna)
    visit = await book(anna, slot)
    await show(claimed, rita)
    assert (await patient_record.get(claimed.id)).id == record.id
    assert [found.id for found in await VisitFilter(patient_id=claimed.id).find(None, 9)] == [visit.id]
    assert len(await MessageFilter(patient_id=claimed.id).find(rita, None, 9)) == 3
    for words in (cast.ANNA_PESEL, "zolc", visit.reference):
        assert [found.id for found in await patient_search.search(words, None, 9)] == [record.id]
    assert await Visit.find_for_patient(visit.id, claimed), "a request that began before sees it"
    assert await Visit.cancel(visit.id, patient=claimed, by=anna)


async def test_the_telephone_that_the_person_gave_online_is_how_they_are_reached() -> None:
    rita, anna = await cast.rita(), await claim("anna@example.pl")
    record = await telephone(rita, phone="22 621 00 00")
    await own_account.update_contact(anna, patient_of(anna), phone="601 234 567", sms_reminders=True)
    confirmed = await show(patient_of(anna), rita)
    assert (confirmed.id, confirmed.phone, confirmed.sms_reminders) == (record.id, "+48601234567", True)


async def test_the_account_that_reception_gave_a_record_is_confirmed_with_it() -> None:
    rita, [slot] = await cast.rita(), await slots(1)
    record = await telephone(rita, email="anna@example.pl")
    visit = await book_for(rita, record, slot)
    assert (await show(record, rita)).account.email == "anna@example.pl"
    assert (await Account.get(email="anna@example.pl")).patient_id == visit.patient_id == record.id


async def test_confirming_twice_changes_nothing_more() -> None:
    rita, roman, anna = await cast.rita(), await cast.roman(), await claim("anna@example.pl")
    first = await show(patient_of(anna), rita)
    clock.advance(timedelta(days=1))
    second = await show(patient_of(anna), roman, SeenDocument.PASSPORT)
    assert (second.identity_confirmed_at, second.identity_seen) == (first.identity_confirmed_at, CARD)
    assert await AuditEntry.filter(action="confirm_identity").count() == 1
    assert await Message.filter(kind=MessageKind.IDENTITY_CONFIRMED).count() == 1


async def test_visits_at_one_time_are_named_and_nothing_changes_until_reception_has_resolved_it() -> None:
    rita, anna, (one, two) = await cast.rita(), await claim("anna@example.pl"), await two_at_once()
    record = await telephone(rita)
    hers, online = await book_for(rita, record, one), await book(anna, two)
    before = await everything()
    with pytest.raises(RecordsOverlap) as refused:
        await show(patient_of(anna), rita)
    assert refused.value.details == {"visit_ids": [str(online.id), str(hers.id)]}
    assert await everything() == before
    await Visit.cancel(hers.id, patient=record, by=actor(rita))
    assert (await show(patient_of(anna), rita)).id == record.id


async def test_a_missed_visit_does_not_prevent_the_records_from_being_joined() -> None:
    rita, anna, (one, two) = await cast.rita(), await claim("anna@example.pl"), await two_at_once()
    record = await telephone(rita)
    hers, online = await book_for(rita, record, one), await book(anna, two)
    with clock.pinned(cast.warsaw(24, 11)):
        await attendance.mark(hers.id, Status.ARRIVED, patient=record, actor=actor(rita))
        await attendance.mark(online.id, Status.NO_SHOW, patient=patient_of(anna), actor=actor(rita))
        await show(patient_of(anna), rita)
        assert await Visit.filter(patient_id=record.id).count() == 2
        outcome = await race(attendance.mark(online.id, Status.ARRIVED, patient=record, actor=actor(rita)))
        assert tally(outcome) == {"VisitsOverlap": 1}
        assert (await Visit.get(id=online.id)).status == Status.NO_SHOW


async def test_other_claims_of_the_number_stay_apart_and_get_no_sign() -> None:
    rita, pages, stranger = await cast.rita(), await slots(3), await claim("stranger@example.pl")
    theirs = await book(stranger, pages[0])
    before = await all_that_reaches(stranger)
    [row] = await database.fetch("SELECT * FROM patient WHERE id = $1", [stranger.patient_id])
    record = await show(patient_of(await claim("anna@example.pl")), rita)
    await book_for(rita, record, pages[1])
    assert await all_that_reaches(await again(stranger)) == before
    assert await database.fetch("SELECT * FROM patient WHERE id = $1", [stranger.patient_id]) == [row]
    assert [visit.id for visit in await Visit.list_page(patient_of(stranger).id, None, 9, past=False)] == [theirs.id]
    with pytest.raises(SlotTaken):  # not VisitsOverlap, which would reveal the person's visit at that time
        await book(stranger, pages[1])
    await book(stranger, pages[2])


async def test_of_two_accounts_of_one_person_the_later_one_stays_and_both_are_told() -> None:
    rita, [slot, other] = await cast.rita(), await slots(2)
    first, second = await claim("first@example.pl"), await claim("second@example.pl")
    record = await show(patient_of(first), rita)
    _, token = await Account.log_in("first@example.pl", cast.PASSWORD, address=HOME)
    _, kept = await Account.log_in("second@example.pl", cast.PASSWORD, address=HOME)
    mine, theirs = await book(await again(first), slot), await book(second, other)
    assert (await show(patient_of(second), rita)).id == record.id
    assert await Session.find_by_token(token) is None
    session = await Session.find_by_token(kept)
    assert session
    assert session.account.patient_id == record.id
    with pytest.raises(WrongCredentials):
        await Account.log_in("first@example.pl", cast.PASSWORD, address=HOME)
    assert {visit.id for visit in await Visit.filter(patient_id=record.id)} == {mine.id, theirs.id}
    told = await Message.filter(kind__in=[MessageKind.LOGIN_ENDED, MessageKind.IDENTITY_CONFIRMED]).order_by("id")
    assert [(letter.kind, letter.to, letter.details) for letter in told] == [
        (MessageKind.IDENTITY_CONFIRMED, "first@example.pl", {"has_replaced": False}),
        (MessageKind.LOGIN_ENDED, "first@example.pl", {}),
        (MessageKind.IDENTITY_CONFIRMED, "second@example.pl", {"has_replaced": True}),
    ]


async def test_a_request_repeated_after_the_records_joined_gets_the_first_answer() -> None:
    rita, anna, [one, two] = await cast.rita(), await claim("anna@example.pl"), await slots(2)
    claimed = patient_of(anna)
    mine = await book(anna, one, key="mine")
    theirs = await book_for(rita, claimed, two, key="theirs")
    await show(claimed, rita)
    assert (await book(await again(anna), one, key="mine")).id == mine.id
    named = await patient_record.get_as_named(claimed.id)
    assert (await book_for(rita, named, two, key="theirs")).id == theirs.id
    assert await Visit.all().count() == 2


async def test_arriving_with_a_document_confirms_in_the_same_step_or_not_at_all() -> None:
    rita, anna, (one, two) = await cast.rita(), await claim("anna@example.pl"), await two_at_once()
    record = await telephone(rita)
    hers, online = await book_for(rita, record, one), await book(anna, two)
    arrival: dict[str, Any] = {"patient": patient_of(anna), "actor": actor(rita), "seen": CARD}
    with clock.pinned(cast.warsaw(24, 9)):
        with pytest.raises(RecordsOverlap):
            await attendance.mark(online.id, Status.ARRIVED, **arrival)
        assert (await Visit.get(id=online.id)).status == Status.BOOKED
        await Visit.cancel(hers.id, patient=record, by=actor(rita))
        arrived = await attendance.mark(online.id, Status.ARRIVED, **arrival)
    assert (arrived.status, arrived.patient_id, arrived.patient.identity_seen) == (Status.ARRIVED, record.id, CARD)


async def test_an_arrival_marked_too_early_confirms_nothing_either() -> None:
    rita, anna, [slot] = await cast.rita(), await claim("anna@example.pl"), await slots(1)
    visit = await book(anna, slot)
    marking = attendance.mark(visit.id, Status.ARRIVED, patient=patient_of(anna), actor=actor(rita), seen=CARD)
    assert tally(await race(marking)) == {"StatusNotChangeable": 1}
    assert (await Patient.get(id=anna.patient_id)).identity_confirmed_at is None


async def test_an_unknown_record_cannot_be_confirmed() -> None:
    with pytest.raises(PatientNotFound):
        await identity_confirmation.confirm(uuid4(), CARD, by=await cast.rita())


async def test_before_the_identity_is_confirmed_three_visits_can_be_planned_in_all_clinics_together() -> None:
    rita, anna = await cast.rita(), await claim("anna@example.pl")
    for n in range(settings.UNCONFIRMED_VISITS):
        await book(anna, await cast.slot(cast.warsaw(24, 8 + n)))
    elsewhere = await cast.clinic("Poradnia okulistyczna")
    slot = await cast.slot(cast.warsaw(24, 15), at=elsewhere)
    with pytest.raises(TooManyVisits) as refused:
        await book(anna, slot)
    assert refused.value.details == {"limit": 3, "reason": "UNCONFIRMED"}
    assert "tożsamości" in refused.value.message("PL")
    assert "identity" in refused.value.message("EN")
    with pytest.raises(TooManyVisits):
        await join_waiting_list(anna, elsewhere)
    await show(patient_of(anna), rita)
    assert await book(await again(anna), slot)


async def test_confirming_while_the_patient_books_loses_no_visit() -> None:
    rita, anna, pages = await cast.rita(), await claim("anna@example.pl"), await slots(3)
    record = await telephone(rita)
    outcomes = await race(*(book(anna, slot) for slot in pages), show(patient_of(anna), rita))
    assert tally(outcomes) == {"Visit": 3, "Patient": 1}
    assert {visit.patient_id for visit in await Visit.all()} == {record.id}


async def test_confirming_while_reception_books_for_the_claim_leaves_one_record() -> None:
    rita, roman, anna = await cast.rita(), await cast.roman(), await claim("anna@example.pl")
    pages = await slots(3)
    outcomes = await race(*(book_for(roman, patient_of(anna), slot) for slot in pages), show(patient_of(anna), rita))
    assert tally(outcomes) == {"Visit": 3, "Patient": 1}
    record = await patient_record.get(patient_of(anna).id)
    assert {visit.patient_id for visit in await Visit.all()} == {record.id}
    assert await Patient.filter(joined_to_id=None).count() == 1


async def test_two_colleagues_who_confirm_one_claim_at_once_confirm_it_once() -> None:
    rita, roman, anna = await cast.rita(), await cast.roman(), await claim("anna@example.pl")
    await telephone(rita)
    assert tally(await race(show(patient_of(anna), rita), show(patient_of(anna), roman))) == {"Patient": 2}
    assert await AuditEntry.filter(action="confirm_identity").count() == 1


async def test_of_many_claims_confirmed_at_once_all_are_one_record_with_one_login() -> None:
    rita = await cast.rita()
    claims = [await claim(f"a{n}@example.pl") for n in range(5)]
    assert tally(await race(*(show(patient_of(one), rita) for one in claims))) == {"Patient": 5}
    assert await Patient.filter(joined_to_id=None, is_claim=False).count() == 1
    assert await Account.filter(closed_at=None, role="PATIENT").count() == 1


async def test_confirming_and_registering_the_same_person_at_once_leaves_one_record() -> None:
    rita, roman, anna = await cast.rita(), await cast.roman(), await claim("anna@example.pl")
    outcomes = await race(show(patient_of(anna), rita), telephone(roman))
    assert tally(outcomes) in ({"Patient": 2}, {"Patient": 1, "PatientExists": 1})
    assert await Patient.filter(is_claim=False).count() == 1


@pytest.mark.parametrize("has_visit", [True, False])
async def test_confirming_while_the_account_is_closed_leaves_no_login_and_loses_no_visit(has_visit: bool) -> None:
    rita, anna, [slot] = await cast.rita(), await claim("anna@example.pl"), await slots(1)
    await telephone(rita)
    if has_visit:
        await book(anna, slot)
    confirming, closing = await race(show(patient_of(anna), rita), own_account.close_account(anna, patient_of(anna)))
    assert closing is None
    assert isinstance(confirming, (Patient, PatientNotFound))
    assert await Account.filter(closed_at=None, role="PATIENT").count() == 0
    assert await Visit.all().count() == has_visit


async def test_a_list_of_calls_shows_whose_identity_is_confirmed() -> None:
    rita, stranger, [one, two] = await cast.rita(), await claim("s@example.pl"), await slots(2)
    await book_for(rita, patient_of(stranger), one)
    await book_for(rita, await show(await cast.dorota(rita), rita), two)
    calls = await call_list.list_for_day(None, cast.warsaw(24, 8).date())
    assert [call.visit.patient.identity_confirmed_at is not None for call in calls] == [False, True]


async def test_a_letter_to_a_claim_is_sent_again_to_the_same_person_after_joining() -> None:
    rita, anna, [slot] = await cast.rita(), await claim("anna@example.pl"), await slots(1)
    await telephone(rita)
    await book(anna, slot)
    letter = await Message.get(kind=MessageKind.VISIT_BOOKED)
    await Message.filter(id=letter.id).update(state="failed")
    await show(patient_of(anna), rita)
    assert (await message_search.resend(letter.id, by=rita)).to == "anna@example.pl"


async def test_every_table_that_belongs_to_a_patient_is_moved_or_known_to_stay() -> None:
    """For each new table, decide here: does it join the record (identity_confirmation.py), and go with the person
    (person_removal.py)?
    """
    moved = {"visit.patient_id", "waiting_list_entry.patient_id", "offer.patient_id", "slot.held_by_id"}
    moved |= {"account.patient_id", "patient.invited_from_id"}
    # former names and search words describe their row and are deleted with it; a claim is never marked as a double
    stays = {"patient.joined_to_id", "former_name.patient_id", "patient_word.patient_id", "patient.double_of_id"}
    found = await database.fetch(
        "SELECT conrelid::regclass || '.' || attname AS name FROM pg_constraint"
        " JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY(conkey)"
        " WHERE confrelid = 'patient'::regclass AND contype = 'f'"
    )
    assert {row["name"] for row in found} == moved | stays


async def test_a_claim_of_a_document_becomes_the_record_of_that_document() -> None:
    rita = await cast.rita()
    entry = PatientDetails("Oksana", "Bojko", document=(DocumentKind.PASSPORT, "UA", "FE123456"), email="o@example.pl")
    oksana = await patient_record.register(entry, by=rita)
    account = await Account.get(email="o@example.pl").select_related("patient")
    assert await identity.find_centre_record(patient_of(account)) == oksana
    assert (await show(patient_of(account), rita, SeenDocument.PASSPORT)).id == oksana.id


async def test_what_was_corrected_in_a_record_does_not_part_it_from_the_account_that_reception_gave() -> None:
    rita, [slot] = await cast.rita(), await slots(1)
    record = await telephone(rita, email="anna@example.pl")
    await patient_record.change(record.id, PatientDetails(last_name="Żółta", pesel=cast.CELINA_PESEL), by=rita)
    account = await Account.get(email="anna@example.pl").select_related("patient")
    assert (await book_for(rita, patient_of(account), slot)).patient_id == record.id
    assert (await show(patient_of(account), rita)).id == record.id

"""Records opened by reception: one per person, even without PESEL or e-mail address, and accounts for these people."""

import json
import re
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from infra import database
from models.accounts import patient_record
from models.accounts.account import Account, Language
from models.accounts.patient import Patient
from models.accounts.patient_record import PatientDetails
from models.admin import own_account
from models.audit import AuditEntry
from models.outbox import Message, MessageKind
from models.refusals.desk import AccountExists, PatientExists, PatientNotFound, RecordsNotMerged
from models.refusals.refusal import InvalidInput
from models.values import identity_document, pesel
from models.values.identity_document import DocumentKind, SeenDocument
from tests import cast
from tests.support.identity import show
from tests.support.racing import race, tally
from tests.support.visits import book, patient_of

PASSPORT = (DocumentKind.PASSPORT, "ua", "fe 123-456")
NAMES: dict[str, Any] = {"first_name": "Oksana", "last_name": "Шевченко"}


async def flaws(entry: PatientDetails) -> set[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refused:
        await patient_record.register(entry, by=await cast.rita())
    return {(".".join(flaw.path), flaw.code) for flaw in refused.value.flaws}


async def test_a_person_without_pesel_and_email_has_a_record_and_no_account() -> None:
    rita = await cast.rita()
    oksana = await patient_record.register(PatientDetails(**NAMES, document=PASSPORT, phone="22 621 00 00"), by=rita)
    assert (oksana.pesel, oksana.pesel_masked, oksana.phone) == ("", "", "+48226210000")
    assert await Account.filter(patient_id=oksana.id).count() == 0
    assert oksana.document
    assert (oksana.document.country, oksana.document.number, oksana.document.masked) == ("UA", "FE123456", "*****456")
    assert await Message.all().count() == 0
    entry = await AuditEntry.get()
    assert (entry.action, entry.account_id, entry.patient_id) == ("register_patient", rita.id, oksana.id)


async def test_neither_pesel_nor_document_can_be_read_in_the_database(stranger: Any) -> None:
    rita = await cast.rita()
    await patient_record.register(PatientDetails(**NAMES, pesel=cast.DOROTA_PESEL, document=PASSPORT), by=rita)
    for table in ("patient", "audit_entry"):
        told = str([dict(row) for row in await stranger.fetch(f"SELECT * FROM {table}")])
        assert not re.search(f"{cast.DOROTA_PESEL}|FE123456", told)


async def test_with_an_email_an_account_is_opened_and_its_one_time_password_mailed() -> None:
    rita = await cast.rita()
    entry = PatientDetails(**NAMES, document=PASSPORT, email="oksana@example.pl")
    oksana = await patient_record.register(entry, by=rita, language=Language.EN, seen=SeenDocument.PASSPORT)
    letter = await Message.get()
    assert (letter.kind, letter.to, letter.language) == (MessageKind.ACCOUNT_OPENED, "oksana@example.pl", "EN")
    assert oksana.account.email == "oksana@example.pl"
    assert not re.search("Oksana|FE123456", json.dumps(letter.details))


async def test_every_flaw_is_named_at_once() -> None:
    entry = PatientDetails(
        first_name="",
        last_name="7",
        pesel="44051401358",
        document=(DocumentKind.PASSPORT, "ZZ", "FE123456"),
        phone="22 621 00 00",
        sms_reminders=True,
        email="x@",
    )
    assert await flaws(entry) == {
        ("firstName", "REQUIRED"),
        ("lastName", "MALFORMED"),
        ("pesel", "PESEL_CHECKSUM"),
        ("document.country", "MALFORMED"),
        ("phone", "PHONE_NOT_MOBILE"),
        ("email", "EMAIL_MALFORMED"),
    }
    assert await Patient.all().count() == 0


@pytest.mark.parametrize("number", ["", "F1", "FE/12*45", "1" * 31])
async def test_a_document_has_a_number_that_can_be_one(number: str) -> None:
    entry = PatientDetails(**NAMES, document=(DocumentKind.IDENTITY_CARD, "PL", number))
    assert await flaws(entry) == {("document.number", "MALFORMED")}


async def test_a_person_must_be_known_by_something() -> None:
    assert await flaws(PatientDetails(**NAMES)) == {("document", "REQUIRED")}


@pytest.mark.parametrize("again", [{"pesel": "850 312 45604"}, {"document": (DocumentKind.PASSPORT, "UA", "FE123456")}])
async def test_a_known_person_gets_no_second_record_and_reception_learns_which_is_theirs(again: Any) -> None:
    rita = await cast.rita()
    first = await patient_record.register(PatientDetails(**NAMES, pesel=cast.DOROTA_PESEL, document=PASSPORT), by=rita)
    with pytest.raises(PatientExists) as refused:
        await patient_record.register(PatientDetails(**NAMES, **again), by=rita)
    assert refused.value.details == {"patient_id": str(first.id)}
    assert await Patient.all().count() == 1


async def test_the_same_number_of_another_country_is_another_document() -> None:
    rita = await cast.rita()
    await patient_record.register(PatientDetails(**NAMES, document=PASSPORT), by=rita)
    await patient_record.register(PatientDetails(**NAMES, document=(DocumentKind.PASSPORT, "BY", "FE123456")), by=rita)
    await patient_record.register(
        PatientDetails(**NAMES, document=(DocumentKind.IDENTITY_CARD, "UA", "FE123456")), by=rita
    )
    assert await Patient.all().count() == 3


async def test_two_colleagues_who_register_one_person_at_once_open_one_record() -> None:
    rita, roman = await cast.rita(), await cast.roman()
    outcomes = await race(cast.dorota(rita), cast.dorota(roman))
    assert tally(outcomes) == {"Patient": 1, "PatientExists": 1}
    assert await AuditEntry.filter(action="register_patient").count() == 1


async def test_an_address_of_somebody_else_opens_no_account_and_leaves_no_record() -> None:
    rita = await cast.rita()
    await cast.anna()
    for address in ("ANNA@example.pl", "rita@diamed.example"):
        with pytest.raises(InvalidInput) as refused:
            await patient_record.register(PatientDetails(**NAMES, document=PASSPORT, email=address), by=rita)
        assert [(flaw.path, flaw.code) for flaw in refused.value.flaws] == [(("email",), "NOT_AVAILABLE")]
    assert await Patient.filter(first_name="Oksana").count() == 0


async def test_a_pesel_assigned_later_is_added_and_found_again() -> None:
    rita = await cast.rita()
    oksana = await patient_record.register(PatientDetails(**NAMES, document=PASSPORT), by=rita)
    changed = await patient_record.change(oksana.id, PatientDetails(pesel=cast.DOROTA_PESEL), by=rita)
    assert (changed.pesel, changed.pesel_index) == (cast.DOROTA_PESEL, pesel.blind_index(cast.DOROTA_PESEL))
    assert changed.document_index == oksana.document_index
    assert await AuditEntry.filter(action="change_patient", patient_id=oksana.id).count() == 1


async def test_two_records_of_one_person_are_never_merged_and_the_refusal_says_why() -> None:
    rita = await cast.rita()
    dorota, oksana = (
        await cast.dorota(rita),
        await patient_record.register(PatientDetails(**NAMES, document=PASSPORT), by=rita),
    )
    with pytest.raises(RecordsNotMerged) as refused:
        await patient_record.change(oksana.id, PatientDetails(pesel=cast.DOROTA_PESEL, phone="501 234 567"), by=rita)
    assert refused.value.details == {"patient_id": str(dorota.id)}
    assert "are not merged" in refused.value.message("EN")
    assert "się nie łączy" in refused.value.message("PL")
    after = await Patient.get(id=oksana.id)
    assert (after.pesel, after.phone) == ("", None)
    assert await AuditEntry.filter(action="change_patient").count() == 0


async def test_what_is_left_out_stays_and_the_same_again_changes_nothing() -> None:
    rita = await cast.rita()
    dorota = await cast.dorota(rita)
    same = PatientDetails(last_name="Dzwoniąca", pesel=cast.DOROTA_PESEL, phone="+48 22 621 00 00")
    assert (await patient_record.change(dorota.id, same, by=rita)).pesel_sealed == dorota.pesel_sealed
    assert await AuditEntry.filter(action="change_patient").count() == 0
    renamed = await patient_record.change(dorota.id, PatientDetails(last_name="Nowa"), by=rita)
    assert (renamed.last_name, renamed.first_name, renamed.phone) == ("Nowa", "Dorota", "+48226210000")
    assert (await patient_record.change(dorota.id, PatientDetails(phone=""), by=rita)).phone is None


async def test_the_owner_of_an_account_is_notified_when_reception_changes_the_telephone() -> None:
    rita, anna = await cast.rita(), await cast.anna()
    await patient_record.change(patient_of(anna).id, PatientDetails(last_name="Żółta"), by=rita)
    assert await Message.all().count() == 0
    await patient_record.change(patient_of(anna).id, PatientDetails(phone="601 234 567"), by=rita)
    letter = await Message.get()
    assert (letter.kind, letter.to, letter.details) == (
        MessageKind.CONTACT_CHANGED,
        "anna@example.pl",
        {"changed": ["phone"]},
    )


async def test_a_text_needs_a_mobile_telephone_also_when_the_patient_asks_for_it_later() -> None:
    rita = await cast.rita()
    dorota = await show(await cast.dorota(rita), rita)
    with pytest.raises(InvalidInput):
        await patient_record.change(dorota.id, PatientDetails(sms_reminders=True), by=rita)
    await patient_record.invite(dorota.id, "dorota@example.pl", by=rita)
    account = await Account.get(patient_id=dorota.id).select_related("patient")
    with pytest.raises(InvalidInput) as refused:
        await own_account.update_contact(account, dorota, sms_reminders=True)
    assert [flaw.code for flaw in refused.value.flaws] == ["PHONE_NOT_MOBILE"]
    await own_account.update_contact(account, dorota, sms_reminders=True, phone="501 234 567")


async def test_a_record_is_given_an_account_once() -> None:
    rita, roman = await cast.rita(), await cast.roman()
    dorota = await cast.dorota(rita)
    outcomes = await race(
        patient_record.invite(dorota.id, "dorota@example.pl", by=rita),
        patient_record.invite(dorota.id, "dorota@example.com", by=roman),
    )
    assert tally(outcomes) == {"Patient": 1, "AccountExists": 1}
    assert await Message.filter(kind=MessageKind.ACCOUNT_OPENED).count() == 1


async def test_a_closed_account_is_opened_again_for_the_same_record() -> None:
    rita, anna = await cast.rita(), await cast.anna()
    await book(anna, await cast.slot())
    await own_account.close_account(anna, patient_of(anna))
    await patient_record.invite(patient_of(anna).id, "anna@example.com", by=rita)
    account = await Account.get(patient_id=anna.patient_id)
    assert (account.id, account.email) == (anna.id, "anna@example.com")
    assert account.closed_at is None
    assert account.password_hash is None
    with pytest.raises(AccountExists):
        await patient_record.invite(patient_of(anna).id, "anna@example.com", by=rita)


async def test_an_invitation_needs_an_address_of_their_own() -> None:
    rita = await cast.rita()
    dorota = await cast.dorota(rita)
    for address, code in (("x@", "EMAIL_MALFORMED"), ("rita@diamed.example", "NOT_AVAILABLE")):
        with pytest.raises(InvalidInput) as refused:
            await patient_record.invite(dorota.id, address, by=rita)
        assert [flaw.code for flaw in refused.value.flaws] == [code]
    assert await Account.filter(patient_id=dorota.id).count() == 0


async def test_a_look_at_a_whole_pesel_is_audited() -> None:
    rita = await cast.rita()
    dorota = await cast.dorota(rita)
    assert (await patient_record.reveal_pesel(dorota.id, by=rita)).pesel == cast.DOROTA_PESEL
    entry = await AuditEntry.get(action="reveal_pesel")
    assert (entry.account_id, entry.patient_id, entry.role) == (rita.id, dorota.id, "RECEPTIONIST")


async def test_an_unknown_record_cannot_be_revealed_changed_or_given_an_account() -> None:
    rita, nobody = await cast.rita(), (await cast.slot()).id
    for attempt in (
        patient_record.reveal_pesel(nobody, by=rita),
        patient_record.change(nobody, PatientDetails(phone=""), by=rita),
        patient_record.invite(nobody, "n@example.pl", by=rita),
    ):
        with pytest.raises(PatientNotFound):
            await attempt
    assert await AuditEntry.all().count() == 0


async def test_the_database_keeps_a_documents_parts_together(stranger: Any) -> None:
    rita = await cast.rita()
    dorota = await cast.dorota(rita)
    with pytest.raises(IntegrityError):
        await Patient.filter(id=dorota.id).update(document_index=identity_document.number_index("X123"))
    with pytest.raises(IntegrityError):
        await database.fetch("UPDATE account SET patient_id = $1 WHERE id = $2", [dorota.id, rita.id])

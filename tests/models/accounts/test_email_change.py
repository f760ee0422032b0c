"""A new address takes effect once its owner follows the link in the letter; nobody learns which addresses exist."""

from datetime import timedelta

import pytest

import settings
from infra import clock, database
from models.accounts import email_change, patient_record
from models.accounts.account import Account
from models.accounts.account_request import LETTERS_PER_DAY
from models.accounts.one_time_password import OneTimePassword
from models.accounts.session import Session
from models.admin import own_account
from models.audit import AuditEntry
from models.outbox import Message, MessageKind, NoLongerWanted
from models.refusals.booking import LinkNotValid, WrongCredentials
from models.refusals.desk import AccountExists, AddressInUse, NoAccount
from models.refusals.refusal import InvalidInput
from tests import cast
from tests.support.identity import again, ask_for_address, change_address, confirm_address, process_requests, show
from tests.support.racing import race, tally
from tests.support.statement_count import count_statements
from tests.support.visits import book, patient_of

HOME = "203.0.113.7"
NEW = "Nowa@example.pl"


async def letters(kind: MessageKind) -> list[str]:
    return sorted([message.to for message in await Message.filter(kind=kind)])


async def token_for(address: str) -> str:
    return await email_change.issue_token(await Message.get(kind=MessageKind.EMAIL_CONFIRMATION, to=address))


async def test_a_new_address_is_the_login_once_it_is_confirmed_and_the_former_one_is_told_twice() -> None:
    anna = await cast.anna()
    await ask_for_address(anna, NEW)
    assert await letters(MessageKind.EMAIL_REQUESTED) == ["anna@example.pl"]
    assert (await again(anna)).email == "anna@example.pl"
    assert email_change.pending_email_of(await again(anna)) == NEW
    assert await Account.log_in("anna@example.pl", cast.PASSWORD, address=HOME)
    await confirm_address(NEW)
    assert await letters(MessageKind.CONTACT_CHANGED) == [NEW, "anna@example.pl"]
    assert await Account.log_in("nowa@example.pl", cast.PASSWORD, address=HOME)
    with pytest.raises(WrongCredentials):
        await Account.log_in("anna@example.pl", cast.PASSWORD, address=HOME)
    assert email_change.pending_email_of(await again(anna)) is None
    actions = await AuditEntry.filter(action__in=["request_email", "confirm_email"]).order_by("id")
    assert [(entry.action, entry.account_id) for entry in actions] == [
        ("request_email", anna.id),
        ("confirm_email", anna.id),
    ]


async def test_a_link_used_twice_gives_the_same_answer_and_changes_nothing_more() -> None:
    anna = await cast.anna()
    await ask_for_address(anna, NEW)
    token = await token_for(NEW)
    await email_change.confirm(token)
    written = await Message.all().count()
    await email_change.confirm(token)
    assert await Message.all().count() == written
    assert await AuditEntry.filter(action="confirm_email").count() == 1


async def test_a_link_opens_nothing_when_it_is_false_too_old_or_overtaken() -> None:
    anna = await cast.anna()
    for nonsense in ("", "x", "\0", "ą" * 10_000, "0" * 64):
        with pytest.raises(LinkNotValid):
            await email_change.confirm(nonsense)
    await ask_for_address(anna, NEW)
    first = await token_for(NEW)
    await ask_for_address(await again(anna), "inna@example.pl")
    with pytest.raises(LinkNotValid):
        await email_change.confirm(first)
    second = await token_for("inna@example.pl")
    with clock.pinned(clock.now() + timedelta(hours=settings.EMAIL_CONFIRMATION_HOURS)), pytest.raises(LinkNotValid):
        await email_change.confirm(second)
    await own_account.update_contact(await again(anna), patient_of(anna), email="anna@example.pl")
    with pytest.raises(LinkNotValid):
        await email_change.confirm(second)
    assert (await again(anna)).email == "anna@example.pl"


async def test_a_letter_that_was_overtaken_is_not_sent() -> None:
    anna = await cast.anna()
    await ask_for_address(anna, NEW)
    letter = await Message.get(kind=MessageKind.EMAIL_CONFIRMATION)
    await ask_for_address(await again(anna), "inna@example.pl")
    with pytest.raises(NoLongerWanted):
        await email_change.issue_token(letter)


async def test_a_letter_sent_twice_carries_one_link_and_the_database_holds_none() -> None:
    anna = await cast.anna()
    await ask_for_address(anna, NEW)
    token = await token_for(NEW)
    assert await token_for(NEW) == token
    for table in ("account", "message", "application"):
        assert token not in str(await database.fetch(f"SELECT {table}::text FROM {table}"))


async def test_an_address_of_another_causes_the_same_answer_the_same_work_and_one_letter_to_its_owner() -> None:
    anna, celina = await cast.anna(), await cast.celina()
    await cast.borys()
    _, for_unknown = await count_statements(
        own_account.update_contact(celina, patient_of(celina), email="wolny@example.pl")
    )
    _, for_known = await count_statements(own_account.update_contact(anna, patient_of(anna), email="BORYS@example.pl"))
    assert for_known == for_unknown
    await process_requests()
    assert email_change.pending_email_of(await again(anna)) == "BORYS@example.pl"
    assert await letters(MessageKind.EMAIL_CONFIRMATION) == ["wolny@example.pl"]
    assert await letters(MessageKind.EMAIL_REQUESTED) == ["anna@example.pl", "celina@example.pl"]
    assert await letters(MessageKind.ADDRESS_TRIED) == ["borys@example.pl"]
    await ask_for_address(await again(anna), "borys@example.pl")
    assert await letters(MessageKind.ADDRESS_TRIED) == ["borys@example.pl"], "told once a day"


async def test_of_many_who_want_one_address_at_once_one_has_it_and_the_others_learn_nothing() -> None:
    rivals = await cast.rivals(6)
    for rival in rivals:
        await ask_for_address(rival, "wolny@example.pl")
    asked = await Message.filter(kind=MessageKind.EMAIL_CONFIRMATION)
    tokens = [await email_change.issue_token(letter) for letter in asked]
    assert len(tokens) == 6
    outcomes = await race(*(email_change.confirm(token) for token in tokens))
    assert tally(outcomes) == {"NoneType": 1, "LinkNotValid": 5}
    assert await Account.filter(email_key="wolny@example.pl").count() == 1


async def test_the_same_address_in_another_spelling_needs_no_letter() -> None:
    anna = await cast.anna()
    await own_account.update_contact(anna, patient_of(anna), email="Anna@Example.pl")
    assert (await again(anna)).email == "Anna@example.pl"
    assert await Message.filter(kind=MessageKind.EMAIL_CONFIRMATION).count() == 0


async def test_a_client_that_asks_for_ever_new_addresses_writes_at_most_ten_letters_a_day() -> None:
    anna = await cast.anna()
    for n in range(LETTERS_PER_DAY + 3):
        await ask_for_address(await again(anna), f"nr{n}@example.pl")
    assert await Message.filter(kind=MessageKind.EMAIL_CONFIRMATION).count() == LETTERS_PER_DAY
    assert await Message.filter(kind=MessageKind.EMAIL_REQUESTED).count() <= LETTERS_PER_DAY


async def test_an_address_that_nobody_confirms_is_forgotten() -> None:
    anna = await cast.anna()
    await ask_for_address(anna, NEW)
    clock.advance(timedelta(hours=settings.EMAIL_CONFIRMATION_HOURS, minutes=1))
    assert email_change.pending_email_of(await again(anna)) is None
    assert await email_change.forget_expired() == 1
    assert (await again(anna)).pending_email is None


async def test_a_closed_account_has_no_address_to_confirm() -> None:
    anna = await cast.anna()
    await book(anna, await cast.slot())
    await ask_for_address(anna, NEW)
    token = await token_for(NEW)
    await own_account.close_account(await again(anna), patient_of(anna))
    with pytest.raises(LinkNotValid):
        await email_change.confirm(token)


async def test_a_mistyped_address_is_replaced_at_the_desk_and_what_went_there_opens_nothing() -> None:
    rita = await cast.rita()
    dorota = await cast.dorota(rita, email="mistyped@example.pl")
    account = await Account.get(email="mistyped@example.pl")
    secret = await OneTimePassword.issue(account, (await Message.get()).id)
    late = await Account.get(id=account.id)
    await patient_record.replace_email(dorota.id, "dorota@example.pl", None, by=rita)
    for login in ("mistyped@example.pl", "dorota@example.pl"):
        with pytest.raises(WrongCredentials):
            await Account.log_in(login, secret, address=HOME)
    with pytest.raises(NoLongerWanted):
        await OneTimePassword.issue(late)
    assert await letters(MessageKind.ACCOUNT_OPENED) == ["dorota@example.pl", "mistyped@example.pl"]
    assert await letters(MessageKind.CONTACT_CHANGED) == []
    entry = await AuditEntry.get(action="replace_email")
    assert (entry.account_id, entry.patient_id, entry.override_reason) == (rita.id, dorota.id, None)


async def test_the_address_of_an_owner_is_replaced_by_an_administrator_with_a_reason_alone() -> None:
    rita, adam, anna = await cast.rita(), await cast.adam(), await cast.anna()
    _, token = await Account.log_in("anna@example.pl", cast.PASSWORD, address=HOME)
    for by, reason in ((rita, "zgubiła"), (adam, None), (adam, "")):
        with pytest.raises(AddressInUse):
            await patient_record.replace_email(patient_of(anna).id, NEW, reason, by=by)
    assert (await again(anna)).email == "anna@example.pl"
    await patient_record.replace_email(patient_of(anna).id, NEW, "zgubiła skrzynkę", by=adam)
    assert (await again(anna)).email == NEW
    assert await Session.find_by_token(token) is None
    assert await letters(MessageKind.CONTACT_CHANGED) == [NEW, "anna@example.pl"]
    entry = await AuditEntry.get(action="replace_email")
    assert (entry.account_id, entry.override_reason, entry.passed_over) == (adam.id, "zgubiła skrzynkę", "OWN_ADDRESS")


async def test_no_account_and_no_address_of_another_is_replaced() -> None:
    rita = await cast.rita()
    dorota = await cast.dorota(rita)
    with pytest.raises(NoAccount):
        await patient_record.replace_email(dorota.id, NEW, None, by=rita)
    await patient_record.invite(dorota.id, "dorota@example.pl", by=rita)
    with pytest.raises(AccountExists):
        await patient_record.invite(dorota.id, NEW, by=rita)
    for address, code in (("x@", "EMAIL_MALFORMED"), ("rita@diamed.example", "NOT_AVAILABLE")):
        with pytest.raises(InvalidInput) as refused:
            await patient_record.replace_email(dorota.id, address, None, by=rita)
        assert [flaw.code for flaw in refused.value.flaws] == [code]
    assert await letters(MessageKind.ACCOUNT_OPENED) == ["dorota@example.pl"]


async def test_replacing_an_address_while_its_owner_confirms_another_leaves_one_of_them() -> None:
    adam, rita = await cast.adam(), await cast.rita()
    dorota = await show(await cast.dorota(rita, email="d@example.pl"), rita)
    account = await Account.get(email="d@example.pl").select_related("patient")
    await Account.filter(id=account.id).update(password_hash=await cast.hash_of(cast.PASSWORD))
    await ask_for_address(await again(account), NEW)
    token = await token_for(NEW)
    replacing = patient_record.replace_email(dorota.id, "other@example.pl", "prośba", by=adam)
    outcomes = await race(replacing, email_change.confirm(token))
    assert not isinstance(outcomes[0], Exception)
    assert isinstance(outcomes[1], (LinkNotValid, type(None)))
    assert (await again(account)).email == "other@example.pl"


async def test_an_address_changed_by_its_owner_brings_letters_to_the_new_one() -> None:
    anna = await change_address(await cast.anna(), NEW)
    await book(anna, await cast.slot())
    assert await letters(MessageKind.VISIT_BOOKED) == [NEW]

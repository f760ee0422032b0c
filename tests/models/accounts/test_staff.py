"""Colleagues: invited by mail, removed at once (never the last administrator), and bound by the same password rules."""

from typing import Any
from uuid import uuid4

import pytest

from models.accounts import staff
from models.accounts.account import Account, Role
from models.accounts.one_time_password import OneTimePassword
from models.accounts.session import Session
from models.audit import AuditEntry
from models.outbox import Message, MessageKind
from models.refusals.booking import WeakPassword, WrongCredentials
from models.refusals.desk import LastAdministrator, StaffAtWork, StaffNotFound
from models.refusals.refusal import InvalidInput
from tests import cast
from tests.support.racing import race, tally


async def test_an_invited_colleague_gets_a_letter_and_has_no_password_yet() -> None:
    adam = await cast.adam()
    nowa = await staff.invite(" nowa@diamed.example ", "Nowa Osoba", Role.RECEPTIONIST, by=adam)
    letter, entry = await Message.get(), await AuditEntry.get()
    assert (nowa.email, nowa.role, nowa.staff_name, nowa.patient_id) == (
        "nowa@diamed.example",
        Role.RECEPTIONIST,
        "Nowa Osoba",
        None,
    )
    assert (letter.kind, letter.to, letter.details) == (MessageKind.STAFF_INVITED, "nowa@diamed.example", {})
    assert (entry.action, entry.account_id, entry.subject_id) == ("invite_staff", adam.id, nowa.id)
    assert nowa.password_hash is None


async def test_the_first_login_asks_for_an_own_password_that_is_no_own_name() -> None:
    nowa = await staff.invite("nowa@diamed.example", "Bogumiła Szczepańska", Role.RECEPTIONIST, by=None)
    secret = await OneTimePassword.issue(nowa)
    session, _ = await Account.log_in("nowa@diamed.example", secret, address="")
    assert session.must_change_password
    for weak in ("krótkie", "bogumiła szczepańska", "diamed przychodnia"):
        with pytest.raises(WeakPassword):
            await nowa.change_password(session, secret, weak)
    own, _ = await nowa.change_password(session, secret, "siedem krokow do zielonych drzwi")
    assert not own.must_change_password


@pytest.mark.parametrize("role", [Role.PATIENT, Role.PARTNER])
async def test_only_reception_and_administration_are_staff(role: Role) -> None:
    with pytest.raises(InvalidInput) as refused:
        await staff.invite("x", "", role, by=await cast.adam())
    assert {(flaw.path[0], flaw.code) for flaw in refused.value.flaws} == {
        ("email", "EMAIL_MALFORMED"),
        ("name", "REQUIRED"),
        ("role", "OUT_OF_RANGE"),
    }


async def test_an_address_has_one_account_and_two_invitations_at_once_make_one() -> None:
    adam = await cast.adam()
    await cast.anna()
    with pytest.raises(InvalidInput) as refused:
        await staff.invite("Anna@Example.pl", "Anna", Role.RECEPTIONIST, by=adam)
    assert [flaw.code for flaw in refused.value.flaws] == ["NOT_AVAILABLE"]
    outcomes = await race(*(staff.invite("n@diamed.example", "N", Role.RECEPTIONIST, by=adam) for _ in range(2)))
    assert tally(outcomes) == {"Account": 1, "InvalidInput": 1}
    assert await Message.all().count() == 1


async def test_a_removed_colleague_is_out_at_once_and_remembered_by_name() -> None:
    adam, rita = await cast.adam(), await cast.rita()
    token = await cast.signed_in(rita)
    await staff.remove(rita.id, by=adam)
    assert await Session.find_by_token(token) is None
    with pytest.raises(WrongCredentials):
        await Account.log_in("rita@diamed.example", cast.PASSWORD, address="")
    assert await staff.find_names({rita.id, adam.id}) == {rita.id: "Rita Recepcyjna", adam.id: "Adam Główny"}
    assert [account.id for account in await staff.list_page(None, 10)] == [adam.id]
    assert (await staff.invite("rita@diamed.example", "Rita", Role.RECEPTIONIST, by=adam)).id != rita.id


async def test_a_patient_or_a_former_colleague_cannot_be_removed() -> None:
    adam, rita, anna = await cast.adam(), await cast.rita(), await cast.anna()
    await staff.remove(rita.id, by=adam)
    for somebody in (rita.id, anna.id, (await cast.slot()).id):
        with pytest.raises(StaffNotFound):
            await staff.remove(somebody, by=adam)
    assert (await Account.get(id=anna.id)).closed_at is None


async def test_the_last_administrator_stays_though_two_remove_each_other_at_once() -> None:
    adam = await cast.adam()
    with pytest.raises(LastAdministrator):
        await staff.remove(adam.id, by=adam)
    for n in range(8):
        eva = await cast.colleague(f"eva{n}@diamed.example", "Eva", Role.ADMINISTRATOR)
        outcomes = await race(staff.remove(adam.id, by=eva), staff.remove(eva.id, by=adam))
        assert tally(outcomes) == {"Account": 1, "LastAdministrator": 1}
        adam = await Account.get(role=Role.ADMINISTRATOR, closed_at=None)


async def test_names_of_patients_are_not_revealed() -> None:
    anna = await cast.anna()
    assert await staff.find_names({anna.id}) == {}


async def test_a_colleague_gets_another_name_and_role_and_signs_in_anew() -> None:
    adam, rita = await cast.adam(), await cast.rita()
    await Session.open_for(rita)
    renamed = await staff.change(rita.id, name=" Rita Nowa ", by=adam)
    assert (renamed.staff_name, renamed.role) == ("Rita Nowa", Role.RECEPTIONIST)
    assert await Session.filter(account_id=rita.id, ended_at=None).count() == 1
    promoted = await staff.change(rita.id, role=Role.ADMINISTRATOR, by=adam)
    assert (promoted.staff_name, promoted.role) == ("Rita Nowa", Role.ADMINISTRATOR)
    assert await Session.filter(account_id=rita.id, ended_at=None).count() == 0
    await staff.change(rita.id, role=Role.ADMINISTRATOR, by=adam)  # repeating the change has no effect
    assert await AuditEntry.filter(action="change_staff", account_id=adam.id, subject_id=rita.id).count() == 2


@pytest.mark.parametrize("change", [{"name": " "}, {"name": "x" * 201}, {"role": Role.PATIENT}, {"role": Role.PARTNER}])
async def test_a_flawed_change_of_a_colleague_changes_nothing(change: dict[str, Any]) -> None:
    adam, rita = await cast.adam(), await cast.rita()
    with pytest.raises(InvalidInput):
        await staff.change(rita.id, **change, by=adam)
    assert (await Account.get(id=rita.id)).staff_name == "Rita Recepcyjna"


async def test_a_receptionists_work_is_limited_to_clinics_and_unlimited_again() -> None:
    adam, rita, here, there = await cast.adam(), await cast.rita(), await cast.clinic(), await cast.clinic("Oko")
    limited = await staff.change(rita.id, clinic_ids=[here.id, there.id, here.id], by=adam)
    assert limited.allowed_clinics == sorted([here.id, there.id])
    await staff.change(rita.id, clinic_ids=[there.id, here.id], by=adam)
    assert await AuditEntry.filter(action="change_staff").count() == 1, "the same again is no change"
    await staff.change(rita.id, name="Rita Nowa", by=adam)
    assert (await Account.get(id=rita.id)).allowed_clinics == limited.allowed_clinics
    assert (await staff.change(rita.id, clinic_ids=[], by=adam)).allowed_clinics is None
    with pytest.raises(InvalidInput) as refused:
        await staff.change(rita.id, clinic_ids=[here.id, uuid4()], by=adam)
    assert refused.value.flaws == [(("clinicIds",), "NOT_AVAILABLE")]
    new = await staff.invite("nowa@diamed.example", "Nowa", Role.RECEPTIONIST, by=adam, clinic_ids=[here.id])
    assert (await Account.get(id=new.id)).allowed_clinics == [here.id]
    promoted = await staff.change(new.id, role=Role.ADMINISTRATOR, by=adam)
    assert promoted.allowed_clinics is None, "an administrator's work is not limited"


async def test_somebody_always_administers_though_two_give_it_up_at_once() -> None:
    adam, ewa = await cast.adam(), await cast.colleague("ewa@diamed.example", "Ewa Cicha", Role.ADMINISTRATOR)
    down = Role.RECEPTIONIST
    outcomes = await race(staff.change(adam.id, role=down, by=adam), staff.change(ewa.id, role=down, by=ewa))
    assert tally(outcomes) == {"Account": 1, "LastAdministrator": 1}
    assert await Account.filter(role=Role.ADMINISTRATOR, closed_at=None).count() == 1


async def test_who_has_not_finished_the_first_log_in_is_invited_again_and_nobody_else() -> None:
    adam, rita = await cast.adam(), await cast.rita()
    new = await staff.invite("nowa@diamed.example", "Nina Nowa", Role.RECEPTIONIST, by=adam)
    await staff.invite_again(new.id, by=adam)
    assert await Message.filter(kind="staff_invited", account_id=new.id).count() == 2
    with pytest.raises(StaffAtWork):
        await staff.invite_again(rita.id, by=adam)
    for unknown in ((await cast.anna()).id, uuid4()):
        for act in (staff.invite_again, staff.change):
            with pytest.raises(StaffNotFound):
                await act(unknown, by=adam)

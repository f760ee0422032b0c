"""Colleagues: invited by mail, let out at once, never to the last administrator; by the same rules of passwords."""

import pytest

from models import staff
from models.account import Account, Role
from models.audit import AuditEntry
from models.message import Kind, Message
from models.refusal import InvalidInput, WeakPassword, WrongCredentials
from models.session import Session
from models.staff_refusal import LastAdministrator, StaffNotFound
from tests import cast
from tests.models.promises import race, tally


async def test_an_invited_colleague_gets_a_letter_and_has_no_password_yet() -> None:
    adam = await cast.adam()
    nowa = await staff.invite(" nowa@diamed.example ", "Nowa Osoba", Role.RECEPTIONIST, by=adam)
    letter, entry = await Message.get(), await AuditEntry.get()
    assert (nowa.email, nowa.role, nowa.staff_name, nowa.patient_id) == (
        "nowa@diamed.example", Role.RECEPTIONIST, "Nowa Osoba", None,
    )  # fmt: skip
    assert (letter.kind, letter.to, letter.details) == (Kind.STAFF_INVITED, "nowa@diamed.example", {})
    assert (entry.action, entry.account_id, entry.subject_id) == ("invite_staff", adam.id, nowa.id)
    assert nowa.password_hash is None


async def test_the_first_login_asks_for_an_own_password_that_is_no_own_name() -> None:
    nowa = await staff.invite("nowa@diamed.example", "Bogumiła Szczepańska", Role.RECEPTIONIST, by=None)
    secret = await nowa.new_one_time_password()
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
        ("email", "EMAIL_MALFORMED"), ("name", "REQUIRED"), ("role", "OUT_OF_RANGE")
    }  # fmt: skip


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
    assert await Session.of_token(token) is None
    with pytest.raises(WrongCredentials):
        await Account.log_in("rita@diamed.example", cast.PASSWORD, address="")
    assert await staff.names({rita.id, adam.id}) == {rita.id: "Rita Recepcyjna", adam.id: "Adam Główny"}
    assert [account.id for account in await staff.listed(None, 10)] == [adam.id]
    assert (await staff.invite("rita@diamed.example", "Rita", Role.RECEPTIONIST, by=adam)).id != rita.id


async def test_who_is_no_colleague_or_has_left_cannot_be_removed() -> None:
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


async def test_names_of_patients_are_not_told() -> None:
    anna = await cast.anna()
    assert await staff.names({anna.id}) == {}

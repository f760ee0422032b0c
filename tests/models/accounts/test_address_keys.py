"""An address is the same however it is typed: at sign-up, login and the desk, and in accounts of earlier releases."""

import importlib

import pytest
from tortoise.transactions import in_transaction

from infra import database
from models.accounts import patient_record
from models.accounts.account import Account
from models.accounts.patient_record import PatientDetails
from models.refusals.booking import WrongCredentials
from models.refusals.refusal import InvalidInput
from tests import cast

HOME = "192.0.2.1"


class Editor:
    """The database interface that a migration receives."""

    @property
    def client(self) -> object:
        return database.connection()


async def respell() -> None:
    async with in_transaction():
        await importlib.import_module("models.migrations.0015_truth").respell_email_keys(None, Editor())


@pytest.mark.parametrize("login", ["anna@łódź.pl", "Anna@ŁÓDŹ.pl", "anna@xn--d-uga0v4h.pl", " ANNA@XN--D-UGA0V4H.PL "])
async def test_an_international_address_logs_in_however_it_is_typed(login: str) -> None:
    await cast.patient_account("anna@łódź.pl", None, "Anna", "Żółć")
    assert await Account.log_in(login, cast.PASSWORD, address=HOME)


async def test_an_address_with_sharp_s_is_not_the_one_with_ss() -> None:
    await cast.patient_account("anna@straße.de", None, "Anna", "Żółć")
    await cast.patient_account("anna@strasse.de", None, "Anna", "Inna")
    session, _ = await Account.log_in("anna@straße.de", cast.PASSWORD, address=HOME)
    other, _ = await Account.log_in("anna@strasse.de", cast.PASSWORD, address=HOME)
    assert session.account_id != other.account_id


async def test_two_spellings_of_one_address_open_one_account() -> None:
    rita = await cast.rita()
    await cast.patient_account("anna@łódź.pl", None, "Anna", "Żółć")
    dorota = await cast.dorota(rita)
    with pytest.raises(InvalidInput):
        await patient_record.invite(dorota.id, "anna@xn--d-uga0v4h.pl", by=rita)


async def test_keys_of_an_earlier_release_are_respelled_once_and_for_all() -> None:
    anna = await cast.patient_account("anna@straße.de", None, "Anna", "Żółć")
    await Account.filter(id=anna.id).update(email_key="anna@strasse.de")  # the key as an earlier release folded it
    with pytest.raises(WrongCredentials):
        await Account.log_in("anna@straße.de", cast.PASSWORD, address=HOME)
    for _ in range(2):
        await respell()
        assert (await Account.get(id=anna.id)).email_key == "anna@straße.de"
    assert await Account.log_in("anna@straße.de", cast.PASSWORD, address=HOME)


async def test_a_key_that_another_account_has_is_left_as_it_is() -> None:
    anna = await cast.patient_account("anna@straße.de", None, "Anna", "Żółć")
    other = await cast.patient_account("anna@xn--strae-oqa.ch", None, "Anna", "Inna")
    await Account.filter(id=anna.id).update(email_key="anna@strasse.de")
    await Account.filter(id=other.id).update(email="x@example.pl", email_key="anna@straße.de")
    await respell()
    assert (await Account.get(id=anna.id)).email_key == "anna@strasse.de"


async def test_a_name_is_kept_in_one_spelling() -> None:
    rita = await cast.rita()
    dorota = await cast.dorota(rita)
    changed = await patient_record.change(dorota.id, PatientDetails(last_name="O’Neill–Żak"), by=rita)
    assert changed.last_name == "O'Neill-Żak"

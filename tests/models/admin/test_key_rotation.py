"""Rotating SECRET_KEY: all encrypted data can be read and found with the new key, or nothing has changed."""

from datetime import date

import pytest

import settings
from infra import crypto, database
from models.accounts import patient_record
from models.accounts.one_time_password import OneTimePassword
from models.accounts.patient import Patient
from models.accounts.patient_record import PatientDetails
from models.accounts.second_factor import SecondFactor
from models.admin import key_rotation
from models.values import pesel
from models.values.identity_document import DocumentKind, IdentityDocument, number_index
from tests import cast
from tests.support.authenticator import set_up_second_factor

NEW = "a new key of more than thirty-two characters"


@pytest.fixture
def rotated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings as the operator makes them for a rotation: the current key becomes the previous one."""
    monkeypatch.setattr(settings, "SECRET_KEY_PREVIOUS", settings.SECRET_KEY)
    monkeypatch.setattr(settings, "SECRET_KEY", NEW)


async def oksana() -> Patient:
    """Oksana Bondar, who is identified by a passport."""
    passport = IdentityDocument.parse(DocumentKind.PASSPORT, "UA", "FE123456")
    patient = (await cast.patient_account("oksana@example.pl", None, "Oksana", "Bondar")).patient
    assert patient
    columns = {"document_sealed": passport.encrypt(), "document_index": passport.index}
    columns |= {"document_number_index": number_index(passport.number)}
    await Patient.filter(id=patient.id).update(**columns)
    return patient


async def test_numbers_and_documents_open_and_are_found_with_the_new_key(request: pytest.FixtureRequest) -> None:
    anna, guest = await cast.anna(), await oksana()
    await OneTimePassword.issue(anna)
    request.getfixturevalue("rotated")
    assert (await key_rotation.rotate())["patients"] == 2
    patient = await Patient.get(pesel_index=pesel.blind_index(cast.ANNA_PESEL))
    assert (patient.id, patient.pesel) == (anna.patient_id, cast.ANNA_PESEL)
    again = await Patient.get(document_index=IdentityDocument.parse(DocumentKind.PASSPORT, "UA", "FE123456").index)
    assert again.id == guest.id
    assert again.document
    assert again.document.number == "FE123456"
    assert await OneTimePassword.filter(account_id=anna.id).count() == 0


async def test_a_birth_date_opens_and_is_found_with_the_new_key(request: pytest.FixtureRequest) -> None:
    rita, born = await cast.rita(), date(1990, 2, 3)
    caller = await patient_record.register(
        PatientDetails("Jan", "Kowal", phone="22 621 00 00", birth_date=born, to_be_completed=True), by=rita
    )
    request.getfixturevalue("rotated")
    assert (await key_rotation.rotate())["patients"] == 1
    found = await Patient.get(birth_date_index=pesel.birth_date_index(born))
    assert (found.id, found.birth_date) == (caller.id, born)


async def test_a_second_factor_and_its_recovery_codes_stay_good(request: pytest.FixtureRequest) -> None:
    rita = await cast.rita()
    factor = await set_up_second_factor(rita)
    request.getfixturevalue("rotated")
    assert (await key_rotation.rotate())["second_factors"] == 1
    await SecondFactor.require(rita, factor.code(steps=1))
    await SecondFactor.require(rita, factor.recovery_codes[0])


@pytest.mark.usefixtures("rotated")
async def test_a_second_rotation_changes_nothing_more() -> None:
    await cast.anna()  # her data are encrypted with the new key already
    assert set((await key_rotation.rotate()).values()) == {0}


async def test_a_row_that_opens_with_neither_key_stops_it_before_anything_has_changed(
    request: pytest.FixtureRequest,
) -> None:
    anna, borys = await cast.anna(), await cast.borys()
    await Patient.filter(id=borys.patient_id).update(pesel_sealed=b"x" * 40)
    before = await Patient.get(id=anna.patient_id)
    request.getfixturevalue("rotated")
    with pytest.raises(crypto.InvalidToken):
        await key_rotation.rotate()
    assert (await Patient.get(id=anna.patient_id)).pesel_sealed == before.pesel_sealed


def test_another_previous_key_is_one_clear_line_at_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    async def rotate(*_: object) -> None:
        raise crypto.InvalidToken

    monkeypatch.setattr(database, "run_connected", rotate)
    with pytest.raises(settings.BadSetting, match=r"^SECRET_KEY_PREVIOUS is not the key [^\n]+Nothing was changed\.$"):
        key_rotation.command()


async def test_without_the_previous_key_it_refuses() -> None:
    with pytest.raises(settings.BadSetting):
        await key_rotation.rotate()

"""Rotating SECRET_KEY: everything sealed opens with the new key and is found by it, or nothing has changed."""

import pytest

import settings
from models import pesel, rotation, seal
from models.account import Account
from models.document import Document, Kind, number_index
from models.patient import Patient
from models.second_factor import SecondFactor
from tests import cast
from tests.telephone import set_up

NEW = "a new key of more than thirty-two characters"


@pytest.fixture
def rotated(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the operator sets it: the present key becomes the previous one."""
    monkeypatch.setattr(settings, "SECRET_KEY_PREVIOUS", settings.SECRET_KEY)
    monkeypatch.setattr(settings, "SECRET_KEY", NEW)


async def oksana() -> Patient:
    """Known by a passport."""
    passport = Document.parse(Kind.PASSPORT, "UA", "FE123456")
    patient = (await cast.patient_account("oksana@example.pl", None, "Oksana", "Bondar")).patient
    assert patient
    columns = {"document_sealed": passport.sealed(), "document_index": passport.index}
    columns |= {"document_number_index": number_index(passport.number)}
    await Patient.filter(id=patient.id).update(**columns)
    return patient


async def test_numbers_and_documents_open_and_are_found_with_the_new_key(request: pytest.FixtureRequest) -> None:
    anna, guest = await cast.anna(), await oksana()
    await anna.new_one_time_password()
    request.getfixturevalue("rotated")
    assert (await rotation.rotate())["patients"] == 2
    patient = await Patient.get(pesel_index=pesel.index(cast.ANNA_PESEL))
    assert (patient.id, patient.pesel) == (anna.patient_id, cast.ANNA_PESEL)
    again = await Patient.get(document_index=Document.parse(Kind.PASSPORT, "UA", "FE123456").index)
    assert again.id == guest.id
    assert again.document
    assert again.document.number == "FE123456"
    assert (await Account.get(id=anna.id)).one_time_hash is None


async def test_a_second_factor_and_its_recovery_codes_stay_good(request: pytest.FixtureRequest) -> None:
    rita = await cast.rita()
    factor = await set_up(rita)
    request.getfixturevalue("rotated")
    assert (await rotation.rotate())["second_factors"] == 1
    await SecondFactor.ask(rita, factor.code(steps=1))
    await SecondFactor.ask(rita, factor.recovery_codes[0])


@pytest.mark.usefixtures("rotated")
async def test_said_twice_it_changes_nothing_more() -> None:
    await cast.anna()  # sealed with the new key already
    assert set((await rotation.rotate()).values()) == {0}


async def test_a_row_that_opens_with_neither_key_stops_it_before_anything_has_changed(
    request: pytest.FixtureRequest,
) -> None:
    anna, borys = await cast.anna(), await cast.borys()
    await Patient.filter(id=borys.patient_id).update(pesel_sealed=b"x" * 40)
    before = await Patient.get(id=anna.patient_id)
    request.getfixturevalue("rotated")
    with pytest.raises(seal.Broken):
        await rotation.rotate()
    assert (await Patient.get(id=anna.patient_id)).pesel_sealed == before.pesel_sealed


async def test_without_the_previous_key_it_refuses() -> None:
    with pytest.raises(settings.BadSetting):
        await rotation.rotate()

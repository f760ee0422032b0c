"""The centre: one public field tells every page whose e-registration it is."""

from pathlib import Path

import pytest

import settings
from tests.support.client import Client

CENTRE = "{ centre { name phone phoneNumber address logoUrl colour privacyUrl passwordMinLength } }"


async def test_everybody_learns_whose_e_registration_it_is(nobody: Client) -> None:
    assert await nobody.ask(CENTRE) == {
        "name": "CM Diamed",
        "phone": "22 000 00 00",
        "phoneNumber": "+48220000000",
        "address": None,
        "logoUrl": None,
        "colour": "#0f5490",
        "privacyUrl": None,
        "passwordMinLength": 15,
    }


async def test_the_settings_of_a_centre_are_shown(
    nobody: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    for name, value in {
        "CENTRE_PHONE": "22 621 00 00",
        "CENTRE_ADDRESS": "ul. Długa 12, Warszawa",
        "CENTRE_LOGO": str(tmp_path / "logo.svg"),
        "CENTRE_PRIVACY_URL": "/prywatnosc",
    }.items():
        monkeypatch.setattr(settings, name, value)
    centre = await nobody.ask(CENTRE)
    assert (centre["phoneNumber"], centre["address"]) == ("+48226210000", "ul. Długa 12, Warszawa")
    assert centre["privacyUrl"] == "/prywatnosc"
    assert centre["logoUrl"].startswith("/centre/logo?")
    assert len(centre["logoUrl"]) == len("/centre/logo?") + 8

"""The letter to a new colleague states the login and a one-time password, which only works for the first log-in."""

import re

import pytest

from models.accounts import staff
from models.accounts.account import Account, Language, Role
from tasks.letters import send_letters
from tests import cast
from tests.support.smtp_server import SmtpServer, body


@pytest.mark.parametrize(
    ("language", "subject"), [(Language.PL, "Konto pracownika"), (Language.EN, "Your staff account")]
)
async def test_an_invited_colleague_signs_in_with_the_password_of_the_letter(
    smtp_server: SmtpServer, language: Language, subject: str
) -> None:
    adam = await cast.adam()
    await staff.invite("nowa@diamed.example", "Nowa Osoba", Role.RECEPTIONIST, by=adam, language=language)
    await send_letters()
    [mail] = smtp_server.mails
    assert smtp_server.recipients == ["nowa@diamed.example"]
    assert mail["subject"].startswith(subject)
    for kind in ("plain", "html"):
        assert "nowa@diamed.example" in body(mail, kind)
        assert "/graphql" in body(mail, kind)
    [secret] = re.findall(r"\b[a-z2-9]{4}(?:-[a-z2-9]{4}){3}\b", body(mail, "plain"))
    session, _ = await Account.log_in("nowa@diamed.example", secret, address="")
    assert session.must_change_password

"""Letters link to the portal page for their subject, in their own language; two of them contain personal links."""

import re
from typing import Any
from uuid import UUID

import pytest

import settings
from models.accounts.account import Language
from models.outbox import Message, MessageKind
from models.visits import confirmation, message_check
from schema.scalars import public_id
from tasks.letters import send_letters
from tasks.mail import rendering
from tests import cast
from tests.support.smtp_server import SmtpServer, body
from tests.support.visits import booked, cancelled, moved
from tests.tasks.letters import post
from tests.tasks.mail.test_letters import DETAILS, VISIT

ID = UUID("01900000-0000-7000-8000-000000000001")
TERM = {"starts_at": VISIT["starts_at"], "address": "ul. Długa 1", "phone": "22 111 11 11"}
OFFERED: dict[MessageKind, dict[str, Any]] = {
    MessageKind.TERM_OFFERED: {"offer_id": str(ID), "term": TERM, "until": VISIT["starts_at"]},
    MessageKind.TERM_WITHDRAWN: {"offer_id": str(ID), "term": TERM, "waits": False, "visit_id": ID},
    MessageKind.DOCTOR_ABSENT: {
        "offer_id": str(ID),
        "term": TERM | {"reference": "ABCD-EFGH"},
        "offered": TERM | {"until": VISIT["starts_at"]},
        "visit_id": ID,
    },
}
VISIT_PAGE, OFFER_PAGE = f"/wizyty/{public_id('Visit', ID)}", f"/oferty/{public_id('Offer', ID)}"
LEADS = {
    MessageKind.ACCOUNT_OPENED: {"/zaloguj"},
    MessageKind.ADDRESS_TRIED: {"/zaloguj"},
    MessageKind.NEW_PASSWORD: {"/zaloguj"},
    MessageKind.PASSWORD_CHANGED: {"/zaloguj"},
    MessageKind.CONTACT_CHANGED: {"/konto"},
    MessageKind.ACCOUNT_CLOSED: set[str](),
    MessageKind.VISIT_BOOKED: {VISIT_PAGE, "/potwierdz"},
    MessageKind.VISIT_MOVED: {VISIT_PAGE, "/potwierdz"},
    MessageKind.VISIT_CANCELLED: {VISIT_PAGE},
    MessageKind.TERM_OFFERED: {OFFER_PAGE},
    MessageKind.TERM_WITHDRAWN: {VISIT_PAGE},
    MessageKind.DOCTOR_ABSENT: {OFFER_PAGE},
}


@pytest.fixture
def as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch off the checks for outdated facts: the facts in these letters are invented (see test_message_check.py)."""
    monkeypatch.setattr(message_check, "CHECKS", dict.fromkeys(MessageKind, message_check._check_nothing))
    monkeypatch.setattr(message_check, "FOLLOWING_KINDS", set())


@pytest.mark.usefixtures("as_written")
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", LEADS)
async def test_each_letter_leads_to_the_page_of_what_it_is_about(
    kind: MessageKind, language: Language, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PUBLIC_URL", "https://e_rejestracja.example/a/")
    await post(kind, await cast.anna(language=language), **{"visit_id": ID, **(DETAILS | OFFERED)[kind]})
    await send_letters()
    query = re.escape("?lang=en") if language == Language.EN else ""
    for words in (body(smtp_server.mails[0], "plain"), body(smtp_server.mails[0], "html")):
        led = re.findall(r"https://e_rejestracja\.example/a(/[\w/-]*)(\?lang=en)?", words)
        assert {path for path, _ in led} == LEADS[kind]
        assert all(re.fullmatch(query, found) for _, found in led)


@pytest.mark.usefixtures("as_written")
async def test_without_a_term_to_offer_the_letter_leads_to_the_visit(smtp_server: SmtpServer) -> None:
    details = OFFERED[MessageKind.DOCTOR_ABSENT] | {"offered": None}
    await post(MessageKind.DOCTOR_ABSENT, await cast.anna(), **details)
    await send_letters()
    assert VISIT_PAGE in body(smtp_server.mails[0], "plain")
    assert OFFER_PAGE not in body(smtp_server.mails[0], "plain")


async def test_the_personal_link_changes_with_a_move_and_is_never_stored(
    smtp_server: SmtpServer,
) -> None:
    anna = await cast.anna()
    visit = await booked(anna, cast.warsaw(24, 14))
    await send_letters()
    await moved(visit, anna, cast.warsaw(25, 14))
    await send_letters()
    await cancelled(visit, anna)
    await send_letters()
    found = [re.findall(r"/potwierdz#([\w-]+)", body(mail, "plain")) for mail in smtp_server.mails]
    assert found == [[confirmation.make_link(visit.id, 0)], [confirmation.make_link(visit.id, 1)], []]
    for message in await Message.all():
        assert not any(token[0] in str(message.details) for token in found[:2])


async def test_a_text_message_has_no_link() -> None:
    visit = Message(kind=MessageKind.VISIT_REMINDER, language="PL", details={"visit": VISIT})
    assert "http" not in rendering.render_text(visit)

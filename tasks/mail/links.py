"""Links: the pages of the portal to which letters lead, in the letter's language."""

from uuid import UUID

from markupsafe import Markup

import settings
from infra import crypto
from models.outbox import Message, MessageKind
from models.visits import confirmation

VISIT_LINK, ADDRESS_LINK = "/potwierdz", "/potwierdz-adres"
PERSONAL = {MessageKind.VISIT_BOOKED, MessageKind.VISIT_MOVED, MessageKind.VISIT_TAKES_PLACE}


def find_pages(message: Message) -> dict[str, Markup]:
    """The addresses that a letter's template may print, by the names of the pages."""
    pages = {"log_in": "/zaloguj", "account": "/konto", "visits": "/wizyty"}
    if message.visit_id:
        pages["visit"] = f"/wizyty/{crypto.encode_id('Visit', message.visit_id)}"
    if offer_id := message.details.get("offer_id"):
        pages["offer"] = f"/oferty/{crypto.encode_id('Offer', UUID(offer_id))}"
    found = {name: _address(path, message) for name, path in pages.items()}
    if message.visit_id and message.kind in PERSONAL:
        token = confirmation.make_link(message.visit_id, message.details["visit"]["sequence"])
        found["personal"] = _address(VISIT_LINK, message, f"#{token}")
    return found


def _address(path: str, message: Message, fragment: str = "") -> Markup:
    """Browsers never send the fragment, so neither a log nor a proxy sees the token in it."""
    query = "?lang=en" if message.language == "EN" else ""
    return Markup(f"{settings.PUBLIC_URL.rstrip('/')}{path}{query}{fragment}")  # noqa: S704 - ours  # nosec B704

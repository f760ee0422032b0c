"""The desk's workspace through the API: for staff only, and kept for the session that saves it."""

from tests import cast
from tests.support.client import Client, client_of

KEEP = "mutation($content: String!) { keepWorkspace(input: { content: $content }) }"
KEPT = "{ me { workspace } }"


async def test_a_colleagues_desk_survives_a_reload_and_ends_with_the_session() -> None:
    account = await cast.rita()
    rita, elsewhere = await client_of(account), await client_of(account)
    assert await rita.ask(KEPT) == {"workspace": None}
    assert await rita.ask(KEEP, content="karta Anny") is True
    assert await rita.ask(KEPT) == {"workspace": "karta Anny"}
    assert await rita.ask(KEEP, content="x" * (64 * 1024 + 1)) is False
    assert await rita.ask(KEPT) == {"workspace": "karta Anny"}
    assert await elsewhere.ask(KEPT) == {"workspace": None}


async def test_patients_have_none(anna: Client) -> None:
    assert await anna.code(KEEP, content="x") == "FORBIDDEN"
    assert await anna.code(KEPT) == "FORBIDDEN"

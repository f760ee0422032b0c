"""The desk's workspace through the API: for staff only, and kept for the session that saves it."""

from tests import cast
from tests.support.client import Client, client_of

KEEP = "mutation($content: String!) { keepWorkspace(input: { content: $content }) }"
KEEP_LATEST = """
    mutation($content: String!, $at: DateTime) { keepWorkspace(input: { content: $content, changedAt: $at }) }
"""
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


async def test_a_save_that_was_overtaken_does_not_replace_the_later_one() -> None:
    rita = await client_of(await cast.rita())
    assert await rita.ask(KEEP_LATEST, content="later", at="2026-11-24T08:00:00.002Z") is True
    assert await rita.ask(KEEP_LATEST, content="earlier", at="2026-11-24T08:00:00.001Z") is True
    assert await rita.ask(KEPT) == {"workspace": "later"}


async def test_patients_have_none(anna: Client) -> None:
    assert await anna.code(KEEP, content="x") == "FORBIDDEN"
    assert await anna.code(KEPT) == "FORBIDDEN"

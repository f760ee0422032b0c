"""The staff's sign-in page: what it shows to whom; a one-time password alone does not open the desk."""

import pytest

from models.accounts.account import Account
from models.accounts.session import Session
from tests import cast
from tests.support.client import Client

BEGUN = "Prosimy ustawić własne hasło"


async def page_of(account: Account | None, *, by_letter: bool = True) -> str:
    client = Client()
    if account:
        _, token = await Session.open_for(account, one_time_hash="x" if by_letter else None)
        client.headers["cookie"] = f"__Host-session={token}"
    answer = await client.http.get("/graphql", headers={**client.headers, "accept": "text/html"})
    assert answer.status_code == 200
    return answer.text


async def test_a_colleague_who_came_by_a_letter_is_asked_for_an_own_password_whenever_the_page_is_loaded() -> None:
    shown = await page_of(await cast.rita())
    assert BEGUN in shown
    assert 'value="rita@diamed.example"' in shown
    assert 'id="graphiql"' not in shown


@pytest.mark.parametrize("who", ["nobody", "a patient by a letter", "a patient"])
async def test_everybody_else_is_asked_to_log_in(who: str) -> None:
    account = None if who == "nobody" else await cast.anna()
    shown = await page_of(account, by_letter=who == "a patient by a letter")
    assert BEGUN not in shown
    assert "anna@example.pl" not in shown
    assert "Nie pamiętam hasła" in shown
    assert ("To konto nie jest kontem pracownika." in shown) is (who == "a patient")

"""Fixtures of these tests: one shared service; in each test, people with browser windows of their own."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from infra import clock
from tests import cast
from tests.portal.window import Opener
from tests.support.browser import Contexts
from tests.support.service import Service, run_shared_service


@pytest.fixture(scope="package")
def portal_service(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service on the tests' database that accepts only registered documents, as in production."""
    register = tmp_path_factory.mktemp("trusted") / "register.json"
    register.write_text("{}")
    more = {"RATE_OF_SIGN_IN": "6000/minute", "RATE_PER_ADDRESS": "60000/minute", "HOLD_MINUTES": "5"}
    with run_shared_service(DATABASE_URL=database_url, DEMO="0", TRUSTED_DOCUMENTS=str(register), **more) as service:
        yield service


@pytest.fixture(scope="package")
def other_centre(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Another centre's service, with its own logo and pages, closed for at least the next ten hours."""
    opens = datetime.now(cast.WARSAW) + timedelta(hours=12)
    logo = tmp_path_factory.mktemp("centre") / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 24"><rect width="96" height="24"/></svg>')
    own = {
        "SERVICE_OPENS": f"{opens:%H}:00",
        "SERVICE_CLOSES": f"{opens.hour + 1:02}:00",
        "CENTRE_NAME": "CM Zdrowie",
        "CENTRE_PHONE": "22 111 11 11",
        "CENTRE_LOGO": str(logo),
        "CENTRE_PRIVACY_URL": "https://zdrowie.example/prywatnosc",
    }
    with run_shared_service(DATABASE_URL=database_url, DEMO="0", **own) as service:
        yield service


@pytest.fixture(autouse=True)
async def at_present(fresh: None) -> AsyncIterator[None]:
    """The service uses the real clock, so what a test writes beforehand must have real times too."""
    with clock.pinned(datetime.now(UTC)):
        yield


@pytest.fixture
async def opened(contexts: Contexts, portal_service: Service, at_present: None) -> AsyncIterator[Opener]:
    """Opens portal windows; checks at the end that none of them has met a fault that its test did not expect."""
    for entry in (portal_service.home / "mailbox").glob("*.json"):
        entry.unlink()
    opener = Opener(contexts, portal_service.url)
    yield opener
    await opener.close()

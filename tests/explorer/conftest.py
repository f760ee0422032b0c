"""Fixtures of these tests: one shared service; in each test, colleagues with windows of their own."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime

import pytest

from infra import clock
from tests.explorer.desk import Desk
from tests.support.browser import CHROMIUM, HAS_ASSETS, Contexts
from tests.support.service import Service, run_shared_service

collect_ignore_glob = [] if CHROMIUM and HAS_ASSETS else ["test_[!w]*.py"]
SMALL, LARGE = {"width": 1366, "height": 768}, {"width": 1920, "height": 1080}
Hire = Callable[..., Awaitable[Desk]]


@pytest.fixture(scope="package")
def desk_service(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service on the tests' database that accepts only registered documents, as in production."""
    register = tmp_path_factory.mktemp("trusted") / "register.json"
    register.write_text("{}")
    more = {"RATE_OF_SIGN_IN": "6000/minute", "RATE_PER_ADDRESS": "60000/minute", "RATE_PER_ACCOUNT": "60000/minute"}
    with run_shared_service(DATABASE_URL=database_url, DEMO="0", TRUSTED_DOCUMENTS=str(register), **more) as service:
        yield service


@pytest.fixture(autouse=True)
async def at_present(fresh: None) -> AsyncIterator[None]:
    """The service uses the real clock, so what a test writes beforehand must have real times too."""
    with clock.pinned(datetime.now(UTC)):
        yield


@pytest.fixture
async def hired(contexts: Contexts, desk_service: Service, at_present: None) -> AsyncIterator[Hire]:
    """Opens a window for a colleague; checks at the end that no window called another host or stored anything."""
    desks: list[Desk] = []

    async def hire(size: dict[str, int] = SMALL, login: str = "rita@diamed.example", **passwords: str) -> Desk:
        context = await contexts.take(
            viewport=size, locale="pl-PL", timezone_id="America/New_York", reduced_motion="reduce"
        )
        desk = Desk(await context.new_page(), desk_service.url)
        desks.append(desk)
        if passwords:
            await desk.sign_in(login, **passwords)
        else:
            await desk.begin(login)
        return desk

    yield hire
    for desk in desks:
        assert desk.is_clean(), (desk.errors, desk.asked)
        assert await desk.browser_keeps() == 0
        await contexts.give_back(desk.page.context)

"""Outages: a window's connection to the service is broken for a while."""

from playwright.async_api import Route

from tests.portal.window import Window

LOST = ("Failed to load resource", "net::ERR", "502")


def forgive(window: Window) -> None:
    """Discard the faults that the browser reports because the test has broken the connection."""
    window.faults[:] = [fault for fault in window.faults if not any(part in fault for part in LOST)]


class Broken:
    """Breaks the connection to the API during the block: `manner` is "offline", "502" or "abort"."""

    def __init__(self, window: Window, manner: str) -> None:
        self.window, self.manner, self.hits = window, manner, 0

    async def __aenter__(self) -> "Broken":
        if self.manner == "offline":
            await self.window.context.set_offline(True)
            return self
        await self.window.page.route("**/graphql", self._refuse)
        return self

    async def _refuse(self, route: Route) -> None:
        self.hits += 1
        if self.manner == "502":
            await route.fulfill(status=502, content_type="text/html", body="<h1>Bad Gateway</h1>")
        else:
            await route.abort("internetdisconnected")

    async def __aexit__(self, *_: object) -> None:
        if self.manner == "offline":
            await self.window.context.set_offline(False)
        else:
            await self.window.page.unroute("**/graphql")
        forgive(self.window)

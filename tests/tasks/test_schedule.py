"""The schedule: every task is repeated periodically, so a lost nudge delays a message but never loses one."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

import settings
from models.outbox import Message, MessageState
from tasks import broker
from tasks.account_requests import process_account_requests
from tasks.freed_slots import offer_slots
from tasks.housekeeping import index_birth_dates, purge_expired
from tasks.letters import send_letters
from tasks.reminders import write_reminders
from tasks.slot_horizon import fill_horizon
from tasks.texts import send_texts
from tests.support.smtp_server import SmtpServer
from tests.support.waiting import eventually, patience
from tests.tasks.letters import a_letter

SECONDS = {
    process_account_requests: 15,
    send_letters: 15,
    send_texts: 15,
    offer_slots: 15,
    write_reminders: 60,
    fill_horizon: 900,
    index_birth_dates: 3600,
    purge_expired: 3600,
}
ASK = """
import json
from tasks.broker import broker
print(json.dumps({name: task.labels["schedule"] for name, task in broker.local_task_registry.items()}))
"""


def test_a_process_that_runs_the_broker_runs_every_scheduled_task() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", ASK], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert json.loads(asked.stdout) == {task.task_name: [{"interval": seconds}] for task, seconds in SECONDS.items()}


async def test_a_letter_that_nobody_nudged_is_sent_when_the_service_starts(smtp_server: SmtpServer) -> None:
    letter = await a_letter()
    async with broker.run_in_web_process():
        await eventually(lambda: smtp_server.mails)
    assert (await Message.get(id=letter.id)).state == MessageState.SENT


async def test_a_letter_being_sent_may_be_finished_when_the_service_stops(smtp_server: SmtpServer) -> None:
    letter = await a_letter()
    smtp_server.delays = {"anna@example.pl": 0.4}
    async with broker.run_in_web_process():
        await eventually(lambda: smtp_server.encrypted)
    assert (await Message.get(id=letter.id)).state == MessageState.SENT


async def test_a_stopping_service_waits_only_so_long_and_hands_back_its_claims(
    smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "STOP_SECONDS", 0.2)
    letter = await a_letter()
    smtp_server.hanging = {"anna@example.pl"}
    async with asyncio.timeout(patience()), broker.run_in_web_process():
        await eventually(lambda: smtp_server.encrypted)
    assert (await Message.get(id=letter.id)).state == MessageState.DUE  # so other senders need not wait for the lease

"""Helpers that are correct only inside a transaction refuse to run outside one."""

import pytest
from tortoise.transactions import in_transaction

from infra import database
from models.accounts.patient import Patient
from models.outbox import Message, MessageKind
from tests import cast


async def test_a_lock_or_a_letter_outside_a_transaction_is_refused() -> None:
    anna = await cast.anna()
    assert anna.patient
    with pytest.raises(RuntimeError):
        await Patient.lock(anna.patient.id)
    with pytest.raises(RuntimeError):
        await Message.post(MessageKind.PASSWORD_CHANGED, anna)
    assert await Message.all().count() == 0


async def test_a_transaction_is_known_at_any_depth_and_over_when_it_is_over() -> None:
    async with in_transaction():
        database.require_transaction()
        async with in_transaction():
            database.require_transaction()
        database.require_transaction()
    with pytest.raises(RuntimeError):
        database.require_transaction()

"""Delivery reports: accepted only at the unguessable URL and only for known texts, and always answered with OK."""

from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

import server
from models.outbox import Message, MessageState
from tests.tasks.letters import text_sent
from web import sms_reports

PATH = urlsplit(sms_reports.address()).path


async def report(method: str = "POST", path: str = PATH, **fields: Any) -> tuple[int, str]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(server.app), base_url="http://testserver") as gateway:
        response = await (gateway.post(path, data=fields) if method == "POST" else gateway.get(path, params=fields))
    return response.status_code, response.text


async def state_of(text: Message) -> tuple[MessageState, str | None]:
    text = await Message.get(id=text.id)
    return text.state, text.reason


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("404", (MessageState.DELIVERED, None)),
        ("DELIVERED", (MessageState.DELIVERED, None)),
        ("405", (MessageState.FAILED, "SMSAPI: undelivered")),
        ("UNDELIVERED", (MessageState.FAILED, "SMSAPI: undelivered")),
        ("402", (MessageState.FAILED, "SMSAPI: expired")),
        ("403", (MessageState.SENT, None)),
        ("409", (MessageState.SENT, None)),
        ("nonsense", (MessageState.SENT, None)),
    ],
)
async def test_the_delivery_status_of_a_text_is_recorded(
    method: str, status: str, expected: tuple[MessageState, str | None]
) -> None:
    text = await text_sent()
    assert await report(method, MsgId="G1", status=status, idx=text.id.hex) == (200, "OK")
    assert await state_of(text) == expected


async def test_several_reports_come_at_once() -> None:
    one, two, three = (
        await text_sent(gateway_id="G1"),
        await text_sent(gateway_id="G2"),
        await text_sent(gateway_id=None),
    )
    idx = f",,{three.id.hex}"
    assert await report(MsgId="G1,G2,G3", status="404,406,404", idx=idx) == (200, "OK")
    assert [(await state_of(text))[0] for text in (one, two, three)] == [
        MessageState.DELIVERED,
        MessageState.FAILED,
        MessageState.DELIVERED,
    ]


async def test_the_same_report_again_and_a_contradicting_one_change_nothing_more() -> None:
    text = await text_sent()
    for status in ("404", "404", "405"):
        assert await report(MsgId="G1", status=status) == (200, "OK")
    assert await state_of(text) == (MessageState.DELIVERED, None)


async def test_a_stranger_who_does_not_know_the_address_reports_nothing() -> None:
    text = await text_sent()
    for path in ("/sms/delivered/0", PATH[:-1], f"{PATH}0", "/sms/delivered/ż"):
        assert (await report("POST", path, MsgId="G1", status="405"))[0] == 404
    assert await state_of(text) == (MessageState.SENT, None)


NONSENSE: list[dict[str, str]] = [
    {},
    {"MsgId": "G1"},
    {"status": "404"},
    {"MsgId": "", "status": "404", "idx": ""},
    {"MsgId": "G9", "status": "404"},
    {"MsgId": "G\0", "status": "404\0"},
    {"MsgId": "x" * 50_000, "status": "404"},
]


@pytest.mark.parametrize("fields", NONSENSE)
async def test_nonsense_is_answered_ok_and_changes_nothing(fields: dict[str, str]) -> None:
    text = await text_sent()
    assert await report(**fields) == (200, "OK")
    assert await state_of(text) == (MessageState.SENT, None)


async def test_the_address_is_long_and_the_same_at_every_start() -> None:
    assert sms_reports.address() == sms_reports.address()
    assert len(PATH.rpartition("/")[2]) == 40

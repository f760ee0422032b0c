"""Delivery reports of the SMS gateway, accepted only at an address that nobody can guess."""

import hmac
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import PlainTextResponse

import settings
from infra import crypto
from models.outbox import Message

PATH = "/sms/delivered/{secret}"
MAX_LENGTH = 20_000
DELIVERED = {"404", "DELIVERED"}
FAILED = {
    "401": "not found",
    "402": "expired",
    "405": "undelivered",
    "406": "failed",
    "407": "rejected",
    "412": "stopped",
}
FAILED |= {"NOT_FOUND": "not found", "STOP": "stopped"} | {word.upper(): word for word in FAILED.values()}


def secret() -> str:
    return crypto.blind_index("delivery reports", "sms/delivered")[:40]


def address() -> str:
    """The address that the operator enters at SMSAPI for delivery reports."""
    return f"{settings.PUBLIC_URL}{PATH.format(secret=secret())}"


async def receive(request: Request) -> PlainTextResponse:
    """SMSAPI repeats a report until the answer is OK, and may join several reports with commas."""
    if not hmac.compare_digest(request.path_params["secret"].encode(), secret().encode()):
        return PlainTextResponse("Not found", 404)
    fields = await _read_fields(request)
    for gateway_id, status, idx in zip(fields["MsgId"], fields["status"], fields["idx"], strict=False):
        if status in DELIVERED or status in FAILED:
            problem = None if status in DELIVERED else f"SMSAPI: {FAILED[status]}"
            await Message.record_delivery(gateway_id[:100], idx, problem)
    return PlainTextResponse("OK")


async def _read_fields(request: Request) -> dict[str, list[str]]:
    """The values of each field from the query or the form, one per report."""
    text = request.url.query
    if request.method == "POST":
        text = f"{text}&{(await request.body()).decode(errors='replace')}"
    given = parse_qs(text[:MAX_LENGTH].replace("\0", ""))
    fields = {name: given.get(name, [""])[0].split(",") for name in ("MsgId", "status", "idx")}
    fields["idx"] += [""] * len(fields["MsgId"])
    return fields

"""Delivery reports of the SMS gateway: what became of each text; believed only on an address nobody can guess."""

import hmac
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import PlainTextResponse

import settings
from models import seal
from models.message import Message

PATH = "/sms/delivered/{secret}"
LONGEST = 20_000
DELIVERED = {"404", "DELIVERED"}
FAILED = {
    "401": "not found", "402": "expired", "405": "undelivered", "406": "failed", "407": "rejected", "412": "stopped",
}  # fmt: skip
FAILED |= {"NOT_FOUND": "not found", "STOP": "stopped"} | {word.upper(): word for word in FAILED.values()}


def secret() -> str:
    return seal.blind("delivery reports", "sms/delivered")[:40]


def address() -> str:
    """What the operator enters at SMSAPI as the address of delivery reports."""
    return f"{settings.PUBLIC_URL}{PATH.format(secret=secret())}"


async def receive(request: Request) -> PlainTextResponse:
    """SMSAPI repeats a report until the answer is OK; several come at once, joined by commas."""
    if not hmac.compare_digest(request.path_params["secret"].encode(), secret().encode()):
        return PlainTextResponse("Not found", 404)
    told = await _told(request)
    for gateway_id, status, idx in zip(told["MsgId"], told["status"], told["idx"], strict=False):
        if status in DELIVERED or status in FAILED:
            problem = None if status in DELIVERED else f"SMSAPI: {FAILED[status]}"
            await Message.reported(gateway_id[:100], idx, problem)
    return PlainTextResponse("OK")


async def _told(request: Request) -> dict[str, list[str]]:
    """The fields of the query or the form; as many of each as there are reports."""
    text = request.url.query
    if request.method == "POST":
        text = f"{text}&{(await request.body()).decode(errors='replace')}"
    given = parse_qs(text[:LONGEST].replace("\0", ""))
    told = {name: given.get(name, [""])[0].split(",") for name in ("MsgId", "status", "idx")}
    told["idx"] += [""] * len(told["MsgId"])
    return told

"""Frames of graphql-transport-ws: validates clients' frames, and builds the frames that many clients receive."""

from typing import Any

import orjson

from schema.execution.shared_answers import SharedData

END = b"}"
WITH_PAYLOAD = ("connection_init", "ping", "pong")


def find_flaw(message: Any) -> str | None:
    """What is wrong with a frame, in the words of the protocol's reference implementation where it has them."""
    if not isinstance(message, dict):
        return "Message is expected to be a JSON object."
    if not isinstance(message.get("type"), str):
        return "Message is missing the 'type' property."
    if message["type"] in ("subscribe", "complete") and not (isinstance(message.get("id"), str) and message["id"]):
        return "Message is expected to have an 'id' that is a non-empty string."
    payload = message.get("payload")
    if message["type"] == "subscribe":
        return _find_operation_flaw(payload)
    if "payload" in message and message["type"] in WITH_PAYLOAD and not isinstance(payload, dict):
        return "The 'payload' is expected to be a JSON object."
    return None


def _find_operation_flaw(payload: Any) -> str | None:
    if not isinstance(payload, dict):
        return "The 'payload' is expected to be a JSON object."
    if not isinstance(payload.get("query"), str):
        return "The payload's 'query' is expected to be a string."
    if not isinstance(payload.get("operationName"), str | None):
        return "The payload's 'operationName' is expected to be a string."
    for name in ("variables", "extensions"):
        if not isinstance(payload.get(name), dict | None):
            return f"The payload's '{name}' is expected to be a JSON object."
    return None


def write_shared(id_: str, result: Any) -> str | None:
    """The frame of an answer that several subscriptions share: only the id differs. None if it is not shared."""
    data = result.data
    if not isinstance(data, SharedData) or result.errors:
        return None
    return b"".join((head_of_next(id_), write_payload(data, result.extensions), END)).decode()


def head_of_next(id_: str) -> bytes:
    """The beginning of a frame with a result of this operation; the payload and END follow."""
    return b'{"id":%b,"type":"next","payload":' % orjson.dumps(id_)


def write_payload(data: SharedData, extensions: dict[str, Any] | None) -> bytes:
    """Serialise the payload, once for all operations whose extensions are equal."""
    if data.text is None or data.extensions != extensions:
        payload = {"data": data} | ({"extensions": extensions} if extensions else {})
        data.text, data.extensions = orjson.dumps(payload), extensions
    return data.text

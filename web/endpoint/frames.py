"""Frames of graphql-transport-ws: what is wrong with one that a client has sent."""

from typing import Any

WITH_PAYLOAD = ("connection_init", "ping", "pong")


def flaw_of(message: Any) -> str | None:
    """What is wrong with a frame, in the words of the protocol's reference implementation where it has some."""
    if not isinstance(message, dict):
        return "Message is expected to be a JSON object."
    if not isinstance(message.get("type"), str):
        return "Message is missing the 'type' property."
    if message["type"] in ("subscribe", "complete") and not (isinstance(message.get("id"), str) and message["id"]):
        return "Message is expected to have an 'id', a string that is not empty."
    payload = message.get("payload")
    if message["type"] == "subscribe":
        return _flaw_of_operation(payload)
    if "payload" in message and message["type"] in WITH_PAYLOAD and not isinstance(payload, dict):
        return "The 'payload' is expected to be a JSON object."
    return None


def _flaw_of_operation(payload: Any) -> str | None:
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

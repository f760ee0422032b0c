"""Each stage of an operation is broken in turn: whatever the transport, the answer is masked and has a code and a
request id, the log contains the details once, and the metrics count the failure."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY
from starlette.responses import Response

import web.endpoint.endpoint
import web.endpoint.http
import web.endpoint.sockets
from infra import metrics
from models.accounts.session import Session
from models.slots.clinic import Clinic
from schema.execution import compiled, limits, operation, stages
from schema.execution.public_answers import Publicity
from tests import cast
from tests.support.http import http_client
from tests.support.live_server import socket
from tests.support.waiting import eventually
from tests.web.live.test_sse import following

SECRET = "connection to 10.1.2.3:5432 failed for Anna Żółć, 02211307589"
CLINICS = "{ clinics { nodes { name } } } # of this stage, so not yet parsed: "
COUNTED_AS_ANSWERED = ("metrics", "extensions")  # these fail after the operation has been counted


def fail(*_: Any, **__: Any) -> Any:
    raise OSError(SECRET)


async def fail_later(*_: Any, **__: Any) -> Any:
    raise OSError(SECRET)


Stage = Callable[[pytest.MonkeyPatch], None]
STAGES: dict[str, Stage] = {
    "session look-up": lambda patch: patch.setattr(Session, "find_by_token", fail_later),
    "rate counter": lambda patch: patch.setattr(operation, "charge_request", fail_later),
    "parse": lambda patch: patch.setattr("strawberry.schema.schema._parse_operation_document", fail),
    "validation": lambda patch: patch.setattr("strawberry.schema.schema._run_validation", fail),
    "rule": lambda patch: patch.setattr(limits, "check", fail),
    "cost": lambda patch: patch.setattr(operation, "measure_operation", fail),
    "budget": lambda patch: patch.setattr(operation, "charge_cost", fail_later),
    "resolver": lambda patch: patch.setattr(Clinic, "list_page", fail_later),
    "completion": lambda patch: patch.setattr(compiled.CompilingExecutor, "complete_object_value", fail),
    "metrics": lambda patch: patch.setattr(metrics, "collect_pool", fail),
    "log": lambda patch: patch.setattr(operation.OperationLog, "_line", fail),
    "extensions": lambda patch: patch.setattr(stages.StageRunner, "get_extensions_results", fail_later),
}
OF_HTTP: dict[str, Stage] = {
    "publicity": lambda patch: _fail_in_a_hook(patch),
    "context": lambda patch: patch.setattr(web.endpoint.http, "read_context", fail_later),
    "result": lambda patch: patch.setattr(web.endpoint.http.HttpEndpoint, "process_result", fail_later),
    "serialisation": lambda patch: patch.setattr(web.endpoint.endpoint.GraphQLEndpoint, "encode_json", fail),
    "response": lambda patch: patch.setattr(Response, "__call__", _once(fail_later)),
}


def _fail_in_a_hook(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Publicity, "on_operation", _fail_at_the_end)
    patch.setattr(stages, "_find_hooks", stages._find_hooks.__wrapped__)  # the hooks are cached by class


def _fail_at_the_end(*_: Any) -> Any:
    yield
    fail()


def _once(failing: Any) -> Any:
    """Make sending fail for the first answer, but not for the error answer that follows."""
    whole, calls = Response.__call__, []

    async def call(*arguments: Any) -> Any:
        calls.append(arguments)
        return await (failing if len(calls) == 1 else whole)(*arguments)

    return call


def counted() -> tuple[float, float]:
    """The number of failures, and of operations counted as failed."""
    outcomes = [
        sample.value
        for metric in REGISTRY.collect()
        if metric.name == "e_rejestracja_operations"
        for sample in metric.samples
        if sample.name.endswith("_total") and sample.labels["outcome"] == "INTERNAL_SERVER_ERROR"
    ]
    return REGISTRY.get_sample_value("e_rejestracja_failures_total") or 0, sum(outcomes)


async def check_error(
    stage: str, error: dict[str, Any], caplog: pytest.LogCaptureFixture, before: tuple[float, float]
) -> None:
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert error["message"].startswith("Coś poszło nie tak po naszej stronie")
    assert error["extensions"]["requestId"]
    for secret in ("10.1.2.3", ":5432", "Anna"):
        assert secret not in json.dumps(error)
    failed = [record for record in caplog.records if record.exc_info]
    assert [record.message for record in failed] == ["operation_failed"]
    assert SECRET in str(failed[0].exc_info)
    assert counted()[0] == before[0] + 1
    await eventually(lambda: counted()[1] >= before[1] + (stage not in COUNTED_AS_ANSWERED))


@pytest.mark.parametrize("media_type", ["application/json", "application/graphql-response+json"])
@pytest.mark.parametrize("stage", [*STAGES, *OF_HTTP])
async def test_over_http(
    stage: str,
    media_type: str,
    address: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token, before = await cast.signed_in(await cast.anna()), counted()
    (STAGES | OF_HTTP)[stage](monkeypatch)
    headers = {"accept": media_type, "accept-language": "pl", "authorization": f"Bearer {token}"}
    async with http_client() as http:
        response = await http.post(
            f"http://{address}/graphql", json={"query": CLINICS + stage + media_type}, headers=headers
        )
    answer = response.json()
    is_whole = "data" in answer  # only a field failed
    assert response.status_code == (200 if is_whole or media_type == "application/json" else 500)
    assert response.headers["content-type"].startswith(media_type)
    [error] = answer["errors"]
    assert error["extensions"]["requestId"] == response.headers["x-request-id"]
    await check_error(stage, error, caplog, before)


@pytest.mark.parametrize("stage", [*STAGES, "serialisation"])
async def test_over_a_socket(
    stage: str, address: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await cast.signed_in(await cast.anna())
    async with socket(address, additional_headers={"accept-language": "pl"}) as client:
        await client.init(token)
        before = counted()
        broken = {**STAGES, "serialisation": _refuse_results}[stage]
        broken(monkeypatch)
        await client.say({"id": "1", "type": "subscribe", "payload": {"query": f"{CLINICS} {stage} ws"}})
        said = await client.hear()
        if "errors" not in said["payload"] and said["type"] == "next":  # it failed after its result had been sent
            said = await client.hear()
        [error] = said["payload"] if said["type"] == "error" else said["payload"]["errors"]
        await check_error(stage, error, caplog, before)


def _refuse_results(patch: pytest.MonkeyPatch) -> None:
    send = web.endpoint.sockets.SocketAdapter.send_json

    async def send_all_but_results(self: Any, message: Any) -> None:
        if message["type"] == "next":
            raise OSError(SECRET)
        await send(self, message)

    patch.setattr(web.endpoint.sockets.SocketAdapter, "send_json", send_all_but_results)


@pytest.mark.parametrize("stage", [*STAGES, "serialisation"])
async def test_in_an_event_stream(
    stage: str, address: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, before = await cast.signed_in(await cast.anna()), counted()
    (STAGES | OF_HTTP)[stage](monkeypatch)
    async with following(address, token, f"{CLINICS} {stage} sse") as source:
        if source.response.headers["content-type"].startswith("text/event-stream"):
            _, said = await source.next()
            if "errors" not in said:
                _, said = await source.next()
        else:
            assert source.response.status_code == 500
            said = json.loads(await source.response.aread())
        [error] = said["errors"]
        await check_error(stage, error, caplog, before)


async def test_a_socket_whose_caller_cannot_be_looked_up_is_closed_with_a_masked_word(
    address: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, before = await cast.signed_in(await cast.anna()), counted()
    STAGES["session look-up"](monkeypatch)
    async with socket(address) as client:
        await client.say({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
        code, reason = await client.closed()
    assert code == 1011
    assert reason.startswith("Coś poszło nie tak")
    assert [record.message for record in caplog.records if record.exc_info] == ["operation_failed"]
    assert counted() == (before[0] + 1, before[1] + 1)

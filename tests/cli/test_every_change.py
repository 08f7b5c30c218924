"""What holds for every command that changes something: it asks, it rehearses, and it cannot act when read-only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from durablectl.cli.app import COMMANDS
from durablectl.cli.process import connect_to_service
from tests.cli.harness import run
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import make_execution, step, wait_for_callback
from tests.servers.http import Answer, Request
from tests.servers.stub import StubService, stub_service

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
OPEN = f"{FUNCTION}:7/durable-execution/order-1/11111111-aaaa-4000-8000-000000000000"
PAUSED = OPEN.replace("order-1", "order-2").replace("1111-a", "2222-a")
CLOSED = OPEN.replace("order-1", "order-3").replace("1111-a", "3333-a")

# A way to call each of them that would be carried out, and what takes the place of an answer.
WAYS: dict[str, list[tuple[list[str], list[str]]]] = {
    "stop": [([OPEN], []), ([OPEN, PAUSED], []), (["--status", "open"], [])],
    "pause": [([OPEN], []), ([OPEN, PAUSED], []), (["--status", "open"], [])],
    "resume": [([PAUSED], []), ([OPEN, PAUSED], []), (["--status", "paused"], [])],
    "delete": [
        ([CLOSED], ["--confirm", "order-3"]),
        ([CLOSED, OPEN], ["--confirm", "2"]),
        (["--status", "closed"], ["--confirm", "order-3"]),
    ],
    "start": [(["orders:7"], [])],
    "restart": [([CLOSED], [])],
    "callback succeed": [(["Y2It"], []), (["--execution", OPEN], [])],
    "callback fail": [(["Y2It"], []), (["--execution", OPEN], [])],
    "callback heartbeat": [(["Y2It"], []), (["--execution", OPEN], [])],
}
LOCAL = {"local stop", "local reset"}
CALLS = [([*verb.split(), *words], confirmed) for verb, ways in WAYS.items() for words, confirmed in ways]
MILD = [["pause", OPEN], ["resume", PAUSED], ["start", "orders:7"]]
ASKING = [
    (words, confirmed)
    for words, confirmed in CALLS
    if words not in MILD and words[1] != "heartbeat" and words[-1] != "Y2It"
]
FILE = """\
current_context: prod
contexts:
  prod: {production: true, region: eu-west-1}
  dev: {region: eu-west-1}
  audit: {read_only: true, region: eu-west-1, endpoint_url: "ENDPOINT"}
"""


def ids(value: object) -> str:
    return " ".join(word.rpartition("/durable-execution/")[2] for word in value) if isinstance(value, list) else ""


@pytest.fixture
def backend() -> FakeBackend:
    waiting = make_execution("order-1", wait_for_callback("approval", callback_id="Y2It"), arn=OPEN)
    paused = make_execution("order-2", step("charge"), arn=PAUSED, status="PAUSED")
    closed = make_execution("order-3", step("charge"), arn=CLOSED, status="FAILED", input="{}")
    functions = [make_function("orders"), make_function("orders", version="7")]
    return FakeBackend(waiting, paused, closed, functions=functions)


@pytest.fixture
def stub() -> Iterator[StubService]:
    with stub_service() as running:
        running.script(answer)
        yield running


@pytest.fixture
def environ(tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, str]:
    endpoint = request.getfixturevalue("stub").endpoint if "stub" in request.fixturenames else "http://127.0.0.1:1"
    (tmp_path / "config.yaml").write_text(FILE.replace("ENDPOINT", endpoint))
    return {
        "DURABLECTL_CONFIG": str(tmp_path / "config.yaml"),
        "DURABLECTL_NO_CACHE": "1",
        "HOME": str(tmp_path),
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }


def test_every_command_that_changes_something_is_among_these() -> None:
    assert {spec.name for spec in COMMANDS if spec.level} == set(WAYS) | LOCAL


@pytest.mark.parametrize("words, confirmed", CALLS, ids=ids)
@pytest.mark.parametrize("more", [(), ("-o", "json"), ("--no-input",)], ids=ids)
def test_check_4_and_23_in_production_nothing_is_changed_without_yes(
    environ: dict[str, str], backend: FakeBackend, words: list[str], confirmed: list[str], more: tuple[str, ...]
) -> None:
    ran = run(*words, *more, backend=backend, environ=environ)

    assert ran.code == 2
    assert "needs confirmation and there is no terminal to ask on" in ran.err
    assert backend.mutations == []


@pytest.mark.parametrize("words, confirmed", ASKING, ids=ids)
def test_check_4_elsewhere_nothing_severe_or_for_many_is_changed_without_yes(
    environ: dict[str, str], backend: FakeBackend, words: list[str], confirmed: list[str]
) -> None:
    ran = run(*words, "-c", "dev", backend=backend, environ=environ)

    assert ran.code == 2
    assert "needs confirmation" in ran.err
    assert backend.mutations == []


@pytest.mark.parametrize("words, confirmed", CALLS, ids=ids)
def test_check_23_yes_in_production_needs_the_context_on_the_line(
    environ: dict[str, str], backend: FakeBackend, words: list[str], confirmed: list[str]
) -> None:
    blind = run(*words, "--yes", *confirmed, backend=backend, environ=environ)
    assert (blind.code, backend.mutations) == (2, [])

    named = run(*words, "--yes", *confirmed, "-c", "prod", backend=backend, environ=environ)

    assert "counts in the production context prod only where the command line names it" in blind.err
    assert named.code in (0, 8), named.err
    assert backend.mutations


@pytest.mark.parametrize("words, confirmed", CALLS, ids=ids)
@pytest.mark.parametrize("context", ["prod", "dev", "audit"])
def test_a_dry_run_only_reads_whatever_else_is_said(
    environ: dict[str, str], backend: FakeBackend, words: list[str], confirmed: list[str], context: str
) -> None:
    ran = run(*words, "--dry-run", "--yes", *confirmed, "-c", context, backend=backend, environ=environ)

    assert ran.code in (0, 8), ran.err
    assert "would apply" in ran.out
    assert backend.mutations == []


@pytest.mark.parametrize("words, confirmed", CALLS, ids=ids)
def test_check_24_a_read_only_context_lets_nothing_but_reads_out(
    environ: dict[str, str], stub: StubService, words: list[str], confirmed: list[str]
) -> None:
    ran = run(*words, "--yes", *confirmed, "-c", "audit", environ=environ, connect=connect_to_service)

    assert ran.code == 4, ran.err
    assert "context audit is read-only" in ran.err + ran.out
    assert [request.method for request in stub.requests if request.method != "GET"] == []


@pytest.mark.parametrize("guard", [("--read-only",), ()])
@pytest.mark.parametrize("verb", sorted(LOCAL))
def test_check_24_read_only_keeps_local_services_and_their_stores(
    environ: dict[str, str], tmp_path: Path, verb: str, guard: tuple[str, ...]
) -> None:
    (tmp_path / ".durablectl").mkdir()
    store = tmp_path / ".durablectl" / "local.db"
    store.write_bytes(b"")
    words = [*verb.split(), *(["--store", str(store), "--yes"] if verb == "local reset" else [])]

    ran = run(*words, *(guard or ("-c", "audit")), environ=environ)

    assert ran.code == 4
    assert f"{verb} is not available" in ran.err
    assert store.exists()


def answer(request: Request) -> Answer:
    """What AWS would answer to a read about any of the three executions."""
    path = unquote(request.path)
    arn = next((arn for arn in (OPEN, PAUSED, CLOSED) if arn in path), OPEN)
    if path.endswith("/history"):
        started = {"EventId": 1, "EventType": "CallbackStarted", "Id": "op-1", "EventTimestamp": 1.0}
        details = {"CallbackStartedDetails": {"CallbackId": "Y2It"}}
        return Answer({"Events": [started | details]})
    if path.endswith("/durable-executions"):
        return Answer({"DurableExecutions": [row(each) for each in (OPEN, PAUSED, CLOSED)]})
    if "/durable-executions/" in path:
        return Answer(row(arn) | {"InputPayload": "{}"})
    if path.endswith("/versions"):
        return Answer({"Versions": [function("7")]})
    return Answer(function("7") | {"Functions": [function("$LATEST")]})


def row(arn: str) -> dict[str, object]:
    status = {OPEN: "RUNNING", PAUSED: "PAUSED", CLOSED: "FAILED"}[arn]
    ended = {"EndTimestamp": 2.0} if arn == CLOSED else {}
    name, function_arn = arn.split("/")[2], arn.partition("/")[0]
    facts = {"DurableExecutionArn": arn, "DurableExecutionName": name, "FunctionArn": function_arn}
    return {**facts, "Status": status, "StartTimestamp": 1.0, **ended}


def function(version: str) -> dict[str, object]:
    facts = {"FunctionName": "orders", "FunctionArn": f"{FUNCTION}:{version}", "Version": version}
    return {**facts, "DurableConfig": {"ExecutionTimeout": 60}}

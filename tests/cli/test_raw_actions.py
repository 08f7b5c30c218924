"""`--raw` of actions: the service's own answers, null where it was not asked for a change."""

from __future__ import annotations

import pytest

from tests.cli.harness import run
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import callback, make_execution, step


@pytest.fixture
def backend() -> FakeBackend:
    open_one = make_execution("order-1", callback("approval", callback_id="Y2ItMQ=="))
    closed = make_execution("order-2", step("charge"), status="SUCCEEDED", id="00000000-0000-4000-8000-000000000002")
    return FakeBackend(open_one, closed, functions=[make_function(), make_function(version="7")])


def test_raw_stop_is_the_answer_of_the_service(backend: FakeBackend) -> None:
    answer = run("stop", "orders/order-1", "--yes", "--raw", backend=backend).json

    assert answer == {"StopTimestamp": "2026-11-21T10:20:04.000Z"}


@pytest.mark.parametrize("format", ["json", "jsonl", "yaml"])
def test_raw_batch_has_null_for_what_was_not_stopped(backend: FakeBackend, format: str) -> None:
    ran = run("stop", "orders/order-1", "orders/order-2", "--yes", "--raw", "-o", format, backend=backend)

    stamp = "2026-11-21T10:20:04.000Z"
    stopped, separator, whole = {
        "json": (f'{{\n    "StopTimestamp": "{stamp}"\n  }}', ",\n  ", "[\n  {}\n]\n"),
        "jsonl": (f'{{"StopTimestamp":"{stamp}"}}', "\n", "{}\n"),
        "yaml": (f"StopTimestamp: '{stamp}'", "\n- ", "- {}\n"),
    }[format]
    # They are worked on side by side, so either may be done first.
    either = [whole.format(separator.join(answers)) for answers in ((stopped, "null"), ("null", stopped))]
    assert ran.code == 8
    assert ran.out in either


@pytest.mark.parametrize("verb", ["succeed", "fail", "heartbeat"])
def test_raw_callback_answers_are_empty(backend: FakeBackend, verb: str) -> None:
    assert run("callback", verb, "Y2ItMQ==", "--raw", backend=backend).json == {}


def test_raw_start_has_what_invoke_answers(backend: FakeBackend) -> None:
    answer = run("start", "orders", "--name", "order-3", "--raw", backend=backend).json

    assert list(answer) == ["StatusCode", "ExecutedVersion", "DurableExecutionArn"]
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (202, "7")
    assert "/durable-execution/order-3/" in answer["DurableExecutionArn"]


def test_raw_start_of_an_existing_execution_has_its_arn(backend: FakeBackend) -> None:
    first = run("start", "orders", "--name", "order-3", "--raw", backend=backend).json
    again = run("start", "orders", "--name", "order-3", "--raw", backend=backend).json

    assert again == first


@pytest.mark.parametrize("command", [("stop", "orders/order-1"), ("start", "orders"), ("callback", "fail", "Y2ItMQ==")])
def test_a_dry_run_has_no_answer_to_show(backend: FakeBackend, command: tuple[str, ...]) -> None:
    ran = run(*command, "--dry-run", "--raw", backend=backend)

    assert ran.code == 2
    assert "--raw does not go with --dry-run" in ran.err
    assert not backend.calls


def test_check_4_raw_stop_without_yes_asks_nobody_and_stops_nothing(backend: FakeBackend) -> None:
    ran = run("stop", "orders/order-1", "--raw", backend=backend, is_terminal=True)

    assert ran.code == 2
    assert not backend.mutations

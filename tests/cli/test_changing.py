"""`pause`, `resume`, `delete` and `restart`: what they ask, send and answer, and how they exit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from durablectl.clock import ManualClock
from durablectl.errors import Unsupported
from tests.cli.harness import run
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import NOW, make_execution, step, wait_for_callback

OTHER_ID = "77c0b1d2-0e5f-4b0e-8d5e-90a2cc31f7be"
THIRD_ID = "0c9e4f10-5a6d-4d0b-b6a4-6d7ad1e2c3f4"


@pytest.fixture
def backend() -> FakeBackend:
    waiting = make_execution("order-1042", step("charge"), wait_for_callback("approval"))
    ended = make_execution("order-1038", step("charge"), status="FAILED", id=OTHER_ID, input='{"id": 1038}')
    paused = make_execution("order-1041", step("charge"), id=THIRD_ID, status="PAUSED")
    functions = [make_function("orders", version=version) for version in ("$LATEST", "7", "8")]
    return FakeBackend(waiting, ended, paused, clock=ManualClock(NOW), functions=functions)


# --- who is asked -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [("pause", "orders/order-1042"), ("resume", "orders/order-1041")])
def test_one_pause_or_resumption_asks_nothing(backend: FakeBackend, arguments: tuple[str, ...]) -> None:
    ran = run(*arguments, backend=backend)

    assert ran.code == 0
    assert [call.verb for call in backend.mutations] == [arguments[0]]


@pytest.mark.parametrize(
    "arguments",
    [
        ("pause", "orders/order-1042", "orders/order-1041"),
        ("resume", "orders/order-1042", "orders/order-1041"),
        ("delete", "orders/order-1038"),
        ("delete", "orders/order-1038", "--confirm", "order-1038"),
        ("restart", "orders/order-1038"),
    ],
)
@pytest.mark.parametrize("more", [(), ("-o", "json"), ("--no-input",)])
def test_check_4_without_anybody_to_ask_nothing_is_changed(
    backend: FakeBackend, arguments: tuple[str, ...], more: tuple[str, ...]
) -> None:
    ran = run(*arguments, *more, backend=backend)

    assert ran.code == 2
    assert "needs confirmation" in ran.err
    assert not backend.mutations


def test_check_4_delete_with_yes_alone_is_not_enough(backend: FakeBackend) -> None:
    ran = run("delete", "orders/order-1038", "--yes", backend=backend)

    assert ran.code == 2
    assert "add --confirm order-1038 to delete orders:7/order-1038" in ran.err
    assert not backend.mutations


@pytest.mark.parametrize(
    "references, typed",
    [
        (("orders/order-1038",), "order-1042"),
        (("orders/order-1038",), "1"),
        (("orders/order-1038", "orders/order-1042"), "order-1038"),
        (("orders/order-1038", "orders/order-1042"), "3"),
    ],
)
def test_a_confirmation_of_something_else_is_refused(
    backend: FakeBackend, references: tuple[str, ...], typed: str
) -> None:
    ran = run("delete", *references, "--yes", "--confirm", typed, backend=backend)

    assert ran.code == 2
    assert f'--confirm is "{typed}", but delete would take ' in ran.err
    assert not backend.mutations


@pytest.mark.parametrize("answer, code", [("order-1038", 0), ("y", 1), ("yes", 1), ("", 1), ("order-10", 1)])
def test_a_deletion_is_answered_with_the_name(backend: FakeBackend, answer: str, code: int) -> None:
    ran = run("delete", "orders/order-1038", backend=backend, is_terminal=True, stdin=f"{answer}\n")

    assert "Type the name to delete, anything else to cancel:" in ran.err
    assert ran.code == code
    assert len(backend.mutations) == (code == 0)


def test_several_deletions_are_answered_with_their_count(backend: FakeBackend) -> None:
    ran = run("delete", "orders/order-1038", "orders/order-1042", backend=backend, is_terminal=True, stdin="2\n")

    assert "Type the count to delete, anything else to cancel:" in ran.err
    (deletion,) = backend.mutations
    assert OTHER_ID in (deletion.target or "")
    assert ran.code == 8


@pytest.mark.parametrize("verb", ["delete", "restart"])
def test_check_22_yes_needs_an_exact_reference(backend: FakeBackend, verb: str) -> None:
    ran = run(verb, "orders/order-1038", "--dry-run", backend=backend)
    assert ran.code == 0

    ran = run(verb, "77c0b1d2", "--yes", *(("--confirm", "order-1038") if verb == "delete" else ()), backend=backend)

    assert ran.code == 2
    assert "--yes needs exact references" in ran.err
    assert not backend.mutations


# --- what is shown ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [80, 100])
@pytest.mark.parametrize(
    "arguments, expected",
    [
        (("delete", "orders/order-1038"), "Permanent. Does not lower storage charges, does not delete logs, metrics"),
        (
            ("restart", "orders/order-1038"),
            "Starts a new execution as order-1038-r2 with the recorded input (12 bytes)",
        ),
        (("pause", "orders/order-1042", "orders/order-1038"), "New executions still start."),
        (("resume", "orders/order-1041", "orders/order-1038"), "Invokes now if work is due."),
    ],
)
def test_previews_tell_the_effect_and_fit_the_terminal(
    backend: FakeBackend, arguments: tuple[str, ...], expected: str, columns: int
) -> None:
    ran = run(*arguments, "--no-color", backend=backend, is_terminal=True, stdin="n\n", columns=columns)

    assert ran.code == 1
    assert expected in ran.err
    assert max(map(len, ran.err.splitlines())) <= columns
    assert not backend.mutations


def test_a_deletion_that_the_status_forbids_is_told_before_it_is_asked_about(backend: FakeBackend) -> None:
    ran = run("delete", "orders/order-1042", backend=backend, is_terminal=True, stdin="order-1042\n")

    assert ran.code == 6
    assert "cannot delete orders/order-1042: it is RUNNING, only closed executions can be deleted" in ran.err
    assert "to end it first: durablectl stop orders/order-1042" in ran.err
    assert "Type the name" not in ran.err


@pytest.mark.parametrize(
    "arguments, outcome, before, after",
    [
        (("pause", "orders/order-1042", "--reason", "deploy"), "accepted", "RUNNING", "PAUSING"),
        (("resume", "orders/order-1041"), "accepted", "PAUSED", "RUNNING"),
        (("pause", "orders/order-1041"), "unchanged", "PAUSED", "PAUSED"),
        (("resume", "orders/order-1042"), "unchanged", "RUNNING", "RUNNING"),
        (("delete", "orders/order-1038", "--yes", "--confirm", "order-1038"), "accepted", "FAILED", "DELETING"),
        (("delete", "orders/order-1038", "--dry-run"), "would_apply", "FAILED", None),
    ],
)
def test_the_result_of_a_change(
    backend: FakeBackend, arguments: tuple[str, ...], outcome: str, before: str, after: str | None
) -> None:
    ran = run(*arguments, "-o", "json", backend=backend)

    assert ran.code == 0
    result = ran.json
    assert (result["kind"], result["action"], result["outcome"]) == ("action_result", arguments[0], outcome)
    assert (result["status_before"], result["status_after"]) == (before, after)


def test_a_reason_and_a_running_timeout_reach_the_service(backend: FakeBackend) -> None:
    run("pause", "orders/order-1042", "--reason", "deploy 3.2", "--timeout-keeps-running", backend=backend)

    assert backend.mutations[0].facts == {"reason": "deploy 3.2", "timeout_paused": False}


def test_a_reason_that_is_too_long_is_refused_before_any_request(backend: FakeBackend) -> None:
    ran = run("pause", "orders/order-1042", "--reason", "x" * 1025, backend=backend)

    assert ran.code == 2
    assert backend.calls == []


@pytest.mark.parametrize("verb", ["pause", "resume", "delete"])
def test_check_11_what_the_server_cannot_do_exits_7_with_the_reason(backend: FakeBackend, verb: str) -> None:
    reference = {"pause": "order-1042", "resume": "order-1041", "delete": "order-1038"}[verb]
    backend.fail(verb, Unsupported(f"{verb} is not supported by the backend at http://127.0.0.1:9014 (emulator)"))

    ran = run(
        verb, f"orders/{reference}", "--yes", *(("--confirm", reference) if verb == "delete" else ()), backend=backend
    )

    assert ran.code == 7
    assert f"error: {verb} is not supported by the backend" in ran.err


@pytest.mark.parametrize(
    "alias, reference", [("pause", "order-1042"), ("resume", "order-1041"), ("delete", "order-1038")]
)
def test_aws_names_of_the_operations_work(backend: FakeBackend, alias: str, reference: str) -> None:
    arn = next(arn for arn, recorded in backend.recorded.items() if recorded.execution.name == reference)

    ran = run(f"{alias}-durable-execution", "--durable-execution-arn", arn, "--dry-run", backend=backend)

    assert ran.code == 0
    assert "would apply" in ran.out


# --- waiting ----------------------------------------------------------------------------------------------------------


def status_at(backend: FakeBackend, name: str, status: str) -> Callable[[], None]:
    arn = next(arn for arn, recorded in backend.recorded.items() if recorded.execution.name == name)
    return lambda: backend.set_status(arn, status)


def wait_for(backend: FakeBackend, *arguments: str) -> str:
    """Run a change and wait for its effect; the exit code and what was told."""
    ran = run(*arguments, "--wait", "--timeout", "60s", "-o", "json", backend=backend, clock=backend.clock)
    result = ran.json
    return f"{ran.code} {result['outcome']} {result['status_after']}"


def test_waiting_for_a_pause_ends_when_it_has_taken_effect(backend: FakeBackend) -> None:
    assert wait_for(backend, "pause", "orders/order-1042") == "0 done PAUSED"


def test_waiting_for_a_pause_that_is_under_way(backend: FakeBackend) -> None:
    status_at(backend, "order-1042", "PAUSING")()
    backend.at(NOW + timedelta(seconds=5), status_at(backend, "order-1042", "PAUSED"))

    assert wait_for(backend, "pause", "orders/order-1042") == "0 unchanged PAUSED"


def test_a_pause_that_the_end_comes_before_is_a_conflict(backend: FakeBackend) -> None:
    backend.before("execution", status_at(backend, "order-1042", "SUCCEEDED"), nth=2)

    assert wait_for(backend, "pause", "orders/order-1042") == "6 failed SUCCEEDED"


def test_a_pause_that_outlasts_the_timeout_exits_124(backend: FakeBackend) -> None:
    backend.before("execution", status_at(backend, "order-1042", "PAUSING"), nth=2)

    assert wait_for(backend, "pause", "orders/order-1042") == "124 accepted PAUSING"


def test_what_was_resumed_may_have_ended_since(backend: FakeBackend) -> None:
    backend.before("execution", status_at(backend, "order-1041", "SUCCEEDED"), nth=2)

    assert wait_for(backend, "resume", "orders/order-1041") == "0 done SUCCEEDED"


def test_waiting_for_a_deletion_ends_when_it_is_gone(backend: FakeBackend) -> None:
    arguments = ("delete", "orders/order-1038", "--yes", "--confirm", "order-1038")

    assert wait_for(backend, *arguments) == "0 done None"


@pytest.mark.parametrize(
    "goal, name, status, code",
    [
        ("paused", "order-1042", "PAUSED", 0),
        ("paused", "order-1042", "SUCCEEDED", 6),
        ("paused", "order-1042", "FAILED", 10),
        ("running", "order-1041", "RUNNING", 0),
        ("running", "order-1041", "STOPPED", 12),
    ],
)
def test_wait_for_a_state(backend: FakeBackend, goal: str, name: str, status: str, code: int) -> None:
    backend.at(NOW + timedelta(seconds=5), status_at(backend, name, status))

    ran = run("wait", f"orders/{name}", "--for", goal, "--timeout", "60s", backend=backend, clock=backend.clock)

    assert ran.code == code


# --- restart ----------------------------------------------------------------------------------------------------------


def test_restart_starts_a_new_execution_and_prints_its_arn(backend: FakeBackend) -> None:
    ran = run("restart", "orders/order-1038", "--yes", "-o", "name", backend=backend)

    assert ran.code == 0
    assert "/durable-execution/order-1038-r2/" in ran.out
    assert backend.mutations[0].facts == {"qualifier": "7", "payload": b'{"id": 1038}', "name": "order-1038-r2"}


def test_restart_with_another_name_input_and_version(backend: FakeBackend) -> None:
    more = ("--name", "again", "--input", '{"id":  1}', "--version", "latest")

    run("restart", "orders/order-1038", "--yes", *more, backend=backend)

    assert backend.mutations[0].facts == {"qualifier": "8", "payload": b'{"id":  1}', "name": "again"}


def test_restart_and_wait_exits_by_the_status(backend: FakeBackend) -> None:
    backend.at(NOW + timedelta(seconds=5), lambda: status_at(backend, "order-1038-r2", "TIMED_OUT")())

    ran = run("restart", "orders/order-1038", "--yes", "--wait", backend=backend, clock=backend.clock)

    assert ran.code == 11

"""`stop`, `start`, `wait` and the callback verbs: what they check, ask, send and answer."""

from __future__ import annotations

import base64
import json
import os
import signal
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from durablectl.clock import ManualClock
from durablectl.errors import Throttled
from tests.cli.harness import run
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import NOW, callback, make_execution, step, wait_for_callback

OTHER_ID = "77c0b1d2-0e5f-4b0e-8d5e-90a2cc31f7be"


@pytest.fixture
def backend() -> FakeBackend:
    waiting = make_execution("order-1042", step("charge"), wait_for_callback("approval"))
    ended = make_execution("order-1038", step("charge"), status="SUCCEEDED", id=OTHER_ID)
    return FakeBackend(waiting, ended)


# --- what asks --------------------------------------------------------------------------------------------------------

ASKING = [
    ("stop", "orders/order-1042"),
    ("callback", "succeed", "--execution", "orders/order-1042"),
    ("callback", "fail", "--execution", "orders/order-1042", "--op", "approval"),
]


@pytest.mark.parametrize("arguments", ASKING)
@pytest.mark.parametrize(
    "more, is_terminal, environ",
    [
        ((), False, {}),
        (("-o", "json"), True, {}),
        (("--no-input",), True, {}),
        ((), True, {"CI": "1"}),
    ],
)
def test_check_4_without_anybody_to_ask_nothing_is_changed(
    backend: FakeBackend,
    arguments: tuple[str, ...],
    more: tuple[str, ...],
    is_terminal: bool,
    environ: dict[str, str],
) -> None:
    ran = run(*arguments, *more, backend=backend, is_terminal=is_terminal, environ=environ, stdin="y\n")

    assert ran.code == 2
    assert "needs confirmation and there is no terminal to ask on" in ran.err
    assert "--yes" in ran.err
    assert not backend.mutations


@pytest.mark.parametrize("arguments", ASKING)
@pytest.mark.parametrize("reference", ["orders@latest", "order-104", "1d0aa"])
def test_check_22_yes_needs_an_exact_reference(
    backend: FakeBackend, arguments: tuple[str, ...], reference: str
) -> None:
    inexact = [argument.replace("orders/order-1042", reference) for argument in arguments]
    backend.forget(next(arn for arn in backend.recorded if OTHER_ID in arn))

    ran = run(*inexact, "--yes", backend=backend)

    assert ran.code == 2
    assert "--yes needs exact references" in ran.err
    assert not backend.mutations


@pytest.mark.parametrize("arguments", ASKING)
def test_a_no_changes_nothing_and_exits_1(backend: FakeBackend, arguments: tuple[str, ...]) -> None:
    ran = run(*arguments, backend=backend, is_terminal=True, stdin="n\n")

    assert ran.code == 1
    assert not backend.mutations


def test_the_preview_of_a_stop(backend: FakeBackend) -> None:
    ran = run("stop", "orders/order-1042", "--utc", "--no-color", backend=backend, is_terminal=True, stdin="y\n")

    lines = ran.err.splitlines()
    assert lines[0].split() == ["Stop", "this", "execution?", "123456789012", "·", "eu-west-1"]
    assert len(lines[0]) == 100
    assert lines[1:4] == [
        "  orders:7 / order-1042   5f1d6c0e-8a43-4c55-9c1e-2b7f9e01d0aa",
        "  RUNNING for 1h06m · waiting for the callback approval (22h53m left)",
        "  Irreversible. Code running now continues until its next checkpoint; nothing is rolled back.",
    ]
    assert lines[4].startswith("Stop? [y/N]")


def test_the_preview_of_a_callback_shows_what_is_sent(backend: FakeBackend) -> None:
    ran = run(
        *("callback", "succeed", "--execution", "orders/order-1042", "--result", '{"password": "x1"}'),
        backend=backend,
        is_terminal=True,
        stdin="y\n",
    )

    assert ran.code == 0
    assert "callback approval" in ran.err
    assert '18 bytes: {"password": "‹redacted›"}' in ran.err
    assert "x1" not in ran.err


def test_the_preview_says_when_there_is_no_result(backend: FakeBackend) -> None:
    ran = run("callback", "succeed", "--execution", "order-1042", backend=backend, is_terminal=True, stdin="n\n")

    assert "  no result\n" in ran.err


# --- stop -------------------------------------------------------------------------------------------------------------


def test_stop_ends_an_execution_with_the_error_given(backend: FakeBackend) -> None:
    ran = run(
        *("stop", "orders/order-1042", "--yes", "--error-type", "Ticket", "--error-message", "4711", "-o", "json"),
        *("--error-data", '{"a": 1}', "--stack-trace", "one", "--stack-trace", "two"),
        backend=backend,
    )

    assert ran.code == 0
    assert (ran.json["outcome"], ran.json["status_before"], ran.json["status_after"]) == ("done", "RUNNING", "STOPPED")
    error = backend.mutations[0].facts["error"]
    assert (error.type, error.message, error.data, error.stack_trace) == ("Ticket", "4711", '{"a": 1}', ("one", "two"))


def test_stop_of_a_closed_execution_is_a_conflict(backend: FakeBackend) -> None:
    ran = run("stop", "orders/order-1038", "--yes", backend=backend)

    assert ran.code == 6
    assert ran.err.startswith("error: cannot stop orders/order-1038: it ended SUCCEEDED")
    assert not backend.mutations


def test_stop_of_a_closed_execution_is_told_before_it_is_asked_about(backend: FakeBackend) -> None:
    assert run("stop", "orders/order-1038", backend=backend, is_terminal=True).code == 6


def test_a_dry_run_only_reads(backend: FakeBackend) -> None:
    ran = run("stop", "orders@latest", "--dry-run", "-o", "json", backend=backend)

    assert (ran.code, ran.json["outcome"]) == (0, "would_apply")
    assert not backend.mutations


def test_check_5_a_batch_with_conflicts_is_partial_and_can_be_continued() -> None:
    executions = [
        make_execution(
            f"order-{number}",
            status="SUCCEEDED" if number in (2, 4) else "RUNNING",
            id=f"00000000-0000-4000-8000-{number:012d}",
        )
        for number in range(1, 6)
    ]
    backend = FakeBackend(*executions)
    references = "".join(f"orders/order-{number}\n" for number in range(1, 6))

    first = run("stop", "-", "--yes", "-o", "jsonl", "-q", backend=backend, stdin=references)
    second = run("stop", "-", "--yes", "-o", "jsonl", backend=backend, stdin=first.out)

    assert (first.code, second.code) == (8, 6)
    outcomes = {record["name"]: record["outcome"] for record in first.lines}
    done = dict.fromkeys(("order-1", "order-3", "order-5"), "done")
    assert outcomes == {**done, "order-2": "skipped", "order-4": "skipped"}
    assert sorted(record["name"] for record in second.lines) == ["order-2", "order-4"]
    assert "3 action results left out: done already" in second.err


def test_stop_of_no_references_does_nothing(backend: FakeBackend) -> None:
    ran = run("stop", "-", "--yes", "-o", "json", backend=backend, stdin="\n")

    assert (ran.code, ran.json["items"], ran.json["counts"]) == (0, [], {})
    assert "note: no references on stdin, so there is nothing to do\n" in ran.err


def test_a_batch_ends_with_its_totals(backend: FakeBackend) -> None:
    ran = run("stop", "orders/order-1042", "orders/order-1038", "--yes", backend=backend)

    assert ran.code == 8
    assert ran.err == "note: 2 targets: 1 done, 1 skipped\n"


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_while_starting_shows_what_was_started() -> None:
    backend = FakeBackend(functions=[make_function("orders")])
    backend.before("start", press_ctrl_c)

    ran = run("start", "orders:$LATEST", "--wait", "-o", "jsonl", backend=backend)

    assert ran.code == 130
    assert ran.lines[0]["outcome"] == "done"
    assert backend.count("execution") == 0


def test_references_from_stdin_leave_nobody_to_ask(backend: FakeBackend) -> None:
    ran = run("stop", "-", backend=backend, is_terminal=True, stdin="orders/order-1042\n")

    assert ran.code == 2
    assert not backend.mutations


def test_check_24_read_only_reaches_the_connection(backend: FakeBackend) -> None:
    ran = run("--read-only", "stop", "orders/order-1042", "--dry-run", backend=backend)

    assert [settings.read_only for settings in ran.settings] == [True]


# --- start ------------------------------------------------------------------------------------------------------------


def test_start_sends_the_input_byte_for_byte_to_the_newest_version() -> None:
    backend = FakeBackend(functions=[make_function("orders"), make_function("orders", version="3")])

    ran = run("start", "orders", "--name", "order-7", "--input", '{ "id":7 }', "-o", "json", backend=backend)

    assert (ran.code, ran.json["outcome"], ran.json["name"]) == (0, "done", "order-7")
    assert ran.json["new_arn"] == ran.json["arn"]
    assert backend.mutations[0].facts == {"qualifier": "3", "payload": b'{ "id":7 }', "name": "order-7"}


def test_start_and_restart_for_a_tenant(tmp_path: Path) -> None:
    ended = make_execution("order-1", step("charge"), status="SUCCEEDED", input="{}")
    isolated = replace(make_function("orders", version="7"), is_tenant_isolated=True)
    backend = FakeBackend(ended, functions=[isolated])
    (tmp_path / "config.yaml").write_text("contexts: {prod: {production: true}}\n")
    asking: Any = {"is_terminal": True, "stdin": "y\n", "environ": {"DURABLECTL_CONFIG": str(tmp_path / "config.yaml")}}

    without = run("start", "orders", backend=backend)
    started = run("start", "orders:7", "--tenant", "acme", "-c", "prod", backend=backend, **asking)
    restarted = run("restart", "orders/order-1", "--tenant", "acme & sons", backend=backend)
    again = run("restart", "orders/order-1", "--tenant", "acme", "-c", "prod", backend=backend, **asking)

    assert (without.code, restarted.code) == (2, 2)
    assert (
        "orders isolates its tenants, so every execution is started for one\n  say for which: --tenant ID"
        in without.err
    )
    assert '"acme & sons" is no id of a tenant' in restarted.err
    assert (started.code, again.code) == (0, 0)
    assert "  for tenant acme\n" in started.err
    assert "  on version 7 for tenant acme\n" in again.err
    assert [call.facts["tenant"] for call in backend.mutations] == ["acme", "acme"]


def test_start_again_with_the_same_input_is_unchanged_and_with_another_a_conflict() -> None:
    backend = FakeBackend(functions=[make_function("orders")])
    first = ("start", "orders:$LATEST", "--name", "order-7")

    run(*first, "--input", "1", backend=backend)
    same = run(*first, "--input", "1", "-o", "json", backend=backend)
    other = run(*first, "--input", "2", "-o", "json", "-q", backend=backend)

    assert (same.code, same.json["outcome"]) == (0, "unchanged")
    assert (other.code, other.error["type"]) == (6, "name_in_use")


def test_start_and_wait_exits_by_the_status() -> None:
    clock = ManualClock(NOW)
    backend = FakeBackend(functions=[make_function("orders")], clock=clock)
    backend.at(NOW + timedelta(seconds=5), lambda: backend.set_status(list(backend.recorded)[-1], "FAILED"))

    ran = run("start", "orders:$LATEST", "--wait", "-o", "json", backend=backend, clock=clock)

    assert (ran.code, ran.json["status_after"]) == (10, "FAILED")
    assert ran.json["wait_ms"] >= 5000


def test_a_start_that_outlasts_its_timeout_exits_124() -> None:
    clock = ManualClock(NOW)
    backend = FakeBackend(functions=[make_function("orders")], clock=clock)

    ran = run("start", "orders:$LATEST", "--wait", "--timeout", "3s", backend=backend, clock=clock)

    assert ran.code == 124


# --- wait -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "status, code", [("SUCCEEDED", 0), ("FAILED", 10), ("TIMED_OUT", 11), ("STOPPED", 12), ("DELETING", 13)]
)
def test_wait_exits_by_the_status(status: str, code: int) -> None:
    backend = FakeBackend(make_execution("order-1", status=status))

    assert run("wait", "order-1", backend=backend).code == code


def test_wait_ends_when_the_execution_does(backend: FakeBackend) -> None:
    clock = ManualClock(NOW)
    backend.clock = clock
    arn = next(iter(backend.recorded))
    backend.at(NOW + timedelta(seconds=7), lambda: backend.set_status(arn, "SUCCEEDED"))
    backend.fail("execution", Throttled("slow down"))

    ran = run("wait", "orders/order-1042", "-o", "json", backend=backend, clock=clock)

    assert (ran.code, ran.json["status"], ran.json["satisfied"]) == (0, "SUCCEEDED", True)


def test_wait_times_out_with_124(backend: FakeBackend) -> None:
    ran = run("wait", "order-1042", "--timeout", "10s", "-o", "json", backend=backend, clock=ManualClock(NOW))

    assert (ran.code, ran.json["satisfied"]) == (124, False)
    assert ran.err == "note: --timeout elapsed; orders/order-1042 is still RUNNING\n"


def test_wait_for_several_exits_with_the_first_that_applies(backend: FakeBackend) -> None:
    ran = run(
        *("wait", "orders/order-1038", "orders/order-1042", "--timeout", "2s", "-o", "json"),
        backend=backend,
        clock=ManualClock(NOW),
    )

    assert (ran.code, ran.json["kind"]) == (124, "wait_result_list")


@pytest.mark.parametrize("arguments", [("--interval", "200ms"), ("--for", "done"), ("--timeout", "soon")])
def test_a_bad_pace_is_refused_before_any_request(backend: FakeBackend, arguments: tuple[str, ...]) -> None:
    assert run("wait", "order-1042", *arguments, backend=backend).code == 2
    assert not backend.calls


# --- callbacks --------------------------------------------------------------------------------------------------------


def callback_id(backend: FakeBackend) -> str:
    events = run("history", "orders/order-1042", "--type", "CallbackStarted", "-o", "json", backend=backend).json
    found: str = events["items"][0]["details"]["callback_id"]
    return found


def test_a_callback_id_is_exact_and_asks_nothing(backend: FakeBackend) -> None:
    ran = run("callback", "succeed", callback_id(backend), "--result", '{"ok": true}', backend=backend)

    assert ran.code == 0
    assert backend.mutations[0].facts == {"result": b'{"ok": true}'}


def test_a_callback_by_its_operation(backend: FakeBackend) -> None:
    ran = run(
        *("callback", "succeed", "--execution", "orders/order-1042", "--op", "approval", "--yes", "-o", "json"),
        backend=backend,
    )

    assert (ran.code, ran.json["outcome"]) == (0, "done")
    assert backend.mutations[0].facts == {"result": None}


def test_a_callback_fails_with_an_error(backend: FakeBackend) -> None:
    run("callback", "fail", callback_id(backend), "--error-type", "Rejected", backend=backend)

    assert backend.mutations[0].facts["error"].type == "Rejected"


def test_a_heartbeat_never_asks(backend: FakeBackend) -> None:
    ran = run("callback", "heartbeat", "--execution", "orders@latest", backend=backend)

    assert ran.code == 0
    assert len(backend.heartbeats) == 1


def test_a_closed_callback_is_a_conflict_that_says_how_it_closed(backend: FakeBackend) -> None:
    again = ("callback", "succeed", "--execution", "orders/order-1042", "--yes")
    run(*again, backend=backend)

    ran = run(*again, "-o", "json", backend=backend)

    assert (ran.code, ran.error["type"]) == (6, "callback_closed")
    assert "the callback approval of orders/order-1042 is closed: it was completed" in ran.error["message"]


def closed_by_time(callback_id: str) -> FakeBackend:
    """A service that knows a callback which timed out."""
    late = callback("approval", callback_id=callback_id, timeout_s=60).times_out()
    return FakeBackend(make_execution("order-1042", late, status="FAILED"))


def test_a_closed_callback_of_a_bare_id_tells_how_it_closed_where_its_history_was_seen(tmp_path: Path) -> None:
    backend, environ = closed_by_time("Y2It"), {"XDG_CACHE_HOME": str(tmp_path)}
    assert run("history", "orders/order-1042", backend=backend, environ=environ).code == 0

    ran = run("callback", "succeed", "Y2It", "-o", "json", backend=backend, environ=environ)

    assert (ran.code, ran.error["type"]) == (6, "callback_closed")
    assert ran.error["message"].startswith("the callback approval of orders/order-1042 is closed: it timed out ")
    assert ran.error["details"]["status"] == "timed_out"


def test_a_closed_callback_of_a_bare_id_is_looked_for_in_the_functions_named() -> None:
    ran = run("callback", "fail", "Y2It", "-f", "orders", backend=closed_by_time("Y2It"))

    assert ran.code == 6
    assert "the callback approval of orders/order-1042 is closed: it timed out " in ran.err


@pytest.mark.parametrize("verb", ["succeed", "fail", "heartbeat"])
def test_an_id_that_tells_its_execution_is_enough(verb: str) -> None:
    arn = make_execution("order-1042").arn
    told = base64.b64encode(json.dumps({"arn": arn, "op": "x"}).encode()).decode()

    ran = run("callback", verb, told, backend=closed_by_time(told))

    assert ran.code == 6
    assert "the callback approval of orders/order-1042 is closed: it timed out " in ran.err


def test_a_closed_callback_of_an_unknown_execution_tells_both_and_how_to_see_which() -> None:
    ran = run("callback", "succeed", "Y2It", backend=closed_by_time("Y2It"))

    assert ran.code == 6
    assert "either timed out or already completed" in ran.err
    assert "the id alone does not tell which; -f FUNCTION looks for it" in ran.err
    assert "durablectl callback list EXEC --all" in ran.err


@pytest.mark.parametrize("arguments", [(), ("ID", "--execution", "orders/order-1042"), ("ID", "--op", "approval")])
def test_a_callback_is_named_in_one_way(backend: FakeBackend, arguments: tuple[str, ...]) -> None:
    ran = run("callback", "heartbeat", *arguments, backend=backend)

    assert ran.code == 2
    assert "durablectl callback succeed --execution EXEC [--op OP]" in ran.err
    assert not backend.calls


# --- payloads ---------------------------------------------------------------------------------------------------------


def sent(backend: FakeBackend, *arguments: str, stdin: str | bytes = "") -> bytes | None:
    ran = run("callback", "succeed", callback_id(backend), *arguments, backend=backend, stdin=stdin)
    assert ran.code == 0, ran.err
    result: bytes | None = backend.mutations[0].facts["result"]
    return result


def test_a_payload_from_a_file_is_sent_byte_for_byte(backend: FakeBackend, tmp_path: Path) -> None:
    (tmp_path / "ok.json").write_bytes(b'{ "a":\t1 }\n')

    assert sent(backend, "--result", f"@{tmp_path}/ok.json") == b'{ "a":\t1 }\n'


def test_a_payload_from_stdin(backend: FakeBackend) -> None:
    assert sent(backend, "--result", "-", stdin=b"[1]") == b"[1]"


def test_a_text_is_sent_as_a_json_string(backend: FakeBackend) -> None:
    assert sent(backend, "--result", 'say "hi"', "--string") == b'"say \\"hi\\""'


def test_two_at_signs_are_one(backend: FakeBackend) -> None:
    assert sent(backend, "--result", "@@home", "--string") == b'"@home"'


def test_bytes_can_be_sent_unchecked(backend: FakeBackend) -> None:
    assert sent(backend, "--result", "-", "--no-validate", stdin=b"no json") == b"no json"


def test_a_payload_that_is_no_json_is_refused_with_a_caret(backend: FakeBackend) -> None:
    ran = run("callback", "succeed", "ID", "--result", '{"a": 1,\n "b": }', backend=backend)

    assert ran.code == 2
    assert ran.err.splitlines()[:3] == [
        "error: --result is no JSON: expecting value at line 2, column 7",
        '   "b": }',
        "        ^",
    ]
    assert not backend.calls


@pytest.mark.parametrize("text", ["", "NaN", "{", '{"a" 1}', "[" * 100_000])
def test_what_is_no_json_is_a_usage_error(backend: FakeBackend, text: str) -> None:
    assert run("callback", "succeed", "ID", "--result", text, backend=backend).code == 2


def test_a_payload_over_the_limit_is_refused(backend: FakeBackend) -> None:
    ran = run("callback", "succeed", "ID", "--result", "-", backend=backend, stdin='"' + "x" * 1_048_576 + '"')

    assert ran.code == 2
    assert not backend.mutations


def test_a_file_that_is_not_there_is_named(backend: FakeBackend) -> None:
    ran = run("callback", "succeed", "ID", "--result", "@nowhere.json", backend=backend)

    assert ran.code == 4
    assert "nowhere.json: No such file or directory" in ran.err


def test_stdin_has_one_consumer(backend: FakeBackend) -> None:
    ran = run("stop", "-", "--error-data", "-", "--yes", backend=backend, stdin="{}")

    assert ran.code == 2
    assert "stdin cannot be read for references and for --error-data" in ran.err
    assert not backend.calls


@pytest.mark.parametrize("columns", [40, 60])
def test_a_narrow_terminal_shows_the_whole_target_and_what_became_of_it(columns: int) -> None:
    backend = FakeBackend(make_execution("order-1042-of-acme", version="7"))

    ran = run(
        "stop",
        "orders/order-1042-of-acme",
        "--dry-run",
        "--no-color",
        backend=backend,
        is_terminal=True,
        columns=columns,
    )

    assert all(len(line) <= columns for line in ran.out.splitlines())
    assert all(word in ran.out for word in ("orders:7/order-1042-of-acme", "would apply", "RUNNING"))

"""Many at once: what filters find, what is shown and asked, how a batch ends and goes on."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest

from durablectl.cli.process import connect_to_service
from durablectl.clock import ManualClock, SystemClock
from durablectl.errors import AccessDenied, CredentialsError, Unreachable
from durablectl.operate.batch import TRIES
from tests.cli.harness import Ran, run
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import NOW, RecordedExecution, make_execution
from tests.servers.http import Answer, Request, serve


def execution(number: int, status: str = "RUNNING", function: str = "orders", days: int = 0) -> RecordedExecution:
    return make_execution(
        f"order-{number:04}",
        function=function,
        id=f"00000000-0000-4000-8000-{number:012d}",
        status=status,
        started_at=NOW - timedelta(days=days, hours=1),
    )


def backend_of(*recorded: RecordedExecution) -> FakeBackend:
    return FakeBackend(*recorded, clock=ManualClock(NOW))


@pytest.fixture
def backend() -> FakeBackend:
    """The executions of the example in the documentation of batches, and some that are none of its business."""
    closed = [execution(912, "FAILED", days=40), execution(917, "FAILED", days=38), execution(960, "FAILED", days=32)]
    others = [execution(1, "SUCCEEDED", days=50), execution(2, "FAILED", days=1), execution(3), execution(4, "PAUSED")]
    return backend_of(*closed, *others)


def many(count: int, status: str = "RUNNING") -> FakeBackend:
    return backend_of(*(execution(number, status) for number in range(1, count + 1)))


def act(backend: FakeBackend, *words: str, **facts: object) -> Ran:
    return run(*words, backend=backend, clock=backend.clock, **facts)  # type: ignore[arg-type]


def changed(backend: FakeBackend) -> list[str]:
    names = [(call.target or "").split("/")[-2] for call in backend.mutations]
    return sorted(names)


def by_name(ran: Ran) -> dict[str, str]:
    return {record["name"]: record["outcome"] for record in ran.lines}


# --- what is meant ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words, expected",
    [
        (("delete", "-s", "failed", "--older-than", "30d"), ["order-0912", "order-0917", "order-0960"]),
        (("delete", "--older-than", "45d"), ["order-0001"]),
        (("delete", "--name", "order-09*"), ["order-0912", "order-0917", "order-0960"]),
        (("delete", "--since", "2d"), ["order-0002"]),
        (("stop", "--name", "order-*"), ["order-0003", "order-0004"]),
        (("stop", "-s", "paused"), ["order-0004"]),
        (("stop", "--qualifier", "7"), ["order-0003", "order-0004"]),
        (("pause", "--name", "*"), ["order-0003"]),
        (("resume", "--name", "*"), ["order-0004"]),
        (("delete", "-s", "failed", "-n", "1", "--oldest-first"), ["order-0912"]),
    ],
)
def test_filters_find_what_the_verb_can_be_done_to(
    backend: FakeBackend, words: tuple[str, ...], expected: list[str]
) -> None:
    confirmed = ("--confirm", expected[0] if len(expected) == 1 else str(len(expected)))

    ran = act(backend, *words, "--yes", *(confirmed if words[0] == "delete" else ()))

    assert ran.code == 0, ran.err
    assert changed(backend) == expected


@pytest.mark.parametrize("verb", ["stop", "pause", "resume", "delete"])
@pytest.mark.parametrize(
    "words, told",
    [
        ((), "needs executions, or a filter"),
        (("-f", "orders"), "-f says where to look, not what for"),
        (("-n", "5"), "needs executions, or a filter"),
        (("orders/order-0003", "-s", "running"), "takes executions or filters, not both"),
        (("-", "--older-than", "1d"), "takes executions or filters, not both"),
        (("orders/order-0003", "-n", "5"), "takes executions or filters, not both"),
        (("-s", "running", "--max", "0"), "--max takes a whole number"),
        (("-s", "running", "--rps", "-1"), "--rps takes a number above 0"),
        (("-s", "running", "--since", "soon"), "soon"),
        (("-s", "running", "--stuck", "x"), "--stuck"),
    ],
)
def test_a_wrong_choice_is_refused_before_any_request(
    backend: FakeBackend, verb: str, words: tuple[str, ...], told: str
) -> None:
    ran = act(backend, verb, *words, "--yes")

    assert ran.code == 2
    assert told in ran.err
    assert backend.calls == []


def test_two_things_that_read_stdin_are_refused_before_it_is_read(backend: FakeBackend) -> None:
    ran = act(backend, "stop", "-", "--error-data", "-", "--yes", stdin="orders/order-0003\n")

    assert ran.code == 2
    assert "stdin cannot be read for references and for --error-data" in ran.err
    assert backend.calls == []


@pytest.mark.parametrize(
    "words, notes",
    [
        (
            ("delete", "-f", "orders", "--name", "order-0003"),
            [
                "note: no executions match (function orders; status closed; name order-0003), so nothing was deleted; "
                "in another status: 1 RUNNING",
                "note: to end what is open first: durablectl stop -f orders --name order-0003",
            ],
        ),
        (
            ("delete", "-s", "running"),
            [
                "note: no executions match (searched orders; status running), so nothing was deleted; "
                "in another status: 1 RUNNING",
                "note: to end what is open first: durablectl stop --status open",
            ],
        ),
        (
            ("stop", "--name", "order-0001"),
            [
                "note: no executions match (searched orders; status open; name order-0001), so nothing was stopped; "
                "in another status: 1 SUCCEEDED",
                "note: what has ended can only be deleted: durablectl delete --name order-0001",
            ],
        ),
        (
            ("resume", "--name", "order-0003"),
            [
                "note: no executions match (searched orders; status paused, pausing; name order-0003), "
                "so nothing was resumed; in another status: 1 RUNNING",
                "note: what is RUNNING is not paused",
            ],
        ),
        (
            ("stop", "--name", "nothing"),
            ["note: no executions match (searched orders; status open; name nothing), so nothing was stopped"],
        ),
    ],
)
def test_an_empty_match_is_no_error_and_names_the_right_verb(
    backend: FakeBackend, words: tuple[str, ...], notes: list[str]
) -> None:
    ran = act(backend, *words)

    assert (ran.code, ran.out) == (0, "")
    assert ran.err.splitlines() == notes
    assert backend.mutations == []


@pytest.mark.parametrize("format, out", [("json", None), ("jsonl", ""), ("yaml", None)])
def test_check_1_an_empty_match_is_an_empty_document(backend: FakeBackend, format: str, out: str | None) -> None:
    ran = act(backend, "stop", "--name", "nothing", "-o", format)

    assert ran.code == 0
    assert ran.out == out if out is not None else "items: []" in ran.out.replace('"', "")


def test_what_matches_but_cannot_be_changed_is_left_out(backend: FakeBackend) -> None:
    ran = act(backend, "resume", "-s", "paused,failed", "--yes", "-o", "jsonl")

    assert by_name(ran) == {"order-0004": "accepted"}
    assert "note: 4 FAILED left out: only paused executions can be resumed\n" in ran.err


def test_a_function_that_cannot_be_listed_makes_it_partial() -> None:
    backend = backend_of(execution(1), execution(2, function="crm"))
    backend.fail("executions", AccessDenied("not allowed to read executions of crm"), target="crm")

    ran = act(backend, "stop", "-s", "running", "--yes", "-o", "jsonl")

    assert by_name(ran) == {"order-0001": "done"}
    assert ran.code == 8
    assert "warning: not allowed to read executions of crm" in ran.err


# --- how many ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [("--yes",), ("--dry-run",), ()])
def test_more_than_the_limit_is_refused_and_nothing_is_done(more: tuple[str, ...]) -> None:
    backend = many(51)

    ran = act(backend, "stop", "-s", "running", *more)

    assert ran.code == 2
    assert ran.err == ("error: 51 executions match, the limit is 50; add --max 51\n  nothing was stopped\n")
    assert backend.mutations == []


def test_a_higher_limit_allows_more() -> None:
    backend = many(51)

    ran = act(backend, "stop", "-s", "running", "--max", "51", "--yes", "-o", "jsonl")

    assert ran.code == 0
    assert len(changed(backend)) == 51


def test_the_limit_holds_for_references_too() -> None:
    backend = many(3)
    references = "".join(f"orders/order-{number:04}\n" for number in (1, 2, 3))

    ran = act(backend, "stop", "-", "--max", "2", "--yes", stdin=references)

    assert ran.code == 2
    assert "3 executions are given, the limit is 2; add --max 3" in ran.err
    assert backend.mutations == []


def test_changes_keep_to_the_rate() -> None:
    backend = many(21)

    act(backend, "stop", "-s", "running", "--rps", "4", "--yes")

    assert backend.clock.now() - NOW >= timedelta(seconds=5)


def test_a_rate_beyond_that_of_the_reads_is_told_to_be_out_of_reach() -> None:
    ran = act(many(21), "stop", "-s", "running", "--rps", "50", "--yes")
    few = act(many(3), "stop", "-s", "running", "--rps", "50", "--yes")

    assert "takes place 10 times a second at most, so --rps 50 is not reached" in ran.err
    assert "--rps" not in few.err


# --- what is shown and asked ------------------------------------------------------------------------------------------


def test_the_preview_of_a_batch(backend: FakeBackend) -> None:
    words = ("delete", "-f", "orders", "--status", "failed", "--older-than", "30d", "--utc", "--no-color")

    ran = act(backend, *words, is_terminal=True, stdin="3\n", columns=100)

    assert ran.code == 0
    assert ran.err.splitlines() == [
        "Delete 3 executions                                                         123456789012 · eu-west-1",
        "  FUNCTION  NAME        STATUS  ENDED (UTC)     AGE",
        "  orders:7  order-0960  FAILED  10-20 09:20:04  32d00h",
        "  orders:7  order-0917  FAILED  10-14 09:20:04  38d00h",
        "  orders:7  order-0912  FAILED  10-12 09:20:04  40d00h",
        "  by status: 3 FAILED · filter: function orders, status failed, older than 30d",
        "  Permanent. Does not lower storage charges, does not delete logs, metrics or chained children.",
        "Type the count to delete, anything else to cancel: note: 3 targets: 3 accepted",
    ]
    assert "✓ orders:7/order-0912  accepted   FAILED → DELETING\n" in ran.out


def test_the_preview_of_a_batch_in_production_says_so(backend: FakeBackend, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("current_context: prod\ncontexts: {prod: {production: true}}\n")
    environ = {"DURABLECTL_CONFIG": str(tmp_path / "config.yaml"), "HOME": str(tmp_path)}

    ran = act(backend, "pause", "-s", "open", "--no-color", is_terminal=True, stdin="n\n", environ=environ, columns=80)

    assert re.match(r"Pause 2 executions +PRODUCTION   context prod · 123456789012 · eu-west-1\n", ran.err)
    assert "New executions still start." in ran.err
    assert (ran.code, backend.mutations) == (1, [])


@pytest.mark.parametrize("answer, code", [("3", 0), ("y", 1), ("2", 1), ("order-0912", 1), ("", 1)])
def test_only_the_count_deletes_many(backend: FakeBackend, answer: str, code: int) -> None:
    words = ("delete", "--status", "failed", "--older-than", "30d")

    assert act(backend, *words, is_terminal=True, stdin=f"{answer}\n").code == code
    assert len(backend.mutations) == (0 if code else 3)


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_preview_lists_twenty_and_fits_the_terminal(columns: int) -> None:
    backend = backend_of(*(execution(number, function="a-function-with-a-long-name-indeed") for number in range(1, 31)))

    ran = act(backend, "stop", "-s", "running", "--no-color", is_terminal=True, stdin="n\n", columns=columns)

    lines = ran.err.splitlines()
    assert sum("RUNNING" in line and "by status" not in line for line in lines) == 20
    assert "  and 10 more" in lines
    assert "  by status: 30 RUNNING · filter: status running" in ran.err
    assert max(map(len, lines)) <= columns
    assert ran.code == 1


def test_the_preview_of_references_reads_their_states(backend: FakeBackend) -> None:
    arns = [arn for arn, each in backend.recorded.items() if each.execution.status.is_open]

    ran = act(backend, "stop", *arns, "--no-color", is_terminal=True, stdin="n\n")

    assert "  by status: 1 RUNNING, 1 PAUSED\n" in ran.err


def test_a_dry_run_of_many_lists_all_and_tells_the_effect() -> None:
    backend = many(30)

    ran = act(backend, "stop", "-s", "running", "--dry-run", "--no-color", is_terminal=True)

    assert len(ran.out.splitlines()) == 30
    assert ran.err.startswith("Would stop 30 executions  ")
    assert "  by status: 30 RUNNING · filter: status running\n  Irreversible." in ran.err
    assert backend.mutations == []


@pytest.mark.parametrize("more", [("-q",), ("-o", "jsonl", "-q")])
def test_a_quiet_dry_run_has_results_alone(more: tuple[str, ...]) -> None:
    ran = act(many(3), "stop", "-s", "running", "--dry-run", *more)

    assert len(ran.out.splitlines()) == 3
    assert ran.err == ""


@pytest.mark.parametrize("verb", ["stop", "pause"])
@pytest.mark.parametrize("more", [(), ("-o", "json"), ("--no-input",)])
def test_check_4_a_batch_asks_whatever_the_verb(verb: str, more: tuple[str, ...]) -> None:
    backend = many(2)

    ran = act(backend, verb, "-s", "running", *more)

    assert ran.code == 2
    assert "needs confirmation and there is no terminal to ask on" in ran.err
    assert f"add --yes to {verb} 2 executions" in ran.err
    assert backend.mutations == []


def test_check_4_deleting_many_needs_their_count(backend: FakeBackend) -> None:
    words = ("delete", "-s", "failed", "--older-than", "30d", "--yes")

    without, wrong = act(backend, *words), act(backend, *words, "--confirm", "4")

    assert (without.code, wrong.code) == (2, 2)
    assert "add --confirm 3 to delete 3 executions" in without.err
    assert '--confirm is "4", but delete would take 3 executions' in wrong.err
    assert backend.mutations == []


# --- how each fares ---------------------------------------------------------------------------------------------------


def test_a_denied_target_names_the_permission(backend: FakeBackend) -> None:
    denied = AccessDenied("not allowed to stop", details={"action": "lambda:StopDurableExecution"})
    backend.fail("stop", denied, target=next(arn for arn in backend.recorded if "order-0003" in arn))

    ran = act(backend, "stop", "-s", "open", "--yes")

    assert ran.code == 8
    assert "✗ orders:7/order-0003  failed     AccessDenied: lambda:StopDurableExecution\n" in ran.out


def test_a_network_that_is_lost_for_a_while_loses_nothing() -> None:
    backend = many(10)
    backend.fail("stop", Unreachable("refused"), nth=4, times=2)

    ran = act(backend, "stop", "-s", "running", "--yes", "-o", "jsonl")

    assert (ran.code, set(by_name(ran).values())) == (0, {"done"})
    assert len(ran.lines) == 10


def test_a_network_that_stays_lost_fails_what_it_keeps_from_being_done() -> None:
    backend = many(10)
    backend.fail("execution", Unreachable("cannot reach Lambda"), nth=4, times=200)

    ran = act(backend, "stop", "-s", "running", "--yes", "-o", "jsonl")

    outcomes = sorted(by_name(ran).values())
    assert outcomes == ["done"] * 3 + ["failed"] * 7
    assert ran.code == 8
    failed = [record for record in ran.lines if record["outcome"] == "failed"]
    assert {record["error"]["type"] for record in failed} == {"network"}
    assert backend.count("execution") >= 3 + TRIES


def test_credentials_that_expire_in_the_middle_are_told_once_and_leave_the_rest() -> None:
    backend = many(12)
    expired = CredentialsError("the sign-in for profile ops has expired", hint="run: aws sso login --profile ops")
    backend.fail("stop", expired, nth=3, times=200)

    ran = act(backend, "stop", "-s", "running", "--yes")

    assert ran.code == 8
    assert ran.out.count("not attempted") >= 12 - 2 - 4
    assert "error: the sign-in for profile ops has expired\n  run: aws sso login --profile ops\n" in ran.err
    assert len(ran.out.splitlines()) == 12


def test_what_expired_credentials_left_is_done_by_feeding_the_results_back() -> None:
    backend = many(12)
    backend.fail("stop", CredentialsError("expired"), nth=3)

    first = act(backend, "stop", "-s", "running", "--yes", "-o", "jsonl")
    second = act(backend, "stop", "-", "--yes", "-o", "jsonl", stdin=first.out)

    done = {name for name, outcome in by_name(first).items() if outcome == "done"}
    assert done
    assert by_name(second) == {name: "done" for name in by_name(first) if name not in done}
    assert second.code == 0


class ExpiringLambda:
    """Lists and stops twelve executions over HTTP until the session's keys expire after so many requests."""

    def __init__(self, good_for: int) -> None:
        self.left = good_for
        self.stopped: list[str] = []
        self.rows = {each.arn: each for each in (execution(number) for number in range(1, 13))}

    def __call__(self, request: Request) -> Answer:
        self.left -= 1
        path = unquote(request.path)
        if self.left < 0:
            message = "The security token included in the request is expired"
            return Answer({"message": message}, 403, {"x-amzn-errortype": "ExpiredTokenException"})
        if request.method == "POST":
            self.stopped.append(path.partition("/durable-executions/")[2].removesuffix("/stop"))
            return Answer({"StopTimestamp": 1.0})
        rows = [row_of(each) for arn, each in self.rows.items() if arn in path or "/functions/" in path]
        return Answer({"DurableExecutions": rows, **rows[0]} if "/functions/" in path else rows[0])


def row_of(recorded: RecordedExecution) -> dict[str, object]:
    facts = {"DurableExecutionArn": recorded.arn, "DurableExecutionName": recorded.execution.name}
    return {**facts, "FunctionArn": recorded.execution.function_arn, "Status": "RUNNING", "StartTimestamp": 1.0}


def test_keys_that_expire_between_two_requests_leave_what_was_not_attempted(tmp_path: Path) -> None:
    service = ExpiringLambda(good_for=12)
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "eu-west-1", "HOME": str(tmp_path)}
    with serve(service) as endpoint:
        words = ("stop", "-f", "orders", "-s", "running", "--yes", "-o", "jsonl", "--endpoint-url", endpoint)
        ran = run(*words, environ=keys, connect=connect_to_service)

    outcomes = by_name(ran)
    assert ran.code == 8
    assert len(outcomes) == 12
    assert sum(outcome == "done" for outcome in outcomes.values()) == len(service.stopped) > 0
    assert "not_attempted" in outcomes.values()
    error = json.loads(ran.err.splitlines()[-1])["error"]
    assert (error["type"], error["code"]) == ("credentials", 8)
    assert "expired" in error["message"]


# --- interrupted ------------------------------------------------------------------------------------------------------


def press(number: signal.Signals) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


def test_ctrl_c_lets_the_calls_in_flight_end_and_tells_what_was_left_out() -> None:
    backend = many(30)
    backend.before("stop", press(signal.SIGINT), nth=2)

    ran = run("stop", "-s", "running", "--yes", "-o", "jsonl", "--rps", "10", backend=backend, clock=SystemClock())

    outcomes = by_name(ran)
    assert ran.code == 130
    assert len(outcomes) == 30
    assert set(outcomes.values()) == {"done", "not_attempted"}
    assert sorted(name for name, outcome in outcomes.items() if outcome == "done") == changed(backend)
    assert len(changed(backend)) < 30
    interrupted = json.loads(ran.err.splitlines()[-1])["error"]
    assert interrupted["message"] == (
        f"interrupted; stopped {len(changed(backend))} of 30 executions; what was stopped stays stopped"
    )


def test_an_interrupted_batch_goes_on_where_it_was() -> None:
    backend = many(30)
    backend.before("stop", press(signal.SIGINT), nth=2)
    words = ("stop", "-s", "running", "--yes", "-o", "jsonl", "--rps", "10")
    first = run(*words, backend=backend, clock=SystemClock())

    second = act(backend, "stop", "-", "--yes", "-o", "jsonl", stdin=first.out)

    left = {name for name, outcome in by_name(first).items() if outcome == "not_attempted"}
    assert second.code == 0
    assert set(by_name(second)) == left
    assert len(changed(backend)) == 30


# --- waiting for the effect -------------------------------------------------------------------------------------------


def test_all_are_changed_before_the_first_is_waited_for() -> None:
    backend = many(3)
    for arn in backend.recorded:
        slow = lambda arn=arn: backend.set_status(arn, "PAUSED")  # noqa: E731
        backend.at(NOW + timedelta(seconds=20), slow)

    ran = act(backend, "pause", "-s", "running", "--yes", "--wait", "-o", "jsonl")

    assert (ran.code, set(by_name(ran).values())) == (0, {"done"})
    verbs = [call.verb for call in backend.calls if call.verb in ("pause", "execution")]
    assert verbs.index("pause") < len(verbs) - 1 - verbs[::-1].index("pause") < len(verbs) - 1


def test_one_time_out_holds_for_all_that_are_waited_for() -> None:
    backend = many(3)
    slow = next(iter(backend.recorded))

    def keep_pausing() -> None:
        backend.set_status(slow, "PAUSING")
        backend.at(backend.clock.now(), keep_pausing)

    keep_pausing()

    ran = act(backend, "pause", "-s", "open", "--yes", "--wait", "--timeout", "30s", "-o", "jsonl")

    outcomes = by_name(ran)
    assert ran.code == 124
    assert outcomes == {"order-0001": "unchanged", "order-0002": "done", "order-0003": "done"}


@pytest.mark.parametrize("words", [("stop", "orders/order-0001"), ("pause", "-s", "open"), ("start", "orders")])
@pytest.mark.parametrize("more", [("--timeout", "5s"), ("--interval", "5s")])
def test_a_pace_without_waiting_is_refused(words: tuple[str, ...], more: tuple[str, ...]) -> None:
    backend = many(1)

    ran = act(backend, *words, *more, "--yes")

    assert ran.code == 2
    assert f"{more[0]} is about waiting, which only --wait does" in ran.err
    assert backend.calls == []


def test_deletions_are_waited_for_until_all_are_gone() -> None:
    backend = many(4, "FAILED")

    ran = act(backend, "delete", "-s", "failed", "--yes", "--confirm", "4", "--wait", "-o", "jsonl")

    assert (ran.code, set(by_name(ran).values())) == (0, {"done"})
    assert backend.recorded == {}


def test_what_cannot_be_looked_at_any_more_keeps_its_outcome_and_tells_the_error() -> None:
    backend = many(2)
    backend.fail("execution", AccessDenied("not allowed to read"), nth=3, times=1)

    ran = act(backend, "pause", "-s", "running", "--yes", "--wait", "-o", "jsonl")

    assert sorted(by_name(ran).values()) == ["accepted", "done"]
    assert ran.code == 8


# --- regions ----------------------------------------------------------------------------------------------------------


def arn_in(region: str, number: int) -> str:
    return execution(number).arn.replace("eu-west-1", region)


def test_arns_on_stdin_fix_the_region() -> None:
    ran = run("stop", "-", "--dry-run", backend=many(1), stdin=arn_in("us-west-2", 1) + "\n")

    assert [settings.region for settings in ran.settings] == ["us-west-2"]
    assert "note: using region us-west-2, as the ARN says" in ran.err


def test_arns_of_several_regions_are_refused() -> None:
    backend = many(2)
    references = f"{arn_in('us-west-2', 1)}\n{arn_in('eu-west-1', 2)}\n"

    ran = act(backend, "stop", "-", "--yes", stdin=references)

    assert ran.code == 2
    assert "the ARNs are of several regions: us-west-2,eu-west-1" in ran.err
    assert "name them all: --region us-west-2,eu-west-1" in ran.err
    assert backend.calls == []

"""`list`: options to rows, notes and exit codes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from durablectl.errors import AccessDenied
from tests.cli.harness import run
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import NOW, RecordedExecution, failure, make_execution, step, wait


def execution(number: int, status: str = "SUCCEEDED", *, function: str = "orders") -> RecordedExecution:
    return make_execution(
        f"order-{number}",
        step("charge"),
        function=function,
        status=status,
        id=f"00000000-0000-4000-8000-{number:012d}",
        started_at=NOW - timedelta(hours=number),
        error=failure("card expired", "PaymentDeclined") if status == "FAILED" else None,
    )


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend(
        execution(1), execution(2, "FAILED"), execution(3), execution(4, function="crm"), execution(5, "RUNNING")
    )


def test_list_shows_all_functions_newest_first(backend: FakeBackend) -> None:
    ran = run("list", "-o", "json", backend=backend)

    assert ran.code == 0
    assert [item["name"] for item in ran.json["items"]] == [f"order-{number}" for number in (1, 2, 3, 4, 5)]
    assert ran.json["truncated"] is False


def test_list_never_asks_for_payloads(backend: FakeBackend) -> None:
    run("list", "-o", "json", backend=backend)

    assert not backend.data_requests


def test_check_1_no_match_is_an_empty_envelope(backend: FakeBackend) -> None:
    ran = run("list", "orders", "--status", "stopped", "-o", "json", backend=backend)

    assert ran.code == 0
    assert ran.json["items"] == []
    assert ran.err == "note: no executions match (searched orders; status stopped)\n"


def test_check_1_a_query_for_the_items_of_nothing_gives_an_empty_list(backend: FakeBackend) -> None:
    assert run("list", "orders", "-s", "stopped", "--query", "items", backend=backend).json == []


@pytest.mark.parametrize("format", ["jsonl", "name"])
def test_check_1_lines_of_nothing_are_nothing(backend: FakeBackend, format: str) -> None:
    ran = run("list", "orders", "-s", "stopped", "-o", format, backend=backend)

    assert (ran.code, ran.out) == (0, "")
    assert ran.err.startswith("note: no executions match")


def test_a_cut_list_says_how_to_get_the_rest(backend: FakeBackend) -> None:
    ran = run("list", "-n", "2", backend=backend)

    assert ran.err == "note: showing 2 (more exist, -n 0 for all)\n"
    assert len(ran.out.splitlines()) == 3


def test_limit_0_is_all(backend: FakeBackend) -> None:
    ran = run("list", "-n", "0", "-o", "json", backend=backend)

    assert len(ran.json["items"]) == 5
    assert ran.json["limit"] is None


def test_reasons_take_a_request_for_each_that_ended_badly(backend: FakeBackend) -> None:
    ran = run("list", "orders", "--reasons", "-o", "json", backend=backend)

    reasons = {item["name"]: item["reason"] for item in ran.json["items"]}
    assert reasons["order-2"] == "PaymentDeclined: card expired"
    assert reasons["order-1"] is None
    assert ran.err == "note: REASON took 1 extra request\n"


def test_what_reading_all_of_them_takes_is_told_beforehand(backend: FakeBackend) -> None:
    reasons = run("list", "orders", "-n", "0", "--reasons", backend=backend).err.splitlines()
    stuck = run("list", "orders", "-n", "0", "--stuck", "1h", backend=backend).err.splitlines()

    assert reasons[0] == "note: --reasons reads each execution that ended badly, at most 10 a second on AWS"
    assert stuck[0] == "note: --stuck reads the history of each running execution, at most 5 a second on AWS"


def test_count_prints_how_many_there_are_of_each_status(backend: FakeBackend) -> None:
    assert run("list", "orders", "--count", backend=backend).out == (
        "▸ RUNNING    1\n✓ SUCCEEDED  2\n✗ FAILED     1\n  total      4\n"
    )
    assert run("list", "orders", "--count", "-o", "json", backend=backend).json == {
        "schema_version": 1,
        "kind": "execution_count",
        "count": 4,
        "by_status": {"RUNNING": 1, "SUCCEEDED": 2, "FAILED": 1},
    }


def test_count_of_nothing_is_zero_for_programs_and_a_note_for_people(backend: FakeBackend) -> None:
    ran = run("list", "orders", "-s", "stopped", "--count", "--query", "count", backend=backend)

    assert ran.json == 0
    assert run("list", "orders", "-s", "stopped", "--count", backend=backend).out == ""
    assert ran.err.startswith("note: no executions match (searched orders; status stopped)")


def test_functions_may_be_options_and_patterns(backend: FakeBackend) -> None:
    ran = run("list", "-f", "ord*,crm", "-o", "plain", "--columns", "name", "--no-headers", backend=backend)

    assert len(ran.out.split()) == 5


def test_oldest_first_turns_the_order(backend: FakeBackend) -> None:
    ran = run("list", "--oldest-first", "-o", "json", "--query", "items[0].name", backend=backend)

    assert ran.json == "order-5"


def test_a_function_that_cannot_be_read_makes_the_list_partial(backend: FakeBackend) -> None:
    denied = AccessDenied("not allowed to read executions of orders")
    backend.fail("executions", denied, target="orders")

    ran = run("list", "-o", "json", backend=backend)

    assert ran.code == 8
    assert ran.err.startswith("warning: not allowed to read executions of orders\n")
    assert ran.json["warnings"][0]["function"] == "orders"
    assert [item["function"] for item in ran.json["items"]] == ["crm"]


def test_a_bad_query_is_refused_before_any_request(backend: FakeBackend) -> None:
    ran = run("list", "--query", "items[", backend=backend)

    assert ran.code == 2
    assert not backend.calls


@pytest.mark.parametrize(
    "arguments",
    [
        ("--since", "2031-01-01"),
        ("--since", "soon"),
        ("--older-than", "x"),
        ("-n", "-1"),
        ("--page-size", "1001"),
        ("--tz", "Mars/Olympus"),
        ("-o", "xml"),
        ("--color", "blue"),
        ("--time-format", "long"),
        ("--raw", "-o", "wide"),
        ("--count", "--reasons"),
    ],
)
def test_a_bad_value_is_refused_before_any_request(backend: FakeBackend, arguments: tuple[str, ...]) -> None:
    ran = run("list", *arguments, backend=backend)

    assert ran.code == 2
    assert ran.err.startswith("error: ")
    assert not backend.calls


def test_a_future_start_points_at_the_value(backend: FakeBackend) -> None:
    ran = run("list", "--since", "2031-01-01", "--utc", backend=backend)

    assert ran.err.splitlines()[:2] == ["error: --since lies in the future", "  --since 2031-01-01"]
    assert ran.err.splitlines()[2].startswith("          ^^^^^^^^^^  it is ")


def test_a_time_without_an_offset_names_its_zone(backend: FakeBackend) -> None:
    ran = run("list", "--since", "2020-01-01", "--tz", "Europe/Dublin", backend=backend)

    assert ran.err.startswith("note: times without an offset are taken to be in GMT\n")


def test_stuck_executions_are_those_without_an_event_for_so_long() -> None:
    stuck = make_execution("stuck", step("charge").is_running(), started_at=NOW - timedelta(hours=3))
    waiting = make_execution("waiting", wait("cool-down", 86_400).is_pending(), id="a" * 36, started_at=NOW)

    ran = run("list", "orders", "--stuck", "1h", "-o", "json", backend=FakeBackend(stuck, waiting))

    assert [item["name"] for item in ran.json["items"]] == ["stuck"]


def test_columns_help_lists_the_columns_without_a_request(backend: FakeBackend) -> None:
    ran = run("list", "orders", "--columns", "help", backend=backend)

    assert ran.code == 0
    assert "started_at" in ran.out
    assert not [call for call in backend.calls if call.verb == "executions"]


def test_quiet_drops_notes(backend: FakeBackend) -> None:
    assert run("list", "-n", "2", "-q", backend=backend).err == ""


def test_raw_is_the_services_own_shape(backend: FakeBackend) -> None:
    ran = run("list", "orders", "--raw", backend=backend)

    assert ran.json["DurableExecutions"][0]["DurableExecutionName"] == "order-1"

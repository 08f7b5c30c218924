"""`callback list`: options to rows, notes and exit codes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zlib import crc32

import pytest

from durablectl.backend.base import Source
from durablectl.errors import AccessDenied
from tests.cli.harness import run
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import NOW, RecordedExecution, callback, make_execution, wait_for_callback
from tests.fakes.operations import Builder
from tests.views.record_keys import CALLBACK


def execution(name: str, *operations: Builder, function: str = "orders", status: str = "RUNNING") -> RecordedExecution:
    return make_execution(
        name,
        *operations,
        function=function,
        status=status,
        id=f"{crc32(name.encode()):08x}-0000",
        started_at=NOW - timedelta(hours=1),
    )


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend(
        execution("order-1", wait_for_callback("approval", timeout_s=86_400)),
        execution("order-2", callback("two words", timeout_s=7_200)),
        execution("order-3", callback("old", callback_id="Old+w==").succeeds(), status="SUCCEEDED"),
        execution("leave-381", callback("sign-off", timeout_s=None), function="hr"),
    )


def test_the_most_urgent_comes_first_with_its_time_left(backend: FakeBackend) -> None:
    ran = run("callback", "list", backend=backend)

    assert ran.code == 0
    header, *rows = ran.out.splitlines()
    assert header.split("  ")[0] == "FUNCTION"
    assert [row.split()[1] for row in rows] == ["order-2", "order-1", "leave-381"]
    assert "  59m59s  " in rows[0]
    assert rows[2].split()[-2] == "none"
    assert ran.err == ""


def test_a_person_is_shown_how_to_answer_the_first(backend: FakeBackend) -> None:
    ran = run("callback", "list", backend=backend, is_terminal=True, columns=120)

    assert "durablectl callback succeed --execution orders/order-2 --op 'two words' --result @FILE" in ran.out + ran.err


def test_the_command_that_answers_leads_to_the_connection_of_the_callback(backend: FakeBackend) -> None:
    there = FakeBackend(source=Source("aws", None, "us-east-1"))

    ran = run(
        "callback",
        "list",
        "--region",
        "eu-west-1,us-east-1",
        backends={"eu-west-1": backend, "us-east-1": there},
        is_terminal=True,
        columns=160,
    )

    assert ran.err.endswith("--result @FILE --region eu-west-1\n")
    assert "REGION" in ran.out


def test_names_are_callback_ids_that_complete_them(backend: FakeBackend) -> None:
    first = run("callback", "list", "-o", "name", backend=backend).out.splitlines()[0]

    assert run("callback", "succeed", first, "--result", "1", backend=backend).code == 0
    assert len(run("callback", "list", "-o", "name", backend=backend).out.splitlines()) == 2


def test_records_have_every_key(backend: FakeBackend) -> None:
    (record, *_) = run("callback", "list", "-o", "jsonl", backend=backend).lines

    assert list(record) == ["schema_version", "kind", *CALLBACK, "context"]
    assert (record["kind"], record["timeout_ms"], record["completed_at"]) == ("callback", 7_200_000, None)


def test_one_execution_is_named_by_any_reference(backend: FakeBackend) -> None:
    ran = run("callback", "list", "orders/order-1", "-o", "json", backend=backend)

    assert [item["operation_name"] for item in ran.json["items"]] == ["approval"]
    assert ran.json["kind"] == "callback_list"
    assert ran.json["source"]["account"] == "123456789012"


def test_closed_callbacks_are_shown_on_request_without_their_result(backend: FakeBackend) -> None:
    ran = run("callback", "list", "orders/order-3", "--all", "-o", "json", backend=backend)

    (item,) = ran.json["items"]
    assert (item["status"], item["remaining_ms"]) == ("succeeded", None)
    assert item["completed_at"] is not None
    assert item["result"]["absent_because"] == "not_requested"


def test_check_9_payloads_are_never_asked_for(backend: FakeBackend) -> None:
    run("callback", "list", "--all", "-s", "open,closed", backend=backend)

    assert backend.data_requests == []


@pytest.mark.parametrize(
    "arguments, note",
    [
        (("-f", "orders", "--op", "nope"), "in 2 executions of orders (operation nope); --all shows closed ones too"),
        (("orders/order-3",), "of orders/order-3; --all shows closed ones too"),
        (("--name", "x*"), "in 0 executions of orders, hr (name x*); --all shows closed ones too"),
    ],
)
def test_check_1_nothing_to_show_is_told_on_stderr(backend: FakeBackend, arguments: tuple[str, ...], note: str) -> None:
    ran = run("callback", "list", *arguments, backend=backend)

    assert (ran.code, ran.out) == (0, "")
    assert ran.err == f"note: no pending callbacks {note}\n"
    assert run("callback", "list", *arguments, "--query", "items", backend=backend).json == []


def test_what_cannot_be_read_makes_the_list_partial(backend: FakeBackend) -> None:
    (arn,) = (arn for arn in backend.recorded if "/order-1/" in arn)
    backend.fail("history", AccessDenied("not allowed to read the history of orders/order-1"), target=arn)

    ran = run("callback", "list", "-o", "json", backend=backend)

    assert ran.code == 8
    assert len(ran.json["items"]) == 2
    assert ran.json["warnings"][0]["type"] == "access_denied"
    assert ran.err.startswith("warning: callbacks of 1 execution of orders not read: ")


def test_a_cut_list_says_how_to_get_the_rest(backend: FakeBackend) -> None:
    ran = run("callback", "list", "-n", "1", backend=backend)

    assert len(ran.out.splitlines()) == 2
    assert ran.err == "note: showing 1 (more exist, -n 0 for all)\n"


@pytest.mark.parametrize(
    "arguments",
    [("orders/order-1", "-s", "open"), ("--due-within", "soon"), ("-n", "x"), ("--raw",), ("--op",), ("-", "--all")],
)
def test_bad_input_is_refused_before_any_request(backend: FakeBackend, arguments: tuple[str, ...]) -> None:
    ran = run("callback", "list", *arguments, backend=backend)

    assert ran.code == 2
    assert ran.err.startswith("error: ")
    assert not backend.calls


def test_an_unknown_execution_offers_near_names(backend: FakeBackend) -> None:
    ran = run("callback", "list", "orders/ordr-1", backend=backend)

    assert ran.code == 3
    assert "close names: order-1 RUNNING" in ran.err


def test_a_closed_id_says_where_to_see_how_it_closed(backend: FakeBackend) -> None:
    closed = run("callback", "list", "orders/order-3", "--all", "-o", "name", backend=backend).out.strip()

    ran = run("callback", "succeed", closed, backend=backend)

    assert ran.code == 6
    assert "durablectl callback list EXEC --all" in ran.err


def test_two_contexts_are_one_inbox(backend: FakeBackend, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("contexts:\n  dev: {region: eu-west-1}\n  prod: {region: us-east-1}\n")
    here = FakeBackend(*backend.recorded.values(), source=Source("aws", "dev", "eu-west-1"))
    there = FakeBackend(
        execution("order-9", callback("customs", timeout_s=3_700)), source=Source("aws", "prod", "us-east-1")
    )
    environ = {"DURABLECTL_CONFIG": str(tmp_path / "config.yaml")}

    ran = run("callback", "list", "-c", "dev,prod", backends={"dev": here, "prod": there}, environ=environ)

    rows = [line.split() for line in ran.out.splitlines()]
    assert rows[0][:2] == ["CONTEXT", "FUNCTION"]
    assert (rows[1][0], rows[1][2]) == ("prod", "order-9")

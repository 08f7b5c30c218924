"""`timeline`: options to pictures and documents, and what it asks for."""

from __future__ import annotations

import pytest

from tests.cli.harness import run
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import invoke, make_arn, make_execution, step, wait_for_callback

CHILD_ID = "77c0b1d2-0e5f-4b0e-8d5e-90a2cc31f7be"
CHILD = make_arn("order-1042", function="fraud", version="12", id=CHILD_ID)


@pytest.fixture
def backend() -> FakeBackend:
    parent = make_execution(
        "order-1042",
        step("charge").gives_up(),
        invoke("fraud-check", "fraud:12", child_arn=CHILD),
        wait_for_callback("approval"),
    )
    child = make_execution("order-1042", step("score"), function="fraud", version="12", id=CHILD_ID, status="SUCCEEDED")
    return FakeBackend(parent, child)


def test_the_picture_is_as_wide_as_the_terminal(backend: FakeBackend) -> None:
    ran = run("timeline", "orders/order-1042", "--no-color", backend=backend, is_terminal=True, columns=72)

    assert {len(line) for line in ran.out.splitlines()[1:]} == {72}


def test_width_wins_over_the_terminal(backend: FakeBackend) -> None:
    options = ("--width", "60", "--no-color")
    ran = run("timeline", "orders/order-1042", *options, backend=backend, is_terminal=True, columns=120)

    assert {len(line) for line in ran.out.splitlines()[1:]} == {60}


def test_check_9_a_timeline_never_asks_for_data(backend: FakeBackend) -> None:
    assert run("timeline", "orders/order-1042", "--children", "1", backend=backend).code == 0
    assert not backend.data_requests


def test_the_document_has_rows_and_segments(backend: FakeBackend) -> None:
    document = run("timeline", "orders/order-1042", "-o", "json", backend=backend).json

    assert document["kind"] == "timeline"
    assert [row["label"] for row in document["rows"][:4]] == ["execution", "invocations", "charge", "fraud-check"]
    assert document["segments"][0]["from_ms"] == 0
    assert document["segments"][-1] == {
        "from_ms": document["segments"][-1]["from_ms"],
        "to_ms": document["length_ms"],
        "collapsed": True,
    }


def test_linear_has_one_segment(backend: FakeBackend) -> None:
    document = run("timeline", "orders/order-1042", "--linear", "-o", "json", backend=backend).json

    assert [segment["collapsed"] for segment in document["segments"]] == [False]


def test_children_stand_below_the_invoke_that_started_them(backend: FakeBackend) -> None:
    rows = run("timeline", "orders/order-1042", "--children", "1", "-o", "json", backend=backend).json["rows"]

    labels = [row["label"] for row in rows]
    assert labels.index("score") == labels.index("fraud-check") + 1
    assert [row["depth"] for row in rows if row["label"] == "score"] == [1]
    assert [row["execution_arn"] for row in rows if row["label"] == "score"] == [CHILD]


def test_a_child_that_cannot_be_read_is_a_warning(backend: FakeBackend) -> None:
    stranger = make_execution("order-7", invoke("gone", "fraud:12", child_arn=make_arn("lost", id="lost")))
    ran = run("timeline", "order-7", "--children", "2", backend=FakeBackend(stranger))

    assert ran.code == 0
    assert "warning:" in ran.err


@pytest.mark.parametrize(
    "options, remark",
    [
        (("--from", "2h", "--to", "1h"), "--to has to lie after --from"),
        (("--width", "12"), "--width takes a whole number"),
        (("--from", "soon"), "--from"),
    ],
)
def test_bad_windows_are_refused_before_any_request(options: tuple[str, ...], remark: str) -> None:
    backend = FakeBackend()

    ran = run("timeline", "order-1", *options, backend=backend)

    assert ran.code == 2
    assert remark in ran.err


def test_many_operations_are_counted_in_a_note() -> None:
    backend = FakeBackend(make_execution("long", *[step(f"s{number}") for number in range(100)]))

    ran = run("timeline", "long", backend=backend)

    assert "100 operations in" in ran.err
    assert len(ran.out.splitlines()) <= 64


def test_plain_has_a_line_for_each_operation(backend: FakeBackend) -> None:
    lines = run("timeline", "orders/order-1042", "-o", "plain", backend=backend).out.splitlines()

    assert lines[0].split("\t")[:3] == ["operation_id", "execution_arn", "label"]
    assert len(lines) == 1 + 2 + 5

"""`why`: options to documents, what it asks for, and what it says to type next."""

from __future__ import annotations

import pytest

from durablectl.errors import AccessDenied
from tests.cli.harness import run
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import failure, invoke, make_arn, make_execution, step, wait_for_callback

CHILD_ARN = make_arn("check-1", function="fraud")


@pytest.fixture
def backend() -> FakeBackend:
    error = failure("card expired", "PaymentDeclined")
    return FakeBackend(
        make_execution("order-1042", wait_for_callback("approval")),
        make_execution("order-1038", step("charge").gives_up(error), status="FAILED", error=error, id="77c0b1d2"),
        make_execution("order-1050", invoke("check", child_arn=CHILD_ARN).is_pending(), id="0a0a0a0a"),
        make_execution("check-1", wait_for_callback("review"), arn=CHILD_ARN),
    )


def test_a_failure_is_explained_word_by_word(backend: FakeBackend) -> None:
    ran = run("why", "orders/order-1038", backend=backend)

    assert ran.code == 0
    assert ran.out.startswith(
        'order-1038 is FAILED because step charge failed: PaymentDeclined "card expired".\n\n✗ cause     step-failed'
    )
    assert "next: durablectl logs orders/order-1038 --op charge" in ran.out


def test_the_document_has_headline_and_findings(backend: FakeBackend) -> None:
    document = run("why", "orders/order-1042", "-o", "json", backend=backend).json

    assert (document["kind"], document["rules_version"]) == ("diagnosis", 1)
    assert document["headline"] == "order-1042 is RUNNING because it waits for the callback approval."
    assert [finding["rule"] for finding in document["findings"]] == ["callback-pending"]
    assert document["execution"]["name"] == "order-1042"


def test_all_has_what_is_only_worth_knowing(backend: FakeBackend) -> None:
    backend.recorded[CHILD_ARN].change(status="SUCCEEDED")
    latest = make_execution("order-7", wait_for_callback("approval"), version="$LATEST", id="77")
    backend.add(latest)

    few = run("why", latest.arn, "-o", "jsonl", backend=backend).lines
    all_of_them = run("why", latest.arn, "--all", "-o", "jsonl", backend=backend).lines

    assert "latest-version" not in [finding["rule"] for finding in few]
    assert all_of_them[-1]["rule"] == "latest-version"


def test_plain_has_a_line_for_each_finding(backend: FakeBackend) -> None:
    ran = run("why", "orders/order-1038", "-o", "plain", backend=backend)

    header, row = ran.out.splitlines()
    assert header.split("\t")[:2] == ["severity", "rule"]
    assert row.split("\t")[:2] == ["cause", "step-failed"]


def test_a_child_is_looked_into_and_its_command_is_the_next(backend: FakeBackend) -> None:
    ran = run("why", "orders/order-1050", backend=backend)

    assert "The child fraud/check-1 itself waits: Waiting for the callback review" in ran.out
    assert "durablectl callback succeed --execution fraud/check-1 --op review --result @FILE" in ran.out


def test_children_can_be_left_alone(backend: FakeBackend) -> None:
    ran = run("why", "orders/order-1050", "--children", "0", "-o", "json", backend=backend)

    assert [finding["rule"] for finding in ran.json["findings"]] == ["child-pending"]
    assert CHILD_ARN not in [call.target for call in backend.calls]


def test_a_child_that_may_not_be_read_is_a_finding(backend: FakeBackend) -> None:
    backend.fail("execution", AccessDenied("not allowed to read executions of fraud"), nth=2)

    ran = run("why", "orders/order-1050", "-o", "json", backend=backend)

    assert ran.code == 0
    assert "child-unreadable" in [finding["rule"] for finding in ran.json["findings"]]
    assert ran.json["warnings"][0]["type"] == "access_denied"


def test_commands_name_the_connection(backend: FakeBackend) -> None:
    ran = run("why", "orders/order-1042", "-c", "local", "-o", "json", backend=backend)

    assert ran.json["findings"][0]["next"][0]["command"].endswith("--result @FILE -c local")


def test_commands_that_change_something_name_the_connection_too() -> None:
    backend = FakeBackend(make_execution("order-1043", status="STOPPED"))

    ran = run("why", "orders/order-1043", "-c", "local", "-o", "json", backend=backend)

    assert ran.json["findings"][0]["next"][0]["command"] == "durablectl restart orders/order-1043 -c local"


def test_check_9_no_data_causes_no_request_for_data(backend: FakeBackend) -> None:
    ran = run("why", "orders/order-1038", "--no-data", backend=backend)

    assert "card expired" not in ran.out
    assert "step charge failed: an error whose text is not known" in ran.out
    assert not backend.data_requests


def test_a_wrong_number_of_levels_is_refused_before_any_request(backend: FakeBackend) -> None:
    assert run("why", "orders/order-1042", "--children", "deep", backend=backend).code == 2
    assert not backend.calls


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_nothing_is_wider_than_the_terminal(backend: FakeBackend, columns: int) -> None:
    ran = run("why", "orders/order-1042", "--color", "never", backend=backend, is_terminal=True, columns=columns)

    assert max(map(len, ran.out.splitlines())) <= columns


def test_commands_with_parentheses_in_quotes_reach_the_same_service() -> None:
    throttled = step("push").fails(3, delay_s=60, error=failure("Rate exceeded", "ThrottlingException"))

    ran = run(
        "why", "orders/order-7", "--region", "eu-west-1", backend=FakeBackend(make_execution("order-7", throttled))
    )

    assert "next: durablectl logs orders/order-7 --grep '(?i)throttl' --region eu-west-1" in ran.out

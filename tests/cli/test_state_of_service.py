"""`state --source service`: the service's own view, which needs a token that only an invocation holds."""

from __future__ import annotations

from typing import Any

import pytest

from durablectl.backend.base import Source
from tests.cli.harness import Ran, run
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import failure, make_execution, step, wait_for_callback

SECRET = "tok-4711-secret"
TOKEN = ("--checkpoint-token", "dG9rZW4=")


@pytest.fixture
def backend() -> FakeBackend:
    charge = step("charge").fails(2, error=failure("card declined")).succeeds(f'{{"token": "{SECRET}"}}')
    return FakeBackend(make_execution("order-1042", charge, wait_for_callback("approval")))


def state(backend: FakeBackend, *options: str) -> Ran:
    return run("state", "orders/order-1042", "--source", "service", *options, backend=backend)


def by_name(operations: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {operation["name"]: operation for operation in operations}


def test_the_document_says_who_told_it(backend: FakeBackend) -> None:
    document = state(backend, *TOKEN, "-o", "json").json

    assert (document["kind"], document["source"], document["as_of_event_id"]) == ("operation_tree", "service", None)
    operations = by_name(document["operations"])
    assert operations["charge"]["status"] == "SUCCEEDED"
    assert operations["charge"]["attempts"] == 3
    assert operations["approval"]["shown_as"] == "waiting"


def test_without_a_token_aws_is_not_even_asked(backend: FakeBackend) -> None:
    ran = state(backend)

    assert ran.code == 2
    assert "needs --checkpoint-token on AWS" in ran.err
    assert not backend.calls


def test_another_server_may_do_without_a_token(backend: FakeBackend) -> None:
    backend._source = Source("emulator", endpoint_url="http://127.0.0.1:9014")

    ran = state(backend)

    assert backend.count("state") == 1
    assert ran.code == 2
    assert "good only while its invocation runs" in ran.err


@pytest.mark.parametrize(
    "options, said",
    [
        (("--source", "service", *TOKEN, "--at", "5"), "only the present"),
        (("--raw",), "--raw goes with --source service"),
        (TOKEN, "--checkpoint-token goes with --source service"),
        (("--source", "service", *TOKEN, "--raw", "--op", "charge"), "--op does not go with --raw"),
        (("--source", "elsewhere"), "choose one of: history, service"),
    ],
)
def test_what_does_not_go_together_is_refused_before_a_request(
    backend: FakeBackend, options: tuple[str, ...], said: str
) -> None:
    ran = run("state", "orders/order-1042", *options, backend=backend)

    assert ran.code == 2
    assert said in ran.err
    assert not backend.calls


def test_op_chooses_a_subtree(backend: FakeBackend) -> None:
    document = state(backend, *TOKEN, "--op", "charge", "-o", "json").json

    assert [operation["name"] for operation in document["operations"]] == ["charge"]


def test_raw_has_the_shape_of_the_service(backend: FakeBackend) -> None:
    document = state(backend, *TOKEN, "--raw").json

    charge = document["Operations"][0]
    assert (charge["Name"], charge["Status"], charge["StepDetails"]["Attempt"]) == ("charge", "SUCCEEDED", 3)
    assert charge["StartTimestamp"].endswith("Z")


@pytest.mark.parametrize("format", ["table", "json", "jsonl", "yaml", "plain"])
@pytest.mark.parametrize("options", [(), ("--data",)])
def test_check_10_a_secret_in_the_state_is_never_shown(
    backend: FakeBackend, options: tuple[str, ...], format: str
) -> None:
    ran = state(backend, *TOKEN, *options, "-o", format)

    assert ran.code == 0
    assert SECRET not in ran.out + ran.err


def test_raw_drops_results_unless_they_are_asked_for(backend: FakeBackend) -> None:
    without, with_data = (state(backend, *TOKEN, "--raw", *options) for options in ((), ("--data",)))

    assert "Result" not in without.json["Operations"][0]["StepDetails"]
    assert "Result" in with_data.json["Operations"][0]["StepDetails"]
    assert SECRET not in with_data.out

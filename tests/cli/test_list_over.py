"""`list` and `functions` over several regions and contexts: what is shown, told and counted as a failure."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from durablectl.backend.base import Source
from durablectl.errors import (
    AccessDenied,
    ConfigError,
    CredentialsError,
    DurablectlError,
    ServiceFault,
    Throttled,
    Unreachable,
)
from durablectl.model.executions import Function
from tests.cli.harness import run
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import NOW, RecordedExecution, make_execution

BOTH = ("--region", "eu-west-1,us-east-1")


def execution(name: str, hours: int, *, region: str = "eu-west-1", function: str = "orders") -> RecordedExecution:
    arn = f"arn:aws:lambda:{region}:123456789012:function:{function}:7/durable-execution/{name}/{name}-0000-4000"
    return make_execution(name, arn=arn, function=function, started_at=NOW - timedelta(hours=hours))


def function_in(region: str, name: str) -> Function:
    known = make_function(name)
    return Function(name, known.arn.replace("eu-west-1", region), "$LATEST", retention_days=14, is_durable=True)


@pytest.fixture
def europe() -> FakeBackend:
    return FakeBackend(execution("a", 1), execution("c", 3), functions=[function_in("eu-west-1", "orders")])


@pytest.fixture
def america() -> FakeBackend:
    return FakeBackend(
        execution("b", 2, region="us-east-1"),
        execution("d", 4, region="us-east-1", function="crm"),
        functions=[function_in("us-east-1", "orders"), function_in("us-east-1", "crm")],
        source=Source("aws", None, "us-east-1"),
    )


@pytest.fixture
def backends(europe: FakeBackend, america: FakeBackend) -> dict[str, FakeBackend]:
    return {"eu-west-1": europe, "us-east-1": america}


@pytest.fixture
def configured(tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "config.yaml"
    path.write_text(
        "contexts:\n  dev: {region: eu-west-1}\n  prod: {region: us-east-1, functions: [orders], production: true}\n"
    )
    return {"DURABLECTL_CONFIG": str(path)}


def test_executions_of_several_regions_are_merged_newest_first(backends: dict[str, FakeBackend]) -> None:
    ran = run("list", *BOTH, "-o", "json", backends=backends)

    assert ran.code == 0
    assert [(item["name"], item["region"]) for item in ran.json["items"]] == [
        ("a", "eu-west-1"),
        ("b", "us-east-1"),
        ("c", "eu-west-1"),
        ("d", "us-east-1"),
    ]
    assert ran.json["source"]["region"] is None


def test_the_region_becomes_a_column_and_what_was_searched_is_told(backends: dict[str, FakeBackend]) -> None:
    ran = run("list", *BOTH, "-n", "3", backends=backends)

    assert ran.out.splitlines()[0].split()[:2] == ["REGION", "FUNCTION"]
    assert ran.out.splitlines()[2].split()[:3] == ["us-east-1", "orders:7", "b"]
    assert ran.err == (
        "note: showing 3 (more exist, -n 0 for all); searched orders in eu-west-1; orders, crm in us-east-1\n"
    )


def test_one_region_shows_no_region(backends: dict[str, FakeBackend]) -> None:
    assert "REGION" not in run("list", "--region", "eu-west-1", backends=backends).out
    assert "REGION" in run("list", "--region", "eu-west-1", "-o", "wide", backends=backends).out


def test_each_context_lists_its_own_functions_and_is_named(
    europe: FakeBackend, america: FakeBackend, configured: dict[str, str]
) -> None:
    europe._source = Source("aws", "dev", "eu-west-1")
    america._source = Source("aws", "prod", "us-east-1")

    ran = run("list", "-c", "dev,prod", backends={"dev": europe, "prod": america}, environ=configured)

    rows = run("list", "-c", "dev,prod", "-o", "jsonl", backends={"dev": europe, "prod": america}, environ=configured)

    assert [row["context"] for row in rows.lines] == ["dev", "prod", "dev"]
    assert [line.split()[0] for line in ran.out.splitlines()] == ["CONTEXT", "dev", "prod", "dev"]
    assert "searched orders in context dev, eu-west-1; orders in context prod, us-east-1" in ran.err


def test_a_region_that_cannot_be_reached_makes_the_list_partial(
    backends: dict[str, FakeBackend], america: FakeBackend
) -> None:
    america.fail("functions", CredentialsError("the sign-in has expired"))

    ran = run("list", *BOTH, "-o", "json", backends=backends)

    assert ran.code == 8
    assert [item["name"] for item in ran.json["items"]] == ["a", "c"]
    assert ran.err.startswith("warning: us-east-1: the sign-in has expired\n")
    assert ran.json["warnings"] == [
        {
            "type": "credentials",
            "region": "us-east-1",
            "message": "us-east-1: the sign-in has expired",
        }
    ]


def test_a_region_that_throttles_is_told_once_and_left_alone(
    backends: dict[str, FakeBackend], america: FakeBackend
) -> None:
    america.fail("executions", Throttled("slow down"), times=9)

    ran = run("list", *BOTH, backends=backends)

    assert ran.code == 8
    assert ran.err.count("warning: us-east-1: slow down") == 1


@pytest.mark.parametrize("error", [ConfigError("no profile"), CredentialsError("expired"), Unreachable("no network")])
def test_a_connection_that_fails_for_named_functions_makes_the_list_partial(
    backends: dict[str, FakeBackend], america: FakeBackend, error: DurablectlError
) -> None:
    america.fail("executions", error, times=9)

    ran = run("list", "orders", "crm", *BOTH, backends=backends)

    assert ran.code == 8
    assert [line.split()[2] for line in ran.out.splitlines()[1:]] == ["a", "c"]
    assert ran.err.count("warning: us-east-1: ") == 1


def test_when_every_region_fails_that_is_the_error(backends: dict[str, FakeBackend]) -> None:
    for backend in backends.values():
        backend.fail("functions", AccessDenied("not allowed to list functions"))

    ran = run("list", *BOTH, backends=backends)

    assert ran.code == 4
    assert ran.err.startswith("error: not allowed to list functions\n")


def test_a_function_that_one_region_lacks_is_no_failure(backends: dict[str, FakeBackend]) -> None:
    ran = run("list", "crm", *BOTH, backends=backends)

    assert ran.code == 0
    assert [line.split()[2] for line in ran.out.splitlines()[1:]] == ["d"]
    assert "note: eu-west-1: Function not found: crm" in ran.err


def test_a_pattern_that_one_region_does_not_know_is_no_failure(backends: dict[str, FakeBackend]) -> None:
    ran = run("list", "c*", *BOTH, backends=backends)

    assert ran.code == 0
    assert 'note: eu-west-1: no durable function matches "c*"' in ran.err


def test_a_server_error_of_one_function_leaves_the_others(
    backends: dict[str, FakeBackend], america: FakeBackend
) -> None:
    america.fail("executions", ServiceFault("the service failed to read executions of crm"), target="crm")

    ran = run("list", "--region", "us-east-1", backends=backends)

    assert ran.code == 8
    assert len(ran.out.splitlines()) == 2
    assert "warning: the service failed to read executions of crm" in ran.err


def test_the_arn_of_a_function_fixes_its_region(backends: dict[str, FakeBackend]) -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:orders"

    ran = run("list", arn, "--region", "eu-west-1", "-o", "json", backends=backends)

    assert [item["name"] for item in ran.json["items"]] == ["b"]
    assert ran.err.startswith("note: using region us-east-1, as the ARN says\n")


def test_functions_of_several_regions_are_listed_with_their_region(backends: dict[str, FakeBackend]) -> None:
    ran = run("functions", *BOTH, "--counts", backends=backends)

    assert ran.code == 0
    assert [line.split()[:2] for line in ran.out.splitlines()] == [
        ["REGION", "FUNCTION"],
        ["us-east-1", "crm"],
        ["eu-west-1", "orders"],
        ["us-east-1", "orders"],
    ]


def test_functions_of_a_region_that_fails_make_the_list_partial(
    backends: dict[str, FakeBackend], america: FakeBackend
) -> None:
    america.fail("functions", AccessDenied("not allowed to list functions"))

    ran = run("functions", *BOTH, "-o", "name", backends=backends)

    assert ran.code == 8
    assert len(ran.out.splitlines()) == 1
    assert "us-east-1: not allowed to list functions" in ran.err


def test_the_functions_of_the_context_are_those_in_reach(america: FakeBackend, configured: dict[str, str]) -> None:
    ran = run(
        "functions",
        "-c",
        "prod",
        "-o",
        "plain",
        "--columns",
        "name",
        "--no-headers",
        backend=america,
        environ=configured,
    )

    assert ran.out == "orders\n"


@pytest.mark.parametrize("arguments", [("get", "orders/a"), ("restart", "orders/a", "--yes"), ("history", "orders/a")])
def test_other_commands_work_over_one_connection(backends: dict[str, FakeBackend], arguments: tuple[str, ...]) -> None:
    ran = run(*arguments, *BOTH, backends=backends)

    assert ran.code == 2
    assert ran.err.startswith("error: this command works over one connection, and --region names 2")
    assert not any(backend.calls for backend in backends.values())

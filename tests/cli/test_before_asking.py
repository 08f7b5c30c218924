"""What is told or refused before anything is asked: columns, forms of the result, values that cannot be meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from durablectl.cli.app import COMMANDS
from durablectl.views.render import FORMATS
from tests.cli.harness import run
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import make_execution, step

ARGUMENTS = dict.fromkeys(("get", "history", "state", "tree", "timeline", "why", "logs"), ("orders/order-1",)) | {
    "context use": ("local",),
    "context show": ("local",),
}
"""What commands need beside options."""

ROWS = [spec for spec in COMMANDS if {"wide", "plain"} & set(spec.formats)]


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend(make_execution("order-1", step("charge").succeeds()))


def words(name: str) -> tuple[str, ...]:
    return (*name.split(), *ARGUMENTS.get(name, ()))


@pytest.mark.parametrize("name", [spec.name for spec in ROWS])
def test_the_columns_of_each_command_are_told_without_a_request(backend: FakeBackend, name: str) -> None:
    ran = run(*words(name), "--columns", "help", backend=backend)

    assert ran.code == 0, ran.err
    assert all(len(line.split(maxsplit=2)) == 3 for line in ran.out.splitlines())
    assert (ran.settings, backend.calls) == ((), [])


@pytest.mark.parametrize("name", [spec.name for spec in ROWS])
def test_an_unknown_column_is_refused_without_a_request(backend: FakeBackend, name: str) -> None:
    ran = run(*words(name), "--columns", "nope", backend=backend)

    assert ran.code == 2
    assert ran.err.startswith('error: no column "nope"\n')
    assert "columns: " in ran.err
    assert (ran.settings, backend.calls) == ((), [])


@pytest.mark.parametrize("name", [spec.name for spec in ROWS if spec.name not in ("logs", "doctor", "context use")])
def test_every_column_that_is_told_can_be_chosen(backend: FakeBackend, tmp_path: Path, name: str) -> None:
    told = run(*words(name), "--columns", "help", backend=backend).out
    keys = [line.split()[0] for line in told.splitlines()]

    ran = run(*words(name), "--columns", ",".join(keys), "-o", "plain", backend=backend)

    assert ran.code == 0, ran.err
    assert len(ran.out.splitlines()[0].split("\t")) == len(keys)


def test_the_columns_follow_what_else_was_chosen(backend: FakeBackend) -> None:
    counted = run("list", "--count", "--columns", "help", backend=backend)
    reasons = run("list", "--reasons", "--columns", "help", backend=backend)

    assert [line.split()[0] for line in counted.out.splitlines()] == ["status", "count"]
    assert ["reason", "table"] in [line.split()[:2] for line in reasons.out.splitlines()]


@pytest.mark.parametrize(
    "wrong",
    [
        ("--query", "items[?"),
        ("-o", "nope"),
        ("-o", "table", "--query", "items"),
        ("--time-format", "nope"),
        ("--tz", "Nowhere/Here"),
        ("--max-width", "0"),
        ("--columns", ",", "--max-width", "x"),
    ],
)
@pytest.mark.parametrize("name", ["list", "functions", "callback list", "history"])
def test_a_wrong_form_of_the_result_costs_no_request(backend: FakeBackend, name: str, wrong: tuple[str, ...]) -> None:
    ran = run(*words(name), *wrong, backend=backend)

    assert (ran.code, backend.calls) == (2, []), ran.err


@pytest.mark.parametrize("form", sorted(set(FORMATS) - {"table", "text", "json", "jsonl", "yaml", "plain"}))
def test_a_count_in_a_form_that_it_lacks_costs_no_request(backend: FakeBackend, form: str) -> None:
    ran = run("list", "--count", "-o", form, backend=backend)

    assert (ran.code, backend.calls) == (2, [])
    assert "--count has no output format" in ran.err


def test_secrets_that_may_not_leave_the_terminal_cost_no_request(backend: FakeBackend, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("contexts:\n  prod: {region: eu-west-1, production: true}\n")
    environ = {"DURABLECTL_CONFIG": str(path)}

    ran = run("get", "orders/order-1", "--data", "--no-redact", "-c", "prod", backend=backend, environ=environ)

    assert (ran.code, backend.calls) == (2, [])


@pytest.mark.parametrize(
    "wrong, told",
    [
        (("restart", "orders/order-1", "--name", "a b"), '"a b" cannot be the name of an execution'),
        (("restart", "orders/order-1", "--version", ""), '"" is no version'),
        (("restart", "orders/order-1", "--tenant", "a,b"), '"a,b" is no id of a tenant'),
        (("functions", "orders*", "a b"), '"a b" is not a function'),
        (("list", "--name", ""), "--name is empty"),
        (("list", "a b"), '"a b" is not a function'),
    ],
)
def test_what_cannot_be_meant_costs_no_request(backend: FakeBackend, wrong: tuple[str, ...], told: str) -> None:
    ran = run(*wrong, backend=backend)

    assert (ran.code, backend.calls) == (2, [])
    assert ran.err.startswith(f"error: {told}")

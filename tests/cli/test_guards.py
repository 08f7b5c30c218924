"""Production and read-only contexts: what they ask, refuse and show."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.harness import run
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import make_execution, step, wait_for_callback

FILE = """\
current_context: prod
contexts:
  prod: {profile: ops, region: eu-west-1, production: true}
  audit: {read_only: true}
  dev: {profile: dev}
"""

CHANGES = [
    ["stop", "orders/order-1042"],
    ["pause", "orders/order-1042"],
    ["resume", "orders/order-0"],
    ["delete", "orders/order-9"],
    ["restart", "orders/order-1042", "--input", "{}"],
    ["start", "orders"],
    ["callback", "succeed", "--execution", "orders/order-1042"],
    ["callback", "succeed", "Ab3k"],
    ["callback", "fail", "Ab3k"],
    ["callback", "heartbeat", "Ab3k"],
]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "config.yaml"
    path.write_text(FILE)
    return {"DURABLECTL_CONFIG": str(path), "DURABLECTL_NO_CACHE": "1"}


@pytest.fixture
def backend() -> FakeBackend:
    paused = make_execution("order-0", step("charge"), status="PAUSED", id="00000000-0000-4000-8000-000000000000")
    closed = make_execution("order-9", step("charge"), status="SUCCEEDED", id="00000000-0000-4000-8000-000000000009")
    running = make_execution("order-1042", step("charge"), wait_for_callback("approval"))
    return FakeBackend(running, paused, closed, functions=[make_function(), make_function(version="7")])


@pytest.mark.parametrize("words", CHANGES, ids=" ".join)
def test_check_23_production_asks_about_every_change(
    environ: dict[str, str], backend: FakeBackend, words: list[str]
) -> None:
    asked = run(*words, backend=backend, environ=environ, is_terminal=True, stdin="n\n")
    nobody = run(*words, backend=backend, environ=environ)

    assert asked.code == 1
    assert "PRODUCTION" in asked.err
    assert nobody.code == 2
    assert backend.mutations == []


@pytest.mark.parametrize("words", CHANGES, ids=" ".join)
def test_check_23_yes_counts_in_production_only_with_the_context_on_the_line(
    environ: dict[str, str], backend: FakeBackend, words: list[str]
) -> None:
    if words[0] == "delete":
        words = [*words, "--confirm", "order-9"]
    by_default = run(*words, "--yes", backend=backend, environ=environ)
    by_variable = run(*words, "--yes", backend=backend, environ=environ | {"DURABLECTL_CONTEXT": "prod"})

    assert (by_default.code, by_variable.code) == (2, 2)
    assert "add -c prod" in by_default.err
    assert backend.mutations == []


def test_check_23_a_named_production_context_takes_yes(environ: dict[str, str], backend: FakeBackend) -> None:
    assert run("stop", "orders/order-1042", "--yes", "-c", "prod", backend=backend, environ=environ).code == 0
    assert len(backend.mutations) == 1


def test_check_23_aws_profile_does_not_override_an_active_context(
    environ: dict[str, str], backend: FakeBackend
) -> None:
    ran = run("list", "orders", backend=backend, environ=environ | {"AWS_PROFILE": "other"})

    assert ran.settings[0].profile == "ops"


def test_a_start_outside_production_is_not_asked_about(environ: dict[str, str], backend: FakeBackend) -> None:
    assert run("start", "orders", "-c", "dev", backend=backend, environ=environ, is_terminal=True).code == 0


def test_a_preview_names_what_an_option_took_from_the_context(environ: dict[str, str], backend: FakeBackend) -> None:
    words = ["stop", "orders/order-1042", "-c", "prod", "--profile", "me", "--no-color"]

    ran = run(*words, backend=backend, environ=environ, is_terminal=True, stdin="n\n", columns=80)

    assert "PRODUCTION   " in ran.err
    assert "profile overridden" in ran.err
    assert max(map(len, ran.err.splitlines())) <= 80


@pytest.mark.parametrize("words", [["stop", "orders/order-1042"], ["delete", "orders/order-9"]])
def test_check_24_a_read_only_context_refuses_before_it_asks(
    environ: dict[str, str], backend: FakeBackend, words: list[str]
) -> None:
    ran = run(*words, "-c", "audit", backend=backend, environ=environ, is_terminal=True, stdin="y\n")

    assert ran.code == 4
    assert f"context audit is read-only; {words[0]} is not available (read_only: true in config.yaml:4)" in ran.err
    assert "[y/N]" not in ran.err
    assert run(*words, "-c", "audit", "--dry-run", backend=backend, environ=environ).code == 0


def test_secrets_of_production_go_to_a_terminal_only(environ: dict[str, str], backend: FakeBackend) -> None:
    words = ["get", "orders/order-1042", "--data", "--no-redact"]

    assert run(*words, backend=backend, environ=environ).code == 2
    assert run(*words, backend=backend, environ=environ, is_terminal=True).code == 0
    assert run(*words, "-c", "dev", backend=backend, environ=environ).code == 0

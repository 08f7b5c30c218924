"""Options that contradict each other, broken configuration and filters that match nothing: told before any request."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.harness import run
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import make_execution

EXECUTION = "orders/order-1"


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend(make_execution("order-1"))


@pytest.mark.parametrize(
    "line, message",
    [
        (("list", "--quiet", "--verbose"), "--quiet and --verbose exclude each other"),
        (("list", "--utc", "--tz", "Europe/Rome"), "--utc and --tz exclude each other"),
        (("list", "--since", "2h", "--until", "3h"), "--until lies before --since"),
        (("history", EXECUTION, "--follow", "--newest-first"), "--follow shows what comes next last"),
        (("tree", EXECUTION, "--all", "--failed"), "--all and --failed exclude each other"),
        (("tree", EXECUTION, "--depth", "1", "--no-fold"), "--depth and --no-fold exclude each other"),
        (("callback", "succeed", "bm9ib2R5", "--execution", EXECUTION), "either by its id or by --execution"),
        (("stop",), "stop needs executions, or a filter that finds them"),
        (("list", "--query", "["), "--query is no valid JMESPath expression"),
        (("list", "-n", "-1"), "--limit takes a whole number"),
        (("list", "-o", "xml"), 'no output format "xml"'),
        (("wait", EXECUTION, "--timeout", "5x"), '--timeout "5x" is not a duration'),
    ],
)
def test_what_contradicts_itself_is_exit_2_before_any_request(
    backend: FakeBackend, line: tuple[str, ...], message: str
) -> None:
    ran = run(*line, backend=backend)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: ")
    assert message in ran.err
    assert backend.calls == []


@pytest.mark.parametrize(
    "text, where, expected",
    [
        ("contexts:\n  dev: {region: eu-west-1\n  prod: {}\n", ":3:7: ", "expected ',' or '}'"),
        ("contexts:\n\tdev: {}\n", ":2:1: ", "expected: spaces"),
        ("contexts:\n  dev:\n    regoin: eu-west-1\n", ":3:5", "did you mean: region"),
        ("contexts:\n  dev:\n    read_only: 'yes'\n", ":3:16", "expected: true or false"),
        ("contexts: [dev]\n", ":1:11", "expected: names, each with its value after a colon"),
        ("contexts:\n  dev: {endpoint_url: 'ftp://x'}\n", ":2:23", "expected: a URL such as"),
        ("contexts:\n  dev: {}\n  dev: {}\n", ":3:3", "only the last one would count"),
    ],
)
def test_a_broken_configuration_names_file_line_and_what_was_expected(
    backend: FakeBackend, tmp_path: Path, text: str, where: str, expected: str
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)

    ran = run("list", backend=backend, environ={"DURABLECTL_CONFIG": str(path)})

    assert ran.code == 4
    assert f"{path}{where}" in ran.err
    assert expected in ran.err
    assert len(ran.err.splitlines()) <= 6
    assert backend.calls == []


def test_an_unknown_context_offers_close_ones(backend: FakeBackend, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("contexts:\n  prod: {region: eu-west-1}\n")

    ran = run("list", "-c", "prdo", backend=backend, environ={"DURABLECTL_CONFIG": str(path)})

    assert ran.code == 4
    assert 'no context "prdo"' in ran.err
    assert "did you mean: prod" in ran.err


def test_a_status_that_is_nearly_one_is_passed_on_with_the_word_that_was_meant(backend: FakeBackend) -> None:
    ran = run("list", "-s", "fialed", backend=backend)

    assert ran.code == 0
    assert 'status "fialed" is unknown here and passed on; did you mean failed?' in ran.err


def test_a_filter_that_matches_nothing_is_no_error_for_a_list_and_explained_to_a_change(backend: FakeBackend) -> None:
    listed = run("list", "-s", "paused", "-o", "json", backend=backend)
    resumed = run("resume", "-f", "orders", "--status", "paused", "--yes", backend=backend)

    assert (listed.code, listed.json["items"]) == (0, [])
    assert "paused" in resumed.err.lower()
    assert resumed.code == 0
    assert "resume" not in [call.verb for call in backend.calls]

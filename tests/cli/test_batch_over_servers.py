"""One batch over MiniStack and the local service: each execution is changed where it is, by what its server can do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.harness import Ran
from tests.cli.live import run_live
from tests.contract.subjects import order
from tests.servers.http import free_port
from tests.servers.local_service import LocalServiceProcess
from tests.servers.ministack import MiniStack

pytestmark = pytest.mark.xdist_group("ministack")

BOTH = ("-c", "stack,here")


@dataclass(frozen=True)
class Two:
    """Two servers, a context for each, and one for a server that is gone."""

    stack: MiniStack
    run: Callable[..., Ran]

    def waiting(self, name: str) -> list[str]:
        """A new execution on each that waits for its approval; the local one has the name."""
        started = self.run("start", "order", "--name", name, "--input", order("approve"), "-c", "here", "-o", "name")
        assert started.code == 0, started.err
        return [self.stack.start("order", order("approve")), started.out.strip()]


@pytest.fixture(scope="module")
def keys(ministack_server: MiniStack) -> dict[str, str]:
    return ministack_server.user("operator-of-batches")


@pytest.fixture
def two(ministack_server: MiniStack, local_server: LocalServiceProcess, keys: dict[str, str], tmp_path: Path) -> Two:
    endpoints = {
        "stack": ministack_server.endpoint,
        "here": local_server.endpoint,
        "gone": f"http://127.0.0.1:{free_port()}",
    }
    lines = [f'  {name}: {{endpoint_url: "{url}", region: us-east-1}}\n' for name, url in endpoints.items()]
    (tmp_path / "config.yaml").write_text("contexts:\n" + "".join(lines))
    environ = keys | {"DURABLECTL_CONFIG": str(tmp_path / "config.yaml"), "HOME": str(tmp_path)}

    def run(*arguments: str, **more: Any) -> Ran:
        return run_live(*arguments, environ=environ, **more)

    return Two(ministack_server, run)


def outcomes(ran: Ran) -> dict[str, str]:
    return {record["source"]["context"]: record["outcome"] for record in ran.lines}


def test_arns_of_both_are_stopped_where_they_are(two: Two) -> None:
    arns = two.waiting("batch-both")

    rehearsed = two.run("stop", "-", *BOTH, "--dry-run", "-o", "jsonl", stdin="\n".join(arns))
    stopped = two.run("stop", "-", *BOTH, "--yes", "-o", "jsonl", stdin="\n".join(arns))

    assert outcomes(rehearsed) == {"stack": "would_apply", "here": "would_apply"}
    assert (stopped.code, outcomes(stopped)) == (0, {"stack": "done", "here": "done"}), stopped.err
    assert {record["arn"] for record in stopped.lines} == set(arns)


def test_what_one_server_cannot_do_fails_there_alone(two: Two) -> None:
    arns = two.waiting("batch-unsupported")
    ended = two.run("stop", "-", *BOTH, "--yes", "-o", "jsonl", stdin="\n".join(arns))
    assert ended.code == 0, ended.err

    ran = two.run("delete", "-", *BOTH, "--yes", "--confirm", "2", "-o", "jsonl", stdin="\n".join(arns))

    assert (ran.code, outcomes(ran)) == (8, {"stack": "failed", "here": "accepted"}), ran.err
    (error,) = (record["error"] for record in ran.lines if record["error"])
    assert (error["type"], error["code"]) == ("unsupported", 7)


def test_a_filter_finds_executions_of_both_and_a_name_that_of_one(two: Two) -> None:
    two.waiting("batch-by-filter")

    by_filter = two.run("stop", *BOTH, "-f", "order", "--name", "batch-by-filter", "--dry-run", "-o", "jsonl")
    by_name = two.run("stop", "order/batch-by-filter", *BOTH, "--yes", "-o", "json")

    assert outcomes(by_filter) == {"here": "would_apply"}
    assert (by_name.code, by_name.json["source"]["context"], by_name.json["outcome"]) == (0, "here", "done")


def test_a_server_that_is_gone_leaves_the_rest_to_be_done(two: Two) -> None:
    two.waiting("batch-beside-nothing")

    ran = two.run("stop", "-c", "gone,here", "--name", "batch-beside-nothing", "-s", "running", "--yes", "-o", "jsonl")

    assert (ran.code, outcomes(ran)) == (8, {"here": "done"})
    assert "warning: context gone, us-east-1: cannot reach " in ran.err

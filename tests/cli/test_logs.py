"""`durablectl logs`, from its options to its lines, against the demo's functions in a real service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.harness import run
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import make_execution
from tests.servers.demo import Demo, running_demo

pytestmark = pytest.mark.xdist_group("logs")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo"), "order-1042", "refund-1038") as running:
        yield running


def logs(demo: Demo, arguments: str, tmp_path: Path) -> str:
    ran = demo.run(f"durablectl logs -c local {arguments}", tmp_path)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def records(demo: Demo, arguments: str, tmp_path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in logs(demo, f"{arguments} -o jsonl", tmp_path).splitlines()]


def test_lines_of_the_real_service_stand_beside_their_operations(demo: Demo, tmp_path: Path) -> None:
    found = records(demo, "orders/order-1042", tmp_path)

    charging = [each for each in found if each["message"] == "charging 106.80"]
    assert [each["attempt"] for each in charging] == [1, 2, 3]
    assert [each["invocation_index"] for each in charging] == [0, 1, 2]
    assert {each["operation_name"] for each in charging} == {"charge-card"}
    assert any(str(each["message"]).endswith("name: charge-card") and each["path"] == "3" for each in found)


def test_lines_are_chosen_by_operation_invocation_text_and_count(demo: Demo, tmp_path: Path) -> None:
    by_operation = records(demo, "orders/order-1042 --op approval", tmp_path)
    by_index = records(demo, "orders/order-1042 --invocation 1", tmp_path)
    by_text = records(demo, "orders/order-1042 --grep 'try [12]'", tmp_path)

    assert [each["message"] for each in by_operation] == ["an order waits for approval"]
    assert {each["invocation_index"] for each in by_index} == {1}
    assert records(demo, f"orders/order-1042 --invocation {by_index[0]['request_id']}", tmp_path) == by_index
    assert len(by_text) == 2
    assert len(records(demo, "orders/order-1042 -n 1 --newest-first", tmp_path)) == 1


def test_lines_of_the_platform_come_with_all(demo: Demo, tmp_path: Path) -> None:
    assert "platform.start" not in logs(demo, "orders/order-1042", tmp_path)
    assert "platform.start" in logs(demo, "orders/order-1042 --all", tmp_path)


def test_following_an_execution_that_has_ended_ends(demo: Demo, tmp_path: Path) -> None:
    assert "PaymentDeclined" in logs(demo, "refunds/refund-1038 --follow", tmp_path)


def test_an_invocation_that_never_was_is_told_from_one_that_logged_nothing(demo: Demo, tmp_path: Path) -> None:
    missing = demo.run("durablectl logs -c local refunds/refund-1038 --invocation 7", tmp_path)
    to_come = demo.run("durablectl logs -c local orders/order-1042 --invocation 7", tmp_path)

    assert missing.returncode == 3
    assert missing.stderr == ('error: refunds/refund-1038 has no invocation "7"\n  its only invocation: 0\n')
    assert to_come.returncode == 0


def test_an_empty_answer_says_where_it_looked(demo: Demo, tmp_path: Path) -> None:
    ran = demo.run("durablectl logs -c local orders/order-1042 --grep nothing-like-it -o json", tmp_path)

    assert json.loads(ran.stdout)["items"] == []
    assert "note: no log lines match in /aws/lambda/orders" in ran.stderr


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--grep", "("], "--grep is no valid regular expression"),
        (["--follow", "-o", "json"], "--follow has no output format json"),
        (["--follow", "--newest-first"], "--follow shows what comes next last"),
        (["--since", "2099-01-01"], "--since lies in the future"),
    ],
)
def test_what_makes_no_sense_is_refused_before_any_request(arguments: list[str], message: str) -> None:
    backend = FakeBackend(make_execution("order-1"))

    ran = run("logs", "orders/order-1", *arguments, backend=backend, environ={"TZ": "UTC"})

    assert ran.code == 2
    assert message in ran.err
    assert backend.count() == 0


def test_a_function_without_a_log_group_is_not_supported() -> None:
    ran = run("logs", "orders/order-1", "-o", "json", backend=FakeBackend(make_execution("order-1", version="$LATEST")))

    assert (ran.code, ran.error["type"]) == (7, "unsupported")

"""The commands over MiniStack: signed requests, permissions, versions, logs, and what that server cannot do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cli.harness import Ran
from tests.cli.live import run_live
from tests.contract.subjects import order
from tests.servers.fixtures import HANDLERS
from tests.servers.ministack import MiniStack, ministack

pytestmark = pytest.mark.xdist_group("ministack")

OPERATOR_ARN = "arn:aws:iam::123456789012:user/operator"


@dataclass(frozen=True)
class Shop:
    """An account on MiniStack with executions of two versions of a function."""

    server: MiniStack
    keys: dict[str, str]
    failed: str
    of_version: str

    def run(self, *arguments: str, keys: dict[str, str] | None = None, **more: Any) -> Ran:
        """Run one command line as the operator, or with other keys."""
        where = ("--endpoint-url", self.server.endpoint, "--region", "us-east-1")
        return run_live(*arguments, *where, environ=keys or self.keys, **more)

    def waiting(self) -> str:
        """A new execution that waits for its approval."""
        return self.server.start("order", order("approve"))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with ministack(tmp_path_factory.mktemp("shop")) as server:
        server.create_function("order", HANDLERS, "order")
        server.create_function("plain", HANDLERS, "order", is_durable=False)
        functions = server.client("lambda")
        functions.publish_version(FunctionName="order")
        functions.create_alias(FunctionName="order", Name="live", FunctionVersion="1")
        yield Shop(
            server,
            server.user("operator"),
            server.start("order", order("fail")),
            server.start("order", order("succeed"), qualifier="1"),
        )


def name_of(arn: str) -> str:
    return arn.split("/")[-2]


def arns(ran: Ran) -> set[str]:
    return {record["arn"] for record in ran.lines}


# --- lists ------------------------------------------------------------------------------------------------------------


def test_durable_functions_are_found_with_versions_and_aliases(shop: Shop) -> None:
    ran = shop.run("functions", "--versions", "-o", "json")

    (function,) = ran.json["items"]
    assert function["name"] == "order"
    assert (function["versions"], function["aliases"][0]["name"]) == (["$LATEST", "1"], "live")


def test_executions_of_all_versions_are_listed_and_the_sweep_is_told(shop: Shop) -> None:
    ran = shop.run("list", "order", "-n", "0", "-o", "jsonl")

    assert {shop.failed, shop.of_version} <= arns(ran)
    assert "lists $LATEST alone" in ran.err
    assert "order is read as $LATEST, 1" in ran.err


def test_an_alias_lists_the_version_behind_it(shop: Shop) -> None:
    ran = shop.run("list", "order:live", "-n", "0", "-o", "jsonl")

    assert arns(ran) == {shop.of_version}


def test_a_status_that_the_server_does_not_know_matches_nothing(shop: Shop) -> None:
    ran = shop.run("list", "order", "-s", "paused", "-o", "json")

    assert (ran.code, ran.json["items"]) == (0, [])


# --- one execution ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["get", "history", "tree", "why", "state", "timeline", "watch"])
def test_a_failed_execution_is_told_by_every_reading_command(shop: Shop, command: str) -> None:
    ran = shop.run(command, shop.failed)

    assert ran.code == 0, ran.err
    if command not in ("timeline", "state"):
        assert "nothing to ship" in ran.out


def test_a_name_that_the_server_chose_is_found(shop: Shop) -> None:
    ran = shop.run("get", f"order/{name_of(shop.of_version)}", "-o", "name")

    assert ran.out.strip() == shop.of_version


def test_what_the_server_does_not_tell_is_null(shop: Shop) -> None:
    document = shop.run("get", shop.failed, "-o", "json").json

    assert (document["execution_timeout_ms"], document["retention_days"], document["timeout_at"]) == (None, None, None)


def test_a_callback_is_completed_by_the_name_of_its_operation(shop: Shop) -> None:
    arn = shop.waiting()

    sent = shop.run(
        "callback", "succeed", "--execution", arn, "--op", "approval", "--result", '"yes"', "--yes", "-o", "json"
    )
    waited = shop.run("wait", arn, "--timeout", "30s", "-o", "json")

    assert (sent.code, sent.json["outcome"]) == (0, "done")
    assert (waited.code, waited.json["status"]) == (0, "SUCCEEDED")
    again = shop.run("callback", "heartbeat", sent.json["callback_id"], "-o", "json")
    assert (again.code, again.error["type"]) == (6, "callback_closed")


def test_stop_ends_an_execution_once(shop: Shop) -> None:
    arn = shop.waiting()

    stopped = shop.run("stop", arn, "--yes", "--error-message", "the customer left", "-o", "json")
    again = shop.run("stop", arn, "--yes", "-o", "json")

    assert (stopped.code, stopped.json["status_after"]) == (0, "STOPPED")
    assert (again.code, again.error["type"]) == (6, "conflict")
    assert shop.run("get", arn, "-o", "json", "--data").json["error"]["message"] == "the customer left"


# --- what the server cannot do ----------------------------------------------------------------------------------------


def test_check_11_pausing_is_exit_7_with_the_reason(shop: Shop) -> None:
    ran = shop.run("pause", shop.waiting(), "-o", "json")

    assert (ran.code, ran.error["type"]) == (7, "unsupported")
    assert ran.error["hint"].startswith("it answers 404 to PauseDurableExecution")


def test_check_11_deleting_is_exit_7_with_the_reason(shop: Shop) -> None:
    ran = shop.run("delete", shop.failed, "--yes", "--confirm", name_of(shop.failed))

    assert ran.code == 7
    assert "delete is not supported by the backend at" in ran.err
    assert "it answers 404 to DeleteDurableExecution" in ran.err


def test_a_start_that_tells_no_arn_is_accepted_and_cannot_be_waited_for(shop: Shop) -> None:
    started = shop.run("start", "order", "--input", order("succeed"), "--name", "mine", "-o", "json")
    waited = shop.run("start", "order", "--input", order("succeed"), "--wait", "-o", "json")

    assert (started.code, started.json["outcome"]) == (0, "accepted")
    assert (started.json["arn"], started.json["name"]) == (None, None)
    assert "does not tell which execution it started" in started.err
    assert waited.code == 7


def test_doctor_says_what_the_server_can_do(shop: Shop) -> None:
    ran = shop.run("doctor", "-o", "json")

    details = {item["name"]: item["detail"] for item in ran.json["items"]}
    assert ran.code == 0, ran.out
    assert details["server"].startswith("cannot pause, resume, delete: it answers 404 to PauseDurableExecution")


# --- who asks ---------------------------------------------------------------------------------------------------------


def test_a_denied_call_names_action_resource_and_caller(shop: Shop) -> None:
    reader = shop.server.user("reader", [{"Effect": "Allow", "Action": "lambda:ListFunctions", "Resource": "*"}])

    ran = shop.run("callback", "succeed", "bm9ib2R5", "--result", "1", "--yes", keys=reader)
    versions = shop.run("list", "order:live", keys=reader)

    assert (ran.code, versions.code) == (3, 4), ran.err
    assert "resolving it was denied (lambda:GetAlias)" in versions.err


@pytest.mark.parametrize(
    "spoilt, said",
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "the secret key does not belong to the access key"),
        ({"AWS_ACCESS_KEY_ID": "AKIANOBODY"}, "the server does not know the access key"),
    ],
)
@pytest.mark.parametrize("command", ["list", "doctor"])
def test_wrong_keys_are_told_with_where_they_come_from(
    shop: Shop, command: str, spoilt: dict[str, str], said: str
) -> None:
    ran = shop.run(command, keys={**shop.keys, **spoilt})

    assert ran.code == 4
    assert said in ran.out + ran.err
    assert "environment variable" in ran.out + ran.err


# --- logs -------------------------------------------------------------------------------------------------------------


def test_the_log_group_is_found_and_an_empty_answer_says_so(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    # MiniStack gives invocations other request ids in the history than in the log.
    ran = shop.run("logs", shop.failed)

    assert (ran.code, ran.out) == (0, "")
    assert "/aws/lambda/order" in ran.err

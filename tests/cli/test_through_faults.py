"""The commands over a network that fails, in front of our service with the throttles of AWS."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import pytest

from durablectl.backend.base import Backend
from durablectl.backend.lambda_api import connect
from durablectl.backend.transport import Limits
from durablectl.clock import SystemClock
from durablectl.config import Settings
from tests.cli.harness import Ran
from tests.cli.live import run_live
from tests.contract.subjects import FUNCTION, callback_id_of, events_of, eventually, order
from tests.servers.http import Answer, Fault, Request
from tests.servers.local_service import LocalServiceProcess
from tests.servers.proxy import FAILED, SIGN_IN_PAGE, THROTTLED, FaultProxy, fault_proxy

pytestmark = pytest.mark.xdist_group("faults of the network")

LIMITS = Limits(read_s=1)
UNKNOWN_EFFECT = "whether the request took effect is not known; look before trying again"


class HastyClock(SystemClock):
    """The system's time, on which nobody waits long."""

    def sleep(self, seconds: float) -> None:
        super().sleep(min(seconds, 0.02))


@dataclass
class Network:
    """A service behind a network that fails as told."""

    proxy: FaultProxy
    direct: Backend
    numbers: Iterator[int]

    def run(self, *arguments: str, stdin: str = "") -> Ran:
        """Run one command line through the proxy."""
        where = ("--endpoint-url", self.proxy.endpoint, "--region", "us-east-1")
        return run_live(*arguments, *where, clock=HastyClock(), limits=LIMITS, stdin=stdin)

    def waiting(self) -> str:
        """A new execution that waits for its approval."""
        name = f"waiting-{next(self.numbers)}"
        arn = self.direct.start(FUNCTION, qualifier="$LATEST", payload=order("approve").encode(), name=name).arn or ""
        eventually(lambda: callback_id_of(self.direct, arn), f"a callback of {arn}")
        return arn

    def callback_of(self, arn: str) -> str:
        """The id of its callback."""
        return callback_id_of(self.direct, arn) or ""

    def count(self, arn: str, event_type: str) -> int:
        """How many events of a type it has."""
        return len(events_of(self.direct, arn, event_type))


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return count(1)


@pytest.fixture
def network(throttled_server: LocalServiceProcess, numbers: Iterator[int]) -> Iterator[Network]:
    direct = connect(Settings("local", None, "us-east-1", throttled_server.endpoint, read_only=False))
    with fault_proxy(throttled_server.endpoint) as proxy:
        yield Network(proxy, direct, numbers)


def facts(ran: Ran) -> Any:
    """What a document or its lines say, without what differs from one reading to the next."""
    changing = ("observed_at", "elapsed_ms")
    text = ran.out if ran.out.startswith("{\n") else f"[{','.join(ran.out.splitlines())}]"
    return json.loads(text, object_pairs_hook=lambda pairs: {key: value for key, value in pairs if key not in changing})


# --- reading ----------------------------------------------------------------------------------------------------------

PASSING: dict[str, Fault | Answer] = {
    "throttled": replace(THROTTLED, headers={**THROTTLED.headers, "Retry-After": "1"}),
    "500": FAILED,
    "503": Answer(b"", 503),
    "reset": Fault.RESET,
    "cut off": Fault.TRUNCATE,
    "wrong length": Fault.WRONG_LENGTH,
    "bad gateway": Answer(b"<h1>Bad gateway</h1>", 502, {"Content-Type": "text/html"}),
}
READING = {
    "list": ("list", FUNCTION, "-n", "0", "--oldest-first", "-o", "jsonl"),
    "get": ("get", "ARN", "-o", "json"),
    "history": ("history", "ARN", "-o", "jsonl"),
}


@pytest.fixture(scope="module")
def known_arn(throttled_server: LocalServiceProcess, numbers: Iterator[int]) -> str:
    """An execution that only reading tests look at."""
    direct = connect(Settings("local", None, "us-east-1", throttled_server.endpoint, read_only=False))
    with fault_proxy(throttled_server.endpoint) as proxy:
        return Network(proxy, direct, numbers).waiting()


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("command", READING)
def test_reading_comes_through_what_passes(network: Network, known_arn: str, command: str, fault: str) -> None:
    arguments = [part.replace("ARN", known_arn) for part in READING[command]]
    whole = facts(network.run(*arguments))
    network.proxy.break_next(PASSING[fault], PASSING[fault])

    ran = network.run(*arguments)

    assert ran.code == 0, ran.err
    assert facts(ran) == whole


LASTING: dict[str, tuple[Fault | Answer, str, int, str]] = {
    "throttled": (THROTTLED, "throttled", 6, "still throttles GetDurableExecution after several tries"),
    "500": (FAILED, "service", 3, "the service failed to read order/"),
    "reset": (Fault.RESET, "network", 3, "did not answer GetDurableExecution completely"),
    "cut off": (Fault.TRUNCATE, "network", 3, "the answer ends in the middle"),
    "wrong length": (Fault.WRONG_LENGTH, "network", 3, "the answer ends in the middle"),
    "stalled": (Fault.STALL, "network", 1, "nothing came within 1 s"),
    "no JSON": (Answer(b"OK"), "service", 1, "with something else than JSON"),
    "JSON of nobody": (Answer(b"null"), "service", 1, "with something else than JSON"),
    "JSON of others": (Answer({"login": "please"}), "service", 1, "with JSON of something else"),
    "sign-in page": (SIGN_IN_PAGE, "service", 1, 'a page titled "Sign in to Airport & Wi-Fi"'),
    "refusing page": (replace(SIGN_IN_PAGE, status=403), "service", 1, "(HTTP 403)"),
    "redirection": (Answer(b"", 302, {"Location": "http://portal/"}), "service", 1, "redirection to http://portal/"),
    "proxy": (Answer(b"<h1>Who?</h1>", 407, {"Content-Type": "text/html"}), "service", 1, "HTTPS_PROXY"),
}


@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_is_exit_5_with_what_happened(network: Network, known_arn: str, name: str) -> None:
    fault, kind, requests, said = LASTING[name]
    network.proxy.rule = lambda _: fault

    ran = network.run("get", known_arn, "-o", "json", "-q")

    assert (ran.code, ran.out, ran.error["type"]) == (5, "", kind)
    assert said in f"{ran.error['message']}\n{ran.error['hint']}"
    assert len(network.proxy.requests) == requests


@pytest.mark.parametrize("command", ["list", "history"])
@pytest.mark.parametrize("answer", [SIGN_IN_PAGE, Answer({"login": "please"})], ids=["page", "JSON"])
def test_what_somebody_else_answers_is_no_empty_list(
    network: Network, known_arn: str, command: str, answer: Answer
) -> None:
    network.proxy.rule = lambda _: answer

    ran = network.run(*[part.replace("ARN", known_arn) for part in READING[command]])

    assert (ran.code, ran.out) == (5, "")


# --- following --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("history", "--follow"), ("watch", "--timeout", "60s")])
def test_following_tells_each_event_once(network: Network, command: tuple[str, ...]) -> None:
    arn = network.waiting()
    turns = count()
    faults = [THROTTLED, None, Fault.RESET, None, Fault.TRUNCATE, None, FAILED, None]

    def rule(request: Request) -> Fault | Answer | None:
        turn = next(turns)
        if turn == 6:
            network.direct.succeed_callback(network.callback_of(arn), b'"yes"')
        return faults[turn % len(faults)]

    network.proxy.rule = rule

    ran = network.run(command[0], arn, *command[1:], "-o", "jsonl")

    told = [line["event_id"] for line in ran.lines if line["kind"] == "event"]
    assert ran.code == 0, ran.err
    assert told == [event.event_id for event in network.direct.history(arn)]


# --- changing ---------------------------------------------------------------------------------------------------------

LOST: dict[str, Fault | Answer] = {
    "500": FAILED,
    "503": Answer(b"", 503),
    "reset": Fault.RESET,
    "cut off": Fault.TRUNCATE,
    "wrong length": Fault.WRONG_LENGTH,
    "stalled": Fault.STALL,
    "sign-in page": SIGN_IN_PAGE,
    "JSON of nobody": Answer(b"null"),
}


def breaks_changes(fault: Fault | Answer, *, times: int = 1) -> Any:
    """A rule that breaks the first changes and nothing else."""
    left = iter([fault] * times)
    return lambda request: next(left, None) if request.method == "POST" else None


def changes(network: Network) -> list[Request]:
    return [request for request in network.proxy.requests if request.method == "POST"]


@pytest.mark.parametrize("fault", LOST)
def test_a_stop_whose_answer_is_lost_is_sent_once_and_in_doubt(network: Network, fault: str) -> None:
    arn = network.waiting()
    network.proxy.rule = breaks_changes(LOST[fault])

    ran = network.run("stop", arn, "--yes", "-o", "json")

    assert ran.code == 5
    assert UNKNOWN_EFFECT in ran.error["hint"]
    assert len(changes(network)) == 1
    # Looking, as it says, tells what is the case; then the command can be given again.
    status = network.run("get", arn, "-o", "json").json["status"]
    again = network.run("stop", arn, "--yes", "-o", "json")
    assert (status, again.code) in {("RUNNING", 0), ("STOPPED", 6)}
    assert network.count(arn, "ExecutionStopped") == 1


@pytest.mark.parametrize("fault", LOST)
def test_a_callback_whose_answer_is_lost_is_completed_at_most_once(network: Network, fault: str) -> None:
    arn = network.waiting()
    callback_id = network.callback_of(arn)
    network.proxy.rule = breaks_changes(LOST[fault])

    ran = network.run("callback", "succeed", callback_id, "--result", '"yes"', "--yes", "-o", "json")

    assert ran.code == 5
    assert UNKNOWN_EFFECT in ran.error["hint"]
    assert len(changes(network)) == 1
    again = network.run("callback", "succeed", callback_id, "--result", '"no"', "--yes", "-o", "json")
    assert again.code in (0, 6)
    (succeeded,) = events_of(network.direct, arn, "CallbackSucceeded", with_data=True)
    assert succeeded.result is not None
    assert succeeded.result.text == ('"no"' if again.code == 0 else '"yes"')


@pytest.mark.parametrize("command", ["stop", "callback"])
def test_a_throttled_change_happens_once(network: Network, command: str) -> None:
    arn = network.waiting()
    line = {
        "stop": ("stop", arn, "--yes"),
        "callback": ("callback", "succeed", network.callback_of(arn), "--result", "1", "--yes"),
    }
    event = {"stop": "ExecutionStopped", "callback": "CallbackSucceeded"}[command]
    network.proxy.rule = breaks_changes(THROTTLED, times=3)

    ran = network.run(*line[command])

    assert ran.code == 0, ran.err
    assert len(changes(network)) == 4
    assert network.count(arn, event) == 1


@pytest.mark.parametrize("fault", ["500", "reset", "cut off"])
def test_a_pause_is_sent_again_with_the_same_token_and_happens_once(network: Network, fault: str) -> None:
    arn = network.waiting()
    network.proxy.rule = breaks_changes(LOST[fault])

    ran = network.run("pause", arn, "--yes", "--wait", "--timeout", "30s", "-o", "json")

    assert (ran.code, ran.json["status_after"]) == (0, "PAUSED"), ran.err
    tokens = [json.loads(request.body)["ClientToken"] for request in changes(network)]
    assert len(tokens) == 2
    assert len(set(tokens)) == 1
    assert network.count(arn, "ExecutionPaused") == 1


def test_a_batch_accounts_for_every_target_and_its_results_continue_it(network: Network) -> None:
    arns = [network.waiting() for _ in range(8)]
    turns = count()
    faults = [None, Fault.RESET, None, FAILED, Fault.TRUNCATE, None, THROTTLED, None, SIGN_IN_PAGE, None, None]
    network.proxy.rule = lambda request: faults[next(turns) % len(faults)]

    first = network.run("stop", *arns, "--yes", "-o", "jsonl")
    network.proxy.rule = lambda _: None
    second = network.run("stop", "-", "--yes", "-o", "jsonl", stdin=first.out)

    assert Counter(record["arn"] for record in first.lines) == Counter(arns)
    assert first.code in (0, 5, 8)
    left = {record["arn"] for record in first.lines if record["outcome"] not in ("done", "unchanged")}
    assert {record["arn"] for record in second.lines} == left
    assert {network.count(arn, "ExecutionStopped") for arn in arns} == {1}

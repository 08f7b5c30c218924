"""The service is killed again and again: nothing acknowledged is lost, and no completed step runs again."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.local.crash_support import ENDS, Crashing, Told, history, kind_of

SEED = 20261121
BATCH = 3
"""Executions that are on their way at the same time."""
LONGEST_LIFE_S = 1.8
GOES_ON = ("WaitSucceeded", "CallbackSucceeded", "CallbackFailed", "ChainedInvokeSucceeded")
"""What happens to an execution that is paused."""
ENDINGS = ("Succeeded", "Failed", "TimedOut", "Stopped")

Results = dict[tuple[str, str], str]
"""What steps returned, by the execution's name and the step's."""


def test_what_was_acknowledged_survives_any_number_of_kills(
    tmp_path: Path, crash_count: int, report: Callable[[str], None]
) -> None:
    chance, crashing = random.Random(SEED), Crashing(tmp_path)

    for _ in range(crash_count):
        if crashing.is_finished:
            crashing.want(BATCH)
        crashing.live_and_die(chance.uniform(0, LONGEST_LIFE_S))
    crashing.live_to_the_end()

    with crashing.service() as (_, client):
        results = check_executions(crashing.told, client)
    effects = crashing.effects()
    check_steps(effects, results)
    report(summary(crash_count, crashing.told, effects, results))


def check_executions(told: Told, client: Any) -> Results:
    """Compare what clients were told with what the service holds in the end; the results of all completed steps."""
    results: Results = {}
    for name, arn in told.arns.items():
        detail = client.get_durable_execution(DurableExecutionArn=arn)
        detail.pop("ResponseMetadata")
        assert detail == told.ended[name], f"{name} ended twice"
        assert detail["Status"] == ENDS[kind_of(name)], detail
        events = history(client, arn)
        results |= results_of_steps(name, events, detail["Status"])
        check_answer(told, name, events)
        check_pauses(name, events)
        if name in told.stops:
            assert detail["EndTimestamp"] == told.stops[name]
        if kind_of(name) == "order":
            results |= results_of_child(name, events, client)
        check_result(name, detail, results, told)
    return results


def results_of_child(name: str, events: list[dict[str, Any]], client: Any) -> Results:
    """The results of the steps of the execution that a chained invoke started."""
    (called,) = [event for event in events if event["EventType"] == "ChainedInvokeStarted"]
    child = history(client, called["ChainedInvokeStartedDetails"]["DurableExecutionArn"])
    return results_of_steps(f"{name}-child", child, "SUCCEEDED")


def check_answer(told: Told, name: str, events: list[dict[str, Any]]) -> None:
    """A callback was completed once, with what its client was told."""
    answers = [event for event in events if event["EventType"] in ("CallbackSucceeded", "CallbackFailed")]
    assert len(answers) == (name in told.answers), events
    for event in answers:
        if event["EventType"] == "CallbackSucceeded":
            said = json.loads(event["CallbackSucceededDetails"]["Result"]["Payload"])
        else:
            said = event["CallbackFailedDetails"]["Error"]["Payload"]["ErrorMessage"]
        assert said == told.answers[name]


def check_pauses(name: str, events: list[dict[str, Any]]) -> None:
    """Nothing was invoked during a pause, and every pause was ended, by a resumption or with the execution."""
    is_paused = False
    for event in events:
        if event["EventType"] == "ExecutionPaused":
            assert not is_paused
            assert event["ExecutionPausedDetails"]["Reason"] == {"Payload": name}
            is_paused = True
        elif event["EventType"] in ("ExecutionResumed", "ExecutionStopped"):
            is_paused = False
        elif is_paused:
            assert event["EventType"] in GOES_ON, f"{name} was invoked while paused: {events}"
    assert not is_paused


def check_result(name: str, detail: dict[str, Any], results: Results, told: Told) -> None:
    """The execution returned what its steps returned."""

    def of(*steps: str) -> list[str]:
        return [results[name, step] for step in steps]

    match kind_of(name):
        case "order":
            child = results[f"{name}-child", "last"]
            wanted = [*of("first", "flaky"), child, json.dumps(told.answers[name]), *of("last")]
        case "ledger":
            wanted = of(*(f"booking-{number}" for number in range(4)))
        case "fan_out":
            wanted = of("at-once", "after-pause", "flaky", *(f"item-{number}" for number in range(4)))
        case "nested":
            wanted = [*of("outer-first", "inner-first", "inner-last"), "3", *of("last")]
        case _:
            assert "Result" not in detail
            return
    assert json.loads(detail["Result"]) == wanted


def results_of_steps(name: str, events: list[dict[str, Any]], status: str) -> Results:
    """What the steps of one execution returned; the history has no gap, and nothing in it ended twice."""
    assert [event["EventId"] for event in events] == list(range(1, len(events) + 1))
    ending = {"SUCCEEDED": "ExecutionSucceeded", "FAILED": "ExecutionFailed", "STOPPED": "ExecutionStopped"}[status]
    assert ending in {event["EventType"] for event in events}
    ends = Counter(event["Id"] for event in events if is_final(event))
    assert set(ends.values()) <= {1}, f"something of {name} ended twice: {events}"
    return {
        (name, event["Name"]): json.loads(event["StepSucceededDetails"]["Result"]["Payload"])
        for event in events
        if event["EventType"] == "StepSucceeded" and event.get("SubType") == "Step"
    }


def is_final(event: dict[str, Any]) -> bool:
    """Whether an event ends an operation for good; one that ends an attempt may be followed by another."""
    details = event.get("StepFailedDetails") or event.get("StepSucceededDetails")
    if event["EventType"] == "InvocationCompleted" or (
        details and "NextAttemptDelaySeconds" in details["RetryDetails"]
    ):
        return False
    return str(event["EventType"]).endswith(ENDINGS)


def check_steps(effects: list[list[str]], results: Results) -> None:
    """No step ran again after a handler was told its result, and all were told what the history says."""
    told, runs, begun = set[tuple[str, str]](), set[tuple[str, str, str]](), set[tuple[str, str, str]]()
    for words in effects:
        match words:
            case ["began", name, step, attempt] if kind_of(name) == "ledger":
                assert (name, step, attempt) not in begun, f"attempt {attempt} of {name} {step} ran twice"
                begun.add((name, step, attempt))
            case ["ran", name, step, result]:
                assert step != "never"
                assert (name, step) not in told, f"{name} {step} ran again after it was completed"
                runs.add((name, step, result))
            case ["told", name, step, result]:
                assert result == results[name, step]
                told.add((name, step))
    # What was stopped, or ended by an answer, may have ended before its handler went on.
    assert {key for key in results if ENDS.get(kind_of(key[0]), "SUCCEEDED") == "SUCCEEDED"} <= told <= set(results)
    assert {(*key, result) for key, result in results.items()} <= runs


def summary(crash_count: int, told: Told, effects: list[list[str]], results: Results) -> str:
    """The figures of the run."""
    runs = Counter((words[1], words[2]) for words in effects if words[0] == "ran")
    kinds = Counter(kind_of(name) for name in told.arns)
    return (
        f"{crash_count} kills, {len(told.arns)} executions ({', '.join(f'{n} {kind}' for kind, n in kinds.items())}), "
        f"{len(results)} steps completed, {sum(count - 1 for count in runs.values())} step bodies run again before "
        f"their completion was recorded, {len(told.answers)} callbacks, {len(told.pauses)} pauses, "
        f"{len(told.resumed)} resumptions and "
        f"{len(told.stops)} stops acknowledged; 0 acknowledgements lost, 0 completed steps run again, 0 wrong ends"
    )

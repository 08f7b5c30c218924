"""What `why` shows: goldens of its human view, the keys of its documents, and nothing that acts on a terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from durablectl.insight.diagnosing import diagnose
from durablectl.insight.findings import Finding
from durablectl.model.facts import Facts
from durablectl.views.diagnosis import diagnosis_view
from durablectl.views.display import Display
from durablectl.views.records.context import Reading
from durablectl.views.text import is_safe, width
from durablectl.views.view import View
from tests.fakes.histories import NOW, branch, callback, failure, invoke, parallel, step, wait
from tests.goldens import Golden
from tests.insight.cases import CASES, FAILED_CHILD, STUCK_CHILD, VAT_MISSING
from tests.insight.support import CHILD_ARN, child_of, closed, facts_of, running
from tests.views.examples import (
    AWS,
    EMULATOR,
    HOSTILE,
    SECRET,
    crm_retrying,
    emulated,
    hostile,
    order_failed,
    order_paused,
    order_running,
    shown,
)

GOLDENS = Path(__file__).with_name("goldens")
FINDING = [
    *["rule", "severity", "confidence", "summary", "operation_id", "path", "operation_name", "event_ids", "since"],
    *["until", "evidence", "chain", "next"],
]
DIAGNOSIS = ["schema_version", "kind", "execution", "headline", "findings", "rules_version", "warnings"]


def _many_callbacks() -> Facts:
    return facts_of(running(parallel("sign", *(branch(f"b{number}", callback(f"c{number}")) for number in range(6)))))


def _crashing() -> Facts:
    recorded = running(step("load-file").takes(900_000).crashes_worker(5), function="etl")
    recorded.detail = replace(recorded.detail, timeout_at=NOW + timedelta(minutes=38, seconds=7))
    return facts_of(recorded)


def _failed_child() -> Facts:
    recorded = closed(invoke("check", child_arn=CHILD_ARN).fails(VAT_MISSING), error=VAT_MISSING)
    return child_of(facts_of(recorded), FAILED_CHILD)


def _emulated() -> Facts:
    return facts_of(emulated(), reference="0b6b1a52/c1f29d7e", function_name="demo", function=None)


EXAMPLES: dict[str, Callable[[], Facts]] = {
    "running": lambda: facts_of(order_running()),
    "failed": lambda: facts_of(order_failed()),
    "retrying": lambda: facts_of(crm_retrying()),
    "paused": lambda: facts_of(order_paused()),
    "crashing": _crashing,
    "stuck-child": lambda: child_of(facts_of(running(invoke("check", child_arn=CHILD_ARN).is_pending())), STUCK_CHILD),
    "failed-child": _failed_child,
    "merged": _many_callbacks,
    "timed-out": CASES["execution-timed-out"].fires,
    "stopped": CASES["execution-stopped"].fires,
    "nothing": CASES["nothing-wrong"].fires,
    "emulator": _emulated,
    "hostile": lambda: facts_of(hostile()),
}


def view_of(name: str, *, with_info: bool = False, level: str = "errors") -> View[Finding]:
    facts = EXAMPLES[name]()
    source = EMULATOR if name == "emulator" else AWS
    return diagnosis_view(diagnose(facts), facts, reading=Reading(NOW, level), source=source, with_info=with_info)


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("name", EXAMPLES)
def test_diagnosis_matches_its_golden(name: str, columns: int, golden: Golden) -> None:
    golden(GOLDENS / f"why-{name}.{columns}.txt", shown(view_of(name), width=columns))


@pytest.mark.parametrize("name", ["failed", "running"])
def test_diagnosis_with_all_findings_matches_its_golden(name: str, golden: Golden) -> None:
    golden(GOLDENS / f"why-{name}.all.txt", shown(view_of(name, with_info=True), width=100))


@pytest.mark.parametrize("name", ["failed", "crashing"])
def test_ascii_diagnosis_matches_its_golden_and_holds_nothing_else(name: str, golden: Golden) -> None:
    ascii_only = shown(view_of(name), display=Display(NOW, width=80, ascii=True))

    golden(GOLDENS / f"why-{name}.ascii.txt", ascii_only)
    assert ascii_only.isascii()


def test_coloured_diagnosis_matches_its_golden(golden: Golden) -> None:
    golden(GOLDENS / "why-failed.color.txt", shown(view_of("failed"), width=100, color=True))


@pytest.mark.parametrize("format", ["json", "jsonl", "yaml", "plain"])
def test_machine_format_of_a_diagnosis_matches_its_golden(format: str, golden: Golden) -> None:
    golden(GOLDENS / "machine" / f"why-failed.{format}", shown(view_of("failed"), format))


@pytest.mark.parametrize("columns", [40, 60, 80, 100, 120, 200])
@pytest.mark.parametrize("name", EXAMPLES)
def test_no_line_of_a_diagnosis_is_wider_than_the_terminal(name: str, columns: int) -> None:
    lines = shown(view_of(name, with_info=True), width=columns).decode().splitlines()

    assert max(map(width, lines)) <= columns


@pytest.mark.parametrize("name", EXAMPLES)
def test_check_20_a_diagnosis_has_all_its_keys_in_order(name: str) -> None:
    document: dict[str, Any] = json.loads(shown(view_of(name, with_info=True), "json"))
    lines = [json.loads(line) for line in shown(view_of(name, with_info=True), "jsonl").splitlines()]

    assert list(document) == DIAGNOSIS
    assert [list(finding) for finding in document["findings"]] == [FINDING] * len(lines)
    assert [list(line) for line in lines] == [["schema_version", "kind", *FINDING]] * len(lines)
    assert all(
        list(link) == ["event_id", "type", "operation_name", "error_type", "message"]
        for line in lines
        for link in line["chain"]
    )
    assert all(list(one) == ["command", "why"] for line in lines for one in line["next"])


@pytest.mark.parametrize("format", ["table", "json", "jsonl", "yaml", "plain"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_check_8_nothing_of_a_diagnosis_acts_on_a_terminal(name: str, format: str) -> None:
    written = shown(view_of(name, with_info=True), format).decode()

    allowed = "\n\t" if format == "plain" else "\n"
    assert is_safe("".join(character for character in written if character not in allowed))


def test_check_8_hostile_names_and_reasons_stay_words() -> None:
    stopped = facts_of(
        running(step(HOSTILE).fails(1, error=failure(HOSTILE, HOSTILE)), status="PAUSED", pause_reason=HOSTILE)
    )
    view = diagnosis_view(diagnose(stopped), stopped, reading=Reading(NOW, "errors"), source=AWS, with_info=True)

    assert is_safe(shown(view, width=80).decode().replace("\n", ""))


@pytest.mark.parametrize("format", ["table", "json", "jsonl", "plain"])
def test_check_10_a_secret_in_an_error_is_redacted(format: str) -> None:
    error = failure(f"Authorization: Bearer {SECRET}", "AuthError")
    facts = facts_of(closed(step("call").gives_up(error), error=error))
    view = diagnosis_view(diagnose(facts), facts, reading=Reading(NOW, "errors"), source=AWS)

    written = shown(view, format).decode()

    assert SECRET not in written
    assert "AuthError" in written


def test_a_command_that_is_too_long_is_one_for_a_shell_all_the_same() -> None:
    lines = shown(view_of("running"), width=60).decode().splitlines()
    (first,) = [number for number, line in enumerate(lines) if line.strip().startswith("next: durablectl callback")]

    assert lines[first].endswith(" \\")
    joined = " ".join(line.strip().removesuffix(" \\").removeprefix("next: ") for line in lines[first : first + 3])
    assert "durablectl callback succeed --execution orders/order-1042 --op approval --result @FILE" in joined


def test_commands_reach_the_same_service_again() -> None:
    facts = EXAMPLES["running"]()
    view = diagnosis_view(
        diagnose(facts), facts, reading=Reading(NOW), source=AWS, command=lambda command: f"{command} -c local"
    )

    (first, *_) = json.loads(shown(view, "json"))["findings"]
    assert first["next"][0]["command"].endswith("--result @FILE -c local")


def test_a_wait_is_told_in_the_readers_zone_and_documents_hold_utc() -> None:
    from durablectl.views.instants import parse_zone

    facts = facts_of(running(wait("cool-down", 7200).is_pending()))
    view = diagnosis_view(diagnose(facts), facts, reading=Reading(NOW), source=AWS)

    assert b"ends at 12:14:03" in shown(view, display=Display(NOW, zone=parse_zone("Europe/Berlin")))
    assert b"ends at 11:14:03" in shown(view, "json")

"""How a case in YAML becomes the events that are expected."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from .catalogue import HANDLERS, Case, LogExpectation, load_cases, read_case

DOCUMENT = """
id: example
proves: Something.
scenario: example
input: ${word}
random: [word]
operations:
  outer: {sub_type: RunInChildContext, name: outer}
  callback: {sub_type: Callback, parent: outer}
actions:
  - {after: 4, seconds: 2, succeed: callback, with: null}
  - {after: 4, heartbeat: callback}
history:
  2: ContextStarted outer
  3: {event: CallbackStarted callback, CallbackId: '*'}
  4: InvocationCompleted
logs: [{pattern: said, count: 1}]
"""


@pytest.fixture
def example() -> Case:
    return read_case("callbacks", yaml.safe_load(DOCUMENT))


def test_what_an_operation_shares_stands_on_each_of_its_events(example: Case) -> None:
    assert example.history == (
        {
            "EventId": 2,
            "EventType": "ContextStarted",
            "EventTimestamp": "*",
            "Id": "${outer}",
            "ParentId": "(absent)",
            "Name": "outer",
            "SubType": "RunInChildContext",
            "ContextStartedDetails": {},
        },
        {
            "EventId": 3,
            "EventType": "CallbackStarted",
            "EventTimestamp": "*",
            "Id": "${callback}",
            "ParentId": "${outer}",
            "SubType": "Callback",
            "CallbackStartedDetails": {"CallbackId": "*"},
        },
        {
            "EventId": 4,
            "EventType": "InvocationCompleted",
            "EventTimestamp": "*",
            "InvocationCompletedDetails": {},
        },
    )


def test_an_action_knows_the_event_that_holds_its_callback_id(example: Case) -> None:
    assert [(action.kind, action.started_by, action.after, action.seconds) for action in example.actions] == [
        ("succeed", 3, 4, 2),
        ("heartbeat", 3, 4, 0),
    ]


def test_the_rest_is_taken_as_it_stands(example: Case) -> None:
    assert (example.function, example.scenario, example.input) == ("callbacks", "example", "${word}")
    assert example.random == ("word",)
    assert example.logs == (LogExpectation("said", 1),)
    assert example.status is None
    assert example.last_event_id == 4


@pytest.mark.parametrize(
    "change",
    [
        {"histroy": {}},
        {"operations": {"outer": {"subtype": "Map"}}},
        {"actions": [{"after": 4, "succeed": "outer"}]},
    ],
)
def test_a_misspelt_case_is_an_error(change: dict[str, Any]) -> None:
    with pytest.raises((TypeError, KeyError)):
        read_case("callbacks", yaml.safe_load(DOCUMENT) | change)


def test_every_case_names_a_handler_file_that_exists() -> None:
    assert [case.id for case in load_cases() if not (HANDLERS / f"{case.function}.py").is_file()] == []


def test_random_words_and_operations_never_share_a_name() -> None:
    shared = [case.id for case in load_cases() for event in case.history if event.get("Id", "")[2:-1] in {*case.random}]

    assert shared == []

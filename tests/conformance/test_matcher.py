"""What the matcher accepts and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from .matcher import Bindings, history_mismatches, mismatches, substitute


def differences(expected: Any, actual: Any, bound: Bindings | None = None) -> list[str]:
    return list(mismatches(expected, actual, {} if bound is None else bound))


@pytest.mark.parametrize("actual", ["text", 3, None, [], {"a": 1}])
@pytest.mark.parametrize("expected", ["*", {}])
def test_wildcards_accept_any_value(expected: Any, actual: Any) -> None:
    assert differences(expected, actual) == []


@pytest.mark.parametrize("expected", ["*", {}])
def test_a_wildcard_still_demands_that_the_key_is_there(expected: Any) -> None:
    assert differences({"Result": expected}, {"Error": 1}) == [
        f"Result: expected {expected!r}, but it is missing",
    ]


def test_keys_that_nobody_expects_are_ignored() -> None:
    assert differences({"a": 1}, {"a": 1, "b": 2}) == []


def test_an_absent_key_must_be_missing() -> None:
    expected = {"ParentId": "(absent)"}

    assert differences(expected, {"Id": "x"}) == []
    assert differences(expected, {"ParentId": "p"}) == ["ParentId: expected to be absent, got 'p'"]


def test_a_placeholder_keeps_its_first_value() -> None:
    bound: Bindings = {}

    assert differences(["${id}", "${id}"], ["a", "a"], bound) == []
    assert differences("${id}", "b", bound) == ["value: expected 'a', got 'b'"]
    assert bound == {"id": "a"}


def test_a_placeholder_binds_any_type_and_compares_by_it() -> None:
    bound: Bindings = {"count": 3}

    assert differences("${count}", 3, bound) == []
    assert differences("${count}", "3", bound) != []
    assert differences("${error}", {"ErrorType": "E"}, bound) == []
    assert bound["error"] == {"ErrorType": "E"}


def test_a_pattern_is_searched_not_matched_in_full() -> None:
    assert differences("${/Transient/}", "my.TransientError") == []
    assert differences("${/^Transient/}", "my.TransientError") != []


def test_a_pattern_reads_numbers_as_text() -> None:
    assert differences("${/^[0-5]$/}", 5) == []
    assert differences("${/^[0-5]$/}", 6) != []


def test_bound_placeholders_inside_a_string_are_replaced() -> None:
    assert differences('"${word}"', '"hello"', {"word": "hello"}) == []
    assert differences("${a}-${b}", "1-2", {"a": 1, "b": "2"}) == []


def test_unbound_placeholders_inside_a_string_stay() -> None:
    assert differences("say ${word}", "say ${word}") == []


def test_lists_must_have_the_same_length() -> None:
    assert differences(["*"], [1, 2]) == ["list: expected 1 elements, got 2: [1, 2]"]


def test_lists_are_compared_element_by_element() -> None:
    assert differences({"items": [1, 2]}, {"items": [1, 3]}) == ["items[1]: expected 2, got 3"]


def test_a_map_does_not_match_a_scalar() -> None:
    assert differences({"a": 1}, "a") == ["value: expected {'a': 1}, got 'a'"]


@pytest.mark.parametrize("expected, actual", [(1, True), (True, 1), (0, False), ("1", 1), (None, "")])
def test_values_of_different_types_differ(expected: Any, actual: Any) -> None:
    assert differences(expected, actual) != []


def test_differences_name_the_place() -> None:
    expected = {"StepFailedDetails": {"RetryDetails": {"CurrentAttempt": 2}}}
    actual = {"StepFailedDetails": {"RetryDetails": {"CurrentAttempt": 1}}}

    assert differences(expected, actual) == ["StepFailedDetails.RetryDetails.CurrentAttempt: expected 2, got 1"]


def test_events_are_paired_by_their_id_whatever_the_order() -> None:
    expected = [{"EventId": 2, "EventType": "StepStarted"}, {"EventId": 3, "EventType": "StepSucceeded"}]

    assert list(history_mismatches(expected, [*reversed(expected), {"EventId": 4}], {})) == []


def test_an_event_that_is_not_there_is_a_difference() -> None:
    expected = [{"EventId": 2, "EventType": "StepStarted"}]

    assert list(history_mismatches(expected, [{"EventId": 1}], {})) == [
        "event 2: expected StepStarted, the history has no such event",
    ]


def test_bindings_are_shared_by_the_events_of_a_history() -> None:
    expected = [
        {"EventId": 2, "EventType": "StepStarted", "Id": "${step}"},
        {"EventId": 3, "EventType": "StepSucceeded", "Id": "${step}"},
    ]
    recorded = [
        {"EventId": 2, "EventType": "StepStarted", "Id": "one"},
        {"EventId": 3, "EventType": "StepSucceeded", "Id": "two"},
    ]

    assert list(history_mismatches(expected, recorded, {})) == ["event 3.Id: expected 'one', got 'two'"]


def test_substitution_reaches_into_maps_and_lists() -> None:
    template = {"names": ["${a}", "x${b}"], "count": 2}

    assert substitute(template, {"a": ["nested"], "b": 1}) == {"names": [["nested"], "x1"], "count": 2}

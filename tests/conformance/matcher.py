"""Compares what a case expects with what a service recorded, value by value.

Expectations are plain YAML values in which some strings have a meaning of their own:

* `*` and `{}` accept any value, but the value must be there;
* `${name}` stands for a value that is the same wherever the name occurs: the first value met is the one it keeps;
* `${/pattern/}` searches the pattern in the value's text;
* `(absent)`, as the value of a key, demands that the key is missing;
* `${name}` inside a longer string is replaced by the value that the name already has.

A mapping lists the keys that must be there and says nothing about others; a list is compared element by element.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Bindings = dict[str, Any]
"""Values of the placeholders that are known so far; matching adds to it."""

ANYTHING = "*"
ABSENT = "(absent)"

_PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PATTERN = re.compile(r"\$\{/(.+)/\}")
_MISSING = object()


def mismatches(expected: Any, actual: Any, bound: Bindings, path: str = "") -> Iterator[str]:
    """What differs, one line per difference; nothing when `actual` is as expected.

    Placeholders without a value are bound in `bound` on the way, in the order in which they are met.
    """
    if expected in (ANYTHING, {}):
        return
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        yield from _mapping_mismatches(expected, actual, bound, path)
    elif isinstance(expected, list) and isinstance(actual, list):
        yield from _list_mismatches(expected, actual, bound, path)
    elif not _scalar_matches(expected, actual, bound):
        yield f"{path or 'value'}: expected {substitute(expected, bound)!r}, got {actual!r}"


def history_mismatches(
    expected: Sequence[Mapping[str, Any]], recorded: Sequence[Mapping[str, Any]], bound: Bindings
) -> Iterator[str]:
    """Differences between expected and recorded events, paired by EventId.

    Recorded events that nobody expects are no difference: a case that wants none says so by itself.
    """
    recorded_by_id = {event.get("EventId"): event for event in recorded}
    for event in expected:
        event_id = event["EventId"]
        if event_id not in recorded_by_id:
            yield f"event {event_id}: expected {event['EventType']}, the history has no such event"
            continue
        yield from mismatches(event, recorded_by_id[event_id], bound, f"event {event_id}")


def substitute(template: Any, bound: Mapping[str, Any]) -> Any:
    """`template` with the known placeholders replaced, at any depth; unknown ones stay as they are.

    A string that is nothing but a placeholder becomes the value itself, whatever its type.
    """
    if isinstance(template, Mapping):
        return {key: substitute(value, bound) for key, value in template.items()}
    if isinstance(template, list):
        return [substitute(value, bound) for value in template]
    if not isinstance(template, str):
        return template
    whole = _PLACEHOLDER.fullmatch(template)
    if whole:
        return bound.get(whole[1], template)
    return _PLACEHOLDER.sub(lambda found: str(bound.get(found[1], found[0])), template)


def _mapping_mismatches(
    expected: Mapping[str, Any], actual: Mapping[str, Any], bound: Bindings, path: str
) -> Iterator[str]:
    for key, value in expected.items():
        found = actual.get(key, _MISSING)
        where = f"{path}.{key}" if path else str(key)
        if value == ABSENT:
            if found is not _MISSING:
                yield f"{where}: expected to be absent, got {found!r}"
        elif found is _MISSING:
            yield f"{where}: expected {substitute(value, bound)!r}, but it is missing"
        else:
            yield from mismatches(value, found, bound, where)


def _list_mismatches(expected: list[Any], actual: list[Any], bound: Bindings, path: str) -> Iterator[str]:
    if len(expected) != len(actual):
        yield f"{path or 'list'}: expected {len(expected)} elements, got {len(actual)}: {actual!r}"
        return
    for index, (value, found) in enumerate(zip(expected, actual, strict=True)):
        yield from mismatches(value, found, bound, f"{path}[{index}]")


def _scalar_matches(expected: Any, actual: Any, bound: Bindings) -> bool:
    if isinstance(expected, str):
        pattern = _PATTERN.fullmatch(expected)
        if pattern:
            return re.search(pattern[1], str(actual)) is not None
        placeholder = _PLACEHOLDER.fullmatch(expected)
        if placeholder:
            return _same(bound.setdefault(placeholder[1], actual), actual)
    return _same(substitute(expected, bound), actual)


def _same(expected: Any, actual: Any) -> bool:
    # In Python True equals 1; in a history they are different values.
    return isinstance(expected, bool) == isinstance(actual, bool) and bool(expected == actual)

"""Lists are written while their records come, and say so when an error keeps some of them away."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
import yaml

from durablectl.errors import Unreachable
from durablectl.model.payloads import Payload
from durablectl.views.annotations import AnnotatedEvent, annotate
from durablectl.views.display import Display
from durablectl.views.history import history_view
from durablectl.views.records.context import Reading
from durablectl.views.render import OutputOptions, compile_query, render
from durablectl.views.view import View
from tests.fakes.histories import NOW, make_arn, make_history, step
from tests.views.examples import AWS, VIEWS, shown

READERS: dict[str, Callable[[str], Any]] = {"json": json.loads, "yaml": yaml.safe_load}


def annotated(count: int) -> list[AnnotatedEvent]:
    """Events of steps with some kilobytes of data each."""
    steps = (step(f"s{number}").succeeds("x" * 5000) for number in range(count))
    return annotate(make_history(*steps))


def view_of(events: Iterator[AnnotatedEvent]) -> View[AnnotatedEvent]:
    return history_view(events, reading=Reading(NOW, "full"), source=AWS, arn=make_arn("order-1042"))


def cut_after(count: int) -> Iterator[AnnotatedEvent]:
    yield from annotated(50)[:count]
    raise Unreachable("the connection is gone")


@pytest.mark.parametrize("format", READERS)
def test_a_list_that_an_error_cuts_off_holds_what_came_and_says_truncated(format: str) -> None:
    stream = BytesIO()

    with pytest.raises(Unreachable):
        render(view_of(cut_after(3)), OutputOptions(Display(NOW), format), stream)

    document = READERS[format](stream.getvalue().decode())
    assert [item["event_id"] for item in document["items"]] == [1, 2, 3]
    assert document["truncated"] is True


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("format", READERS)
def test_an_error_before_the_first_record_leaves_nothing_written(format: str, raw: bool) -> None:
    stream = BytesIO()

    with pytest.raises(Unreachable):
        render(view_of(cut_after(0)), OutputOptions(Display(NOW), format, raw=raw), stream)

    assert stream.getvalue() == b""


def test_a_raw_list_that_is_cut_off_cannot_be_taken_for_the_whole() -> None:
    stream = BytesIO()

    with pytest.raises(Unreachable):
        render(view_of(cut_after(3)), OutputOptions(Display(NOW), "json", raw=True), stream)

    with pytest.raises(json.JSONDecodeError):
        json.loads(stream.getvalue())


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("format", READERS)
def test_records_are_written_before_the_last_one_is_read(format: str, raw: bool) -> None:
    stream = BytesIO()
    seen = []

    def watched() -> Iterator[AnnotatedEvent]:
        for one in annotated(100):
            seen.append(len(stream.getvalue()))
            yield one

    render(view_of(watched()), OutputOptions(Display(NOW), format, raw=raw), stream)

    assert seen[0] == 0
    assert seen[-1] > len(stream.getvalue()) // 2


@pytest.mark.parametrize("name", ["list", "list-empty", "history", "history-empty", "functions", "stop-batch"])
def test_a_terminal_gets_the_same_list_indented(name: str) -> None:
    piped, on_terminal = (shown(VIEWS[name](), "json", width=width).decode() for width in (None, 80))

    assert json.loads(piped) == json.loads(on_terminal)
    assert on_terminal == json.dumps(json.loads(piped), indent=2, ensure_ascii=False) + "\n"
    assert sum(line.startswith("    {") for line in piped.splitlines()) == len(json.loads(piped)["items"])


def test_a_record_too_deep_for_the_libraries_is_still_one_line_and_one_item() -> None:
    def deep() -> Iterator[AnnotatedEvent]:
        (one,) = annotate([event for event in make_history(step("a").succeeds("1")) if event.result])[:1]
        object.__setattr__(one.event, "result", Payload("[" * 700 + "]" * 700))
        yield one

    lines = shown(view_of(deep()), "json").decode().splitlines()
    items: list[Any] = [json.loads(line) for line in lines if line.startswith("    {")]

    assert items[0]["result"]["value"][0][0] == json.loads("[" * 698 + "]" * 698)
    assert shown(view_of(deep()), "yaml").count(b"- ") == 1


LONG = json.dumps({"rows": ["0123456789"] * 600, "note": "é \u202e \x7f"}, ensure_ascii=False)


@pytest.mark.parametrize("text", [LONG, json.dumps(json.loads(LONG), indent=1), LONG.replace("note", "password")])
@pytest.mark.parametrize("format", ["json", "jsonl"])
def test_a_long_payload_is_one_line_and_the_same_as_when_it_is_indented(text: str, format: str) -> None:
    events = [one for one in annotate(make_history(step("a").succeeds(text))) if one.event.result]

    written = shown(view_of(iter(events)), format).decode()
    indented = json.loads(shown(view_of(iter(events)), "json", width=80))

    assert "\u202e" not in written
    assert "\x7f" not in written
    assert written.count("\n") == {"json": 17, "jsonl": 1}[format]
    (record,) = json.loads(written)["items"] if format == "json" else [json.loads(written)]
    assert record["result"] == indented["items"][0]["result"]
    assert ("password" in text) == (record["result"]["redacted_paths"] == ["$.password"])


def test_a_query_sees_objects_as_objects() -> None:
    query = compile_query("items[0].[type(input), keys(error)[0], type(result)]")

    assert json.loads(shown(view_of(iter(annotated(1))), "json", query=query)) == ["object", "included", "object"]

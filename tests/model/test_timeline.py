"""The timeline as data: spans of attempts and invocations, open tails, and which gaps are collapsed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from durablectl.model.idle import Segment, collapse, merged
from durablectl.model.operations import fold
from durablectl.model.spans import Span, Texture
from durablectl.model.timeline import Timeline, timeline
from tests.fakes.histories import NOW, make_execution, make_history, step, wait, wait_for_callback, wait_for_condition
from tests.fakes.operations import Builder


def made_of(*operations: Builder, **facts: str) -> Timeline:
    return timeline(fold(make_history(*operations, **facts)), NOW)


def only_spans(made: Timeline) -> list[Span]:
    (bar,) = made.bars.values()
    return bar.spans


def test_a_retried_step_has_attempts_with_back_off_between_them() -> None:
    spans = only_spans(made_of(step("charge").fails(1).succeeds(), status="SUCCEEDED"))

    assert [(span.texture, span.shown_as) for span in spans] == [
        (Texture.STEP, "failed"),
        (Texture.BACK_OFF, "retrying"),
        (Texture.STEP, "ok"),
    ]
    assert spans[0].to_ms == spans[1].from_ms
    assert spans[1].to_ms == spans[2].from_ms


def test_a_pending_retry_goes_on() -> None:
    last = only_spans(made_of(step("charge").fails(1)))[-1]

    assert (last.texture, last.to_ms) == (Texture.BACK_OFF, None)


def test_polls_are_told_from_failures() -> None:
    words = [span.shown_as for span in only_spans(made_of(wait_for_condition("open").polls(1).succeeds()))]

    assert words[0] == "polling"
    assert words[-1] == "ok"


def test_an_attempt_that_never_reported_ends_with_its_invocation() -> None:
    made = made_of(step("parse").crashes_worker(2).succeeds(), status="SUCCEEDED")

    deaths = [span.to_ms for span in made.invocations.spans if span.shown_as == "failed"]
    attempts = [span for span in only_spans(made) if span.texture is Texture.STEP]
    assert [span.to_ms for span in attempts[:2]] == deaths
    assert [span.shown_as for span in attempts] == ["failed", "failed", "ok"]


def test_a_running_step_has_a_running_invocation_around_it() -> None:
    made = made_of(step("render").is_running())

    assert only_spans(made)[-1].to_ms is None
    assert made.invocations.spans == [Span(0, None, Texture.INVOCATION, "running")]


def test_operations_that_were_open_at_the_end_end_with_the_execution() -> None:
    made = made_of(wait("quiet", 600).is_pending(), status="STOPPED")

    (span,) = only_spans(made)
    assert span.shown_as == "orphaned"
    assert span.to_ms == made.elapsed_ms


def test_a_wait_for_callback_looks_like_its_callback() -> None:
    made = made_of(wait_for_callback("approval"))

    assert made.bars[made.roots[0].operation.id].spans[0].texture is Texture.CALLBACK


def test_a_pause_lies_over_the_execution() -> None:
    made = made_of(step("validate"), status="PAUSED")

    assert [span.texture for span in made.execution.spans] == [Texture.EXECUTION, Texture.PAUSED]
    assert made.execution.spans[-1].to_ms is None


def test_an_end_before_the_start_is_moved_and_flagged() -> None:
    history = make_history(step("charge"))
    history[2] = replace(history[2], at=(history[1].at or NOW) - timedelta(seconds=5))

    made = timeline(fold(history), NOW)

    (bar,) = made.bars.values()
    assert bar.is_adjusted
    assert bar.spans[0].to_ms == bar.spans[0].from_ms


def test_events_before_the_start_are_moved_and_flagged() -> None:
    history = make_history(step("charge"))
    history[1] = replace(history[1], at=(history[0].at or NOW) - timedelta(seconds=5))

    (bar,) = timeline(fold(history), NOW).bars.values()

    assert bar.is_adjusted
    assert bar.spans[0].from_ms == 0


def test_a_reader_whose_clock_lags_sees_everything_that_was_recorded() -> None:
    history = make_history(step("charge"), wait("quiet", 60).is_pending())
    started_at = history[0].at or NOW

    made = timeline(fold(history), started_at - timedelta(hours=1))

    last = max(event.at for event in history if event.at)
    assert made.length_ms == (last - started_at) // timedelta(milliseconds=1)


def test_the_history_that_names_no_start_is_counted_from_what_a_list_says() -> None:
    recorded = make_execution("order-1", step("charge"), wait("quiet", 60).is_pending())

    made = timeline(fold(recorded.events[1:]), NOW, detail=recorded.detail)

    assert made.started_at == recorded.execution.started_at


def test_without_any_instant_there_is_nothing_to_draw() -> None:
    history = [replace(event, at=None, details={}) for event in make_history(step("charge"))]

    made = timeline(fold(history), NOW)

    assert made.started_at is None
    assert [bar.spans for bar in made.bars.values()] == [[]]


def test_steps_are_what_is_active_where_a_server_tells_of_no_invocations() -> None:
    history = make_history(step("charge").takes(60_000), status="SUCCEEDED")
    bare = [replace(event, details={}) for event in history]

    made = timeline(fold(bare), NOW)

    assert made.compute_ms is None
    assert collapse(made.active, 0, made.length_ms) == [Segment(0, made.length_ms)]


def test_times_that_touch_are_merged() -> None:
    assert merged([(5, 9), (0, 3), (3, 5), (20, 30)]) == [(0, 9), (20, 30)]


def test_the_largest_gaps_are_collapsed_as_long_as_they_are_a_good_part_of_the_rest() -> None:
    active = [(0, 100), (1_100, 1_200), (1_205, 1_300), (11_300, 11_400)]

    segments = collapse(active, 0, 11_400)

    assert [(one.from_ms, one.to_ms) for one in segments if one.is_collapsed] == [(100, 1_100), (1_300, 11_300)]
    assert [one.from_ms for one in segments[1:]] == [one.to_ms for one in segments[:-1]]


def test_of_a_wholly_idle_stretch_nothing_is_collapsed() -> None:
    assert collapse([], 0, 1_000) == [Segment(0, 1_000)]

"""The pieces of a timeline: spans of one texture and one state, and the bars that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from durablectl.model.statuses import OperationType
from durablectl.model.tree import Node


class Texture(StrEnum):
    """What kind of thing a span shows."""

    STEP = "step"
    INVOCATION = "invocation"
    WAIT = "wait"
    CALLBACK = "callback"
    INVOKE = "invoke"
    BACK_OFF = "back_off"
    """Between two attempts of a step, or two polls of a condition."""
    CONTEXT = "context"
    EXECUTION = "execution"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in which one thing was going on; offsets count from the start of the execution."""

    from_ms: int
    to_ms: int | None
    """None while it goes on."""
    texture: Texture
    shown_as: str


@dataclass(slots=True)
class Bar:
    """The spans of one row, in order of their time."""

    spans: list[Span] = field(default_factory=list)
    is_adjusted: bool = False
    """Whether clocks contradict each other here: something ends before it starts, or reaches out of its parent."""


def add_span(bar: Bar, from_ms: int, to_ms: int | None, texture: Texture, shown_as: str) -> None:
    """Put a span at the end of a bar; one that begins before the axis or ends before it begins is moved."""
    start = from_ms if from_ms > 0 else 0
    end = start if to_ms is not None and to_ms < start else to_ms
    bar.is_adjusted = bar.is_adjusted or start != from_ms or end != to_ms
    bar.spans.append(Span(start, end, texture, shown_as))


def end_of(span: Span, now_ms: int) -> int:
    """Where a span ends; one that goes on ends now."""
    return max(span.from_ms, now_ms) if span.to_ms is None else span.to_ms


def extent(spans: Sequence[Span], now_ms: int) -> int | None:
    """How long spans last from the first start to the last end, or to now; None without any."""
    if not spans:
        return None
    if len(spans) == 1:
        return end_of(spans[0], now_ms) - spans[0].from_ms
    return max(end_of(span, now_ms) for span in spans) - min(span.from_ms for span in spans)


def texture_of(node: Node) -> Texture:
    """The texture of an operation; a wait for callback looks like its callback."""
    if node.operation.sub_type == "WaitForCallback":
        return Texture.CALLBACK
    return _TEXTURES.get(node.operation.type, Texture.STEP)


_TEXTURES: dict[OperationType, Texture] = {
    OperationType.STEP: Texture.STEP,
    OperationType.WAIT: Texture.WAIT,
    OperationType.CALLBACK: Texture.CALLBACK,
    OperationType.CHAINED_INVOKE: Texture.INVOKE,
    OperationType.CONTEXT: Texture.CONTEXT,
}

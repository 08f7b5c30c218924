"""Chained executions are told apart where there is little room for their names."""

from __future__ import annotations

from dataclasses import replace

from durablectl.views.child_labels import short_execution, short_reference, short_target
from durablectl.views.display import Display
from durablectl.views.lines import text_of
from tests.fakes.histories import NOW, make_arn

_GENERATED = "497f0b82-ca18-49c2-9fb9-c20b9917ebaa"
_PIPE = Display(NOW)
_TERMINAL = replace(_PIPE, width=100)


def test_a_generated_name_is_known_by_its_beginning_on_a_terminal() -> None:
    arn = make_arn(_GENERATED, function="fraud", version="12")

    assert text_of(short_execution(arn, _TERMINAL)) == "fraud:12/497f0b82…"
    assert text_of(short_target(arn, "fraud", _TERMINAL, 16)) == "→ fraud:12/497f0b82…"
    assert text_of(short_execution(arn, _PIPE)) == f"fraud:12/{_GENERATED}"


def test_the_latest_version_needs_no_mention_where_there_is_little_room() -> None:
    arn = make_arn(_GENERATED, function="fraud", version="$LATEST")

    assert text_of(short_target(arn, None, _TERMINAL, 16)) == "→ fraud/497f0b82…"
    assert text_of(short_target(arn, None, _TERMINAL, 80)) == f"→ fraud:$LATEST/{_GENERATED}"


def test_a_name_that_somebody_gave_is_cut_at_its_end() -> None:
    arn = make_arn("onboard-acme", function="reg", version="8")

    assert text_of(short_target(arn, None, _TERMINAL, 16)) == "→ reg:8/onboard…"
    assert text_of(short_execution(arn, _TERMINAL)) == "reg:8/onboard-acme"


def test_references_are_shortened_alike() -> None:
    assert text_of(short_reference(f"fraud/{_GENERATED}", _TERMINAL)) == "fraud/497f0b82…"
    assert text_of(short_reference(f"fraud/{_GENERATED}", _PIPE)) == f"fraud/{_GENERATED}"
    assert text_of(short_reference("fraud/check-1", _TERMINAL)) == "fraud/check-1"


def test_what_is_no_arn_is_shown_as_it_is() -> None:
    assert text_of(short_execution("0b6b/c1f2", _TERMINAL)) == "0b6b/c1f2"
    assert text_of(short_target(None, "tax", _TERMINAL, 16)) == "→ tax"

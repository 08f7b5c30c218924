"""What is told beside the result: prefixes, quiet and verbose, errors, and the turning line."""

from __future__ import annotations

import io
import json
import time

import pytest

from durablectl.cli.diagnostics import Diagnostics
from durablectl.cli.progress import Progress
from durablectl.errors import AccessDenied

DEADLINE_S = 20


def told(diagnostics: Diagnostics) -> str:
    assert isinstance(diagnostics.stream, io.StringIO)
    return diagnostics.stream.getvalue()


def test_each_kind_of_line_has_its_prefix() -> None:
    diagnostics = Diagnostics(io.StringIO(), is_terminal=True)

    diagnostics.note("one")
    diagnostics.warning("two", function="orders")
    diagnostics.next("durablectl list")

    assert told(diagnostics) == "note: one\nwarning: two\nnext: durablectl list\n"
    assert diagnostics.warnings == [{"type": "warning", "function": "orders", "message": "two"}]


@pytest.mark.parametrize("quiet, is_terminal", [(True, True), (False, False)])
def test_a_next_step_is_for_a_person_who_wants_it(quiet: bool, is_terminal: bool) -> None:
    diagnostics = Diagnostics(io.StringIO(), is_terminal=is_terminal, quiet=quiet)

    diagnostics.next("durablectl list")

    assert told(diagnostics) == ""


def test_quiet_keeps_warnings_and_errors() -> None:
    diagnostics = Diagnostics(io.StringIO(), quiet=True)

    diagnostics.note("one")
    diagnostics.detail("two")
    diagnostics.warning("three")
    diagnostics.error(AccessDenied("four"))

    assert told(diagnostics) == "warning: three\nerror: four\n"


def test_verbose_adds_notes() -> None:
    diagnostics = Diagnostics(io.StringIO(), verbose=True)

    diagnostics.detail("requests: 2")

    assert told(diagnostics) == "note: requests: 2\n"


def test_an_error_has_its_hints_indented_and_the_request_id_last() -> None:
    diagnostics = Diagnostics(io.StringIO())

    diagnostics.error(AccessDenied("no \x1b[2J", hint=["why\nnot", "what to do"], request_id="r-1"))

    assert told(diagnostics) == "error: no \\x1b[2J\n  why\n  not\n  what to do\n  request r-1\n"


def test_an_error_for_a_program_is_one_line_of_json() -> None:
    diagnostics = Diagnostics(io.StringIO(), machine=True)

    diagnostics.error(AccessDenied("no", hint=["a", "b"], request_id="r-1", details={"action": "lambda:X"}))

    (line,) = told(diagnostics).splitlines()
    assert json.loads(line) == {
        "schema_version": 1,
        "kind": "error",
        "error": {
            "code": 4,
            "type": "access_denied",
            "message": "no",
            "hint": "a\nb",
            "request_id": "r-1",
            "details": {"action": "lambda:X"},
        },
    }


def test_colour_marks_the_prefix_alone() -> None:
    diagnostics = Diagnostics(io.StringIO(), color=True)

    diagnostics.warning("two")

    assert told(diagnostics) == "\x1b[1;33mwarning:\x1b[0m two\n"


def test_progress_shows_after_a_moment_gets_out_of_the_way_and_goes() -> None:
    stream = io.StringIO()
    diagnostics = Diagnostics(stream, progress=Progress(stream, is_ascii=True))

    diagnostics.show_progress("asking the service")
    assert stream.getvalue() == ""
    _wait_for(stream, "| asking the service")
    diagnostics.note("one")
    diagnostics.stop_progress()

    before, _, after = stream.getvalue().partition("note: one\n")
    assert before.endswith("\r\x1b[K")
    assert after.endswith("\r\x1b[K") or after == ""


def test_a_quick_answer_shows_no_progress() -> None:
    stream = io.StringIO()
    progress = Progress(stream)

    progress.start("asking")
    progress.stop()

    assert stream.getvalue() == ""


def _wait_for(stream: io.StringIO, text: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while text not in stream.getvalue():
        assert time.monotonic() < deadline, stream.getvalue()
        time.sleep(0.01)

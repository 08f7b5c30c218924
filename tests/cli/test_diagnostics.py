"""What is told beside the result: prefixes, quiet and verbose, errors, and the turning line."""

from __future__ import annotations

import io
import json
import sys
import time

import pytest

from durablectl.cli.diagnostics import Diagnostics
from durablectl.cli.process import current_process
from durablectl.cli.progress import Progress
from durablectl.errors import AccessDenied, UsageError

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


def test_on_a_terminal_long_lines_are_folded_and_carets_keep_their_place() -> None:
    stream = io.StringIO()
    hint = ["a hint that is longer than the terminal is wide", "--query items[?name == 'x' && status == 'y'", "   ^"]
    error = UsageError("a message that is longer than the terminal is wide", hint=hint)

    Diagnostics(stream, is_terminal=True, columns=40).error(error)

    assert stream.getvalue() == (
        "error: a message that is longer than the\n"
        "  terminal is wide\n"
        "  a hint that is longer than the\n"
        "    terminal is wide\n"
        "  --query items[?name == 'x' && status == 'y'\n"
        "     ^\n"
    )


def test_ascii_holds_for_what_is_told_too() -> None:
    stream = io.StringIO()

    Diagnostics(stream, is_ascii=True).note("context dev · eu-west-1 – orders…")

    assert stream.getvalue() == "note: context dev | eu-west-1 - orders~\n"


@pytest.mark.parametrize("variables", [{"LC_ALL": "C"}, {"LC_CTYPE": "POSIX"}, {"LANG": "C"}])
def test_the_c_locale_gets_ascii(variables: dict[str, str]) -> None:
    assert current_process(variables).encoding == "ascii"


@pytest.mark.parametrize("variables", [{}, {"LC_ALL": "C.UTF-8", "LANG": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "1"}])
def test_any_other_locale_gets_what_python_says(variables: dict[str, str]) -> None:
    assert current_process(variables).encoding == (sys.stdout.encoding or "utf-8")

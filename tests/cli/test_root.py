"""The root: help, version, unknown words, and options before and after the command."""

from __future__ import annotations

import pytest

from durablectl import __version__
from durablectl.cli.app import COMMANDS
from tests.cli.harness import run


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_root_help_lists_the_commands_in_groups_and_exits_0(arguments: tuple[str, ...]) -> None:
    ran = run(*arguments)

    assert ran.code == 0
    assert ran.out.startswith(
        "Usage: durablectl [OPTIONS] COMMAND [ARGS]...      Operate AWS Lambda durable executions."
    )
    assert "Exit codes  0 ok" in ran.out
    for spec in COMMANDS:
        assert spec.words[-1] in ran.out


@pytest.mark.parametrize("columns", [60, 80, 100])
@pytest.mark.parametrize("arguments", [(), ("stop", "-h"), ("callback", "-h"), ("local", "start", "-h")])
def test_help_keeps_to_the_terminal(arguments: tuple[str, ...], columns: int) -> None:
    ran = run(*arguments, columns=columns)

    assert ran.code == 0
    assert [line for line in ran.out.splitlines() if len(line) > columns] == []


def test_version_is_one_line() -> None:
    ran = run("--version")

    assert (ran.code, ran.out, ran.err) == (0, f"durablectl {__version__}\n", "")


@pytest.mark.parametrize("word", ["rm", "kill", "cancel", "terminate"])
def test_words_that_would_end_something_are_refused_with_the_right_verb(word: str) -> None:
    ran = run(word, "orders/order-1042")

    assert ran.code == 2
    assert ran.err.startswith(f'error: No command "{word}". ')
    assert "To end an execution: durablectl stop EXEC" in ran.err
    assert not ran.settings


def test_an_unknown_word_gets_one_suggestion() -> None:
    ran = run("lst")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err == 'error: No command "lst"\n  did you mean: durablectl list\n'


def test_no_abbreviations_of_command_names() -> None:
    assert run("hist").code == 2


def test_an_unknown_option_names_the_help() -> None:
    ran = run("list", "--nope")

    assert ran.code == 2
    assert ran.err == "error: no such option: --nope\n  did you mean: --name\n  see: durablectl list --help\n"


@pytest.mark.parametrize("command", ["tree", "timeline", "why", "logs", "wait", "watch"])
def test_views_without_an_answer_of_that_shape_say_why_they_have_no_raw(command: str) -> None:
    ran = run(command, "orders/order-1042", "--raw")

    assert ran.code == 2
    assert ran.err == (
        f"error: {command} has no --raw: no answer of the service has the shape of what it shows\n"
        "  the service's own events: durablectl history EXEC --raw -o json\n"
        f"  see: durablectl {command} --help\n"
    )


def test_whoever_looks_for_reverse_is_told_both_orders() -> None:
    ran = run("list", "--reverse")

    assert ran.code == 2
    assert "  choose the order: --oldest-first or --newest-first\n" in ran.err


def test_a_usage_error_is_one_json_object_for_a_program() -> None:
    ran = run("list", "-o", "json", "--nope")

    assert (ran.code, ran.out) == (2, "")
    assert ran.error["type"] == "usage"
    assert ran.error["code"] == 2

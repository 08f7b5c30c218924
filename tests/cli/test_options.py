"""Options: before and after the command, declared once, and what they make of colours and connections."""

from __future__ import annotations

import inspect
from collections import defaultdict
from typing import Any

import pytest
from typer.main import get_command

from durablectl.cli import bundles, local_bundles, options
from durablectl.cli.aliases import ALIASES
from durablectl.cli.app import COMMANDS, make_app
from durablectl.cli.process import wants_color
from durablectl.cli.reference import render_command_table, render_exit_codes, render_options
from durablectl.cli.specs import ALWAYS_POSSIBLE_EXITS, EXIT_CODES
from durablectl.errors import DurablectlError
from tests.cli.harness import run
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import make_execution

RESERVED_LETTERS = set("cfhnoqsvy")


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend(make_execution("order-1"))


def leaf_commands() -> dict[str, Any]:
    root: Any = get_command(make_app())
    found: dict[str, Any] = {}
    for name, command in root.commands.items():
        below = getattr(command, "commands", None)
        found |= {f"{name} {verb}": leaf for verb, leaf in below.items()} if below else {name: command}
    return found


# --- before and after the command -------------------------------------------------------------------------------------


def test_the_later_of_two_connections_wins(backend: FakeBackend) -> None:
    ran = run("--region", "eu-west-1", "--profile", "ops", "list", "orders", "--region", "us-east-1", backend=backend)

    (settings,) = ran.settings
    assert (settings.region, settings.profile) == ("us-east-1", "ops")


def test_the_local_context_may_stand_before_or_after_the_command(backend: FakeBackend) -> None:
    for arguments in (("-c", "local", "list", "orders"), ("list", "orders", "--context", "local")):
        assert [settings.context for settings in run(*arguments, backend=backend).settings] == ["local"]


def test_read_only_before_the_command_stays(backend: FakeBackend) -> None:
    assert run("--read-only", "list", "orders", backend=backend).settings[0].read_only


def test_read_only_comes_from_the_environment(backend: FakeBackend) -> None:
    ran = run("list", "orders", backend=backend, environ={"DURABLECTL_READ_ONLY": "1"})

    assert ran.settings[0].read_only


def test_an_unknown_context_is_a_configuration_error(backend: FakeBackend) -> None:
    ran = run("list", "-c", "prod", "-o", "json", backend=backend)

    assert (ran.code, ran.error["type"]) == (4, "config")


def test_colour_before_the_command_gives_way_to_colour_after_it(backend: FakeBackend) -> None:
    assert "\x1b[" in run("--no-color", "list", "orders", "--color", "always", backend=backend).out
    assert "\x1b[" not in run("--color", "always", "list", "orders", "--no-color", backend=backend).out


@pytest.mark.parametrize(
    "choice, environ, is_terminal, expected",
    [
        (None, {}, True, True),
        (None, {}, False, False),
        (None, {"NO_COLOR": "1"}, True, False),
        (None, {"NO_COLOR": ""}, True, True),
        (None, {"DURABLECTL_NO_COLOR": "1"}, True, False),
        (None, {"FORCE_COLOR": "1"}, False, True),
        (None, {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False, False),
        (None, {"CLICOLOR_FORCE": "0"}, False, False),
        (None, {"TERM": "dumb"}, True, False),
        (None, {"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
    ],
)
def test_colour_follows_option_then_variables_then_terminal(
    choice: str | None, environ: dict[str, str], is_terminal: bool, expected: bool
) -> None:
    assert wants_color(choice, environ, is_terminal=is_terminal) is expected


def test_ascii_has_only_ascii_glyphs(backend: FakeBackend) -> None:
    assert run("list", "orders", "--ascii", backend=backend).out.isascii()


# --- hidden names -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALIASES)
def test_check_18_hidden_names_reach_a_command_and_are_not_in_help(name: str) -> None:
    assert run(name, "--help").out.startswith(f"Usage: durablectl {' '.join(ALIASES[name].command)} ")
    # A hidden name may be the second word of a command, as in `config show`.
    page = run("--help").out.replace("config show", "config")
    assert name not in {word for line in page.splitlines() for word in line.split()}


@pytest.mark.parametrize(
    "arguments",
    [
        ("list-durable-executions-by-function", "--function-name", "orders", "-o", "name"),
        ("list-durable-executions-by-function", "--function-name=orders", "-o", "name"),
        ("ls", "orders", "-o", "name"),
        ("describe", "order-1", "-o", "name"),
    ],
)
def test_check_18_hidden_names_take_the_options_of_aws(backend: FakeBackend, arguments: tuple[str, ...]) -> None:
    ran = run(*arguments, backend=backend)

    assert (ran.code, ran.out) == (0, next(iter(backend.recorded)) + "\n")


def test_check_18_the_names_of_the_service_take_an_arn(backend: FakeBackend) -> None:
    arn = next(iter(backend.recorded))

    ran = run("stop-durable-execution", "--durable-execution-arn", arn, "--yes", "-o", "json", backend=backend)

    assert (ran.code, ran.json["outcome"]) == (0, "done")


# --- declared once, described, documented -----------------------------------------------------------------------------


def test_an_option_is_declared_in_one_place() -> None:
    source = "".join(inspect.getsource(module) for module in (options, bundles, local_bundles))
    words = {word for word in source.split('"') if word.startswith("--")}
    repeated = {word for word in words if source.count(f'"{word}"') > 1}

    # A name to filter by and one to give, an operation to filter by and one that has the callback, functions to search
    # and one to serve, all rows, findings or lines, since a start and since a line, a store and a port to serve on and
    # to find a service by, how long to wait for executions and for a service: the same word for different things.
    assert repeated == {"--name", "--op", "--function", "--all", "--since", "--store", "--port", "--timeout"}


def test_only_the_reserved_letters_are_used() -> None:
    letters = {
        option[1:]
        for command in leaf_commands().values()
        for parameter in command.params
        for option in getattr(parameter, "opts", ())
        if option.startswith("-") and not option.startswith("--")
    }

    assert letters <= RESERVED_LETTERS


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda spec: spec.name)
def test_check_18_every_command_has_help_with_two_examples_first(spec: Any) -> None:
    for flag in ("-h", "--help"):
        page = run(*spec.words, flag).out
        blocks = page.split("\n\n")
        assert blocks[0].startswith(f"Usage: durablectl {spec.name} ")
        assert blocks[0].splitlines()[1]
        assert blocks[1].startswith("Examples\n")
    assert len(spec.examples) >= 2
    assert max(map(len, page.splitlines())) <= 110


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda spec: spec.name)
def test_every_option_of_a_command_has_help_and_a_heading(spec: Any) -> None:
    for parameter in leaf_commands()[spec.name].params:
        assert parameter.help, parameter.name
        assert parameter.param_type_name == "argument" or parameter.rich_help_panel in options.PANELS, parameter.name
        assert parameter.metavar or parameter.is_flag, parameter.name


def test_check_19_the_reference_has_every_command_and_exit_code() -> None:
    table, codes, listed = render_command_table(), render_exit_codes(), render_options()

    for spec in COMMANDS:
        assert f"| `{spec.name}" in table
        assert {*spec.exits} <= set(EXIT_CODES)
    for code in EXIT_CODES:
        assert f"| {code} |" in codes
    assert listed.count("--endpoint-url") == 1
    assert "{formats}" not in listed


def test_check_27_every_kind_of_error_has_one_documented_exit_code() -> None:
    kinds: dict[str, set[int]] = defaultdict(set)
    pending = [DurablectlError]
    while pending:
        kind = pending.pop()
        pending += kind.__subclasses__()
        kinds[kind.type].add(kind.exit_code)

    assert all(len(codes) == 1 for codes in kinds.values()), kinds
    assert {code for codes in kinds.values() for code in codes} <= set(EXIT_CODES)
    assert set(ALWAYS_POSSIBLE_EXITS) <= set(EXIT_CODES)


def test_a_bug_shows_as_a_bug(backend: FakeBackend) -> None:
    backend.fail("executions", ZeroDivisionError("division by zero"))
    plain = run("list", "orders", backend=backend)
    backend.fail("executions", ZeroDivisionError("division by zero"))
    traced = run("list", "orders", "--debug", backend=backend)

    assert plain.code == traced.code == 1
    assert plain.err.startswith("error: ZeroDivisionError: division by zero\n  this is a bug; please report it")
    assert "Traceback" not in plain.err
    assert "Traceback (most recent call last):" in traced.err


def test_hints_reach_the_same_service_again(backend: FakeBackend) -> None:
    ran = run(
        *("callback", "fail", "--execution", "orders/order-1", "--yes", "-c", "local"),
        backend=backend,
    )

    assert ran.code == 3
    assert "durablectl state orders/order-1 -c local" in ran.err

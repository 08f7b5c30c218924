"""Options of `local start` that hold for all functions or for one by its name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from durablectl.cli.function_options import read_function_options
from durablectl.cli.local_bundles import LocalOptions
from durablectl.errors import UsageError
from durablectl.local.functions.functions import Definition, DurableConfig, parse_source

FUNCTIONS = ("orders", "tax")


def applied(name: str = "orders", source: str = "x.py:handler", **given: object) -> Definition:
    """A definition with what these options say of it."""
    options = replace(LocalOptions(), **given)  # type: ignore[arg-type]
    definition = Definition(name=name, source=parse_source(source), durable=DurableConfig(60, 1), timeout_s=3)
    return read_function_options(options, FUNCTIONS).apply(definition)


def test_without_options_a_definition_stays_as_it_is() -> None:
    assert applied() == applied(environment=[], python=None)
    assert applied().interpreter is None


def test_interpreter_is_that_of_the_language_and_of_the_function() -> None:
    given = {"python": ["python3", "tax=.venv/bin/python"], "node": ["node22"]}

    assert applied("orders", **given).interpreter == "python3"
    assert applied("tax", **given).interpreter == ".venv/bin/python"
    assert applied("tax", "x.mjs:handler", **given).interpreter == "node22"


def test_path_with_an_equals_sign_is_no_function() -> None:
    assert applied(python=["/opt/a=b/python"]).interpreter == "/opt/a=b/python"


def test_later_value_wins() -> None:
    assert applied(memory=["256", "512"]).memory_mb == 512
    assert applied(memory=["orders=1024", "512"]).memory_mb == 1024


def test_variables_of_a_function_win_over_those_of_all() -> None:
    given = {"environment": ["MODE=all", "orders:MODE=own", "tax:RATE=19=x", "EMPTY="]}

    assert applied("orders", **given).environment == {"MODE": "own", "EMPTY": ""}
    assert applied("tax", **given).environment == {"MODE": "all", "EMPTY": "", "RATE": "19=x"}


def test_directory_is_where_the_function_runs(tmp_path: Path) -> None:
    assert applied(directory=[f"orders={tmp_path}"]).source.root == tmp_path
    assert applied("tax", directory=[f"orders={tmp_path}"]).source.root != tmp_path


def test_plain_and_durable_decide_for_the_handler() -> None:
    assert applied(plain=["orders"]).is_durable is False
    assert applied(durable=["orders"]).is_durable is True
    assert applied("tax", plain=["orders"]).is_durable is None


@pytest.mark.parametrize(
    "option, value, told",
    [
        ("python", "nobody=python3", '--python names a function "nobody", which is not served'),
        ("plain", "nobody", '--plain names a function "nobody"'),
        ("environment", "nobody:A=1", '--env names a function "nobody"'),
        ("environment", "novalue", "--env takes NAME=VALUE"),
        ("environment", "9=1", "--env takes NAME=VALUE"),
        ("memory", "64", "--memory takes MB from 128 to 10240"),
        ("memory", "orders=1GB", "--memory takes MB from 128 to 10240"),
        ("directory", "/nowhere", "--directory takes a folder"),
    ],
)
def test_option_that_cannot_be_applied_is_a_usage_error(option: str, value: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        applied(**{option: [value]})

    assert told in caught.value.message

"""Sources of functions, their names, and what the user's interpreter says of their handlers."""

from __future__ import annotations

import base64
import hashlib
import sys
from pathlib import Path
from typing import Any

import pytest

from durablectl.errors import ConfigError, DurablectlError, UsageError
from durablectl.local.functions.functions import (
    DurableConfig,
    Function,
    Source,
    default_name,
    load_functions,
    parse_function_option,
    parse_source,
)
from durablectl.local.functions.probe import Probe, probe_all
from tests.local.worker_support import HANDLERS


def load(*sources: str, named: tuple[str, ...] = (), python: str = sys.executable) -> list[Function]:
    """The functions of these sources, with limits that tests can recognise."""
    return load_functions(
        [parse_source(source) for source in sources],
        [parse_function_option(option) for option in named],
        python=python,
        environment={"MODE": "test"},
        execution_timeout_s=600,
        invocation_timeout_s=30,
        retention_days=7,
    )


def refusal(*sources: str, **settings: Any) -> str:
    """The message and hints with which sources are refused."""
    with pytest.raises(ConfigError) as caught:
        load(*sources, **settings)
    return text_of(caught.value)


def text_of(error: DurablectlError) -> str:
    return "\n".join([error.message, *error.hint])


def write(folder: Path, name: str, text: str) -> str:
    """A source whose handler is `handler` in a new file."""
    (folder / name).write_text(text)
    return f"{folder / name}:handler"


def test_file_source_starts_imports_from_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    source = parse_source("app/orders.py:handler")

    assert source == Source("app/orders.py:handler", tmp_path / "app", str(tmp_path / "app" / "orders.py"), "handler")
    assert (source.stem, source.is_file) == ("orders", True)


def test_module_source_starts_imports_from_where_the_service_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    source = parse_source("shop.orders:on_order")

    assert source == Source("shop.orders:on_order", tmp_path, "shop.orders", "on_order")
    assert (source.stem, source.is_file) == ("orders", False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "orders",
        "orders.py",
        "orders.py:",
        ":handler",
        "orders.py:2x",
        "a/b:handler",
        "index.mjs",
        "index.mjs:2 x",
        "Orders.java:handler",
        "exec:",
        "exec:'",
    ],
)
def test_source_that_names_no_handler_or_no_module_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_source(text)

    assert caught.value.hint


@pytest.mark.parametrize(
    "text", ["orders.py:handler", "=orders.py:handler", "a b=orders.py:handler", f"{'a' * 65}=b:c"]
)
def test_function_option_needs_a_name_that_lambda_allows(text: str) -> None:
    with pytest.raises(UsageError):
        parse_function_option(text)


@pytest.mark.parametrize(
    "text, name",
    [
        ("orders.py:handler", "orders"),
        ("my orders.v2.py:handler", "my-orders-v2"),
        ("shop.orders:handler", "orders"),
        ("größe.py:handler", "gr-e"),
        (f"{'a' * 80}.py:handler", "a" * 64),
        ("é.py:handler", "function"),
    ],
)
def test_default_name_is_that_of_the_file_or_module(text: str, name: str) -> None:
    assert default_name(parse_source(text)) == name


def test_decorated_handlers_are_durable_and_others_are_not() -> None:
    durable = HANDLERS / "durable.py"

    functions = load(named=tuple(f"{name}={durable}:{name}" for name in ("handler", "decorated_again", "plain")))

    assert [function.durable for function in functions] == [DurableConfig(600, 7), DurableConfig(600, 7), None]


def test_function_knows_its_code_and_its_interpreter() -> None:
    (function,) = load(f"{HANDLERS / 'plain.py'}:echo")

    code = (HANDLERS / "plain.py").read_bytes()
    assert function.name == "plain"
    assert function.handler == "plain.echo"
    assert function.timeout_s == 30
    assert function.environment == {"MODE": "test"}
    assert function.runtime == f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert function.code_sha256 == base64.b64encode(hashlib.sha256(code).digest()).decode()
    assert function.last_modified.timestamp() == pytest.approx((HANDLERS / "plain.py").stat().st_mtime)


def test_module_is_found_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "orders.py").write_text("def handler(event, context): ...\n")
    monkeypatch.chdir(tmp_path)

    (function,) = load("shop.orders:handler")

    assert (function.name, function.handler) == ("orders", "shop.orders.handler")


def test_file_may_bear_the_name_of_a_standard_module(tmp_path: Path) -> None:
    (function,) = load(write(tmp_path, "json.py", "import json\ndef handler(event, context): ...\n"))

    assert function.name == "json"


def test_object_that_can_be_called_is_a_handler() -> None:
    assert [function.durable for function in load(f"{HANDLERS / 'plain.py'}:charge")] == [None]


def test_module_is_imported_once_for_all_its_handlers(tmp_path: Path) -> None:
    counter = tmp_path / "count"
    file = tmp_path / "counted.py"
    file.write_text(f"open({str(counter)!r}, 'a').write('x')\ndef a(event, context): ...\ndef b(event, context): ...\n")

    load(named=(f"a={file}:a", f"b={file}:b"))

    assert counter.read_text() == "x"


def test_two_functions_of_one_name_are_refused() -> None:
    told = refusal(f"{HANDLERS / 'plain.py'}:echo", f"{HANDLERS / 'plain.py'}:fail")

    assert 'two functions are called "plain"' in told
    assert "--function NAME=" in told


def test_missing_file_is_refused_with_those_that_are_there() -> None:
    told = refusal(f"{HANDLERS / 'plane.py'}:echo")

    assert "no file" in told
    assert "plain.py" in told


def test_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "orders.py").mkdir()

    assert "Is a directory" in refusal(f"{tmp_path / 'orders.py'}:handler")


def test_unknown_handler_is_refused_with_near_names() -> None:
    told = refusal(f"{HANDLERS / 'plain.py'}:ecko")

    assert 'no handler "ecko"' in told
    assert "echo" in told


def test_far_names_are_the_module_s_own_with_the_durable_ones_first() -> None:
    told = refusal(f"{HANDLERS / 'durable.py'}:zzz")

    assert "functions there: handler, decorated_again" in told
    assert "durable_execution" not in told


def test_handler_that_cannot_be_called_is_refused() -> None:
    assert "cannot be called" in refusal(f"{HANDLERS / 'plain.py'}:NOT_A_FUNCTION")


def test_failing_import_is_refused_with_the_users_frames_only() -> None:
    with pytest.raises(ConfigError) as caught:
        load(f"{HANDLERS / 'broken.py'}:handler")

    assert caught.value.message.endswith("broken.py fails at import")
    frames = [line.rpartition("broken.py:")[2] for line in caught.value.hint]
    assert frames == [
        '11 in <module>: SETTINGS = settings("{")',
        "8 in settings: return json.loads(text)",
        "JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
    ]


def test_syntax_error_is_refused_with_its_line(tmp_path: Path) -> None:
    told = refusal(write(tmp_path, "orders.py", "def handler(event, context):\n    retrun event\n"))

    assert "orders.py:2" in told
    assert "SyntaxError" in told


def test_missing_package_names_the_option_for_another_interpreter(tmp_path: Path) -> None:
    told = refusal(write(tmp_path, "orders.py", "import no_such_package\n"))

    assert "orders.py:1 in <module>: import no_such_package" in told
    assert "--python" in told


def test_missing_sdk_says_how_to_get_it(tmp_path: Path) -> None:
    source = write(tmp_path, "orders.py", "raise ModuleNotFoundError(name='aws_durable_execution_sdk_python')\n")

    told = refusal(source)

    assert "aws-durable-execution-sdk-python" in told
    assert "--python INTERPRETER" in told


def test_missing_module_says_where_it_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    told = refusal("shop.orders:handler")

    assert "no module shop" in told
    assert str(tmp_path) in told


def test_module_that_ends_the_process_is_refused_with_what_it_wrote(tmp_path: Path) -> None:
    told = refusal(write(tmp_path, "orders.py", "import os\nprint('leaving', flush=True)\nos._exit(5)\n"))

    assert "ended with status 5" in told
    assert "leaving" in told


def test_module_that_never_ends_its_import_is_refused(tmp_path: Path) -> None:
    source = parse_source(write(tmp_path, "orders.py", "import time\ntime.sleep(600)\n"))

    with pytest.raises(ConfigError) as caught:
        probe_all([Probe(source, sys.executable)], limit_s=0.5)

    assert "still importing after 0.5 s" in caught.value.message


def test_interpreter_that_is_not_there_is_refused() -> None:
    told = refusal(f"{HANDLERS / 'plain.py'}:echo", python="/nowhere/python")

    assert 'no Python interpreter "/nowhere/python"' in told
    assert "--python" in told


def test_program_that_is_no_interpreter_is_refused() -> None:
    assert "cannot be looked at" in refusal(f"{HANDLERS / 'plain.py'}:echo", python="true")

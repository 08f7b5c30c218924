"""What is said of Node handlers before they are served, and of a Node that cannot run them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from durablectl.errors import ConfigError
from durablectl.local.functions.functions import DurableConfig, Function, load_functions, parse_source
from tests.node.support import NODE


def load(*sources: str, node: str | None = str(NODE)) -> list[Function]:
    named = [(f"f{number}", parse_source(source)) for number, source in enumerate(sources)]
    return load_functions(
        [],
        named,
        python="python3",
        node=node,
        environment={},
        execution_timeout_s=600,
        invocation_timeout_s=30,
        retention_days=7,
    )


def refusal(*sources: str, node: str | None = str(NODE)) -> str:
    with pytest.raises(ConfigError) as caught:
        load(*sources, node=node)
    return "\n".join([caught.value.message, *caught.value.hint])


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return f"{folder / name}:handler"


def stub_node(folder: Path, version: str) -> str:
    """A program that says of itself that it is this version of Node."""
    program = folder / "node"
    program.write_text(f"#!/bin/sh\necho {version}\n")
    program.chmod(0o755)
    return str(program)


WRAPPED = """
import { withDurableExecution } from "@aws/durable-execution-sdk-js";
const logged = (handler) => async (event, context) => { console.log(event); return handler(event, context); };
const inner = withDurableExecution(async () => 1);
export const twice = logged(logged(inner));
export const called = (event, context) => inner(event, context);
export const beside = async (event) => event;
"""
REQUIRED = """
const sdk = require("@aws/durable-execution-sdk-js");
exports.twice = sdk.withDurableExecution(async () => 1);
exports.called = sdk.withDurableExecution(async () => 1);
exports.beside = async () => inner();
"""
BUNDLED = """
function a(e){let t=e;if(!t?.DurableExecutionArn||!t?.CheckpointToken)throw new Error("Unexpected payload")}
var b=(e,t)=>async(n,r)=>{a(n);return{Status:"SUCCEEDED"}};
export const twice = b(async()=>1), called = b(async()=>2), beside = async()=>3;
"""


@pytest.mark.parametrize("name, code", [("x.mjs", WRAPPED), ("x.cjs", REQUIRED), ("x.mjs", BUNDLED)])
def test_sdks_wrapper_makes_a_handler_durable_through_other_wrappers_and_in_bundles(
    folder: Path, name: str, code: str
) -> None:
    (folder / name).write_text(code)

    functions = load(*(f"{folder / name}:{handler}" for handler in ("twice", "called", "beside")))

    assert [function.durable for function in functions] == [DurableConfig(600, 7), DurableConfig(600, 7), None]
    assert {function.runtime for function in functions} == {"nodejs22.x"}


def test_typescript_runs_as_it_is(folder: Path) -> None:
    (function,) = load(write(folder, "typed.ts", "export const handler = async (event: number): Promise<number> => 1"))

    assert (function.handler, function.durable) == ("typed.handler", None)


@pytest.mark.parametrize(
    "name, code, told",
    [
        ("x.mjs", "import 'left-pad-of-nowhere/deep'", "needs the npm package left-pad-of-nowhere, which is not"),
        ("x.cjs", "require('@scope/of-nowhere/deep')", "npm install --prefix {folder} @scope/of-nowhere"),
        ("x.mjs", "import './beside.mjs'", "Cannot find module '{folder}/beside.mjs'"),
        ("x.mjs", "\nexport const handler = async () => { return 1 + ; }", "x.mjs:2 in <module>: export const handler"),
        ("x.cjs", "\nexports.handler = async () => { return 1 + ; }", "x.cjs:2 in <module>: exports.handler"),
        ("x.cjs", "function f() { JSON.parse('x'); }\nf();", "x.cjs:1 in f: function f()"),
        ("x.cjs", "import fs from 'fs';", 'name the file .mjs, or put "type": "module" into its package.json'),
        ("x.mjs", "export const handle = 1, handlers = () => 1", 'no handler "handler" in {folder}/x.mjs'),
        ("x.mjs", "export const handler = 1", "is not a function and cannot be called"),
        ("x.cjs", "console.log('leaving'); process.exit(5)", "ended with status 5 while importing it\nleaving"),
    ],
)
def test_file_that_cannot_be_served_is_refused_with_its_reason(folder: Path, name: str, code: str, told: str) -> None:
    assert told.format(folder=folder) in refusal(write(folder, name, code))


def test_missing_file_is_refused_with_those_that_are_there(folder: Path) -> None:
    assert "Node files in" in refusal(f"{folder}/nowhere.mjs:handler")


@pytest.mark.parametrize(
    "version, told",
    [("v20.20.2", "is Node 20.20.2, handlers need 22 or later"), ("Python 3", "is not Node")],
)
def test_node_that_is_too_old_or_none_is_refused_with_what_to_install(tmp_path: Path, version: str, told: str) -> None:
    source = write(tmp_path, "x.mjs", "export const handler = 1")

    refused = refusal(source, node=stub_node(tmp_path, version))

    assert told in refused
    assert "npm install node@22" in refused


def test_node_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert 'no Node at "/nowhere/node"' in refusal(write(tmp_path, "x.mjs", ""), node="/nowhere/node")


def test_machine_without_node_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert "no Node is installed" in refusal(write(tmp_path, "x.mjs", ""), node=None)


def test_node_of_the_project_is_taken_before_that_on_the_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "path").mkdir()
    stub_node(folder / "path", "v20.0.0")
    monkeypatch.setenv("PATH", f"{folder / 'path'}{os.pathsep}{os.environ['PATH']}")

    (function,) = load(write(folder, "x.mjs", "export const handler = async () => 1"), node=None)

    assert function.interpreter == str(folder / "node_modules" / ".bin" / "node")


def test_a_handler_that_streams_is_told_what_to_do_instead(tmp_path: Path) -> None:
    told = refusal(
        write(tmp_path, "streams.mjs", "export const handler = awslambda.streamifyResponse(async () => {});")
    )

    assert "streams.mjs fails to load" in told
    assert "takes no streamed responses; return the response instead" in told

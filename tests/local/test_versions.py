"""Versions run the code that was published, whatever happens to the code since, and aliases lead to them."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from durablectl.errors import ConfigError
from durablectl.local.functions import code
from durablectl.local.functions.code import CodeCopies, CodeReader, CodeTooLarge, code_folder
from durablectl.local.functions.deploying import Deployment
from durablectl.local.functions.versions import Alias, PublishedVersion
from durablectl.model.arn import parse_execution_arn
from tests.local.engine_support import World, chained, wait
from tests.local.engine_support import make_function as make_scripted
from tests.local.http_support import logs_client
from tests.local.version_support import Project, invoked
from tests.local.worker_support import eventually

ORDERS = "arn:aws:lambda:us-east-1:000000000000:function:orders"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def client(project: Project) -> Iterator[Any]:
    with project.served() as served:
        yield served


def refusal(call: Any, **parameters: Any) -> tuple[str, str]:
    """Code and message with which a call is refused."""
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


# --- versions ---------------------------------------------------------------------------------------------------------


def test_a_version_runs_its_own_code_after_an_edit_and_a_restart(project: Project, tmp_path: Path) -> None:
    store = tmp_path / "local.db"
    with project.served(store) as client:
        client.publish_version(FunctionName="orders")
        project.change("second")

        assert invoked(client, "1") == (["first", "first"], "1")
        assert invoked(client, "$LATEST") == (["second", "second"], "$LATEST")

    with project.served(store) as client:
        assert invoked(client, "1") == (["first", "first"], "1")
        assert client.publish_version(FunctionName="orders")["Version"] == "2"
        assert invoked(client, "2") == (["second", "second"], "2")


def test_an_execution_replays_on_its_version_over_an_edit_and_a_restart(project: Project, tmp_path: Path) -> None:
    store = tmp_path / "local.db"
    with project.served(store) as client:
        client.publish_version(FunctionName="orders")
        arns = {
            qualifier: client.invoke(
                FunctionName="orders", Qualifier=qualifier, InvocationType="Event", Payload=b'{"waits": true}'
            )["DurableExecutionArn"]
            for qualifier in ("1", "$LATEST")
        }
        pending = {qualifier: pending_callback(client, arn) for qualifier, arn in arns.items()}
    project.change("second")

    results = {}
    with project.served(store) as client:
        for qualifier, arn in arns.items():
            client.send_durable_execution_callback_success(CallbackId=pending[qualifier], Result=b'"yes"')
            results[qualifier] = ended(client, arn)["Result"]

    # The step is not run again in either; what the code says now shows only where nothing pins it.
    assert results == {"1": '["first", "first"]', "$LATEST": '["first", "second"]'}
    assert parse_execution_arn(arns["1"]).version == "1"  # type: ignore[union-attr]


def pending_callback(client: Any, arn: str) -> str:
    """The id of the callback that an execution waits for."""
    found: list[str] = []

    def look() -> bool:
        events = client.get_durable_execution_history(DurableExecutionArn=arn)["Events"]
        found[:] = [
            event["CallbackStartedDetails"]["CallbackId"] for event in events if "CallbackStartedDetails" in event
        ]
        return bool(found) and events[-1]["EventType"] == "InvocationCompleted"

    until(look)
    return found[0]


def until(happened: Callable[[], bool]) -> None:
    """Wait for something that happens in another thread."""
    asyncio.run(eventually(happened))


def ended(client: Any, arn: str) -> Any:
    """The execution, once it has ended well."""
    until(lambda: client.get_durable_execution(DurableExecutionArn=arn)["Status"] != "RUNNING")
    execution = client.get_durable_execution(DurableExecutionArn=arn)
    assert execution["Status"] == "SUCCEEDED", execution
    return execution


def test_what_has_not_changed_is_the_same_version(project: Project, client: Any) -> None:
    first = client.publish_version(FunctionName="orders", Description="as planned")
    again = client.publish_version(FunctionName="orders", Description="once more")
    project.change("second")
    second = client.publish_version(FunctionName="orders")

    assert (first["Version"], first["Description"], first["FunctionArn"]) == ("1", "as planned", f"{ORDERS}:1")
    assert {name: again[name] for name in again if name != "ResponseMetadata"} == {
        name: first[name] for name in first if name != "ResponseMetadata"
    }
    assert second["Version"] == "2"
    assert second["CodeSha256"] != first["CodeSha256"]


def test_the_digest_and_the_revision_of_latest_follow_its_code(project: Project, client: Any) -> None:
    before = client.get_function_configuration(FunctionName="orders")
    project.change("second")
    after = client.get_function_configuration(FunctionName="orders")

    assert before["CodeSha256"] != after["CodeSha256"]
    assert before["RevisionId"] != after["RevisionId"]
    assert before["CodeSize"] > 0
    assert refusal(client.publish_version, FunctionName="orders", CodeSha256=before["CodeSha256"]) == (
        "InvalidParameterValueException",
        f"CodeSHA256 ({before['CodeSha256']}) is different from current CodeSHA256 in $LATEST "
        f"({after['CodeSha256']}). Please try again with the CodeSHA256 in $LATEST.",
    )
    code, _ = refusal(client.publish_version, FunctionName="orders", RevisionId=before["RevisionId"])
    assert code == "PreconditionFailedException"
    current = {name: after[name] for name in ("CodeSha256", "RevisionId")}
    published = client.publish_version(FunctionName="orders", **current)
    assert (published["Version"], published["CodeSha256"]) == ("1", after["CodeSha256"])


def test_versions_are_listed_and_told_by_qualifier(project: Project, client: Any) -> None:
    client.publish_version(FunctionName="orders")
    project.change("second")
    client.publish_version(FunctionName="orders")
    client.create_alias(FunctionName="orders", Name="live", FunctionVersion="1")

    listed = client.list_versions_by_function(FunctionName="orders")["Versions"]
    pages = client.get_paginator("list_versions_by_function").paginate(
        FunctionName="orders", PaginationConfig={"PageSize": 2}
    )
    everything = client.list_functions(FunctionVersion="ALL")["Functions"]
    by_alias = client.get_function(FunctionName="orders", Qualifier="live")["Configuration"]

    assert [version["FunctionArn"] for version in listed] == [f"{ORDERS}:{v}" for v in ("$LATEST", "1", "2")]
    assert [version["Version"] for page in pages for version in page["Versions"]] == ["$LATEST", "1", "2"]
    assert [version["Version"] for version in everything] == ["$LATEST", "1", "2"]
    assert (by_alias["FunctionArn"], by_alias["Version"]) == (f"{ORDERS}:live", "1")
    assert by_alias["DurableConfig"] == {"ExecutionTimeout": 600, "RetentionPeriodInDays": 14}


@pytest.mark.parametrize("operation", ["get_function", "get_function_configuration", "invoke"])
@pytest.mark.parametrize("qualifier", ["7", "nobody"])
def test_a_version_or_alias_that_is_not_there_is_not_found(client: Any, operation: str, qualifier: str) -> None:
    code, message = refusal(getattr(client, operation), FunctionName="orders", Qualifier=qualifier)

    assert (code, message) == ("ResourceNotFoundException", f"Function not found: {ORDERS}:{qualifier}")


def test_executions_are_listed_by_version_and_never_by_alias(client: Any) -> None:
    client.publish_version(FunctionName="orders")
    client.create_alias(FunctionName="orders", Name="live", FunctionVersion="1")
    for qualifier, name in (("1", "pinned"), ("live", "aliased"), ("$LATEST", "floating")):
        invoked(client, qualifier, DurableExecutionName=name)

    def names(**parameters: str) -> set[str]:
        listed = client.list_durable_executions_by_function(FunctionName="orders", **parameters)
        return {row["DurableExecutionName"] for row in listed["DurableExecutions"]}

    assert names() == {"pinned", "aliased", "floating"}
    assert names(Qualifier="1") == {"pinned", "aliased"}
    assert names(Qualifier="$LATEST") == {"floating"}
    code, message = refusal(names, Qualifier="live")
    assert code == "InvalidParameterValueException"
    assert "by alias" in message


def test_the_log_streams_of_a_version_tell_it(client: Any) -> None:
    client.publish_version(FunctionName="orders")
    for qualifier in ("1", "$LATEST"):
        invoked(client, qualifier)

    with closing(logs_client(client.meta.endpoint_url)) as logs:
        events = logs.filter_log_events(logGroupName="/aws/lambda/orders")["events"]

    told = [json.loads(event["message"])["record"] for event in events if '"platform.start"' in event["message"]]
    streams = list(dict.fromkeys(event["logStreamName"] for event in events))
    assert [record["version"] for record in told] == ["1", "$LATEST"]
    assert [re.sub("[0-9a-f]{32}$|^[0-9/]+", "", stream) for stream in streams] == ["[1]", "[$LATEST]"]


def test_a_name_in_use_on_another_version_conflicts(client: Any) -> None:
    client.publish_version(FunctionName="orders")
    invoked(client, "1", DurableExecutionName="order-7")

    code, message = refusal(invoked, client=client, qualifier="$LATEST", DurableExecutionName="order-7")

    assert code == "DurableExecutionAlreadyStartedException"
    assert f"{ORDERS}:1/durable-execution/order-7/" in message
    assert invoked(client, "1", DurableExecutionName="order-7") == (["first", "first"], "1")


# --- aliases ----------------------------------------------------------------------------------------------------------


def test_an_alias_leads_to_its_version_and_can_be_moved(project: Project, client: Any) -> None:
    client.publish_version(FunctionName="orders")
    project.change("second")
    client.publish_version(FunctionName="orders")
    made = client.create_alias(FunctionName="orders", Name="live", FunctionVersion="1", Description="for all")

    assert invoked(client, "live") == (["first", "first"], "1")
    moved = client.update_alias(FunctionName="orders", Name="live", FunctionVersion="2", RevisionId=made["RevisionId"])
    assert invoked(client, "live") == (["second", "second"], "2")
    assert (moved["AliasArn"], moved["Description"]) == (f"{ORDERS}:live", "for all")
    assert client.get_alias(FunctionName="orders", Name="live")["FunctionVersion"] == "2"
    code, _ = refusal(
        client.update_alias, FunctionName="orders", Name="live", FunctionVersion="1", RevisionId=made["RevisionId"]
    )
    assert code == "PreconditionFailedException"


def test_aliases_are_listed_deleted_and_kept_over_a_restart(project: Project, tmp_path: Path) -> None:
    store = tmp_path / "local.db"
    with project.served(store) as client:
        client.publish_version(FunctionName="orders")
        for name, version in (("live", "1"), ("beta", "$LATEST"), ("old", "1")):
            client.create_alias(FunctionName="orders", Name=name, FunctionVersion=version)
        client.delete_alias(FunctionName="orders", Name="old")
        client.delete_alias(FunctionName="orders", Name="never-there")

    with project.served(store) as client:
        listed = client.list_aliases(FunctionName="orders")["Aliases"]
        of_version = client.list_aliases(FunctionName="orders", FunctionVersion="1")["Aliases"]
        pages = client.get_paginator("list_aliases").paginate(FunctionName="orders", PaginationConfig={"PageSize": 1})

        assert [(alias["Name"], alias["FunctionVersion"]) for alias in listed] == [("beta", "$LATEST"), ("live", "1")]
        assert [alias["Name"] for alias in of_version] == ["live"]
        assert [alias["Name"] for page in pages for alias in page["Aliases"]] == ["beta", "live"]
        assert refusal(client.get_alias, FunctionName="orders", Name="old") == (
            "ResourceNotFoundException",
            f"Cannot find alias arn: {ORDERS}:old",
        )


@pytest.mark.parametrize(
    "changes, code, words",
    [
        ({"FunctionVersion": "7"}, "ResourceNotFoundException", f"Function not found: {ORDERS}:7"),
        ({"FunctionVersion": "live"}, "ValidationException", "functionVersion"),
        ({"Name": "live"}, "ResourceConflictException", f"Alias already exists: {ORDERS}:live"),
        ({"Name": "12"}, "ValidationException", "'name'"),
        ({"Name": "a b"}, "ValidationException", "'name'"),
        ({"Description": "x" * 257}, "ValidationException", "'description'"),
        ({"RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5}}}, "InvalidParameterValueException", "already"),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"2": 1.5}}},
            "ValidationException",
            "equal to 1.0",
        ),
        ({"RoutingConfig": {"AdditionalVersionWeights": {"x": 0.5}}}, "ValidationException", "[0-9]+"),
        ({"RoutingConfig": {"AdditionalVersionWeights": {"9": 0.5}}}, "ResourceNotFoundException", f"{ORDERS}:9"),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"2": 0.1, "3": 0.1}}},
            "InvalidParameterValueException",
            "cannot be greater than 1",
        ),
        (
            {"FunctionVersion": "$LATEST", "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5}}},
            "InvalidParameterValueException",
            "$LATEST is not supported",
        ),
    ],
)
def test_an_alias_that_lambda_would_not_make_is_refused(
    client: Any, changes: dict[str, Any], code: str, words: str
) -> None:
    client.publish_version(FunctionName="orders")
    client.create_alias(FunctionName="orders", Name="live", FunctionVersion="1")
    asked = {"FunctionName": "orders", "Name": "next", "FunctionVersion": "1"} | changes

    refused, message = refusal(client.create_alias, **asked)

    assert refused == code
    assert words in message


def test_a_weighted_alias_runs_both_of_its_versions(project: Project, client: Any) -> None:
    client.publish_version(FunctionName="orders")
    project.change("second")
    client.publish_version(FunctionName="orders")
    routing = {"AdditionalVersionWeights": {"2": 1.0}}
    made = client.create_alias(FunctionName="orders", Name="live", FunctionVersion="1", RoutingConfig=routing)

    assert made["RoutingConfig"] == routing
    assert invoked(client, "live") == (["second", "second"], "2")
    assert client.get_function_configuration(FunctionName="orders", Qualifier="live")["Version"] == "1"
    client.update_alias(FunctionName="orders", Name="live", RoutingConfig={"AdditionalVersionWeights": {}})
    assert invoked(client, "live") == (["first", "first"], "1")


@pytest.mark.parametrize("chance, version", [(0.0, "2"), (0.24, "2"), (0.25, "1"), (0.99, "1")])
def test_the_weight_of_a_version_is_its_share_of_chances(chance: float, version: str) -> None:
    assert Alias("orders", "live", "1", "", additional_weights={"2": 0.25}).choose(chance) == version


# --- deployments ------------------------------------------------------------------------------------------------------


def test_a_deployment_publishes_what_has_changed_and_moves_its_alias(project: Project, tmp_path: Path) -> None:
    store, live = tmp_path / "local.db", Deployment("orders", alias="live")
    versions = []
    for rate in ("first", "first", "second"):
        project.change(rate)
        with project.served(store, live) as client:
            versions.append(client.get_alias(FunctionName="orders", Name="live")["FunctionVersion"])

    assert versions == ["1", "1", "2"]


def test_a_deployment_that_is_refused_ends_the_start(project: Project) -> None:
    with (
        pytest.raises(ConfigError, match="alias live of orders cannot be deployed: Function not found") as raised,
        project.served(None, Deployment("orders", alias="live", version="7")),
    ):
        pass

    assert raised.value.exit_code == 4


# --- copies of code ---------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with code, and much that is none."""
    root = tmp_path / "code"
    for name in ("app.py", "lib/rates.py", "data/table.json", "node_modules/x/index.js", ".git/HEAD"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    for name in ("__pycache__/app.pyc", ".venv/pyvenv.cfg", ".venv/lib/huge.py", "local.db", "local.db-wal"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root


def test_a_copy_holds_the_code_and_shares_what_is_installed(folder: Path) -> None:
    copies = CodeCopies(folder / "local.db")

    copy, digest = copies.keep(folder)

    held = {path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file() and not path.is_symlink()}
    assert held - {"node_modules/x/index.js"} == {"app.py", "lib/rates.py", "data/table.json"}
    assert (copy / "node_modules").resolve() == folder / "node_modules"
    assert copy.parent.parent == code_folder(folder / "local.db")
    assert CodeReader(folder / "local.db").digest(folder) == digest
    assert base64.b64decode(digest.sha256).hex() == copy.parent.name


def test_the_same_code_is_copied_once(folder: Path) -> None:
    copies = CodeCopies(folder / "local.db")
    first, _ = copies.keep(folder)
    os.utime(folder / "app.py", (1, 1))

    again, _ = copies.keep(folder)
    (folder / "app.py").chmod(0o755)
    executable, _ = copies.keep(folder)

    assert again == first
    assert executable != first
    assert set(code_folder(folder / "local.db").iterdir()) == {first.parent, executable.parent}


def test_a_copy_holds_nothing_of_the_copies_that_lie_in_the_folder(folder: Path) -> None:
    copies = CodeCopies(folder / "local.db")
    copies.keep(folder)
    (folder / "app.py").write_text("changed")

    second, _ = copies.keep(folder)

    assert {path.name for path in second.iterdir()} == {"app.py", "lib", "data", "node_modules"}


def test_a_copy_finds_the_packages_that_lie_above_the_code(folder: Path) -> None:
    (folder / "package.json").write_text("{}")

    copy, _ = CodeCopies(folder.parent / "local.db").keep(folder / "lib")

    assert (copy.parent / "node_modules").resolve() == folder / "node_modules"
    assert (copy.parent / "package.json").resolve() == folder / "package.json"
    assert [path.name for path in copy.iterdir()] == ["rates.py"]


def test_copies_without_a_store_are_gone_in_the_end(folder: Path) -> None:
    copies = CodeCopies(None)
    copy, _ = copies.keep(folder)
    assert copy.is_dir()

    copies.close()

    assert not copy.exists()


def test_a_folder_that_is_too_large_for_lambda_is_no_code(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "MAX_CODE_FILES", 3)
    (folder / "more.py").write_text("")

    with pytest.raises(CodeTooLarge):
        CodeCopies(folder / "local.db").keep(folder)


# --- chained invokes --------------------------------------------------------------------------------------------------


async def test_a_chained_invoke_keeps_the_version_that_its_alias_led_to(tmp_path: Path) -> None:
    world = World(tmp_path / "local.db")
    await world.open()
    pinned = replace(make_scripted("child", 60), version="3")

    def publish() -> None:
        world.engine.catalog.versions.add(PublishedVersion(pinned, "", ""))

    publish()
    world.engine.catalog.versions.put_alias(Alias("child", "live", "3", ""))
    parent = await world.started()
    await world.suspended(parent, chained("child:live"))
    child = await world.next_call()
    await world.suspended(child, wait(30))

    assert child.arn.startswith("arn:aws:lambda:us-east-1:000000000000:function:child:3/durable-execution/")
    assert (child.invocation.version, child.invocation.function) == ("3", pinned)
    await world.crash()
    await world.open()
    publish()
    await world.advance(30)
    assert pinned in [call.invocation.function for call in world.invoker.calls]
    await world.close()

"""What this program knows of events, executions and errors is what the service's own model declares."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.loaders import Loader

from durablectl.model.events import EVENT_SPECS, EventSpec, Kind, spec_of
from durablectl.model.payloads import ErrorPayload
from durablectl.model.statuses import ExecutionStatus, OperationStatus, OperationType
from durablectl.model.wire import read_detail, read_error, read_event, read_execution, read_function

Shape = dict[str, Any]


@pytest.fixture(scope="module")
def shapes() -> dict[str, Shape]:
    """The shapes of the service model that the installed botocore brings."""
    shapes: dict[str, Shape] = Loader().load_service_model("lambda", "service-2")["shapes"]
    return shapes


def test_every_event_type_of_the_service_has_a_spec_and_no_other(shapes: dict[str, Shape]) -> None:
    assert set(EVENT_SPECS) == set(shapes["EventType"]["enum"])


def test_details_members_are_named_after_their_event_type(shapes: dict[str, Shape]) -> None:
    in_service = {member for member in shapes["Event"]["members"] if member.endswith("Details")}

    assert {spec.details_member for spec in EVENT_SPECS.values()} == in_service


@pytest.mark.parametrize("spec", EVENT_SPECS.values(), ids=lambda spec: spec.type)
def test_spec_declares_the_members_of_its_details(spec: EventSpec, shapes: dict[str, Shape]) -> None:
    details = _members(shapes, shapes["Event"]["members"][spec.details_member]["shape"])
    declared = {member.within or member.name for member in spec.members} | set(spec.payloads)

    assert declared == set(details)


@pytest.mark.parametrize("spec", EVENT_SPECS.values(), ids=lambda spec: spec.type)
def test_spec_declares_the_members_of_structures_in_its_details(spec: EventSpec, shapes: dict[str, Shape]) -> None:
    details = _members(shapes, shapes["Event"]["members"][spec.details_member]["shape"])

    for structure in {member.within for member in spec.members if member.within}:
        declared = {member.name for member in spec.members if member.within == structure}
        assert declared == set(_members(shapes, details[structure]))


_SHAPE_OF_KIND = {
    Kind.TEXT: ("string", None),
    Kind.INTEGER: ("integer", None),
    Kind.FLAG: ("boolean", None),
    Kind.SECONDS: ("integer", "DurationSeconds"),
    Kind.INSTANT: ("timestamp", "ExecutionTimestamp"),
    Kind.REASON: ("structure", None),
}


@pytest.mark.parametrize("spec", EVENT_SPECS.values(), ids=lambda spec: spec.type)
def test_members_have_the_kind_that_the_service_declares(spec: EventSpec, shapes: dict[str, Shape]) -> None:
    details = _members(shapes, shapes["Event"]["members"][spec.details_member]["shape"])

    for member in spec.members:
        holder = _members(shapes, details[member.within]) if member.within else details
        shape_name = holder[member.name]
        shape_type, exact_name = _SHAPE_OF_KIND[member.kind]
        assert shapes[shape_name]["type"] == shape_type, member.name
        assert exact_name in (None, shape_name), member.name


def test_payload_wrappers_have_the_two_members_that_are_read(shapes: dict[str, Shape]) -> None:
    for wrapper in ("EventInput", "EventResult", "EventError", "EventPauseReason", "EventResumeReason"):
        assert set(_members(shapes, wrapper)) == {"Payload", "Truncated"}


def test_top_members_of_an_event_are_all_read(shapes: dict[str, Shape]) -> None:
    plain = {member: None for member in shapes["Event"]["members"] if not member.endswith("Details")}

    assert read_event({**plain, "EventType": "StepStarted"}).extra == {}


def test_members_of_an_execution_are_all_read(shapes: dict[str, Shape]) -> None:
    assert read_execution(dict.fromkeys(shapes["Execution"]["members"])).extra == {}


def test_members_of_an_execution_in_detail_are_all_read(shapes: dict[str, Shape]) -> None:
    response = shapes["GetDurableExecutionResponse"]["members"]
    structures = {
        name: dict.fromkeys(_members(shapes, member["shape"]), 1)
        for name, member in response.items()
        if shapes[member["shape"]]["type"] == "structure"
    }

    assert structures.keys() == {"Error", "TraceHeader", "DurableConfig", "PauseDetails"}
    assert read_detail({**dict.fromkeys(response), **structures}).extra == {}


def test_members_of_a_durable_configuration_are_all_read(shapes: dict[str, Shape]) -> None:
    config = dict.fromkeys(_members(shapes, "DurableConfig"), 1)

    assert read_function({"FunctionName": "orders", "DurableConfig": config}).extra == {}


def test_members_of_an_error_are_all_read(shapes: dict[str, Shape]) -> None:
    members = _members(shapes, "ErrorObject")

    error = read_error({name: ["line"] if name == "StackTrace" else name for name in members})

    assert error == ErrorPayload("ErrorType", "ErrorMessage", "ErrorData", ("line",))
    assert set(members) == {"ErrorType", "ErrorMessage", "ErrorData", "StackTrace"}


@pytest.mark.parametrize("words", [ExecutionStatus, OperationStatus, OperationType])
def test_words_are_those_of_the_service(
    words: type[ExecutionStatus | OperationStatus | OperationType], shapes: dict[str, Shape]
) -> None:
    assert {str(word) for word in words} == set(shapes[words.__name__]["enum"])


def test_type_of_an_operation_event_starts_with_its_group() -> None:
    for spec in EVENT_SPECS.values():
        name = "ChainedInvoke" if spec.group == "invoke" else spec.group.capitalize()
        transition = "".join(part.capitalize() for part in spec.transition.split("_"))
        assert spec.type == f"{name}{transition}"


def test_a_terminal_event_names_the_status_it_leads_to() -> None:
    for spec in EVENT_SPECS.values():
        word = spec.transition.upper()
        if spec.status is not None:
            assert spec.status == word
        elif spec.execution_status is not None and spec.transition not in ("started", "resumed"):
            assert spec.execution_status == word


def test_an_unknown_type_has_a_spec_that_knows_its_name_only() -> None:
    spec = spec_of("StepSkipped")

    assert (spec.type, spec.is_known, spec.group, spec.transition) == ("StepSkipped", False, "unknown", "unknown")
    assert spec.operation_type is None
    assert spec.members == ()


def _members(shapes: dict[str, Shape], shape: str) -> dict[str, str]:
    return {name: member["shape"] for name, member in shapes[shape]["members"].items()}

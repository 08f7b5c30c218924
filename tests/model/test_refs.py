"""Which form a reference has, and how one that has none is refused."""

from __future__ import annotations

import pytest

from durablectl.errors import UsageError
from durablectl.model.arn import FunctionName
from durablectl.model.refs import (
    ArnReference,
    BareReference,
    FunctionReference,
    LatestReference,
    StdinReference,
    check_execution_name,
    is_version,
    parse_function_reference,
    parse_reference,
)
from tests.fakes.histories import EXECUTION_ID, make_arn

FUNCTION_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders"


def refusal(text: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        parse_reference(text)
    return caught.value


def test_an_execution_arn_is_taken_apart() -> None:
    reference = parse_reference(make_arn("order-1042", version="$LATEST"))

    assert isinstance(reference, ArnReference)
    assert (reference.arn.function, reference.arn.version, reference.arn.name) == ("orders", "$LATEST", "order-1042")


def test_a_function_and_a_name_are_told_apart_from_a_bare_word() -> None:
    assert parse_reference("orders/order-1042") == FunctionReference(
        "orders/order-1042", FunctionName("orders"), "order-1042"
    )
    assert parse_reference("order-1042") == BareReference("order-1042")


def test_a_function_in_a_reference_may_have_a_qualifier() -> None:
    reference = parse_reference("orders:7/order-1042")

    assert isinstance(reference, FunctionReference)
    assert reference.function == FunctionName("orders", "7")


def test_a_function_in_a_reference_may_be_an_arn() -> None:
    reference = parse_reference(f"{FUNCTION_ARN}:7/order-1042")

    assert isinstance(reference, FunctionReference)
    assert (reference.function.name, reference.wanted) == ("orders", "order-1042")


@pytest.mark.parametrize("text", ["orders@latest", "orders:live@latest", f"{FUNCTION_ARN}:7@latest"])
def test_the_latest_execution_of_a_function_is_a_form(text: str) -> None:
    reference = parse_reference(text)

    assert isinstance(reference, LatestReference)
    assert reference.function.name == "orders"


def test_a_dash_stands_for_stdin() -> None:
    assert parse_reference("-") == StdinReference()


def test_two_ids_around_a_slash_may_be_a_servers_own_id() -> None:
    reference = parse_reference(f"{EXECUTION_ID}/{EXECUTION_ID}")

    assert isinstance(reference, FunctionReference)
    assert reference.may_be_own_id


def test_a_function_and_an_id_are_no_servers_own_id() -> None:
    reference = parse_reference(f"orders/{EXECUTION_ID}")

    assert isinstance(reference, FunctionReference)
    assert not reference.may_be_own_id


def test_space_around_a_reference_does_not_matter() -> None:
    assert parse_reference(" order-1042\n") == BareReference("order-1042")


@pytest.mark.parametrize(
    "text, pointed_at",
    [
        (f"{FUNCTION_ARN}:live/durable-execution/a/b", "live"),
        ("arn:aws:s3:::bucket", "s3"),
        ("arn:aws:lambda:eu-west-1:12345:function:orders:7/durable-execution/a/b", "12345"),
        (f"{FUNCTION_ARN}:7/durable-execution/a", ""),
    ],
)
def test_a_wrong_arn_is_pointed_at_where_it_is_wrong(text: str, pointed_at: str) -> None:
    line, carets = refusal(text).hint

    start = carets.index("^")
    assert line[start : start + max(carets.count("^"), 1)] == pointed_at
    assert line == text


def test_a_function_arn_alone_is_told_what_is_missing() -> None:
    assert "expected /durable-execution/NAME/ID" in refusal(f"{FUNCTION_ARN}:7").hint[1]


@pytest.mark.parametrize(
    "text", ["", "two words", "order\x1b[31m", "orders@oldest", "@latest", "orders/", "/x", "ördér"]
)
def test_what_cannot_be_a_reference_is_refused(text: str) -> None:
    assert refusal(text).message == f'"{text}" cannot be a reference'


def test_a_wildcard_names_the_command_that_takes_one() -> None:
    assert any("durablectl list --name" in line for line in refusal("order-*").hint)


@pytest.mark.parametrize("name", ["a", "order-1042", "A_b-9", "x" * 64])
def test_names_that_the_service_takes_are_kept(name: str) -> None:
    assert check_execution_name(name) == name


@pytest.mark.parametrize("name", ["", "order 1", "order/1", "x" * 65])
def test_names_that_the_service_refuses_are_refused_first(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_execution_name(name)

    assert "1 to 64" in caught.value.hint[-1]


@pytest.mark.parametrize("qualifier, expected", [("7", True), ("$LATEST", True), ("live", False), ("v7", False)])
def test_versions_are_told_from_aliases(qualifier: str, expected: bool) -> None:
    assert is_version(qualifier) is expected


@pytest.mark.parametrize("text", ["", "a b", "x" * 300])
def test_what_is_no_function_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_function_reference(text)

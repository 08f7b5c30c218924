"""ARNs and function names are taken apart as the service's own patterns say, and put together again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.loaders import Loader
from hypothesis import assume, given
from hypothesis import strategies as st

from durablectl.model.arn import ExecutionArn, FunctionName, parse_execution_arn, parse_function_name
from durablectl.model.executions import Execution
from durablectl.model.statuses import ExecutionStatus

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders:7/durable-execution/order-1042/2f6a"
SHAPES: dict[str, dict[str, Any]] = Loader().load_service_model("lambda", "service-2")["shapes"]
EXECUTION_PATTERN = re.compile(SHAPES["DurableExecutionArn"]["pattern"], re.ASCII)
FUNCTION_PATTERN = re.compile(SHAPES["NamespacedFunctionName"]["pattern"], re.ASCII)


def test_an_execution_arn_is_taken_apart() -> None:
    arn = parse_execution_arn(ARN)

    assert arn == ExecutionArn("aws", "eu-west-1", "123456789012", "orders", "7", "order-1042", "2f6a")
    assert arn.function_arn == "arn:aws:lambda:eu-west-1:123456789012:function:orders:7"


@given(st.from_regex(EXECUTION_PATTERN, fullmatch=True))
def test_every_arn_of_the_service_is_read_and_written_back(text: str) -> None:
    assert str(parse_execution_arn(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0b0c9d26-5f3c/7d3c8a5e-91a2",
        ARN.removeprefix("arn:"),
        ARN.replace(":7/", ":live/"),
        ARN.replace(":7/", "/"),
        ARN.replace("123456789012", "12345678901"),
        ARN.replace("123456789012", "١٢٣٤٥٦٧٨٩٠١٢"),
        f"{ARN}/more",
        f"{ARN}\n",
        f" {ARN}",
    ],
)
def test_what_is_no_execution_arn_is_none(text: str) -> None:
    assert parse_execution_arn(text) is None


@given(st.text())
def test_any_text_is_read_without_raising(text: str) -> None:
    assert parse_execution_arn(text) is None
    parse_function_name(text)


@pytest.mark.parametrize(
    "partition, domain",
    [
        ("aws", "eu-west-1.console.aws.amazon.com"),
        ("aws-cn", "eu-west-1.console.amazonaws.cn"),
        ("aws-us-gov", "eu-west-1.console.amazonaws-us-gov.com"),
    ],
)
def test_the_console_url_follows_the_partition(partition: str, domain: str) -> None:
    arn = ExecutionArn(partition, "eu-west-1", "123456789012", "orders", "7", "order-1042", "2f6a")

    assert arn.console_url == (
        f"https://{domain}/lambda/home?region=eu-west-1#/functions/orders/versions/7/executions/order-1042/2f6a"
    )


@pytest.mark.parametrize(
    "text, name",
    [
        ("orders", FunctionName("orders")),
        ("orders:live", FunctionName("orders", "live")),
        ("orders:7", FunctionName("orders", "7")),
        ("orders:$LATEST", FunctionName("orders", "$LATEST")),
        ("orders:$LATEST.PUBLISHED", FunctionName("orders", "$LATEST.PUBLISHED")),
        ("function:orders", FunctionName("orders")),
        ("123456789012:function:orders", FunctionName("orders", account="123456789012")),
        (
            "arn:aws:lambda:eu-west-1:123456789012:function:orders",
            FunctionName("orders", None, "123456789012", "eu-west-1", "aws"),
        ),
        (
            "arn:aws:lambda:eu-west-1:123456789012:function:orders:live",
            FunctionName("orders", "live", "123456789012", "eu-west-1", "aws"),
        ),
    ],
)
def test_a_function_is_named_in_every_way_the_service_takes(text: str, name: FunctionName) -> None:
    assert parse_function_name(text) == name


_PREFIXES = st.sampled_from(
    ["", "123456789012:function:", "arn:aws:lambda:eu-west-1:123456789012:function:", "arn:aws-cn:lambda:cn-north-1:"]
)
_NAMES = st.from_regex(r"[a-zA-Z0-9_-]{1,64}", fullmatch=True).filter(lambda name: name not in ("function", "arn"))
_QUALIFIERS = st.from_regex(r"\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9_-]+", fullmatch=True) | st.none()


@given(_PREFIXES, _NAMES, _QUALIFIERS)
def test_names_and_arns_with_and_without_qualifier_are_read(prefix: str, name: str, qualifier: str | None) -> None:
    text = f"{prefix}{name}" if qualifier is None else f"{prefix}{name}:{qualifier}"
    assume(len(text) <= 256 and FUNCTION_PATTERN.fullmatch(text) and not _starts_with_account(prefix, name))

    parsed = parse_function_name(text)

    assert parsed is not None
    assert (parsed.name, parsed.qualifier) == (name, qualifier)


def _starts_with_account(prefix: str, name: str) -> bool:
    """Whether a bare name reads as an account id, which the service's pattern leaves open."""
    return "function" not in prefix and name.isdecimal() and len(name) == 12


@pytest.mark.parametrize("text", ["", "orders/1", "a b", "orders:live:7:1", "o" * 257, "orders\n", "*"])
def test_what_is_no_function_name_is_none(text: str) -> None:
    assert parse_function_name(text) is None


@pytest.mark.parametrize("arn, id_", [(ARN, "2f6a"), ("0b0c/7d3c", "7d3c"), ("7d3c", "7d3c")])
def test_the_id_of_an_execution_is_the_last_segment_of_its_arn(arn: str, id_: str) -> None:
    execution = Execution(arn, "order-1042", ExecutionStatus.RUNNING, None)

    assert execution.id == id_
    assert (execution.parts is None) == (arn != ARN)

"""The least that IAM must allow for reading, or for operating, durable executions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from durablectl.model.arn import FunctionName, parse_function_name

Statement = dict[str, Any]


class Role(StrEnum):
    """Who a policy is for."""

    READER = "reader"
    OPERATOR = "operator"


_CONFIGURATIONS = ("GetFunctionConfiguration", "ListVersionsByFunction", "ListAliases", "GetAlias")
_READS = ("GetDurableExecution", "GetDurableExecutionHistory")
_CHANGES = (
    "StopDurableExecution",
    "PauseDurableExecution",
    "ResumeDurableExecution",
    "DeleteDurableExecution",
    "SendDurableExecutionCallbackSuccess",
    "SendDurableExecutionCallbackFailure",
    "SendDurableExecutionCallbackHeartbeat",
)


def least_policy(role: Role, functions: Sequence[str] = (), *, region: str | None = None) -> dict[str, Any]:
    """The policy document; without functions it is about all of them, and without a region about every region.

    Executions are reached by the ARN of a function with its version, so the ARN without one never matches; a list is
    checked against the ARN as it was asked for, so it needs both. Source: Lambda developer guide, security of durable
    functions.
    """
    names = [_parsed(function) for function in functions] or [FunctionName("*")]
    plain = [_arn(name, region) for name in names]
    qualified = [f"{arn}:*" for arn in plain]
    statements: list[Statement] = []
    if any("*" in name.name for name in names):
        statements.append(_allow("FindFunctions", ["ListFunctions"], ["*"]))
    statements += [
        _allow("ReadFunctionsAndLists", [*_CONFIGURATIONS, "ListDurableExecutionsByFunction"], [*plain, *qualified]),
        _allow("ReadExecutions", _READS, qualified),
        _allow("ReadLogs", ["FilterLogEvents"], [_log_group(name, region) for name in names], service="logs"),
    ]
    if role == Role.OPERATOR:
        statements += [
            _allow("ChangeExecutions", _CHANGES, qualified),
            _allow("StartExecutions", ["InvokeFunction"], [*plain, *qualified]),
        ]
    return {"Version": "2012-10-17", "Statement": statements}


def _parsed(function: str) -> FunctionName:
    # A glob is no function name, and IAM knows the same wildcards.
    return parse_function_name(function) or FunctionName(function)


def _arn(name: FunctionName, region: str | None) -> str:
    region = name.region or region
    return (
        f"arn:{name.partition or _partition(region)}:lambda:{region or '*'}:{name.account or '*'}:function:{name.name}"
    )


def _log_group(name: FunctionName, region: str | None) -> str:
    region = name.region or region
    group = f"/aws/lambda/{name.name}:*"
    return f"arn:{name.partition or _partition(region)}:logs:{region or '*'}:{name.account or '*'}:log-group:{group}"


def _partition(region: str | None) -> str:
    starts = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
    return next((partition for start, partition in starts.items() if (region or "").startswith(start)), "aws")


def _allow(sid: str, actions: Iterable[str], resources: Iterable[str], *, service: str = "lambda") -> Statement:
    named = [f"{service}:{action}" for action in actions]
    return {"Sid": sid, "Effect": "Allow", "Action": named, "Resource": list(dict.fromkeys(resources))}

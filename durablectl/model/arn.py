"""Execution ARNs and function ARNs, taken apart and put together."""

from __future__ import annotations

import re
from dataclasses import dataclass

_EXECUTION = re.compile(
    r"arn:(?P<partition>[a-zA-Z0-9-]+):lambda:(?P<region>[a-zA-Z0-9-]+):(?P<account>[0-9]{12}):function:"
    r"(?P<function>[a-zA-Z0-9_-]+):(?P<version>\$LATEST(?:\.PUBLISHED)?|[0-9]+)"
    r"/durable-execution/(?P<name>[a-zA-Z0-9_-]+)/(?P<id>[a-zA-Z0-9_-]+)"
)
_FUNCTION = re.compile(
    r"(?:arn:(?P<partition>[a-zA-Z0-9-]+):lambda:(?P<region>[a-zA-Z0-9-]+):)?(?:(?P<account>[0-9]{12}):)?"
    r"(?:function:)?(?P<name>[a-zA-Z0-9_.-]+)(?::(?P<qualifier>\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9_-]+))?"
)

_CONSOLE_DOMAINS = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}


@dataclass(frozen=True, slots=True)
class ExecutionArn:
    """The parts of an execution ARN (API shape DurableExecutionArn); `version` is never an alias."""

    partition: str
    region: str
    account: str
    function: str
    version: str
    name: str
    id: str

    def __str__(self) -> str:
        return f"{self.function_arn}/durable-execution/{self.name}/{self.id}"

    @property
    def function_arn(self) -> str:
        """The ARN of the function version that runs the execution."""
        return f"arn:{self.partition}:lambda:{self.region}:{self.account}:function:{self.function}:{self.version}"

    @property
    def console_url(self) -> str:
        """Where the AWS console shows the execution."""
        domain = _CONSOLE_DOMAINS.get(self.partition, "console.aws.amazon.com")
        return (
            f"https://{self.region}.{domain}/lambda/home?region={self.region}#/functions/{self.function}"
            f"/versions/{self.version}/executions/{self.name}/{self.id}"
        )


def parse_execution_arn(text: str) -> ExecutionArn | None:
    """The parts of `text`, or None when it is no execution ARN (some servers use ids of their own)."""
    match = _EXECUTION.fullmatch(text)
    return ExecutionArn(**match.groupdict()) if match else None


@dataclass(frozen=True, slots=True)
class FunctionName:
    """A function as a user or the API names it: bare, partly qualified, or a whole ARN."""

    name: str
    qualifier: str | None = None
    account: str | None = None
    region: str | None = None
    partition: str | None = None


def parse_function_name(text: str) -> FunctionName | None:
    """The parts of a function name, partial ARN or ARN, or None when `text` is none of these."""
    match = _FUNCTION.fullmatch(text)
    return FunctionName(**match.groupdict()) if match and len(text) <= 256 else None

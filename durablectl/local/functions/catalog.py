"""The functions that the service serves, found by every form of name that the API takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from durablectl.local import errors
from durablectl.local.functions.functions import Function
from durablectl.model import executions, wire
from durablectl.model.arn import FunctionName, parse_function_name

LATEST = "$LATEST"


@dataclass(frozen=True, slots=True)
class Identity:
    """The account and region that the service pretends to be in."""

    region: str = "us-east-1"
    account: str = "000000000000"
    partition: str = "aws"

    def function_arn(self, name: str, qualifier: str | None = None) -> str:
        """The ARN of a function or, with a qualifier, of one version."""
        arn = f"arn:{self.partition}:lambda:{self.region}:{self.account}:function:{name}"
        return f"{arn}:{qualifier}" if qualifier else arn


class Catalog:
    """Functions by name. Everything that looks one up raises ServiceError as Lambda words it."""

    def __init__(self, functions: Iterable[Function], identity: Identity) -> None:
        self.identity = identity
        self._functions = {function.name: function for function in functions}

    def __iter__(self) -> Iterator[Function]:
        return iter(sorted(self._functions.values(), key=lambda function: function.name))

    def get(self, name: str) -> Function | None:
        """The function of this bare name."""
        return self._functions.get(name)

    def parse(self, text: str, qualifier: str | None = None) -> FunctionName:
        """A function name of any form, with the qualifier that came apart from it."""
        parsed = parse_function_name(text)
        if parsed is None:
            raise errors.validation(text, "functionName", "Member must be a function name, partial ARN or ARN")
        if qualifier and parsed.qualifier and qualifier != parsed.qualifier:
            raise errors.invalid_parameter(
                "The derived qualifier from the function name does not match the specified qualifier."
            )
        return FunctionName(
            parsed.name, parsed.qualifier or qualifier or None, parsed.account, parsed.region, parsed.partition
        )

    def find(self, text: str, qualifier: str | None = None) -> tuple[Function, str | None]:
        """The function behind a name of any form, and the qualifier it was asked for with."""
        parsed = self.parse(text, qualifier)
        function = self._functions.get(parsed.name)
        arn = self.identity.function_arn(parsed.name, parsed.qualifier)
        if function is None or not self.is_here(parsed):
            raise errors.not_found(f"Function not found: {arn}")
        if parsed.qualifier not in (None, LATEST):
            raise errors.not_found(f"Function not found: {arn}")
        return function, parsed.qualifier

    def is_here(self, parsed: FunctionName) -> bool:
        """Whether a name does not point to another account or region."""
        account, region = parsed.account or self.identity.account, parsed.region or self.identity.region
        return (account, region) == (self.identity.account, self.identity.region)

    def configuration(self, function: Function, qualifier: str | None = None) -> dict[str, object]:
        """The service's JSON of a function's configuration."""
        durable = function.durable
        described = executions.Function(
            name=function.name,
            arn=self.identity.function_arn(function.name, qualifier),
            version=LATEST,
            runtime=function.runtime,
            timeout_s=function.timeout_s,
            execution_timeout_s=durable.execution_timeout_s if durable else None,
            retention_days=durable.retention_days if durable else None,
            last_modified_at=function.last_modified,
            is_durable=durable is not None,
            extra={
                "Handler": function.handler,
                "MemorySize": function.memory_mb,
                "CodeSha256": function.code_sha256,
                "PackageType": "Zip",
                "State": "Active",
                "LastUpdateStatus": "Successful",
                "LoggingConfig": {"LogFormat": "JSON", "LogGroup": f"/aws/lambda/{function.name}"},
            },
        )
        return wire.write_function(described)

"""The functions that the service serves, found by every form of name that the API takes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from durablectl.local import errors
from durablectl.local.functions.functions import Function
from durablectl.local.functions.versions import LATEST, Versions
from durablectl.local.rules import shapes
from durablectl.model.arn import FunctionName, parse_function_name

__all__ = ["LATEST", "Catalog", "Identity"]


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
    """Functions by name. Everything that looks one up raises ServiceError as Lambda words it.

    `chance` decides, from 0 up to 1, which version of a weighted alias an invocation gets.
    """

    def __init__(
        self, functions: Iterable[Function], identity: Identity, chance: Callable[[], float] = random.random
    ) -> None:
        self.identity = identity
        self.versions = Versions()
        self._chance = chance
        self._functions = {function.name: function for function in functions}

    def __iter__(self) -> Iterator[Function]:
        return iter(sorted(self._functions.values(), key=lambda function: function.name))

    def replace(self, function: Function) -> None:
        """Put a function in the place of the one of its name: what is invoked from now on runs the new one."""
        self._functions[function.name] = function

    def get(self, name: str) -> Function | None:
        """The function of this bare name, as its code is now."""
        return self._functions.get(name)

    def at(self, name: str, version: str | None) -> Function | None:
        """One version of a function; without a version, as its code is now."""
        if name not in self._functions or version in (None, LATEST):
            return self._functions.get(name)
        published = self.versions.get(name, version or "")
        return published.function if published else None

    def parse(self, text: str, qualifier: str | None = None) -> FunctionName:
        """A function name of any form, with the qualifier that came apart from it."""
        parsed = parse_function_name(text)
        if parsed is None:
            raise errors.validation(text, "functionName", "Member must be a function name, partial ARN or ARN")
        shapes.matched(qualifier, shapes.QUALIFIER, "qualifier")
        if qualifier and parsed.qualifier and qualifier != parsed.qualifier:
            raise errors.invalid_parameter(
                "The derived qualifier from the function name does not match the specified qualifier."
            )
        return FunctionName(
            parsed.name, parsed.qualifier or qualifier or None, parsed.account, parsed.region, parsed.partition
        )

    def find(self, text: str, qualifier: str | None = None) -> tuple[Function, str | None]:
        """The function behind a name of any form, and the qualifier it was asked for with.

        A version gives the function as it was published, an alias that of the version it points to.
        """
        return self._resolve(text, qualifier, chance=1.0)

    def choose(self, text: str, qualifier: str | None = None) -> tuple[Function, str | None]:
        """The same for one invocation, for which a weighted alias chooses between its versions."""
        return self._resolve(text, qualifier, chance=self._chance())

    def _resolve(self, text: str, qualifier: str | None, chance: float) -> tuple[Function, str | None]:
        parsed = self.parse(text, qualifier)
        alias = self.versions.alias(parsed.name, parsed.qualifier or "")
        function = self.at(parsed.name, alias.choose(chance) if alias else parsed.qualifier)
        if function is None or not self.is_here(parsed):
            raise errors.not_found(f"Function not found: {self.identity.function_arn(parsed.name, parsed.qualifier)}")
        return function, parsed.qualifier

    def is_durable(self, text: str) -> bool:
        """Whether a name of any form is that of a durable function."""
        parsed = parse_function_name(text)
        function = self._functions.get(parsed.name) if parsed else None
        return function is not None and function.durable is not None

    def is_here(self, parsed: FunctionName) -> bool:
        """Whether a name does not point to another account or region."""
        account, region = parsed.account or self.identity.account, parsed.region or self.identity.region
        return (account, region) == (self.identity.account, self.identity.region)

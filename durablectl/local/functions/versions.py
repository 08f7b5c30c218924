"""Published versions of functions, and the aliases that point to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from durablectl.local.functions.functions import Function

LATEST = "$LATEST"


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """A version: a function whose code and configuration never change again."""

    function: Function
    """Its source lies in the copy that was made when it was published."""
    fingerprint: str
    """Of code and configuration; publishing what has the same one gives this version again."""
    revision_id: str

    @property
    def number(self) -> int:
        """The version's number; versions are counted from 1."""
        return int(self.function.version)


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for one version, or for two that share its invocations."""

    function: str
    name: str
    version: str
    """A number, or `$LATEST`."""
    revision_id: str
    description: str = ""
    additional_weights: Mapping[str, float] = field(default_factory=dict)
    """The share of invocations that another version gets."""

    def choose(self, chance: float) -> str:
        """The version for one invocation; `chance` is from 0 up to, but not, 1."""
        for version, weight in self.additional_weights.items():
            if chance < weight:
                return version
            chance -= weight
        return self.version

    def write(self, arn: str) -> dict[str, Any]:
        """The service's JSON of an alias."""
        answer: dict[str, Any] = {
            "AliasArn": arn,
            "Name": self.name,
            "FunctionVersion": self.version,
            "Description": self.description,
            "RevisionId": self.revision_id,
        }
        if self.additional_weights:
            answer["RoutingConfig"] = {"AdditionalVersionWeights": dict(self.additional_weights)}
        return answer


class Versions:
    """All published versions and aliases, by the function's name."""

    def __init__(self) -> None:
        self._versions: dict[str, dict[str, PublishedVersion]] = {}
        self._aliases: dict[str, dict[str, Alias]] = {}

    def add(self, version: PublishedVersion) -> None:
        """Make a version known."""
        self._versions.setdefault(version.function.name, {})[version.function.version] = version

    def get(self, name: str, version: str) -> PublishedVersion | None:
        """A version of a function."""
        return self._versions.get(name, {}).get(version)

    def of(self, name: str) -> list[PublishedVersion]:
        """The versions of a function, the oldest first."""
        return sorted(self._versions.get(name, {}).values(), key=lambda version: version.number)

    def newest(self, name: str) -> PublishedVersion | None:
        """The version that was published last."""
        versions = self.of(name)
        return versions[-1] if versions else None

    def put_alias(self, alias: Alias) -> None:
        """Make an alias known, in place of one of the same name."""
        self._aliases.setdefault(alias.function, {})[alias.name] = alias

    def drop_alias(self, name: str, alias: str) -> None:
        """Forget an alias."""
        self._aliases.get(name, {}).pop(alias, None)

    def alias(self, name: str, alias: str) -> Alias | None:
        """An alias of a function."""
        return self._aliases.get(name, {}).get(alias)

    def aliases(self, name: str) -> list[Alias]:
        """The aliases of a function, by name."""
        return sorted(self._aliases.get(name, {}).values(), key=lambda alias: alias.name)

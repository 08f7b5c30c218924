"""The alias operations: names for versions, which executions never see."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from durablectl.local import errors
from durablectl.local.functions.catalog import Catalog
from durablectl.local.functions.publishing import check_description
from durablectl.local.functions.version_records import write_alias
from durablectl.local.functions.versions import LATEST, Alias
from durablectl.local.journal.journal import Journal
from durablectl.local.journal.store_versions import AliasRow

Json = dict[str, Any]

MAX_ADDITIONAL_VERSIONS = 1
_NAME = re.compile(r"(?!^[0-9]+$)([a-zA-Z0-9-_]+)")
_VERSION = re.compile(r"\$LATEST|[0-9]+")


@dataclass(frozen=True, slots=True)
class AliasRequest:
    """A CreateAlias or UpdateAlias request, read from HTTP; None is what was not given."""

    function: str
    name: str
    version: str | None = None
    description: str | None = None
    additional_weights: Mapping[str, float] | None = None
    revision_id: str | None = None


class Aliases:
    """Answers the alias operations for a catalog's functions; what changes is answered when it is committed."""

    def __init__(self, catalog: Catalog, journal: Journal) -> None:
        self._catalog = catalog
        self._journal = journal

    async def create(self, request: AliasRequest) -> Json:
        """Name a version. Raises ServiceError."""
        function = self._function(request.function)
        _check_name(request.name)
        if request.version is None:
            raise errors.validation("null", "functionVersion", "Member must not be null")
        if self._catalog.versions.alias(function, request.name):
            raise errors.conflict(f"Alias already exists: {self._arn(function, request.name)}")
        return await self._put(Alias(function, request.name, request.version, ""), request)

    async def update(self, request: AliasRequest) -> Json:
        """Let an alias point elsewhere, or change how it is described. Raises ServiceError."""
        alias = self._existing(request.function, request.name)
        if request.revision_id and request.revision_id != alias.revision_id:
            raise errors.precondition_failed()
        return await self._put(replace(alias, version=request.version or alias.version), request)

    async def delete(self, function: str, name: str) -> None:
        """Forget an alias; one that is not there is no error."""
        function = self._function(function)
        if self._catalog.versions.alias(function, name):
            self._catalog.versions.drop_alias(function, name)
            await self._journal.drop_alias(function, name)

    def get(self, function: str, name: str) -> Json:
        """One alias. Raises ServiceError."""
        alias = self._existing(function, name)
        return alias.write(self._arn(alias.function, alias.name))

    def exists(self, function: str, name: str) -> bool:
        """Whether a function has an alias. Raises ServiceError for a function that is not there."""
        return self._catalog.versions.alias(self._function(function), name) is not None

    def of(self, function: str, version: str | None) -> list[Json]:
        """The aliases of a function by name, or those that point to one version of it. Raises ServiceError."""
        name = self._function(function)
        aliases = self._catalog.versions.aliases(name)
        return [
            alias.write(self._arn(name, alias.name))
            for alias in aliases
            if version is None or version == alias.version or version in alias.additional_weights
        ]

    async def _put(self, alias: Alias, request: AliasRequest) -> Json:
        if request.description is not None:
            check_description(request.description)
            alias = replace(alias, description=request.description)
        if request.additional_weights is not None:
            alias = replace(alias, additional_weights=dict(request.additional_weights))
        self._check_targets(alias)
        alias = replace(alias, revision_id=str(uuid.uuid4()))
        self._catalog.versions.put_alias(alias)
        await self._journal.keep_alias(AliasRow(alias.function, alias.name, write_alias(alias)))
        return alias.write(self._arn(alias.function, alias.name))

    def _check_targets(self, alias: Alias) -> None:
        if not _VERSION.fullmatch(alias.version):
            constraint = f"Member must satisfy regular expression pattern: {_VERSION.pattern}"
            raise errors.validation(alias.version, "functionVersion", constraint)
        _check_weights(alias)
        for version in (alias.version, *alias.additional_weights):
            if self._catalog.at(alias.function, version) is None:
                raise errors.not_found(f"Function not found: {self._arn(alias.function, version)}")

    def _existing(self, text: str, name: str) -> Alias:
        function = self._function(text)
        alias = self._catalog.versions.alias(function, name)
        if alias is None:
            raise errors.not_found(f"Cannot find alias arn: {self._arn(function, name)}")
        return alias

    def _function(self, text: str) -> str:
        return self._catalog.find(text)[0].name

    def _arn(self, function: str, qualifier: str) -> str:
        return self._catalog.identity.function_arn(function, qualifier)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > 128:
        constraint = f"Member must satisfy regular expression pattern: {_NAME.pattern}"
        raise errors.validation(name, "name", constraint)


def _check_weights(alias: Alias) -> None:
    weights = alias.additional_weights
    if len(weights) > MAX_ADDITIONAL_VERSIONS:
        raise errors.invalid_parameter("Number of items in AdditionalVersionWeights cannot be greater than 1")
    for version, weight in weights.items():
        text = f"{{{version}={weight}}}"
        if not 0 <= weight <= 1:
            constraint = (
                "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, "
                "Member must have value greater than or equal to 0.0, Member must not be null]"
            )
            raise errors.validation(text, "routingConfig.additionalVersionWeights", constraint)
        if not version.isdecimal():
            constraint = "Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [0-9]+]"
            raise errors.validation(text, "routingConfig.additionalVersionWeights", constraint)
        if version == alias.version:
            raise errors.invalid_parameter(
                f"Invalid function version {version}. Function version {version} is already included in routing "
                "configuration."
            )
        if alias.version == LATEST:
            raise errors.invalid_parameter("$LATEST is not supported for an alias pointing to more than 1 version")

"""PublishVersion: a copy of a function's code and configuration that stays as it is, and what functions look like."""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from durablectl.clock import Clock
from durablectl.local import errors
from durablectl.local.functions.catalog import Catalog
from durablectl.local.functions.code import CodeCopies, CodeDigest, CodeReader, CodeTooLarge
from durablectl.local.functions.functions import Function
from durablectl.local.functions.version_records import read_alias, read_version, write_version
from durablectl.local.functions.versions import PublishedVersion
from durablectl.local.journal.journal import Journal
from durablectl.local.journal.store_versions import VersionRow
from durablectl.model import executions, wire

Json = dict[str, Any]

MAX_DESCRIPTION_CHARACTERS = 256
_REVISIONS = uuid.UUID("6c6f6361-6c00-4000-8000-647572610000")


@dataclass(frozen=True, slots=True)
class PublishRequest:
    """A PublishVersion request, read from HTTP; None is what was not given."""

    function: str
    description: str | None = None
    code_sha256: str | None = None
    """Publish only what has this digest."""
    revision_id: str | None = None
    """Publish only if the function has not changed since it had this id."""


class Publishing:
    """Publishes versions of a catalog's functions, and describes functions as Lambda does; an async context manager.

    `store` is the file that versions are kept beside; without one they last as long as the service.
    """

    def __init__(self, catalog: Catalog, journal: Journal, clock: Clock, store: Path | None = None) -> None:
        self._catalog = catalog
        self._journal = journal
        self._clock = clock
        self._reader = CodeReader(store)
        self._copies = CodeCopies(store)

    async def __aenter__(self) -> Self:
        """Make known what the journal holds of the functions that are served."""
        versions = self._catalog.versions
        for row in await self._journal.versions():
            served = self._catalog.get(row.function)
            if served is not None:
                versions.add(read_version(row.record, served, str(row.number)))
        for alias in await self._journal.aliases():
            if self._catalog.get(alias.function) is not None:
                versions.put_alias(read_alias(alias.record, alias.function, alias.name))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the copies of code that nobody can run any more."""
        await asyncio.to_thread(self._copies.close)

    # --- publishing ---------------------------------------------------------------------------------------------------

    async def publish(self, request: PublishRequest) -> Json:
        """Publish the function as it is now, unless nothing has changed since the last version.

        Answers the version's configuration once it is committed. Raises ServiceError.
        """
        function, _ = self._catalog.find(request.function)
        function = self._catalog.get(function.name) or function
        check_description(request.description)
        folder, digest = await self._copy(function.source.root)
        current = _at(function, digest)
        self._check_preconditions(request, current)
        fingerprint = _fingerprint(current)
        newest = self._catalog.versions.newest(function.name)
        if newest is not None and newest.fingerprint == fingerprint:
            return self._describe(newest.function, newest.function.version, newest.revision_id, digest.size_bytes)
        number = str(newest.number + 1 if newest else 1)
        version = PublishedVersion(
            replace(
                current,
                version=number,
                **_moved(function, folder),
                description=function.description if request.description is None else request.description,
                last_modified=self._clock.now(),
            ),
            fingerprint,
            str(uuid.uuid4()),
        )
        # From here to the queue of the journal nothing waits, so that two requests cannot take the same number.
        self._catalog.versions.add(version)
        await self._journal.keep_version(VersionRow(function.name, version.number, write_version(version)))
        return self._describe(version.function, number, version.revision_id, digest.size_bytes)

    async def _copy(self, root: Path) -> tuple[Path, CodeDigest]:
        try:
            return await asyncio.to_thread(self._copies.keep, root)
        except CodeTooLarge as error:
            raise errors.invalid_parameter(str(error)) from None
        except OSError as error:
            raise errors.internal(f"the code in {root} cannot be copied: {error.strerror or error}") from None

    def _check_preconditions(self, request: PublishRequest, current: Function) -> None:
        if request.revision_id and request.revision_id != _revision_id(current):
            raise errors.precondition_failed()
        if request.code_sha256 and request.code_sha256 != current.code_sha256:
            raise errors.invalid_parameter(
                f"CodeSHA256 ({request.code_sha256}) is different from current CodeSHA256 in $LATEST "
                f"({current.code_sha256}). Please try again with the CodeSHA256 in $LATEST."
            )

    # --- describing ---------------------------------------------------------------------------------------------------

    async def configuration(self, function: Function, qualifier: str | None = None) -> Json:
        """The service's JSON of a function's configuration, of `$LATEST` with the code as it is at this moment."""
        published = self._catalog.versions.get(function.name, function.version)
        digest = await self._digest(function.source.root)
        if published is not None:
            return self._describe(function, qualifier, published.revision_id, digest.size_bytes if digest else 0)
        current = _at(function, digest) if digest else function
        return self._describe(current, qualifier, _revision_id(current), digest.size_bytes if digest else 0)

    async def _digest(self, root: Path) -> CodeDigest | None:
        try:
            return await asyncio.to_thread(self._reader.digest, root)
        except (CodeTooLarge, OSError):
            # What cannot be published can still be served; the digest of its source file stands for it.
            return None

    def _describe(self, function: Function, qualifier: str | None, revision_id: str, size_bytes: int) -> Json:
        durable = function.durable
        described = executions.Function(
            name=function.name,
            arn=self._catalog.identity.function_arn(function.name, qualifier),
            version=function.version,
            runtime=function.runtime,
            timeout_s=function.timeout_s,
            execution_timeout_s=durable.execution_timeout_s if durable else None,
            retention_days=durable.retention_days if durable else None,
            last_modified_at=function.last_modified,
            is_durable=durable is not None,
            extra={
                "Handler": function.handler,
                "Description": function.description,
                "MemorySize": function.memory_mb,
                "CodeSha256": function.code_sha256,
                "CodeSize": size_bytes,
                "RevisionId": revision_id,
                "PackageType": "Zip",
                "State": "Active",
                "LastUpdateStatus": "Successful",
                "LoggingConfig": {"LogFormat": "JSON", "LogGroup": f"/aws/lambda/{function.name}"},
                **({"Environment": {"Variables": dict(function.environment)}} if function.environment else {}),
                **({"TenancyConfig": {"TenantIsolationMode": "PER_TENANT"}} if function.is_tenant_isolated else {}),
            },
        )
        return wire.write_function(described)


def _moved(function: Function, folder: Path) -> dict[str, Any]:
    """What is another one for the function in a copy of its folder: its source and, if it lies there, its program."""
    source = function.source

    def moved(path: str) -> str:
        inside = Path(path)
        return str(folder / inside.relative_to(source.root)) if inside.is_relative_to(source.root) else path

    # An interpreter stays where its packages are, even inside of the folder; only a program is code itself.
    return {
        "source": replace(source, root=folder, target=moved(source.target) if source.is_file else source.target),
        "interpreter": moved(function.interpreter) if source.language == "program" else function.interpreter,
    }


def _at(function: Function, digest: CodeDigest) -> Function:
    """The function with its code as it was found just now."""
    return replace(function, code_sha256=digest.sha256, last_modified=digest.modified_at or function.last_modified)


def _fingerprint(function: Function) -> str:
    """Changes with the code and with everything that decides how it runs."""
    facts: Mapping[str, Any] = {
        "code": function.code_sha256,
        "source": [str(function.source.root), function.source.target, function.source.handler],
        "durable": asdict(function.durable) if function.durable else None,
        "environment": dict(function.environment),
        "settings": [
            function.handler,
            function.runtime,
            function.interpreter,
            function.timeout_s,
            function.memory_mb,
            function.is_tenant_isolated,
            function.description,
        ],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _revision_id(function: Function) -> str:
    """Of `$LATEST`: another one whenever the function has changed, the same one after a restart of the service."""
    return str(uuid.uuid5(_REVISIONS, function.name + _fingerprint(function)))


def check_description(description: str | None) -> None:
    """Refuse a description that is longer than the API takes."""
    if description is not None and len(description) > MAX_DESCRIPTION_CHARACTERS:
        constraint = f"Member must have length less than or equal to {MAX_DESCRIPTION_CHARACTERS}"
        raise errors.validation(description, "description", constraint)

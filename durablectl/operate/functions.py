"""Functions: which of them are durable, which a user means, and which versions stand behind a qualifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from durablectl.backend.base import Backend
from durablectl.errors import AccessDenied, NotFound, Unsupported, UsageError
from durablectl.model.executions import Function
from durablectl.model.refs import is_pattern, is_version, parse_function_reference
from durablectl.operate.notes import Notes
from durablectl.operate.wording import counted, listed


@dataclass(frozen=True, slots=True)
class Searched:
    """A function to be listed, with the version to which that is restricted."""

    name: str
    version: str | None = None
    configuration: Function | None = field(default=None, compare=False)
    """Where listing the functions told it."""
    arn: str | None = field(default=None, compare=False)
    """The unqualified ARN, where it was named by one: it says whose function is meant."""

    @property
    def address(self) -> str:
        """What the service is asked for."""
        return self.arn or self.name

    @property
    def label(self) -> str:
        """The function as a user would type it."""
        return f"{self.name}:{self.version}" if self.version else self.name


def functions_in_scope(backend: Backend, scope: Sequence[str], notes: Notes) -> list[Searched]:
    """The functions that `scope` means: names as they are, patterns and an empty scope by listing all functions.

    An alias becomes the versions that it points to.
    """
    if not scope:
        return [Searched(function.name, configuration=function) for function in _list_to_search(backend)]
    searched: dict[Searched, None] = {}
    known: list[Function] | None = None
    for reference in scope:
        if not is_pattern(reference):
            searched |= dict.fromkeys(resolve_function(backend, reference, notes))
            continue
        known = _list_to_search(backend) if known is None else known
        matching = [function for function in known if fnmatchcase(function.name, reference)]
        if not matching:
            raise NotFound(f'no durable function matches "{reference}"', hint=known_hint(known))
        searched |= dict.fromkeys(Searched(function.name, configuration=function) for function in matching)
    return list(searched)


def resolve_function(backend: Backend, reference: str, notes: Notes, *, qualifier: str | None = None) -> list[Searched]:
    """A function with the versions behind its qualifier: none, one, or the two of a weighted alias."""
    function = parse_function_reference(reference)
    if qualifier is not None and function.qualifier not in (None, qualifier):
        raise UsageError(f'"{reference}" names another version than --qualifier {qualifier}')
    wanted = qualifier or function.qualifier
    arn = reference.removesuffix(f":{function.qualifier}") if function.account else None
    if wanted is None or is_version(wanted):
        return [Searched(function.name, wanted, arn=arn)]
    versions = _alias_versions(backend, function.name, wanted)
    if len(versions) > 1:
        notes.note(f"alias {wanted} of {function.name} is weighted over versions {' and '.join(versions)}")
    return [Searched(function.name, version, arn=arn) for version in versions]


def _alias_versions(backend: Backend, name: str, alias: str) -> list[str]:
    try:
        return backend.alias_versions(name, alias)
    except AccessDenied as error:
        raise AccessDenied(
            f'alias "{alias}" cannot filter executions and resolving it was denied (lambda:GetAlias)',
            hint="use a version number: --qualifier 7",
            request_id=error.request_id,
            details=error.details,
        ) from error


def list_durable(backend: Backend) -> list[Function]:
    """The durable functions of the account and region."""
    return [function for function in backend.functions() if function.is_durable]


def _list_to_search(backend: Backend) -> list[Function]:
    try:
        return list_durable(backend)
    except (AccessDenied, Unsupported) as error:
        # Without the list of functions the user can still name one.
        error.hint = (*error.hint, "or name the function: -f FUNCTION, or FUNCTION/NAME")
        raise


def known_hint(functions: Sequence[Function]) -> list[str]:
    """A line with the durable functions that there are."""
    if not functions:
        return ["there is no durable function in this account and region"]
    names = listed([function.name for function in functions])
    return [f"{counted(len(functions), 'durable function')}: {names}"]

"""The view of `functions`: the durable functions in reach."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from durablectl.backend.base import Source
from durablectl.model.arn import parse_function_name
from durablectl.model.executions import Alias
from durablectl.model.redaction import MARK
from durablectl.model.wire import write_function
from durablectl.operate.function_listing import FoundFunction
from durablectl.views.display import Display
from durablectl.views.glyphs import execution_status
from durablectl.views.instants import iso
from durablectl.views.lines import DASH, EMPTY, Line, data, join, own
from durablectl.views.phrases import limit_text
from durablectl.views.places import placed, with_places
from durablectl.views.raw import raw_record
from durablectl.views.records.context import Reading, jsonable
from durablectl.views.view import Column, Envelope, ListFacts, RawShape, Record, View


def functions_view(
    functions: Iterable[FoundFunction],
    *,
    reading: Reading,
    source: Source,
    with_versions: bool = False,
    with_counts: bool = False,
    facts: Callable[[], ListFacts] = ListFacts,
    shown_places: Sequence[str] = (),
) -> View[FoundFunction]:
    """Durable functions in the order given; versions and counts get a column where they were read.

    `shown_places` are those of the columns `context` and `region` that the usual table has, because they differ.
    """
    return View(
        kind="function",
        items=functions,
        record=placed(lambda found: function_record(found, reading)),
        document=Envelope("function_list", reading.now, source, facts),
        columns=function_columns(with_versions=with_versions, with_counts=with_counts, shown_places=shown_places),
        identifier=lambda found: found.function.arn,
        raw=RawShape(lambda found: _raw(found, reading), "Functions"),
    )


def function_record(found: FoundFunction, reading: Reading) -> Record:
    """One durable function."""
    function = found.function
    return {
        "name": function.name,
        "arn": function.arn,
        "runtime": function.runtime,
        "execution_timeout_ms": _timeout_ms(found),
        "retention_days": function.retention_days,
        "kms_key_arn": function.kms_key_arn,
        "latest_modified_at": iso(function.last_modified_at),
        "versions": _versions(found),
        "aliases": [_alias(alias) for alias in found.aliases],
        "counts": found.counts,
        "extra": reading.extra(without_variables(jsonable(function.extra), reading)),
    }


def without_variables(members: Record, reading: Reading) -> Record:
    """A function's configuration with the values of its environment taken out, which often are secrets."""
    environment = members.get("Environment")
    if reading.redactor is None or not isinstance(environment, dict):
        return members
    variables = environment.get("Variables")
    hidden = dict.fromkeys(variables, MARK) if isinstance(variables, dict) else variables
    return members | {"Environment": environment | {"Variables": hidden}}


def function_columns(
    *, with_versions: bool = False, with_counts: bool = False, shown_places: Sequence[str] = ()
) -> tuple[Column[FoundFunction], ...]:
    """The columns of a list of functions; what was asked for takes the place of what is known of all of them."""
    usual = _usual_columns(is_crowded=with_versions or with_counts)
    columns = (*usual, *_optional_columns(with_versions, with_counts), *_wide_columns())
    return with_places(columns, _region, shown_places)


def _usual_columns(*, is_crowded: bool) -> tuple[Column[FoundFunction], ...]:
    return (
        Column(
            "name",
            "FUNCTION",
            lambda found, _: data(found.function.name, "bold"),
            lambda found: found.function.name,
            shrinks_to=12,
            about="function name",
        ),
        Column(
            "runtime",
            "RUNTIME",
            lambda found, _: data(found.function.runtime) or DASH,
            lambda found: found.function.runtime,
            is_wide=is_crowded,
            about="runtime",
        ),
        Column(
            "execution_timeout_ms",
            "LIMIT",
            lambda found, _: _limit(_timeout_ms(found)),
            _timeout_ms,
            aligns_right=True,
            about="execution timeout",
        ),
        Column(
            "retention_days",
            "RETENTION",
            lambda found, _: _days(found.function.retention_days),
            lambda found: found.function.retention_days,
            aligns_right=True,
            about="days for which closed executions are kept",
        ),
        Column(
            "latest_modified_at",
            "MODIFIED",
            lambda found, display: display.instant(found.function.last_modified_at),
            lambda found: iso(found.function.last_modified_at),
            is_wide=is_crowded,
            is_instant=True,
            about="when $LATEST was changed last",
        ),
    )


def _optional_columns(with_versions: bool, with_counts: bool) -> tuple[Column[FoundFunction], ...]:
    return (
        Column(
            "versions",
            "VERSIONS",
            lambda found, _: data(" ".join(_versions(found))) or DASH,
            lambda found: " ".join(_versions(found)),
            is_wide=not with_versions,
            shrinks_to=8,
            about="published versions (--versions)",
        ),
        Column(
            "aliases",
            "ALIASES",
            lambda found, _: _aliases(found) or DASH,
            lambda found: " ".join(f"{alias.name}={','.join(alias.versions)}" for alias in found.aliases),
            is_wide=not with_versions,
            shrinks_to=8,
            about="aliases and the versions that they point to (--versions)",
        ),
        Column(
            "counts",
            "EXECUTIONS",
            _counts,
            lambda found: found.counts,
            is_wide=not with_counts,
            shrinks_to=12,
            about="executions by status (--counts)",
        ),
    )


def _wide_columns() -> tuple[Column[FoundFunction], ...]:
    return (
        Column(
            "kms_key_arn",
            "KMS KEY",
            lambda found, _: data(found.function.kms_key_arn) or DASH,
            lambda found: found.function.kms_key_arn,
            is_wide=True,
            shrinks_to=8,
            about="key that encrypts execution data",
        ),
        Column(
            "arn",
            "ARN",
            lambda found, _: data(found.function.arn),
            lambda found: found.function.arn,
            is_wide=True,
            shrinks_to=12,
            about="function ARN",
        ),
    )


def _region(found: FoundFunction) -> str | None:
    named = parse_function_name(found.function.arn)
    return (named.region if named else None) or (found.source.region if found.source else None)


def _timeout_ms(found: FoundFunction) -> int | None:
    seconds = found.function.execution_timeout_s
    return None if seconds is None else seconds * 1000


def _versions(found: FoundFunction) -> list[str]:
    named = ((version, parse_function_name(version.arn)) for version in found.versions)
    return [version.version or (name.qualifier if name else None) or version.arn for version, name in named]


def _alias(alias: Alias) -> Record:
    versions = [{"version": version, "weight": round(share, 6)} for version, share in alias.weights.items()]
    return {"name": alias.name, "versions": versions}


def _aliases(found: FoundFunction) -> Line:
    return join((_alias_cell(alias) for alias in found.aliases), ", ")


def _alias_cell(alias: Alias) -> Line:
    """`live → 7`, or `canary → 7 90% + 8 10%`."""
    is_weighted = len(alias.weights) > 1
    shares = [f"{version} {share:.0%}" if is_weighted else version for version, share in alias.weights.items()]
    return join((data(alias.name), own("→"), data(" + ".join(shares))))


def _raw(found: FoundFunction, reading: Reading) -> Record:
    return raw_record(without_variables(jsonable(write_function(found.function)), reading), reading)


def _limit(limit_ms: int | None) -> Line:
    return DASH if limit_ms is None else own(limit_text(limit_ms))


def _days(days: int | None) -> Line:
    return DASH if days is None else own(f"{days} day{'' if days == 1 else 's'}")


def _counts(found: FoundFunction, display: Display) -> Line:
    if not found.counts:
        return DASH if found.counts is None else own("none", "dim")
    return (
        join(((*execution_status(status), *own(f" {count}")) for status, count in found.counts.items()), ", ") or EMPTY
    )

"""Which executions a change is for: those that references name, or all that match filters."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from durablectl.cli.bundles import Scope, Selection
from durablectl.cli.choices import positive_number, split_list, whole_number
from durablectl.cli.runtime import Runtime
from durablectl.cli.selection import describe_filters, parse_filters
from durablectl.cli.targets import is_single, reserve_stdin
from durablectl.cli.targets_over import find_targets_over
from durablectl.errors import UsageError
from durablectl.model.statuses import CLOSED_STATUSES, OPEN_STATUSES, ExecutionStatus
from durablectl.model.times import parse_duration
from durablectl.operate.batch import CHANGES_PER_SECOND
from durablectl.operate.discovery import searched_words
from durablectl.operate.lifecycle import Change
from durablectl.operate.listing import ListQuery
from durablectl.operate.selecting import MOST_OTHERS, Selected, select
from durablectl.operate.targets import Target

DEFAULT_MAX = 50
_HIGHEST_RATE = 1000.0
_WORDS = {OPEN_STATUSES: "open", CLOSED_STATUSES: "closed"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the command line says of the executions that are meant, and of how many at once."""

    verb: str
    references: tuple[str, ...]
    selection: Selection
    most: int
    rate: float
    """Changes a second."""

    @property
    def is_batch(self) -> bool:
        """Whether there may be several, so that results are a list."""
        return not self.references or not is_single(self.references)


@dataclass(frozen=True, slots=True)
class Meant:
    """The executions that were found."""

    targets: list[Target]
    filters: tuple[str, ...] = ()
    """The filters that chose them, as phrases; none where references did."""
    is_partial: bool = False
    """Whether some could not be looked for."""


def choose(runtime: Runtime, verb: str, executions: Sequence[str] | None, selection: Selection) -> Chosen:
    """What was chosen; stdin is reserved if references come from it. Raises UsageError before anything is read."""
    references = tuple(executions or ())
    conditions = describe_filters(selection)
    is_cut = bool(selection.limit or selection.page_size or selection.oldest_first is not None)
    if references and (conditions or is_cut):
        raise UsageError(
            f"{verb} takes executions or filters, not both",
            hint=f"it got {', '.join(references[:3])} and {', '.join(conditions) or 'a limit or an order of rows'}",
        )
    if not references and not conditions:
        raise UsageError(f"{verb} needs executions, or a filter that finds them", hint=_ways(verb, selection))
    reserve_stdin(runtime, references)
    most = whole_number("--max", selection.max, least=1)
    rate = positive_number("--rps", selection.rps, most=_HIGHEST_RATE)
    return Chosen(verb, references, selection, DEFAULT_MAX if most is None else most, rate or CHANGES_PER_SECOND)


def _ways(verb: str, scope: Scope) -> list[str]:
    status = {"delete": "closed", "resume": "paused"}.get(verb, "open")
    alone = ["-f says where to look, not what for"] if scope.function else []
    where = shlex.join(split_list(scope.function)[:1]) or "orders"
    return [*alone, f"for all in one function: durablectl {verb} -f {where} --status {status}"]


def find_meant(runtime: Runtime, chosen: Chosen, change: Change) -> Meant:
    """The executions that are meant, none of them changed later on by what starts meanwhile.

    Raises UsageError for more of them than were allowed, and what resolving and listing raise.
    """
    meant = _matching(runtime, chosen, change) if not chosen.references else _named(runtime, chosen)
    count = len(meant.targets)
    if chosen.is_batch and count > chosen.most:
        raise UsageError(
            f"{count} executions {'match' if meant.filters else 'are given'}, the limit is {chosen.most}; "
            f"add --max {count}",
            hint=f"nothing was {change.past}",
            details={"count": count, "maximum": chosen.most},
        )
    return meant


def _named(runtime: Runtime, chosen: Chosen) -> Meant:
    return Meant(find_targets_over(runtime, chosen.references, chosen.selection))


def _matching(runtime: Runtime, chosen: Chosen, change: Change) -> Meant:
    query = _query(runtime, chosen)
    connections = runtime.connections(split_list(chosen.selection.function))
    selected = select(connections, query, change, notes=runtime.diagnostics, now=runtime.local_now())
    phrases = _phrases(chosen, change)
    if selected.left_out and selected.targets:
        runtime.diagnostics.note(f"{_counts(selected.left_out)} left out: {change.rule}")
    if not selected.targets:
        _tell_of_none(runtime, chosen, change, selected, phrases)
    if selected.is_cut:
        phrases.append(f"the first {len(selected.targets)} of more")
    return Meant(selected.targets, tuple(phrases), selected.is_partial)


def _query(runtime: Runtime, chosen: Chosen) -> ListQuery:
    selection = chosen.selection
    return ListQuery(
        filters=parse_filters(runtime, selection),
        qualifier=selection.qualifier,
        stuck=parse_duration(selection.stuck, option="--stuck") if selection.stuck else None,
        limit=whole_number("--limit", selection.limit) or None,
        oldest_first=bool(selection.oldest_first),
        page_size=whole_number("--page-size", selection.page_size, least=1, most=1000),
    )


def _phrases(chosen: Chosen, change: Change) -> list[str]:
    """The filters as phrases, with the statuses that were not named."""
    functions = split_list(chosen.selection.function)
    where = [f"function {', '.join(functions)}"] if functions else []
    words = _WORDS.get(change.statuses) or ", ".join(sorted(status.lower() for status in change.statuses))
    meant = [] if chosen.selection.status or chosen.selection.stuck else [f"status {words}"]
    return [*where, *meant, *describe_filters(chosen.selection)]


def _tell_of_none(runtime: Runtime, chosen: Chosen, change: Change, selected: Selected, phrases: Sequence[str]) -> None:
    """That nothing matches, what would in another status, and the command for that."""
    searched = [] if chosen.selection.function else [f"searched {searched_words(selected.places)}"]
    note = f"no executions match ({'; '.join([*searched, *phrases])}), so nothing was {change.past}"
    others = selected.left_out or selected.others
    more = " or more" if sum(others.values()) >= MOST_OTHERS else ""
    runtime.diagnostics.note(f"{note}; in another status: {_counts(others)}{more}" if others else note)
    for advice in _advice(chosen, change, others):
        runtime.diagnostics.note(runtime.reconnecting(advice))


def _advice(chosen: Chosen, change: Change, others: Mapping[str, int]) -> list[str]:
    """What can be done to those in other statuses."""
    kinds = Counter[str]()
    for status, count in others.items():
        known = ExecutionStatus(status)
        kinds["open" if known.is_open else "closed" if known.is_closed else "other"] += count
    again = shlex.join(_options(chosen))
    if kinds["open"] and change.verb == "delete":
        return [f"to end what is open first: durablectl stop {again}"]
    if kinds["closed"] and change.verb != "delete":
        return [f"what has ended can only be deleted: durablectl delete {again}"]
    if others.get(ExecutionStatus.RUNNING) and change.verb == "resume":
        return ["what is RUNNING is not paused"]
    return []


def _options(chosen: Chosen) -> list[str]:
    """The filters as options again, but for the status."""
    filters = chosen.selection
    given = {
        "--name": filters.name,
        "--since": filters.since,
        "--until": filters.until,
        "--older-than": filters.older_than,
        "--longer-than": filters.longer_than,
        "--qualifier": filters.qualifier,
    }
    functions = [word for name in split_list(chosen.selection.function) for word in ("-f", name)]
    options = [*functions, *(word for option, text in given.items() if text for word in (option, text))]
    return options if any(given.values()) else [*options, "--status", "closed" if chosen.verb != "delete" else "open"]


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {status}" for status, count in counts.items())

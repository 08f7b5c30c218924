"""Wide maps and parallels in a few rows: failures one by one, what runs, and the rest as one row with its times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from durablectl.model.payloads import called_type
from durablectl.views.durations import format_duration
from durablectl.views.fan_outs import index_spans, is_wide, split_fan_out
from durablectl.views.glyphs import operation_look
from durablectl.views.lines import EMPTY, Line, data, join, own
from durablectl.views.records.operations import elapsed_ms
from durablectl.views.state_columns import type_word
from durablectl.views.tree_entries import Entry, Group, rejoin, walk_entries
from durablectl.views.tree_folding import keep_below


def summarise_fan_outs(entries: Iterable[Entry | Group], *, keeps_all: bool = False) -> None:
    """Replace the rows of every wide map or parallel, here and below, by few that count all of its children.

    `keeps_all` leaves what is done in those that stand alone, for whoever folds and unfolds rows.
    """
    for entry in walk_entries(entries):
        children = [child for child in entry.children if isinstance(child, Entry)]
        if is_wide(entry.row.node, len(children)):
            entry.fan_out, entry.counts = children, counts_phrase(children)
            entry.children = _summary(children, keeps_all=keeps_all)


def counts_phrase(children: Sequence[Entry]) -> Line:
    """`240: 229 ok, 2 failed, 9 running`."""
    words = Counter(_outer_word(child) for child in children)
    ordered = sorted(words, key=lambda word: (word != "ok", word != "failed", word != "timed out", word))
    return data(f"{len(children)}: {', '.join(f'{words[word]} {word}' for word in ordered)}")


def _summary(children: Sequence[Entry], *, keeps_all: bool) -> list[Entry | Group]:
    split = split_fan_out(children, word_of=_outer_word, is_failing=lambda child: child.is_failing, is_cause=_is_cause)
    alone: Callable[[Entry], Entry] = (lambda child: child) if keeps_all else _live
    return [
        *map(alone, split.failed),
        *_more_failed(split.more_failed),
        *map(alone, split.open),
        *(_open_group(word, members) for word, members in split.more_open.items()),
        *(_closed_group(word, members) for word, members in split.closed.items()),
    ]


def _live(child: Entry) -> Entry:
    """A branch or iteration with what is not done in it."""
    keep_below(child, lambda entry: entry.is_kept)
    rejoin(child)
    return child


def _more_failed(children: Sequence[Entry]) -> list[Group]:
    if not children:
        return []
    types = Counter(filter(None, (_error_type(child) for child in children)))
    kinds = ", ".join(f"{kind} {count}" if len(types) > 1 else kind for kind, count in types.most_common(3))
    label = own(f"{len(children)} more failed")
    note = join((data(kinds, "red"), own(_spans(children), "dim")))
    look = operation_look("failed", "")._replace(glyph="…")
    return [Group(look, label, _type(children), "failed", None, note, _size(children), children)]


def _open_group(word: str, children: Sequence[Entry]) -> Group:
    timed = [(time_ms, child) for child in children if (time_ms := _elapsed(child)) is not None]
    time_ms, oldest = max(timed, key=lambda pair: pair[0], default=(None, children[0]))
    spans = _spans(children)
    label = join((own(f"{len(children)}"), data(f"{word}:" if spans else word), own(spans)))
    note = own(f"oldest first: {_index(oldest)}") if timed else EMPTY
    return Group(operation_look(word, ""), label, _type(children), word, time_ms, note, _size(children), children)


def _closed_group(word: str, children: Sequence[Entry]) -> Group:
    look = operation_look(word, "")
    label = own(f"{len(children)} more {look.glyph}")
    note = _times(children)
    return Group(look._replace(glyph="…"), label, _type(children), word, None, note, _size(children), children)


def _times(children: Sequence[Entry]) -> Line:
    """`p50 8.1s, p95 22s, max 1m40s #88`."""
    timed = sorted(
        ((time_ms, child) for child in children if (time_ms := _elapsed(child)) is not None), key=lambda pair: pair[0]
    )
    if not timed:
        return EMPTY
    half, most = (format_duration(timed[(len(timed) * share + 99) // 100 - 1][0]) for share in (50, 95))
    longest_ms, longest = timed[-1]
    return own(f"p50 {half}, p95 {most}, max {format_duration(longest_ms)} {_index(longest)}")


def _spans(children: Sequence[Entry]) -> str:
    return index_spans(child.row.nodes[0].index for child in children)


def _index(child: Entry) -> str:
    index = child.row.nodes[0].index
    return f"#{index}" if index is not None else ""


def _outer_word(child: Entry) -> str:
    """What is said of the branch or iteration itself."""
    return child.row.nodes[0].shown_as


def _elapsed(child: Entry) -> int | None:
    return elapsed_ms(child.row.nodes[0].operation, child.execution.folded, child.execution.reading)


def _error_type(child: Entry) -> str | None:
    error = child.row.node.operation.error or child.row.nodes[0].operation.error
    return called_type(error.type) if error else None


def _is_cause(child: Entry) -> bool:
    causes = child.execution.cause_ids
    return any(node.operation.id in causes for entry in walk_entries([child]) for node in entry.operations)


def _type(children: Sequence[Entry]) -> str:
    return type_word(children[0].row.nodes[0])


def _size(children: Iterable[Entry]) -> int:
    return sum(child.size for child in children)

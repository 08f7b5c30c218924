"""Help pages as text: examples first, then arguments and options under their headings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from durablectl.cli.options import PANELS
from durablectl.cli.specs import CommandSpec, Example, Group

_GAP = 2
_ROOT_LABEL_WIDTH = 12
_MAX_NAME_WIDTH = 34

_EXIT_LINES = (
    "0 ok  2 usage  3 not found  4 permission  5 service  6 conflict  7 unsupported",
    "8 partial  10/11/12/13 FAILED/TIMED_OUT/STOPPED/deleted  124 timeout  130 interrupted",
)
_ROOT_EXAMPLES = (
    Example("durablectl list orders --status failed --since 2h", "what went wrong lately"),
    Example("durablectl why orders/order-1042", "why it failed or what it waits for"),
    Example("durablectl callback succeed --execution orders/order-1042 --op approval --result @ok.json", ""),
)
_ROOT_OPTIONS = (
    "-c NAME  --profile NAME  --region REGION  --endpoint-url URL  --read-only",
    "--color auto|always|never  --no-color  --ascii  --debug  --version  -h",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An argument or option as help lists it."""

    name: str
    text: str
    panel: str | None = None


@dataclass(frozen=True, slots=True)
class Style:
    """How headings and names are marked; both the same text without colour."""

    color: bool = False

    def heading(self, text: str) -> str:
        """A heading."""
        return f"\x1b[1m{text}\x1b[0m" if self.color else text

    def name(self, text: str) -> str:
        """What is to be typed."""
        return f"\x1b[36m{text}\x1b[0m" if self.color else text

    def faint(self, text: str) -> str:
        """What only accompanies."""
        return f"\x1b[2m{text}\x1b[0m" if self.color else text


def root_help(specs: Sequence[CommandSpec], style: Style, width: int) -> str:
    """The page of the program: commands in their groups, then the exit codes."""
    usage, about = "Usage: durablectl [OPTIONS] COMMAND [ARGS]...", "Operate AWS Lambda durable executions."
    gap = " " * 6
    is_short = len(usage) + len(gap) + len(about) <= width
    lines = [f"{style.heading(usage)}{gap}{about}"] if is_short else [style.heading(usage), about]
    lines += [f"  {line}" for line in _example_lines(_ROOT_EXAMPLES, style, width - 2)]
    rows = [(group.value, [" ".join(_names_in(group, specs))]) for group in Group]
    rows += [("Options", list(_ROOT_OPTIONS)), ("Exit codes", list(_EXIT_LINES))]
    lines.append("")
    for heading, contents in rows:
        first, *others = [line for each in contents for line in _wrap_items(each, width - _ROOT_LABEL_WIDTH)]
        lines.append(f"{style.heading(heading.ljust(_ROOT_LABEL_WIDTH))}{first}")
        lines += [f"{'':{_ROOT_LABEL_WIDTH}}{line}" for line in others]
    lines += ["", *_wrap("durablectl COMMAND --help shows examples and options of a command.", width)]
    return "\n".join(lines)


def command_help(spec: CommandSpec, usage: str, entries: Sequence[Entry], style: Style, width: int) -> str:
    """The page of one command."""
    blocks = [[style.heading(f"Usage: {usage}"), *_wrap(spec.purpose, width)]]
    blocks.append(
        [style.heading("Examples"), *(f"  {line}" for line in _example_lines(spec.examples, style, width - 2))]
    )
    if spec.description:
        blocks += [_wrap(paragraph, width) for paragraph in spec.description.split("\n\n")]
    for panel in (None, *PANELS):
        listed = [entry for entry in entries if entry.panel == panel]
        if listed:
            blocks.append([style.heading(panel or "Arguments"), *_entry_lines(listed, style, width)])
    return "\n\n".join("\n".join(block) for block in blocks)


def noun_help(noun: str, about: str, specs: Sequence[CommandSpec], style: Style, width: int) -> str:
    """The page of a command that only groups others."""
    blocks = [[style.heading(f"Usage: durablectl {noun} COMMAND [ARGS]..."), *_wrap(about, width)]]
    examples = [example for spec in specs for example in spec.examples[:1]]
    blocks.append([style.heading("Examples"), *(f"  {line}" for line in _example_lines(examples, style, width - 2))])
    entries = [Entry(spec.words[-1], spec.purpose) for spec in specs]
    blocks.append([style.heading("Commands"), *_entry_lines(entries, style, width)])
    return "\n\n".join("\n".join(block) for block in blocks)


def _names_in(group: Group, specs: Sequence[CommandSpec]) -> list[str]:
    """Names as root help lists them: `callback succeed|fail|heartbeat`."""
    nouns: dict[str, list[str]] = {}
    for spec in specs:
        if spec.group is group:
            nouns.setdefault(spec.words[0], []).extend(spec.words[1:])
    return [noun if not verbs else f"{noun} {'|'.join(verbs)}" for noun, verbs in nouns.items()]


def _example_lines(examples: Iterable[Example], style: Style, width: int) -> list[str]:
    """Examples with their meanings beside them where all fit, else each with its meaning above it."""
    listed = list(examples)
    commands = {each: _command_lines(each.command, width) for each in listed}
    explained = [example for example in listed if example.meaning]
    column = max((len(example.command) for example in explained), default=0) + 3
    if all(column + len(example.meaning) <= width for example in explained):
        return [
            f"{style.name(first)}{' ' * (column - len(first))}{style.faint(each.meaning)}".rstrip()
            if each.meaning
            else style.name(first)
            for each in listed
            for first in commands[each]
        ]
    return [
        line
        for each in listed
        for line in (
            *([style.faint(f"# {each.meaning}")] if each.meaning else []),
            *(style.name(line) for line in commands[each]),
        )
    ]


def _command_lines(command: str, width: int) -> list[str]:
    """An example as one line, or as several that a shell takes for one where it is longer than a line."""
    if len(command) <= width:
        return [command]
    # Imported where it is needed: most pages have no command that is as long.
    from durablectl.views.shell_lines import fold_command

    return fold_command(command, width, start="", margin="  ")


def _entry_lines(entries: Sequence[Entry], style: Style, width: int) -> list[str]:
    column = min(max(len(entry.name) for entry in entries), _MAX_NAME_WIDTH) + _GAP
    lines = []
    for entry in entries:
        texts = _wrap(entry.text, max(width - column - 2, 24)) or [""]
        if len(entry.name) + _GAP > column:
            lines.append(f"  {style.name(entry.name)}")
        else:
            lines.append(f"  {style.name(entry.name)}{' ' * (column - len(entry.name))}{texts.pop(0)}")
        lines += [f"  {'':{column}}{text}" for text in texts]
    return [line.rstrip() for line in lines]


def _wrap_items(text: str, width: int) -> list[str]:
    """`text` in lines broken where it has two spaces if it has any, else between words."""
    if len(text) <= width:
        return [text]
    if "  " not in text:
        return _wrap(text, width)
    lines: list[str] = []
    for item in text.split("  "):
        if lines and len(lines[-1]) + 2 + len(item) <= width:
            lines[-1] += f"  {item}"
        else:
            lines.append(item)
    return lines


def _wrap(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` characters; textwrap would cost its import on every start."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines

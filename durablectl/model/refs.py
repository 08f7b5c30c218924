"""References: what a user types to mean an execution, told apart by form."""

from __future__ import annotations

import re
from dataclasses import dataclass

from durablectl.errors import UsageError
from durablectl.model.arn import ExecutionArn, FunctionName, parse_execution_arn, parse_function_name
from durablectl.model.carets import point_at

SHORTEST_PART = 4
"""Characters of a prefix or tail below which it is no reference."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_VERSION = re.compile(r"\$LATEST(?:\.PUBLISHED)?|[0-9]+")
_EXECUTION_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_FORMS = "a reference is FUNCTION/NAME, a name, an id, 4 or more characters of either, FUNCTION@latest, or an ARN"


@dataclass(frozen=True, slots=True)
class ArnReference:
    """An execution ARN."""

    text: str
    arn: ExecutionArn


@dataclass(frozen=True, slots=True)
class LatestReference:
    """The execution of a function that started last."""

    text: str
    function: FunctionName


@dataclass(frozen=True, slots=True)
class FunctionReference:
    """A name, an id, or a part of one, of a named function's execution."""

    text: str
    function: FunctionName
    wanted: str

    @property
    def may_be_own_id(self) -> bool:
        """Whether it has the form of the ids that some servers issue in place of ARNs."""
        return is_id(self.text.partition("/")[0]) and is_id(self.wanted)


@dataclass(frozen=True, slots=True)
class BareReference:
    """A word that may be a name, an id, a part of one, or a server's own id."""

    text: str

    @property
    def wanted(self) -> str:
        """The name, id or part that is looked for."""
        return self.text


@dataclass(frozen=True, slots=True)
class StdinReference:
    """References from standard input."""

    text: str = "-"


Reference = ArnReference | LatestReference | FunctionReference | BareReference | StdinReference


def parse_reference(text: str) -> Reference:
    """The form of a reference; raises UsageError for what cannot be one, pointing at the part that is wrong."""
    text = text.strip()
    if text == "-":
        return StdinReference()
    if text.startswith("arn:") and not _is_below_function_arn(text):
        return _parse_arn(text)
    _check_characters(text)
    if "@" in text:
        return _parse_latest(text)
    if "/" in text:
        return _parse_path(text)
    return BareReference(text)


def is_id(text: str) -> bool:
    """Whether `text` has the form of an execution id."""
    return _UUID.fullmatch(text) is not None


def is_version(qualifier: str) -> bool:
    """Whether a qualifier is a version or `$LATEST`, rather than an alias."""
    return _VERSION.fullmatch(qualifier) is not None


def is_pattern(name: str) -> bool:
    """Whether a name is matched with those that there are, as `billing-*` is."""
    return any(character in name for character in "*?[")


def is_execution_name(text: str) -> bool:
    """Whether the service would take `text` as the name of an execution."""
    return _EXECUTION_NAME.fullmatch(text) is not None


def check_execution_name(name: str, *, option: str = "--name") -> str:
    """`name` as it is; raises UsageError for what the service would not take as an execution's name."""
    if is_execution_name(name):
        return name
    wrong = re.search(r"[^a-zA-Z0-9_-]", name)
    start = wrong.start() if wrong else min(len(name), 64)
    raise UsageError(
        f'"{name}" cannot be the name of an execution',
        hint=[
            *point_at(name, start, 1 if wrong else None, label=option),
            "a name has 1 to 64 letters, digits, - and _",
        ],
    )


def parse_function_reference(text: str) -> FunctionName:
    """A function with or without qualifier, as a name, partial ARN or ARN; raises UsageError for anything else."""
    function = parse_function_name(text)
    if function is None or not text:
        raise UsageError(
            f'"{text}" is not a function',
            hint="a function is a name, NAME:VERSION, NAME:ALIAS or an ARN; those that there are: durablectl functions",
        )
    return function


def _is_below_function_arn(text: str) -> bool:
    head, separator, _ = text.partition("@" if text.endswith("@latest") else "/")
    return bool(separator) and "/durable-execution/" not in text and parse_function_name(head) is not None


def _parse_arn(text: str) -> ArnReference:
    arn = parse_execution_arn(text)
    if arn is not None:
        return ArnReference(text, arn)
    start, length, remark = _find_wrong_part(text)
    raise UsageError("not the ARN of an execution", hint=point_at(text, start, length, remark=remark))


_ARN_PARTS = (
    (r"arn:", "an ARN starts with arn:"),
    (r"[a-zA-Z0-9-]+:", "the partition, such as aws"),
    (r"lambda:", "the service is lambda"),
    (r"[a-zA-Z0-9-]+:", "the region"),
    (r"\d{12}:", "the account has 12 digits"),
    (r"function:", "a function's ARN goes on with function:"),
    (r"[a-zA-Z0-9_-]+:", "the function's name, then its version"),
    (r"(?:\$LATEST(?:\.PUBLISHED)?|[0-9]+)(?=/|$)", "a version number or $LATEST; an alias never stands here"),
    (r"/durable-execution/", "expected /durable-execution/NAME/ID"),
    (r"[a-zA-Z0-9_-]+(?=/|$)", "the execution's name"),
    (r"/[a-zA-Z0-9_-]+$", "the execution's id"),
)


def _find_wrong_part(text: str) -> tuple[int, int, str]:
    position = 0
    for pattern, remark in _ARN_PARTS:
        match = re.compile(pattern).match(text, position)
        if match is None:
            end = re.compile(r"[:/]").search(text, position + 1)
            return position, (end.start() if end else len(text)) - position, remark
        position = match.end()
    return 0, len(text), ""


def _check_characters(text: str) -> None:
    wrong = re.search(r"[\s*?\[\]]|[^\x20-\x7e]", text)
    if text and not wrong:
        return
    hint = point_at(text, wrong.start(), 1) if wrong else []
    if wrong and wrong[0] in "*?[]":
        hint.append("a reference takes no wildcards; durablectl list --name 'PATTERN' finds executions")
    raise UsageError(f'"{text}" cannot be a reference', hint=[*hint, _FORMS])


def _parse_latest(text: str) -> LatestReference:
    function, _, word = text.rpartition("@")
    parsed = parse_function_name(function) if function else None
    if word != "latest" or parsed is None:
        start = len(function) if word != "latest" else 0
        remark = "only @latest" if word != "latest" else "a function, such as orders@latest or orders:live@latest"
        length = len(text) - start if word != "latest" else max(1, len(function))
        raise UsageError(
            f'"{text}" cannot be a reference', hint=[*point_at(text, start, length, remark=remark), _FORMS]
        )
    return LatestReference(text, parsed)


def _parse_path(text: str) -> FunctionReference:
    function, _, wanted = text.partition("/")
    parsed = parse_function_name(function) if function else None
    if parsed is None or not wanted:
        remark = "a function" if parsed is None else "a name, an id, or a part of one"
        start = 0 if parsed is None else len(function)
        raise UsageError(
            f'"{text}" cannot be a reference',
            hint=[*point_at(text, start, max(1, len(function)) if parsed is None else 1, remark=remark), _FORMS],
        )
    return FunctionReference(text, parsed, wanted)

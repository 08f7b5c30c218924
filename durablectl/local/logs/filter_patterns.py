"""Filter patterns of CloudWatch Logs: terms in a text and comparisons of JSON fields. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

Condition = Callable[[str], bool]
_Test = Callable[[Any], bool]

_TOKEN = re.compile(r'\s*(?:(\|\||&&|[(){}]|!=|=)|"((?:[^"\\]|\\.)*)"|([^\s(){}=!&|"]+))')
_TERM = re.compile(r'\s*([-?]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))')


class InvalidPattern(Exception):
    """A filter pattern that cannot be read, or that uses what is not served here."""


def parse_filter_pattern(text: str | None) -> Condition:
    """Whether a message matches; no pattern matches all.

    Served are terms (all must be in the message, one of those with `?`, none with `-`) and equality and inequality of
    JSON fields, joined by `&&` and `||`. CloudWatch's other operators raise InvalidPattern.
    """
    stripped = (text or "").strip()
    if stripped.startswith("{"):
        return _json_condition(stripped)
    return _term_condition(stripped)


def _term_condition(text: str) -> Condition:
    required: list[str] = []
    optional: list[str] = []
    excluded: list[str] = []
    for mark, quoted, bare in _TERM.findall(text):
        {"": required, "?": optional, "-": excluded}[mark].append(_unquoted(quoted) or bare)

    def matches(message: str) -> bool:
        return (
            all(term in message for term in required)
            and (not optional or bool(required) or any(term in message for term in optional))
            and not any(term in message for term in excluded)
        )

    return matches


def _json_condition(text: str) -> Condition:
    test = _Parser(text).parse()

    def matches(message: str) -> bool:
        try:
            record = json.loads(message)
        except (ValueError, RecursionError):
            return False
        return isinstance(record, Mapping) and test(record)

    return matches


class _Parser:
    """Reads `{ ($.a = "x") || ($.b.c != 1) }` by recursive descent; `&&` binds tighter."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)

    def parse(self) -> _Test:
        self._expect("{")
        test = self._alternatives()
        self._expect("}")
        if self._tokens:
            raise InvalidPattern(f"nothing can follow the closing brace, but {self._tokens[0][1]} does")
        return test

    def _alternatives(self) -> _Test:
        tests = [self._conjunction()]
        while self._takes("||"):
            tests.append(self._conjunction())
        return lambda record: any(test(record) for test in tests)

    def _conjunction(self) -> _Test:
        tests = [self._comparison()]
        while self._takes("&&"):
            tests.append(self._comparison())
        return lambda record: all(test(record) for test in tests)

    def _comparison(self) -> _Test:
        if self._takes("("):
            test = self._alternatives()
            self._expect(")")
            return test
        selector = self._next("word")
        if not selector.startswith("$."):
            raise InvalidPattern(f"{selector} is no selector of a field")
        operator = self._next("sign")
        if operator not in ("=", "!="):
            raise InvalidPattern(f"{operator} is not served here")
        kind, wanted = self._pop()
        if kind == "sign":
            raise InvalidPattern(f"a value is missing before {wanted}")
        path = selector.removeprefix("$.").split(".")
        is_wanted = operator == "="
        return lambda record: _equals(_field(record, path), wanted) is is_wanted

    def _takes(self, sign: str) -> bool:
        if self._tokens and self._tokens[0] == ("sign", sign):
            self._tokens.pop(0)
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._takes(sign):
            raise InvalidPattern(f"{sign} is missing")

    def _next(self, kind: str) -> str:
        found, text = self._pop()
        if found != kind:
            raise InvalidPattern(f"{text} does not belong there")
        return text

    def _pop(self) -> tuple[str, str]:
        if not self._tokens:
            raise InvalidPattern("the pattern ends too early")
        return self._tokens.pop(0)


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise InvalidPattern(f"cannot read the pattern from {text[position:].strip()[:20]}")
        sign, quoted, word = match.groups()
        if sign is not None:
            tokens.append(("sign", sign))
        else:
            tokens.append(("word", word) if word is not None else ("text", _unquoted(quoted)))
        position = match.end()
    return tokens


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _field(record: Any, path: list[str]) -> Any:
    for name in path:
        record = record.get(name) if isinstance(record, Mapping) else None
    return record


def _equals(value: Any, wanted: str) -> bool:
    if value is None or isinstance(value, dict | list):
        return False
    text = value if isinstance(value, str) else json.dumps(value)
    return fnmatchcase(text, wanted.replace("[", "[[]")) if "*" in wanted else text == wanted

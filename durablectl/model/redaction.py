"""Redaction: secrets taken out of payloads and texts by the names of keys and by their shapes."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_letters, ascii_lowercase, ascii_uppercase
from typing import Any

from durablectl.errors import ConfigError

MARK = "‹redacted›"
"""What stands in the place of what was taken out."""

_SECRET_KEY = re.compile(
    r"password|passwd|secret|token|authorization|cookie|api[_-]?key|credential|private[_-]?key", re.IGNORECASE
)
_SECRET_SHAPES = (
    re.compile(r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    re.compile(r"\bBearer\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE),
    re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*"),
)

_SHAPE_TRACE = re.compile(r"A[KSBC][IC]A|bearer|eyJ", re.IGNORECASE)
"""Found in each of the shapes; most texts are done with this one search."""

_TRACES = (
    *(b"passw", b"secret", b"token", b"authorization", b"cookie", b"apikey", b"credential", b"privatekey"),
    *(b"akia", b"asia", b"abia", b"acca", b"bearer", b"eyj", b"\\u"),
)
r"""Found, among the small letters, in each text with a secret key or shape, or with a `\u` that may spell one.

A megabyte is stripped to its letters and looked through in two or three milliseconds; one search for all of them takes
three times as long, and reading its JSON to look at each key and string tens of milliseconds.
"""
_TO_SMALL = bytes.maketrans(ascii_uppercase.encode(), ascii_lowercase.encode())
_NO_LETTERS = bytes(set(range(128)) - set((ascii_letters + "\\").encode()))
_ODD_LETTERS = ("\u0130", "\u0131", "\u017f", "\u212a")
"""The letters beyond ASCII that a search without regard to case takes for i, s or k."""


@dataclass(frozen=True, slots=True)
class Redactor:
    """What counts as secret; the built-in rules always do."""

    key_patterns: tuple[re.Pattern[str], ...] = ()
    """Matched against paths such as `$.customer.email`."""
    text_patterns: tuple[re.Pattern[str], ...] = ()

    def may_redact(self, text: str) -> bool:
        """Whether something may be taken out of `text` or of what it holds as JSON; only False is certain."""
        if self.key_patterns or self.text_patterns:
            return True
        letters = text.encode("utf-8", "surrogatepass").translate(_TO_SMALL, _NO_LETTERS)
        if any(trace in letters for trace in _TRACES):
            return True
        return not text.isascii() and any(letter in text for letter in _ODD_LETTERS)

    def redact(self, value: Any) -> tuple[Any, list[str]]:
        """A copy of a decoded payload without its secrets, and the paths at which something was taken out.

        Strings that hold a JSON object or array are read once and redacted inside. Raises RecursionError for a value
        nested too deep.
        """
        paths: list[str] = []
        return self._redact(value, "$", paths, reads_text=True), paths

    def redact_text(self, text: str) -> tuple[str, bool]:
        """A text without secrets of known shapes, and whether it held any."""
        redacted = text
        shapes = _SECRET_SHAPES if _SHAPE_TRACE.search(text) else ()
        for pattern in (*shapes, *self.text_patterns):
            redacted = pattern.sub(MARK, redacted)
        return redacted, redacted != text

    def _redact(self, value: Any, path: str, paths: list[str], *, reads_text: bool) -> Any:
        if isinstance(value, dict):
            return {key: self._redact_member(key, member, path, paths, reads_text) for key, member in value.items()}
        if isinstance(value, list | tuple):
            return [
                self._redact(element, f"{path}[{index}]", paths, reads_text=reads_text)
                for index, element in enumerate(value)
            ]
        return self._redact_string(value, path, paths, reads_text) if isinstance(value, str) else value

    def _redact_member(self, key: Any, member: Any, path: str, paths: list[str], reads_text: bool) -> Any:
        member_path = f"{path}.{key}"
        if not self._is_secret(str(key), member_path) or member is None:
            return self._redact(member, member_path, paths, reads_text=reads_text)
        paths.append(member_path)
        return MARK

    def _is_secret(self, key: str, path: str) -> bool:
        # `*.card.*` means the card itself too: with a dot at its end the path of the card matches.
        return _names_secret(key) or any(
            pattern.fullmatch(path) or pattern.fullmatch(f"{path}.") for pattern in self.key_patterns
        )

    def _redact_string(self, text: str, path: str, paths: list[str], reads_text: bool) -> str:
        if not self.may_redact(text):
            return text
        if reads_text and text.lstrip()[:1] in ("{", "["):
            inner = _read_json(text)
            if inner is not None:
                found = len(paths)
                redacted = self._redact(inner, path, paths, reads_text=False)
                return json.dumps(redacted, ensure_ascii=False) if len(paths) > found else text
        redacted_text, has_secret = self.redact_text(text)
        if has_secret:
            paths.append(path)
        return redacted_text


BUILT_IN = Redactor()
"""The rules that are always on."""


def make_redactor(rules: Sequence[str]) -> Redactor:
    """The built-in rules and those of a configuration: key globs, `$.path.to.key`, and `re:REGEX` on strings."""
    keys, texts = [], []
    for rule in rules:
        if rule.startswith("re:"):
            texts.append(_compile(rule))
        else:
            keys.append(_key_pattern(rule))
    return Redactor(tuple(keys), tuple(texts))


@lru_cache(maxsize=1024)
def _names_secret(key: str) -> bool:
    return _SECRET_KEY.search(key) is not None


def _compile(rule: str) -> re.Pattern[str]:
    try:
        return re.compile(rule.removeprefix("re:"))
    except re.error as error:
        raise ConfigError(f"redaction rule {rule!r} is no valid regular expression", hint=str(error)) from error


def _key_pattern(rule: str) -> re.Pattern[str]:
    glob = rule if rule.startswith(("$", "*")) else f"*.{rule}"
    # fnmatch reads brackets as character sets; in a path they hold an index.
    return re.compile(fnmatch.translate(glob.replace("[", "[[]")), re.IGNORECASE)


def _read_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None

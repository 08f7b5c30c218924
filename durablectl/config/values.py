"""What a setting may be: the kinds of values, and which settings a context and the defaults have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from durablectl.errors import ConfigError
from durablectl.model.redaction import make_redactor


class Kind(StrEnum):
    """What a value must be, in the words of an error."""

    TEXT = "a text"
    REGION = "an AWS Region such as eu-west-1"
    URL = "a URL such as http://127.0.0.1:9014"
    FLAG = "true or false"
    FUNCTIONS = 'a list of function names or globs such as ["orders", "billing-*"]'
    THEME = "one of dark, light, ansi, mono"
    KEYS = 'a key or several such as "x" or "ctrl+x,f8"'
    RULES = 'a list of redaction rules such as ["*.card.*", "re:[0-9]{13,19}"]'


_THEMES = ("dark", "light", "ansi", "mono")

LIST_KINDS = frozenset({Kind.FUNCTIONS, Kind.RULES})

CONTEXT_KEYS: Mapping[str, Kind] = {
    "profile": Kind.TEXT,
    "region": Kind.REGION,
    "endpoint_url": Kind.URL,
    "functions": Kind.FUNCTIONS,
    "read_only": Kind.FLAG,
    "production": Kind.FLAG,
    "redact": Kind.RULES,
}
"""What a context may set."""

LOCAL_KEYS: Mapping[str, Kind] = {key: CONTEXT_KEYS[key] for key in ("functions", "read_only", "production", "redact")}
"""What may be set for the built-in context, which finds its service by itself and needs no credentials."""

DEFAULT_KEYS: Mapping[str, Kind] = {
    "region": Kind.REGION,
    "functions": Kind.FUNCTIONS,
    "read_only": Kind.FLAG,
    "redact": Kind.RULES,
    "cache": Kind.FLAG,
}
"""What may be set for all connections, where neither options nor the environment nor a context say otherwise."""

_REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-[0-9]+")
_SECRETS = re.compile(r"access_?key|secret|token|password|credential", re.IGNORECASE)


def is_url(text: str) -> bool:
    """Whether a text is the URL of an HTTP server."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_secret_key(key: str) -> bool:
    """Whether a key looks like one of credentials, which no configuration of ours may hold."""
    return bool(_SECRETS.search(key))


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why a value cannot be used: what stands in the place of what was expected."""

    expected: str
    remark: str = ""


def check_value(kind: Kind, value: Any) -> Unfit | None:
    """What is wrong with a value that was read from the file; None if nothing is.

    `value` is a text, a flag, a list of these, None for nothing at all, `...` for a scalar of another kind, or a
    mapping, which no setting is.
    """
    if kind in LIST_KINDS:
        return _check_list(kind, value)
    if kind == Kind.FLAG:
        return None if isinstance(value, bool) else Unfit(kind)
    if not isinstance(value, str):
        return Unfit(kind, "put it in quotes" if isinstance(value, bool) or value is ... else "")
    if not value.strip():
        return Unfit(kind)
    if kind == Kind.URL and not is_url(value):
        return Unfit(kind)
    if kind == Kind.REGION and not _REGION.fullmatch(value):
        return Unfit(kind)
    if kind == Kind.THEME and value not in _THEMES:
        return Unfit(kind)
    return None


def _check_list(kind: Kind, value: Any) -> Unfit | None:
    if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
        return Unfit(kind)
    if kind == Kind.RULES:
        try:
            make_redactor(value)
        except ConfigError as error:
            return Unfit("a valid regular expression after re:", "; ".join(error.hint))
    return None

"""The parameters of a template: their defaults, and what the user gives in place of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from typing import Any

from durablectl.errors import UsageError
from durablectl.local.templates.nodes import Mapping, Node, Scalar, Sequence, Template

OPTION = "--parameter"
_STORED_TYPE = "AWS::SSM::Parameter::"
_PSEUDO = ("AWS::StackName", "AWS::Region", "AWS::AccountId", "AWS::Partition", "AWS::URLSuffix", "AWS::StackId")


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the parameters of a template come to."""

    values: Dictionary[str, Any] = field(default_factory=dict)
    """Text, or a list of texts, by name."""
    missing: Dictionary[str, str] = field(default_factory=dict)
    """Those without a value, each with what to do about it; they matter only where they are used."""


def parse_parameters(texts: Iterable[str]) -> dict[str, str]:
    """Read `NAME=VALUE`; a later one wins. Raises UsageError."""
    given = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f'{OPTION} takes NAME=VALUE, not "{text}"')
        given[name] = value
    return given


def parameters_of(template: Template, given: Dictionary[str, str]) -> Parameters:
    """The parameters of a template with what was given for them.

    Raises UsageError for a name that the template does not have, and for a value that it does not allow.
    """
    declared = {key.text: node for key, node in template.section("Parameters") if isinstance(node, Mapping)}
    for name in given:
        if name not in declared and name not in _PSEUDO:
            raise _unknown(template, name, list(declared))
    values: dict[str, Any] = {name: value for name, value in given.items() if name in _PSEUDO}
    missing: dict[str, str] = {}
    for name, declaration in declared.items():
        value = given.get(name)
        if value is None:
            value = _default(declaration)
        else:
            _check_allowed(template, name, declaration, value)
        if value is None:
            missing[name] = f"the parameter {name} has no value, {OPTION} {name}=VALUE gives one"
        else:
            values[name] = _split(value) if _is_list(declaration) else value
    return Parameters(values, missing)


def _unknown(template: Template, name: str, declared: list[str]) -> UsageError:
    near = difflib.get_close_matches(name, declared, n=3)
    if not declared:
        hint = f"{template.path} has no parameters"
    elif near:
        hint = f"did you mean: {', '.join(near)}"
    else:
        hint = f"it has: {', '.join(declared[:8])}"
    return UsageError(f'{template.path} has no parameter "{name}"', hint=hint)


def _default(declaration: Mapping) -> str | None:
    """The default; that of a stored parameter is only the name under which AWS keeps the value."""
    node = declaration.get("Default")
    if _type(declaration).startswith(_STORED_TYPE) or not isinstance(node, Scalar):
        return None
    return node.text.lower() if node.kind == "bool" else node.text


def _check_allowed(template: Template, name: str, declaration: Mapping, value: str) -> None:
    allowed = declaration.get("AllowedValues")
    texts = [_text(item) for item in allowed.items] if isinstance(allowed, Sequence) else []
    if allowed is not None and texts and value not in texts:
        raise UsageError(
            f'{OPTION} {name} takes {", ".join(texts)}, not "{value}"', hint=f"{template.where(allowed.place)} says so"
        )


def _text(node: Node) -> str:
    if not isinstance(node, Scalar):
        return ""
    return node.text.lower() if node.kind == "bool" else node.text


def _is_list(declaration: Mapping) -> bool:
    return _type(declaration).startswith(("CommaDelimitedList", "List<"))


def _split(value: str) -> list[str]:
    return [part.strip() for part in value.split(",")]


def _type(declaration: Mapping) -> str:
    node = declaration.get("Type")
    return node.text if isinstance(node, Scalar) else ""

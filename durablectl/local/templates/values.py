"""What the values of a template come to: parameters, names of functions, and CloudFormation's own functions."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as Dictionary
from typing import Any

from durablectl.local.functions.catalog import Identity
from durablectl.local.templates.nodes import Intrinsic, Mapping, Node, Place, Scalar, Sequence, Template
from durablectl.local.templates.parameters import Parameters
from durablectl.local.templates.resources import NEWEST, Resources

STACK_NAME = "local"
ABSENT = object()
"""What `AWS::NoValue` comes to: the property is not there."""
MAX_DEPTH = 50

_UNNUMBERED = "a version gets its number when the service starts; name an alias instead"
_PLACEHOLDER = re.compile(r"\$\{(!?)\s*([^{}$]*?)\s*\}")


class Unresolved(Exception):
    """A value that only a deployment to AWS can give."""

    def __init__(self, place: Place, reason: str) -> None:
        super().__init__(reason)
        self.place = place
        self.reason = reason


class Resolver:
    """Resolves the values of one template with its parameters.

    Each method raises Unresolved for what it cannot know.
    """

    def __init__(self, template: Template, parameters: Parameters, identity: Identity) -> None:
        self.resources = Resources(template, identity, self.text)
        self._parameters = {**_pseudo_parameters(identity), **parameters.values}
        self._missing_parameters = parameters.missing
        self._mappings = template.section("Mappings")
        self._conditions = template.section("Conditions")
        self._depth = 0
        self._functions: Dictionary[str, Callable[[Node], Any]] = {
            "Ref": self._ref,
            "Condition": lambda node: self.holds(self.text(node), node.place),
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::FindInMap": self._find_in_map,
            "Fn::If": lambda node: self.value(self._branch(node)),
            "Fn::Equals": lambda node: len({str(value) for value in self._list(node, 2)}) == 1,
            "Fn::Not": lambda node: not self._flags(node)[0],
            "Fn::And": lambda node: all(self._flags(node)),
            "Fn::Or": lambda node: any(self._flags(node)),
        }

    def value(self, node: Node) -> Any:
        """The value as text, numbers, flags, lists and dictionaries."""
        if self._depth > MAX_DEPTH:
            raise Unresolved(node.place, "its parts name each other in a circle")
        self._depth += 1
        try:
            return self._value(node)
        finally:
            self._depth -= 1

    def chosen(self, node: Node | None) -> Node | None:
        """The node itself, or what `Fn::If` chooses; None for `AWS::NoValue`."""
        while isinstance(node, Intrinsic) and node.name == "Fn::If":
            node = self._branch(node.argument)
        is_reference = isinstance(node, Intrinsic) and node.name == "Ref"
        return None if node is None or (is_reference and self.value(node) is ABSENT) else node

    def version(self, node: Node) -> str | None:
        """A version that is named; None for one that is published when the service starts."""
        if isinstance(node, Intrinsic) and node.name in ("Ref", "Fn::GetAtt"):
            value = self._functions[node.name](node.argument)
            return None if value == NEWEST else str(value)
        return self.text(node)

    def _value(self, node: Node) -> Any:
        if isinstance(node, Scalar):
            return _plain(node)
        if isinstance(node, Sequence):
            return [value for value in map(self.value, node.items) if value is not ABSENT]
        if isinstance(node, Mapping):
            values = {key.text: self.value(child) for key, child in node}
            return {name: value for name, value in values.items() if value is not ABSENT}
        function = self._functions.get(node.name)
        if function is None:
            raise Unresolved(node.place, f"{node.name} is not resolved here")
        value = function(node.argument)
        if value == NEWEST:
            raise Unresolved(node.place, _UNNUMBERED)
        return value

    def text(self, node: Node) -> str:
        """The value as the text that a property or a variable gets."""
        if isinstance(node, Scalar):
            return node.text.lower() if node.kind == "bool" else node.text
        value = self.value(node)
        if value is ABSENT:
            return ""
        if isinstance(value, list | dict):
            raise Unresolved(node.place, "text is expected here")
        return str(value).lower() if isinstance(value, bool) else str(value)

    def holds(self, condition: str, place: Place) -> bool:
        """Whether a condition of the template is true."""
        node = self._conditions.get(condition)
        if node is None:
            raise Unresolved(place, f"there is no condition {condition}")
        return self.value(node) is True

    # --- CloudFormation's functions -----------------------------------------------------------------------------------

    def _ref(self, node: Node) -> Any:
        name = self.text(node)
        if name == "AWS::NoValue":
            return ABSENT
        return self._named(name, node.place, f"Ref {name}")

    def _named(self, name: str, place: Place, asked: str) -> Any:
        if name in self._parameters:
            return self._parameters[name]
        value = self.resources.referenced(name)
        if value is None:
            raise Unresolved(place, self._missing(name, asked))
        return value

    def _get_att(self, node: Node) -> str:
        text = ".".join(map(self.text, node.items)) if isinstance(node, Sequence) else self.text(node)
        logical_id, _, attribute = text.partition(".")
        return self._attribute(logical_id, attribute, node.place, f"Fn::GetAtt {logical_id}.{attribute}")

    def _attribute(self, logical_id: str, attribute: str, place: Place, asked: str) -> str:
        value = self.resources.attribute(logical_id, attribute)
        if value is None:
            raise Unresolved(place, self._missing(logical_id, asked))
        return value

    def _missing(self, logical_id: str, asked: str) -> str:
        if logical_id in self._missing_parameters:
            return self._missing_parameters[logical_id]
        resource_type = self.resources.type_of(logical_id)
        if resource_type:
            return f"{asked} names an {resource_type}, which exists on AWS only"
        return f"{asked} names nothing in the template"

    def _sub(self, node: Node) -> str:
        text, own = node, Mapping(node.place, ())
        if isinstance(node, Sequence) and node.items:
            text = node.items[0]
            own = node.items[1] if len(node.items) > 1 and isinstance(node.items[1], Mapping) else own
        if not isinstance(text, Scalar):
            raise Unresolved(node.place, "Fn::Sub takes text, or text and names")

        def replaced(found: re.Match[str]) -> str:
            literal, name = found[1], found[2]
            if literal:
                return f"${{{name}}}"
            value = own.get(name)
            return self.text(value) if value is not None else self._substituted(name, text.place)

        return _PLACEHOLDER.sub(replaced, text.text)

    def _substituted(self, name: str, place: Place) -> str:
        asked = f"${{{name}}}"
        logical_id, dot, attribute = name.partition(".")
        value = self._parameters[name] if name in self._parameters else self.resources.referenced(name)
        if value is None and dot:
            value = self._attribute(logical_id, attribute, place, asked)
        if value is None:
            raise Unresolved(place, self._missing(name, asked))
        if value == NEWEST:
            raise Unresolved(place, _UNNUMBERED)
        return ",".join(value) if isinstance(value, list) else str(value)

    def _join(self, node: Node) -> str:
        separator, parts = self._list(node, 2)
        return str(separator).join(str(part) for part in (parts if isinstance(parts, list) else [parts]))

    def _select(self, node: Node) -> Any:
        number, choices = self._list(node, 2)
        try:
            return choices[int(number)]
        except (ValueError, IndexError, TypeError, KeyError):
            raise Unresolved(node.place, f"Fn::Select has no number {number}") from None

    def _split(self, node: Node) -> list[str]:
        separator, text = self._list(node, 2)
        return str(text).split(str(separator))

    def _find_in_map(self, node: Node) -> Any:
        keys = [str(key) for key in self._list(node, 3)]
        found: Node | None = self._mappings
        for key in keys:
            found = found.get(key) if isinstance(found, Mapping) else None
        if found is None:
            raise Unresolved(node.place, f"Fn::FindInMap finds no {'.'.join(keys)}")
        return self.value(found)

    def _branch(self, node: Node) -> Node:
        if not isinstance(node, Sequence) or len(node.items) != 3:
            raise Unresolved(node.place, "Fn::If takes a condition and two values")
        condition, then, otherwise = node.items
        return then if self.holds(self.text(condition), condition.place) else otherwise

    def _list(self, node: Node, count: int) -> list[Any]:
        values = [self.value(item) for item in node.items] if isinstance(node, Sequence) else []
        if len(values) != count:
            raise Unresolved(node.place, f"a list of {count} is expected here")
        return values

    def _flags(self, node: Node) -> list[bool]:
        values = [self._flag(item) for item in node.items] if isinstance(node, Sequence) else []
        if not values:
            raise Unresolved(node.place, "a list of conditions is expected here")
        return values

    def _flag(self, node: Node) -> bool:
        if isinstance(node, Mapping) and len(node.entries) == 1 and node.entries[0][0].text == "Condition":
            return self.holds(self.text(node.entries[0][1]), node.place)
        return self.value(node) is True


def _plain(node: Scalar) -> Any:
    """A scalar as it was meant; numbers stay text, so that `007` and `3.10` keep their characters."""
    if node.kind == "bool":
        return node.text.lower() in ("true", "yes", "on")
    return node.text


def _pseudo_parameters(identity: Identity) -> dict[str, Any]:
    stack_id = "00000000-0000-4000-8000-000000000000"
    return {
        "AWS::Region": identity.region,
        "AWS::AccountId": identity.account,
        "AWS::Partition": identity.partition,
        "AWS::URLSuffix": "amazonaws.com",
        "AWS::StackName": STACK_NAME,
        "AWS::StackId": (
            f"arn:{identity.partition}:cloudformation:{identity.region}:{identity.account}:stack/{STACK_NAME}/{stack_id}"
        ),
    }

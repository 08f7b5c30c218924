"""The properties of one function in a template, its own before those of Globals, each checked where it stands."""

from __future__ import annotations

from collections.abc import Iterator

from durablectl.errors import ConfigError
from durablectl.local.templates.nodes import Intrinsic, Mapping, Node, Place, Scalar, Template
from durablectl.local.templates.resources import SERVERLESS_FUNCTION
from durablectl.local.templates.values import Resolver, Unresolved


class Properties:
    """The properties of one function.

    What is asked for and cannot be resolved or is of another kind raises ConfigError that points at it.
    """

    def __init__(self, template: Template, resolver: Resolver, logical_id: str) -> None:
        self.logical_id = logical_id
        self._template = template
        self._resolver = resolver
        resource = resolver.resources.by_id[logical_id]
        own = resource.get("Properties")
        is_serverless = resolver.resources.type_of(logical_id) == SERVERLESS_FUNCTION
        shared = template.section("Globals").get("Function") if is_serverless else None
        self.sources = [self._members(each, resource) for each in (own, shared) if each is not None]
        key = template.section("Resources").key(logical_id)
        self.place = key.place if key else resource.place
        self.metadata = resource.get("Metadata")

    def _members(self, node: Node, resource: Mapping) -> Mapping:
        if isinstance(node, Intrinsic):
            raise self.error(node.place, f"{node.name} is not resolved here; write out what it stands for")
        if isinstance(node, Mapping):
            return node
        if isinstance(node, Scalar) and node.kind == "null":
            return Mapping(resource.place, ())
        raise self.error(node.place, f"the properties of {self.logical_id} are no names with values")

    def node(self, name: str) -> Node | None:
        """A property as it was written, after `Fn::If` has chosen."""
        return next(self.nodes(name), None)

    def nodes(self, name: str) -> Iterator[Node]:
        """The function's own, then that of Globals."""
        for source in self.sources:
            node = source.get(name)
            chosen = self.chosen(node) if node is not None else None
            if chosen is not None:
                yield chosen

    def chosen(self, node: Node) -> Node | None:
        """What `Fn::If` chooses of a node; raises ConfigError."""
        try:
            return self._resolver.chosen(node)
        except Unresolved as unresolved:
            raise self.error(unresolved.place, unresolved.reason) from None

    def text(self, name: str, default: str = "") -> str:
        """A property as text."""
        node = self.node(name)
        return default if node is None else self.text_of(node, name)

    def text_of(self, node: Node, name: str) -> str:
        """A node as text; `name` is what it is called in an error."""
        if isinstance(node, Mapping) or (not isinstance(node, Scalar | Intrinsic)):
            raise self.error(node.place, f"{name} of {self.logical_id} takes text")
        try:
            return self._resolver.text(node)
        except Unresolved as unresolved:
            raise self.error(
                unresolved.place, f"{name} of {self.logical_id} cannot be resolved: {unresolved.reason}"
            ) from None

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        """A property that is a whole number in a range."""
        node = self.node(name)
        return default if node is None else self.number_of(node, name, least=least, most=most)

    def number_of(self, node: Node, name: str, *, least: int, most: int) -> int:
        """A node as a whole number in a range."""
        text = self.text_of(node, name)
        if not text.isascii() or not text.isdecimal() or not least <= int(text) <= most:
            raise self.error(
                node.place, f'{name} of {self.logical_id} is a number from {least:,} to {most:,}, not "{text}"'
            )
        return int(text)

    def mapping(self, name: str) -> Mapping | None:
        """A property that holds names."""
        node = self.node(name)
        if node is not None and not isinstance(node, Mapping):
            raise self.error(node.place, f"{name} of {self.logical_id} holds no names")
        return node

    def error(self, place: Place, message: str, *, hint: str = "") -> ConfigError:
        """An error that points at a place."""
        return self._template.error(place, message, hint=hint)

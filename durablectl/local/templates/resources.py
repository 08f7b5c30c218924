"""What a template's resources are called here: functions by name, and what Ref and Fn::GetAtt make of them."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from typing import Protocol

from durablectl.local.functions.catalog import Identity
from durablectl.local.templates.nodes import Mapping, Node, Scalar, Template

SERVERLESS_FUNCTION = "AWS::Serverless::Function"
LAMBDA_FUNCTION = "AWS::Lambda::Function"
LAMBDA_VERSION = "AWS::Lambda::Version"
LAMBDA_ALIAS = "AWS::Lambda::Alias"
FUNCTION_TYPES = (SERVERLESS_FUNCTION, LAMBDA_FUNCTION)

NEWEST = "\0newest"
"""Stands for the number of a version that is published when the service starts; nobody knows it before."""


class TextResolver(Protocol):
    """Resolves a node to text; raises Unresolved."""

    def __call__(self, node: Node) -> str:
        """The text that a node comes to."""


class Resources:
    """The resources of a template by their logical ids."""

    def __init__(self, template: Template, identity: Identity, text: TextResolver) -> None:
        self._identity = identity
        self._text = text
        self.by_id: Dictionary[str, Mapping] = {
            key.text: node for key, node in template.section("Resources") if isinstance(node, Mapping)
        }

    def type_of(self, logical_id: str) -> str:
        """The type of a resource; empty where there is none."""
        resource = self.by_id.get(logical_id)
        node = resource.get("Type") if resource else None
        return node.text if isinstance(node, Scalar) else ""

    def property(self, logical_id: str, name: str) -> Node | None:
        """A property of a resource as it was written."""
        properties = self.by_id[logical_id].get("Properties")
        return properties.get(name) if isinstance(properties, Mapping) else None

    def function_name(self, logical_id: str) -> str:
        """What a function is called; CloudFormation would make a longer name of the logical id."""
        node = self.property(logical_id, "FunctionName")
        return (self._text(node) if node is not None else "") or logical_id

    def referenced(self, logical_id: str) -> str | None:
        """What Ref makes of a resource; None for what exists on AWS only."""
        resource_type = self.type_of(logical_id)
        if resource_type in FUNCTION_TYPES:
            return self.function_name(logical_id)
        if resource_type == LAMBDA_ALIAS:
            return self._alias_arn(self.property(logical_id, "FunctionName"), self.property(logical_id, "Name"))
        if resource_type == LAMBDA_VERSION:
            return NEWEST
        # SAM lets the alias and the version that it makes for a function be named as the function's own.
        function, _, member = logical_id.rpartition(".")
        if self.type_of(function) != SERVERLESS_FUNCTION:
            return None
        if member == "Alias":
            return self._auto_alias_arn(function)
        return NEWEST if member == "Version" else None

    def attribute(self, logical_id: str, name: str) -> str | None:
        """What Fn::GetAtt makes of a resource; None for what exists on AWS only."""
        resource_type = self.type_of(logical_id)
        if resource_type in FUNCTION_TYPES and name == "Arn":
            return self._identity.function_arn(self.function_name(logical_id))
        if resource_type in (LAMBDA_VERSION, SERVERLESS_FUNCTION) and name in ("Version", "FunctionArn"):
            return NEWEST
        return None

    def _alias_arn(self, function: Node | None, name: Node | None) -> str | None:
        if function is None or name is None:
            return None
        # A function may be named by its ARN there.
        bare = self._text(function).split(":function:")[-1].partition(":")[0]
        return self._identity.function_arn(bare, self._text(name))

    def _auto_alias_arn(self, function: str) -> str | None:
        alias = self.property(function, "AutoPublishAlias")
        return self._identity.function_arn(self.function_name(function), self._text(alias)) if alias else None

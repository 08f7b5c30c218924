"""What a template wants to have published when the service starts: versions, and the aliases that point to them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from durablectl.local.functions.deploying import Deployment
from durablectl.local.templates.functions import Note, TemplateFunction
from durablectl.local.templates.nodes import Node, Place, Template
from durablectl.local.templates.resources import LAMBDA_ALIAS, LAMBDA_VERSION
from durablectl.local.templates.values import Resolver, Unresolved


@dataclass(frozen=True, slots=True)
class _Resource:
    """A version or an alias of the template."""

    logical_id: str
    place: Place
    function: Node | None
    name: Node | None
    version: Node | None
    description: Node | None
    has_routing: bool


def deployments_of(
    template: Template,
    resolver: Resolver,
    functions: Collection[TemplateFunction],
    note: Note,
) -> list[Deployment]:
    """Versions to publish and aliases to point, for functions that are served; what cannot be resolved is noted."""
    served = {function.name for function in functions}
    deployments = [
        Deployment(function.name, alias=function.auto_publish_alias)
        for function in functions
        if function.auto_publish_alias
    ]
    for resource in _resources(template, resolver, LAMBDA_VERSION, LAMBDA_ALIAS):
        try:
            deployment = _deployment(resolver, resource)
        except Unresolved as unresolved:
            note(unresolved.place, f"{resource.logical_id} is left out: {unresolved.reason}")
            continue
        if resource.has_routing:
            note(
                resource.place,
                f"RoutingConfig of {resource.logical_id} has no effect here: use aws lambda update-alias",
            )
        if deployment.function in served:
            deployments.append(deployment)
    return deployments


def _resources(template: Template, resolver: Resolver, *types: str) -> Iterator[_Resource]:
    for wanted in types:
        for key, _ in template.section("Resources"):
            if resolver.resources.type_of(key.text) == wanted:
                yield _resource(resolver, key.text, key.place)


def _resource(resolver: Resolver, logical_id: str, place: Place) -> _Resource:
    def node(name: str) -> Node | None:
        return resolver.resources.property(logical_id, name)

    return _Resource(
        logical_id,
        place,
        node("FunctionName"),
        node("Name"),
        node("FunctionVersion"),
        node("Description"),
        node("RoutingConfig") is not None,
    )


def _deployment(resolver: Resolver, resource: _Resource) -> Deployment:
    if resource.function is None:
        raise Unresolved(resource.place, "it names no function")
    function = resolver.text(resource.function).split(":function:")[-1].partition(":")[0]
    description = resolver.text(resource.description) if resource.description else None
    alias = resolver.text(resource.name) if resource.name else None
    version = resolver.version(resource.version) if resource.version else None
    return Deployment(function, alias=alias, version=version, description=description)

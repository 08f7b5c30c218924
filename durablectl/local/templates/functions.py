"""The functions of a template: what each is called, where its code is, and how it is to be run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from pathlib import Path

from durablectl.local.functions.functions import DurableConfig
from durablectl.local.functions.sources import FUNCTION_NAME, NAME_LIMIT
from durablectl.local.templates.nodes import Intrinsic, Mapping, Node, Place, Scalar, Template
from durablectl.local.templates.properties import Properties
from durablectl.local.templates.resources import FUNCTION_TYPES
from durablectl.local.templates.values import Resolver, Unresolved

DEFAULT_TIMEOUT_S = 3
DEFAULT_RETENTION_DAYS = 14
"""What CloudFormation and SAM document; the API names another."""
MAX_TIMEOUT_S = 900
MIN_MEMORY_MB, MAX_MEMORY_MB = 128, 32_768
MAX_EXECUTION_TIMEOUT_S = 31_622_400
MAX_RETENTION_DAYS = 90

# What is there and changes how a function behaves on AWS, but has no effect here.
WITHOUT_EFFECT = {
    "Layers": "what they hold must be installed beside the code",
    "FileSystemConfigs": "no file system is mounted",
    "DeadLetterConfig": "what fails goes nowhere else",
    "EventInvokeConfig": "Lambda's own retries and destinations of asynchronous invocations are not applied",
    "Events": "nothing invokes the function but Invoke",
    "ReservedConcurrentExecutions": "use --concurrency",
    "SnapStart": "workers start from the code",
    "ImageConfig": "there are no containers",
}

Note = Callable[[Place, str], None]
"""Tells the user of something in the template that is done in another way, or not at all."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the environment that only AWS could give."""

    name: str
    place: Place
    reason: str


@dataclass(frozen=True, slots=True)
class TemplateFunction:
    """A function as its template describes it."""

    logical_id: str
    name: str
    place: Place
    handler: str
    handler_place: Place
    runtime: str
    runtime_place: Place
    code: Path | None
    """The folder of its code; None if that is not on this machine."""
    code_place: Place
    no_code_reason: str
    timeout_s: int
    memory_mb: int | None
    """None where the template says nothing."""
    description: str
    environment: Dictionary[str, str]
    durable: DurableConfig | None
    is_tenant_isolated: bool
    auto_publish_alias: str | None
    missing_variables: tuple[Variable, ...] = field(default=())
    is_built_elsewhere: bool = False
    """Whether a build makes its code, so that the folder may not hold it yet."""


def functions_of(template: Template, resolver: Resolver, note: Note) -> Iterator[TemplateFunction]:
    """The functions that the template would create, in its order.

    Raises ConfigError that points at what is wrong.
    """
    for key, resource in template.section("Resources"):
        if key.text.startswith("Fn::") or isinstance(resource, Intrinsic):
            note(key.place, f"{key.text} is left out: what makes resources is not resolved here")
        if resolver.resources.type_of(key.text) not in FUNCTION_TYPES:
            continue
        if isinstance(resource, Mapping) and _is_created(template, resolver, resource):
            yield _read(template, Properties(template, resolver, key.text), resolver, note)


def _is_created(template: Template, resolver: Resolver, resource: Mapping) -> bool:
    condition = resource.get("Condition")
    if not isinstance(condition, Scalar):
        return True
    try:
        return resolver.holds(condition.text, condition.place)
    except Unresolved as unresolved:
        raise template.error(unresolved.place, unresolved.reason) from None


def _read(template: Template, properties: Properties, resolver: Resolver, note: Note) -> TemplateFunction:
    _tell_without_effect(properties, note)
    code, code_place, reason = _code(template, properties)
    environment, missing = _environment(properties, resolver)
    return TemplateFunction(
        logical_id=properties.logical_id,
        name=_name(properties, resolver),
        place=properties.place,
        handler=properties.text("Handler"),
        handler_place=_place(properties, "Handler"),
        runtime=properties.text("Runtime"),
        runtime_place=_place(properties, "Runtime"),
        code=code,
        code_place=code_place,
        no_code_reason=reason,
        timeout_s=properties.number("Timeout", DEFAULT_TIMEOUT_S, least=1, most=MAX_TIMEOUT_S),
        memory_mb=properties.number("MemorySize", 0, least=MIN_MEMORY_MB, most=MAX_MEMORY_MB) or None,
        description=properties.text("Description"),
        environment=environment,
        durable=_durable(properties),
        is_tenant_isolated=_is_tenant_isolated(properties),
        auto_publish_alias=properties.text("AutoPublishAlias") or None,
        missing_variables=missing,
        is_built_elsewhere=isinstance(properties.metadata, Mapping) and bool(properties.metadata.get("BuildMethod")),
    )


def _name(properties: Properties, resolver: Resolver) -> str:
    try:
        name = resolver.resources.function_name(properties.logical_id)
    except Unresolved as unresolved:
        what = f"FunctionName of {properties.logical_id} cannot be resolved: {unresolved.reason}"
        raise properties.error(unresolved.place, what) from None
    if FUNCTION_NAME.fullmatch(name) is None:
        hint = f"a name has 1 to {NAME_LIMIT} letters, digits, hyphens and underscores"
        message = f'"{name}" cannot be the name of a function'
        raise properties.error(_place(properties, "FunctionName"), message, hint=hint)
    return name


def _place(properties: Properties, name: str) -> Place:
    node = properties.node(name)
    return node.place if node is not None else properties.place


# --- code -------------------------------------------------------------------------------------------------------------


def _code(template: Template, properties: Properties) -> tuple[Path | None, Place, str]:
    """The folder of the code, where that is said, and why there is none."""
    asset = properties.metadata.get("aws:asset:path") if isinstance(properties.metadata, Mapping) else None
    if isinstance(asset, Scalar):
        # What the CDK synthesises says so where the code lies that it would upload.
        return template.folder / asset.text, asset.place, ""
    for name in ("InlineCode", "ImageUri"):
        node = properties.node(name)
        if node is not None:
            return None, node.place, _UNSUPPORTED_CODE[name]
    if properties.text("PackageType") == "Image":
        return None, _place(properties, "PackageType"), _UNSUPPORTED_CODE["ImageUri"]
    node = properties.node("CodeUri") or properties.node("Code")
    if node is None:
        return template.folder, properties.place, ""
    if isinstance(node, Mapping):
        keys = [key for key, _ in node]
        first = next((key for key in keys if key.text in _UNSUPPORTED_CODE), None)
        return None, (first or node).place, _UNSUPPORTED_CODE[first.text if first else "S3Bucket"]
    text = properties.text_of(node, "CodeUri")
    if text.startswith("s3://"):
        return None, node.place, _UNSUPPORTED_CODE["S3Bucket"]
    if text.endswith((".zip", ".jar")):
        return None, node.place, "archives are not unpacked here; name the folder that it is made of"
    return template.folder / text, node.place, ""


_UNSUPPORTED_CODE = {
    "ImageUri": "container images are not run here",
    "InlineCode": "inline code is not run here; put it into a file, and its folder into CodeUri",
    "ZipFile": "inline code is not run here; put it into a file, and its folder into CodeUri",
    "S3Bucket": "code on S3 is not fetched; name the folder of its source",
    "Bucket": "code on S3 is not fetched; name the folder of its source",
}


# --- settings ---------------------------------------------------------------------------------------------------------


def _environment(properties: Properties, resolver: Resolver) -> tuple[dict[str, str], tuple[Variable, ...]]:
    """The function's variables over those of Globals, and those that only AWS could give."""
    nodes: dict[str, Node] = {}
    for environment in reversed(list(properties.nodes("Environment"))):
        variables = environment.get("Variables") if isinstance(environment, Mapping) else None
        if variables is not None and not isinstance(variables, Mapping):
            raise properties.error(variables.place, f"Variables of {properties.logical_id} holds no names")
        nodes |= {key.text: node for key, node in variables or ()}
    values, missing = {}, []
    for name, node in nodes.items():
        try:
            values[name] = _variable(resolver, node)
        except Unresolved as unresolved:
            missing.append(Variable(name, unresolved.place, unresolved.reason))
    return values, tuple(missing)


def _variable(resolver: Resolver, node: Node) -> str:
    value = resolver.value(node)
    return json.dumps(value) if isinstance(value, dict) else resolver.text(node)


def _durable(properties: Properties) -> DurableConfig | None:
    config = properties.mapping("DurableConfig")
    if config is None:
        return None
    timeout = config.get("ExecutionTimeout")
    if timeout is None:
        hint = f"in seconds, up to {MAX_EXECUTION_TIMEOUT_S:,} (366 days)"
        raise properties.error(
            config.place, f"DurableConfig of {properties.logical_id} has no ExecutionTimeout", hint=hint
        )
    retention = config.get("RetentionPeriodInDays")
    return DurableConfig(
        properties.number_of(timeout, "ExecutionTimeout", least=1, most=MAX_EXECUTION_TIMEOUT_S),
        DEFAULT_RETENTION_DAYS
        if retention is None
        else properties.number_of(retention, "RetentionPeriodInDays", least=1, most=MAX_RETENTION_DAYS),
    )


def _is_tenant_isolated(properties: Properties) -> bool:
    tenancy = properties.mapping("TenancyConfig")
    mode = tenancy.get("TenantIsolationMode") if tenancy else None
    return mode is not None and properties.text_of(mode, "TenantIsolationMode") == "PER_TENANT"


def _tell_without_effect(properties: Properties, note: Note) -> None:
    for name, consequence in WITHOUT_EFFECT.items():
        node = properties.node(name)
        if node is not None:
            note(node.place, f"{name} of {properties.logical_id} has no effect here: {consequence}")

"""What is deployed when the service starts: versions to publish, and aliases to point to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from durablectl.errors import ConfigError
from durablectl.local.errors import ServiceError
from durablectl.local.functions.aliases import Aliases, AliasRequest
from durablectl.local.functions.publishing import Publishing, PublishRequest


@dataclass(frozen=True, slots=True)
class Deployment:
    """A version to publish, or an alias to point to one."""

    function: str
    alias: str | None = None
    """None publishes without a name."""
    version: str | None = None
    """What the alias points to; None is the version that is published now."""
    description: str | None = None


async def deploy(deployments: Sequence[Deployment], publishing: Publishing, aliases: Aliases) -> None:
    """Publish what has changed, then point the aliases. Raises ConfigError for what the service refuses."""
    for deployment in deployments:
        try:
            await _deploy(deployment, publishing, aliases)
        except ServiceError as error:
            what = f"alias {deployment.alias}" if deployment.alias else "a version"
            raise ConfigError(f"{what} of {deployment.function} cannot be deployed: {error.message}") from error


async def _deploy(deployment: Deployment, publishing: Publishing, aliases: Aliases) -> None:
    version = deployment.version
    if version is None:
        description = None if deployment.alias else deployment.description
        published = await publishing.publish(PublishRequest(deployment.function, description=description))
        version = str(published["Version"])
    if deployment.alias is None:
        return
    request = AliasRequest(deployment.function, deployment.alias, version, deployment.description)
    if aliases.exists(deployment.function, deployment.alias):
        await aliases.update(request)
    else:
        await aliases.create(request)

"""`durablectl config show`: the settings in force, each with who decided it."""

from __future__ import annotations

from durablectl.cli.options import OriginOpt
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.config.origins import Candidate, Origin, Setting
from durablectl.views.contexts import CONFIG_FILE, setting_columns, settings_view


def show(runtime: Runtime, origin: OriginOpt = False) -> None:
    """Show the settings in force, and who decided each

    Options win over the environment, which wins over the configuration file. Once a context is in use, its profile,
    region and endpoint win over the AWS variables, because its guards belong to that account.
    """
    settings = [_file(runtime), *runtime.effective.all()]
    runtime.show(settings_view(settings, with_overridden=origin))


def _file(runtime: Runtime) -> Setting:
    file = runtime.configuration
    named = bool(runtime.process.environ.get("DURABLECTL_CONFIG"))
    source = (
        "DURABLECTL_CONFIG" if named else "its usual place" if file.exists else "its usual place; there is none yet"
    )
    return Setting(CONFIG_FILE, (Candidate(str(file.path), Origin.ENVIRONMENT if named else Origin.BUILT_IN, source),))


CONFIG_SHOW = CommandSpec(
    name="config show",
    group=Group.SETUP,
    run=show,
    formats=("table", "json", "yaml", "plain"),
    columns=lambda reading, given: setting_columns(),
    examples=(
        Example("durablectl config show", "what holds, and why"),
        Example("durablectl config show -c local --region eu-west-1 --origin", "also what each decision overrode"),
    ),
)

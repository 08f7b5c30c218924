"""`durablectl doctor`: what works over the connection, what does not, and what to do about it."""

from __future__ import annotations

import typer

from durablectl.cli.bundles import Scope
from durablectl.cli.choices import one_of
from durablectl.cli.options import PolicyOpt
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.errors import UsageError
from durablectl.operate.checkup import Check, Verdict, check_up, exit_code
from durablectl.operate.policies import Role, least_policy
from durablectl.views.checkup import check_columns, checkup_view
from durablectl.views.render.json_text import encode_json


def doctor(runtime: Runtime, scope: Scope, policy: PolicyOpt = None) -> None:
    """Check the connection, and say what to do about what is wrong

    Nothing is changed: reading is tried, and whether something may be changed is not. With --policy it prints the least
    that IAM must allow instead, and asks nobody.
    """
    if policy is not None:
        _show_policy(runtime, policy, runtime.scope(scope.function))
        return
    inspection = runtime.inspection
    runtime.diagnostics.show_progress("checking the connection")
    checks = [
        *check_up(inspection, runtime.settings, functions=_names(runtime, scope)),
        _terminal(runtime),
    ]
    runtime.show(checkup_view(checks, reading=runtime.reading(), source=inspection.backend.source))
    raise typer.Exit(exit_code(checks))


def _names(runtime: Runtime, scope: Scope) -> tuple[str, ...]:
    """Functions that can be tried as they stand."""
    return tuple(name for name in runtime.scope(scope.function) if "*" not in name)


def _show_policy(runtime: Runtime, policy: str, functions: tuple[str, ...]) -> None:
    if runtime.choices.format not in ("table", "json"):
        raise UsageError("--policy prints JSON", hint="leave -o out")
    role = Role(one_of("--policy", policy, tuple(Role), default="reader"))
    document = least_policy(role, functions, region=runtime.settings.region)
    runtime.stdout.write(f"{encode_json(document, indent=2)}\n".encode())
    runtime.stdout.flush()
    runtime.diagnostics.note("executions with a key of their own also need kms:Decrypt on that key, for payloads")


def _terminal(runtime: Runtime) -> Check:
    process, display = runtime.process, runtime.display
    if not process.stdout_is_terminal:
        return Check("terminal", Verdict.NOTE, "results do not go to a terminal: nothing is cut or coloured")
    colour = "colour" if display.color else "no colour"
    facts = f"{process.columns}×{process.lines}, {colour}, {process.encoding}"
    if display.ascii:
        return Check("terminal", Verdict.NOTE, f"{facts}: glyphs are ASCII", ("for more, use a UTF-8 locale",))
    return Check("terminal", Verdict.OK, facts)


DOCTOR = CommandSpec(
    name="doctor",
    group=Group.SETUP,
    run=doctor,
    formats=("table", "json", "yaml", "plain"),
    exits=(7,),
    columns=lambda reading, given: check_columns(),
    examples=(
        Example("durablectl doctor -c local", "is everything there"),
        Example("durablectl doctor --policy operator -f orders --region eu-west-1", "what IAM must allow"),
    ),
)

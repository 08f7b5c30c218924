"""`durablectl why`: why an execution failed, or what it waits for."""

from __future__ import annotations

from durablectl.cli.bundles import Scope
from durablectl.cli.choices import whole_number
from durablectl.cli.options import AllFindingsOpt, ChildrenOpt, ExecutionArg
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.cli.targets import find_target
from durablectl.insight.diagnosing import diagnose
from durablectl.operate.data_level import DataLevel
from durablectl.operate.diagnosing import collect_facts
from durablectl.views.diagnosis import diagnosis_view, finding_columns

_CHILD_LEVELS = 1


def why(
    runtime: Runtime,
    execution: ExecutionArg,
    scope: Scope,
    all_findings: AllFindingsOpt = False,
    children: ChildrenOpt = None,
) -> None:
    """Explain why one execution failed, or what it waits for

    Each finding names its rule and its evidence, and a command to type next. Chained executions that it waits for, or
    that made it fail, are looked into one level down, or as many as --children says.
    """
    levels = whole_number("--children", children)
    target = find_target(runtime, execution, scope)
    collected = collect_facts(
        runtime.backend,
        target,
        level=runtime.data_level(DataLevel.ERRORS),
        child_levels=_CHILD_LEVELS if levels is None else levels,
        notes=runtime.diagnostics,
        now=runtime.now(),
    )
    facts = collected.facts
    view = diagnosis_view(
        diagnose(facts),
        facts,
        reading=runtime.reading(collected.level, is_key_denied=facts.is_key_denied),
        source=runtime.backend.source,
        with_info=all_findings,
        command=runtime.reconnecting,
        list_facts=runtime.facts,
    )
    runtime.show(view)


WHY = CommandSpec(
    name="why",
    group=Group.INSPECT,
    run=why,
    formats=("table", "json", "jsonl", "yaml", "plain"),
    exits=(3,),
    reads_data=True,
    columns=lambda reading, given: finding_columns(reading),
    examples=(
        Example("durablectl why refunds@latest -c local", "what failed, and the error word by word"),
        Example("durablectl why orders@latest -c local --all", "what it waits for, and all else that is to be said"),
        Example("durablectl why imports@latest -c local -o json --query headline", "the headline alone"),
    ),
)

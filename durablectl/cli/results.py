"""Results of actions on their way to stdout, and the exit code that they add up to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from durablectl.cli.jobs import tracked
from durablectl.cli.runtime import Runtime
from durablectl.operate.actions import ActionResult, count_outcomes
from durablectl.operate.targets import Target
from durablectl.operate.wording import counted
from durablectl.views.actions import action_view
from durablectl.views.view import ListFacts


def show_results(
    runtime: Runtime,
    results: Iterable[ActionResult],
    *,
    as_list: bool = False,
    targets: Sequence[Target] = (),
    is_rehearsed: bool = False,
) -> list[ActionResult]:
    """Show results as they come, and give them back; several end with their totals on stderr.

    `targets` are those whose results will come; `is_rehearsed` tells that nothing is done to them.
    """
    seen: list[ActionResult] = []

    def passing() -> Iterator[ActionResult]:
        for result in tracked(runtime, results, what="done", total=len(targets)):
            seen.append(result)
            yield result

    def facts() -> ListFacts:
        return runtime.facts(extra={"counts": count_outcomes(seen)})

    reading, source = runtime.reading(), runtime.source
    view = action_view(
        passing(),
        reading=reading,
        source=source,
        as_list=as_list,
        facts=facts,
        targets=targets,
        is_rehearsed=is_rehearsed,
    )
    runtime.show(view)
    if as_list and seen:
        totals = ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in count_outcomes(seen).items())
        runtime.diagnostics.note(f"{counted(len(seen), 'target')}: {totals}")
    return seen

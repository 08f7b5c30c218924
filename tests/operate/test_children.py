from __future__ import annotations

from typing import Any

import pytest

from durablectl.backend.base import Backend
from durablectl.errors import AccessDenied, DurablectlError, NotFound, Unreachable
from durablectl.model.operations import fold
from durablectl.operate.children import Child, follow_children
from durablectl.operate.data_level import DataLevel
from durablectl.operate.notes import CollectedNotes
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import RecordedExecution, invoke, make_arn, make_execution, step

TOP, MIDDLE, BOTTOM = (make_arn(name, id=f"id-{name}") for name in ("top", "middle", "bottom"))


def execution(arn: str, *operations: Any, status: str = "RUNNING") -> RecordedExecution:
    return make_execution(arn.split("/")[2], *operations, arn=arn, status=status)


def calling(*arns: str) -> list[Any]:
    return [invoke(f"call-{number}", child_arn=arn) for number, arn in enumerate(arns)]


def follow(
    backend: Backend, top: RecordedExecution, levels: int, notes: CollectedNotes | None = None, **options: Any
) -> dict[str, Child]:
    return follow_children(
        backend,
        top.arn,
        fold(top.events),
        levels=levels,
        level=DataLevel.ERRORS,
        notes=notes or CollectedNotes(),
        **options,
    )


@pytest.fixture
def chained() -> list[RecordedExecution]:
    return [
        execution(TOP, *calling(MIDDLE)),
        execution(MIDDLE, *calling(BOTTOM)),
        execution(BOTTOM, step("register")),
    ]


@pytest.mark.parametrize("levels, arns", [(0, []), (1, [MIDDLE]), (2, [MIDDLE, BOTTOM]), (9, [MIDDLE, BOTTOM])])
def test_as_many_levels_are_followed_as_asked_for(
    levels: int, arns: list[str], chained: list[RecordedExecution]
) -> None:
    backend = FakeBackend(*chained)
    followed = follow(backend, chained[0], levels)
    assert list(followed) == arns
    assert all(child.detail and child.folded for child in followed.values())
    assert bool(backend.calls) == bool(levels)


def test_a_circle_of_executions_is_read_once() -> None:
    top, middle = execution(TOP, *calling(MIDDLE, MIDDLE)), execution(MIDDLE, *calling(TOP, MIDDLE))
    backend = FakeBackend(top, middle)
    assert list(follow(backend, top, 100)) == [MIDDLE]
    assert [call.target for call in backend.calls if call.verb == "execution"] == [MIDDLE]


@pytest.mark.parametrize(
    "error, reason, told",
    [
        (
            AccessDenied(
                "not allowed",
                details={
                    "action": "lambda:GetDurableExecution",
                    "resource": "arn:aws:lambda:eu-west-1:123456789012:function:audit:*",
                },
            ),
            "not readable",
            "orders:7/middle not readable: lambda:GetDurableExecution on function:audit:* is missing",
        ),
        (NotFound("no execution"), "no longer there", "orders:7/middle no longer there: no execution"),
        (Unreachable("no answer"), "not read", "orders:7/middle not read: no answer"),
    ],
)
def test_a_child_that_cannot_be_read_is_a_warning(
    error: DurablectlError, reason: str, told: str, chained: list[RecordedExecution]
) -> None:
    backend, notes = FakeBackend(*chained), CollectedNotes()
    backend.fail("execution", error)
    followed = follow(backend, chained[0], 3, notes)
    assert {child.arn: child.reason for child in followed.values()} == {MIDDLE: reason}
    ((text, facts),) = notes.warnings
    assert text == told
    assert facts["arn"] == MIDDLE


def test_no_more_are_read_than_the_budget_allows_and_what_failed_comes_first() -> None:
    arns = [make_arn(f"child-{number}", id=f"id-{number}") for number in range(6)]
    operations = calling(*arns)
    operations[4].fails()
    operations[5].is_pending()
    top = execution(TOP, *operations)
    backend, notes = FakeBackend(top, *(execution(arn, step("work")) for arn in arns)), CollectedNotes()
    followed = follow(backend, top, 2, notes, at_most=3)
    assert [arn for arn, child in followed.items() if child.folded] == [arns[4], arns[5], arns[0]]
    assert {child.reason for child in followed.values() if not child.folded} == {"not read"}
    assert notes.warnings[0][0].startswith("3 more chained executions not read: at most 3 are")

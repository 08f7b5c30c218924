"""The columns that tell where something is, for lists over several regions or contexts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from durablectl.backend.base import Source
from durablectl.views.lines import DASH, data
from durablectl.views.view import Column, Record


class Sourced(Protocol):
    """Something of a list, with who told of it."""

    @property
    def source(self) -> Source | None: ...  # noqa: D102


_Sourced = TypeVar("_Sourced", bound=Sourced)


def placed(record: Callable[[_Sourced], Record]) -> Callable[[_Sourced], Record]:
    """Records of a list with the context of the connection that gave each, which no ARN tells."""
    return lambda one: record(one) | {"context": _context(one)}


def with_places(
    columns: tuple[Column[_Sourced], ...], region: Callable[[_Sourced], str | None], shown: Sequence[str]
) -> tuple[Column[_Sourced], ...]:
    """Columns with those of context and region: in front where `shown` names one of them, else at the end."""
    places = place_columns(region, shown)
    return (*places, *columns) if shown else (*columns, *places)


def place_columns(
    region: Callable[[_Sourced], str | None], shown: Sequence[str]
) -> tuple[Column[_Sourced], Column[_Sourced]]:
    """Context and region, which only lists over several of them show unless all columns are asked for."""
    return (
        Column(
            "context",
            "CONTEXT",
            lambda one, _: data(_context(one)) or DASH,
            _context,
            is_wide="context" not in shown,
            shrinks_to=6,
            about="context of the connection",
        ),
        Column(
            "region",
            "REGION",
            lambda one, _: data(region(one)) or DASH,
            region,
            is_wide="region" not in shown,
            shrinks_to=9,
            about="AWS Region",
        ),
    )


def _context(one: Sourced) -> str | None:
    return one.source.context if one.source else None

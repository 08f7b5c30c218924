"""Holds back Python's cycle collector while something large is made that stays."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the collector from running; also to be used as a decorator.

    All that a fold or a drawing makes stays in use until it is shown, so collections find nothing and walk everything
    built so far: with them an event of a history of 300,000 is folded and drawn in 1.7 times the time of one of 3,000,
    without them in 1.1 times.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()

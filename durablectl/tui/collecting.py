"""Keeps Python's cycle collector from holding up the dashboard: what stays is not looked through again and again."""

from __future__ import annotations

import gc
from dataclasses import dataclass

TICK_S = 1.0
"""How often the collector is asked whether something is due."""
QUIET_TICKS = 5
"""Ticks without a key or a mouse event after which nobody notices a tenth of a second."""

_OBJECTS = 50_000
"""New objects between two looks at the newest ones, more than a look at the service makes.

What it made goes with it, without the collector; looked through while it is there, it would only be kept for longer.
"""
_LOOKS = 5
_NEVER = 1_000_000_000
_DUE = 3
"""How many times the young ones were looked through, after which what came since the last freeze is due."""


@dataclass(slots=True)
class Collector:
    """Says what is collected when, instead of thresholds, which know nothing of a reader who waits for a key.

    Looking through everything takes a tenth of a second once 10,000 executions are listed or 3,000 operations open.
    """

    _is_begun: bool = False
    _is_something_left: bool = False
    _quiet_ticks: int = 0
    _depth: int = 0

    def begin(self) -> None:
        """Take over, once the program is loaded: modules and classes stay until the end."""
        self._is_begun = True
        gc.set_threshold(_OBJECTS, _LOOKS, _NEVER)
        gc.freeze()

    def settle(self) -> None:
        """Count what there is now among what stays, as the first answer of a screen does until that is left."""
        if self._is_begun:
            gc.freeze()

    def touch(self) -> None:
        """Note that somebody is there."""
        self._quiet_ticks = 0

    def tick(self, depth: int) -> None:
        """Collect what is due, on a stack of so many screens: all there is once one was left and nobody waits."""
        self._is_something_left |= depth < self._depth
        self._depth = depth
        self._quiet_ticks += 1
        if self._is_something_left and self._quiet_ticks >= QUIET_TICKS:
            self._is_something_left = False
            gc.unfreeze()
            gc.collect()
            gc.freeze()
        elif gc.get_count()[2] >= _DUE:
            gc.collect()

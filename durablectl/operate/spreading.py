"""Chance in the times at which a service is asked, so that several who wait do not ask at the same instants."""

from __future__ import annotations

import random

JITTER = 0.2


def spread() -> float:
    """A factor within a fifth of 1."""
    return random.uniform(1 - JITTER, 1 + JITTER)

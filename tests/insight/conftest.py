"""Settings of the model's property tests: no deadline, because a deadline is a timed assertion by accident."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("durablectl", deadline=None)
settings.load_profile("durablectl")

"""Names that SDKs make up for branches, iterations and the parts of a wait for callback."""

from __future__ import annotations

import re

GENERATED_NAME = re.compile(r"(?:map-item|parallel-branch)-(\d+)|.*(?:[ -](?:create callback id|submitter)|-callback)")
NUMBERED = frozenset({"MapIteration", "ParallelBranch"})


def is_generated_name(name: str | None, sub_type: str | None, parent_sub_type: str | None) -> bool:
    """Whether an SDK made up the name of a branch, an iteration or a part of a wait for callback."""
    is_part = sub_type in NUMBERED or parent_sub_type == "WaitForCallback"
    return bool(name) and is_part and GENERATED_NAME.fullmatch(name or "") is not None

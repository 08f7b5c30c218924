"""The event that an invocation of a durable function is given: its state, as much as one page carries. Pure."""

from __future__ import annotations

import itertools
import json
from datetime import datetime

from durablectl.local.engine.live import InFlight, LiveExecution
from durablectl.local.rules.navigable_state import StateView, epoch_milliseconds, page


def invocation_event(live: LiveExecution, in_flight: InFlight, now: datetime) -> bytes:
    """The JSON of the event, with a new checkpoint token; timestamps are epoch milliseconds."""
    view = StateView(now, frozenset(live.replay_children), epoch_milliseconds)
    reachable = view.navigable(live.folded)
    execution = view.execution(live.folded, live.input_text)
    carried = page(itertools.chain([execution], map(view.operation, reachable)))
    token = in_flight.rotate()
    delivered = len(carried) - 1
    event = {
        "DurableExecutionArn": live.record.arn,
        "CheckpointToken": token,
        "InitialExecutionState": {
            "Operations": carried,
            "NextMarker": in_flight.marker(delivered) if delivered < len(reachable) else "",
        },
        "UpdatedOperationIds": list(live.unseen),
    }
    return json.dumps(event).encode()

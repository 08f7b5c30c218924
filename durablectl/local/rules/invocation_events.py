"""The event that an invocation of a durable function is given: its state, as much as one page carries. Pure."""

from __future__ import annotations

import json
from datetime import datetime

from durablectl.local.engine.live import InFlight, LiveExecution
from durablectl.local.rules.navigable_state import StateView, epoch_milliseconds


def invocation_event(live: LiveExecution, in_flight: InFlight, now: datetime) -> bytes:
    """The JSON of the event, with a new checkpoint token; timestamps are epoch milliseconds.

    An input that fills a page leaves no room for any operation, not even for the one that carries it: the function has
    to ask for all of them.
    """
    view = StateView(now, frozenset(live.replay_children), epoch_milliseconds)
    carried, delivered = view.page(live.folded, least=0)
    token = in_flight.rotate()
    event = {
        "DurableExecutionArn": live.record.arn,
        "CheckpointToken": token,
        "InitialExecutionState": {
            "Operations": carried,
            "NextMarker": "" if delivered is None else in_flight.marker(delivered),
        },
        "UpdatedOperationIds": list(live.unseen),
    }
    return json.dumps(event).encode()

"""The JavaScript SDK's Lambda client works with the local service as it does with AWS."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.node.support import NODE
from tests.servers.fixtures import HANDLERS
from tests.servers.local_service import local_service
from tests.servers.processes import DUMMY_AWS, plain_environment


def test_a_session_sees_what_it_would_on_aws(folder: Path) -> None:
    with local_service(
        {"order": f"{HANDLERS}:order"}, directory=folder, options=("--execution-timeout", "10m")
    ) as service:
        ran = subprocess.run(
            [str(NODE), "client.mjs", service.endpoint],
            cwd=folder,
            env=plain_environment(HOME=str(folder), **DUMMY_AWS),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    seen = json.loads(ran.stdout)

    event_ids, names = seen.pop("eventIds"), seen.pop("names")
    assert event_ids == [*range(1, len(event_ids) + 1)]
    assert {"js-order", "js-approve", "js-stop"} <= set(names)
    assert len(names) == 4
    assert seen == {
        "functions": ["order"],
        "statusCode": 202,
        "result": {"amount": 4},
        "startedAt": True,
        "synchronous": {"amount": 5},
        "approved": "SUCCEEDED",
        "stopped": "Trial",
        "missing": ["ResourceNotFoundException", 404],
    }

"""The SAM CLI of the tests."""

from __future__ import annotations

import os
from pathlib import Path

from tests.servers.demo import ROOT

# Read at import: the tests themselves see no variable of AWS.
SAM_CLI = Path(os.environ.get("SAM_CLI") or ROOT / ".venv-sam" / "bin" / "sam").absolute()
"""The SAM CLI of `make test`, or the one that the variable SAM_CLI names."""
QUIET_SAM = {"SAM_CLI_TELEMETRY": "0", "AWS_SAM_CLI_VERSION_CHECK": "false"}
"""It reports home and asks for a newer version of itself otherwise."""

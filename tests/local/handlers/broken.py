"""Fails at import, a call below the module's own level."""

import json
from typing import Any


def settings(text: str) -> Any:
    return json.loads(text)


SETTINGS = settings("{")


def handler(event: Any, context: Any) -> Any:
    return event

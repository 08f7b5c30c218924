"""JSON of records, thousands of which are written one by one."""

from __future__ import annotations

from typing import Any

import orjson

from durablectl.views.render.json_text import encode_json
from durablectl.views.text import escape_in_document


def encode_record(record: Any) -> bytes:
    """What `encode_json` says, in UTF-8 and without spaces."""
    try:
        encoded = orjson.dumps(record)
    except orjson.JSONEncodeError:
        # Deeper than the library goes, a number beyond 64 bits, or half of a surrogate pair.
        return encode_json(record).encode()
    if encoded.isascii() and b"\x7f" not in encoded:
        return encoded
    return escape_in_document(encoded.decode()).encode()

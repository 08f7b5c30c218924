"""What the text of a payload tells before it is sent."""

from __future__ import annotations

import pytest

from durablectl.model.redaction import make_redactor
from durablectl.views.previews import payload_text


@pytest.mark.parametrize(
    "payload, told",
    [(None, "no result"), (b"", "0 bytes"), (b"7", "1 byte: 7"), (b'{"ok":true}', '11 bytes: {"ok":true}')],
)
def test_a_payload_is_told_by_its_size_and_its_beginning(payload: bytes | None, told: str) -> None:
    assert payload_text(payload, make_redactor(())) == told

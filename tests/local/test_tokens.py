"""The opaque strings of the service: what they hold, and that foreign ones are recognised."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from durablectl.local import tokens
from durablectl.local.engine.live import InFlight
from durablectl.local.tokens import CallbackAddress
from tests.local.checkpoint_support import NOW

OPAQUE = re.compile(r"[A-Za-z0-9+/]+={0,2}")
ADDRESS = CallbackAddress("5f1d6c0e-8a43-4c55-9c1e-2b7f9e01d0aa", "9" * 64)


def test_a_callback_id_leads_to_its_operation_and_cannot_be_guessed() -> None:
    first, second = tokens.callback_id(ADDRESS), tokens.callback_id(ADDRESS)

    assert first != second
    assert tokens.read_callback_id(first) == tokens.read_callback_id(second) == ADDRESS
    assert OPAQUE.fullmatch(first)
    assert len(first) <= 1024


def test_a_checkpoint_token_is_never_issued_twice() -> None:
    issued = {tokens.checkpoint_token("r-1", 1) for _ in range(100)}

    assert len(issued) == 100
    assert all(OPAQUE.fullmatch(token) for token in issued)


@pytest.mark.parametrize("text", ["", "x", "????", "ü", "YTpi", "YTpiOmM6ZA==", "\ud800"])
def test_a_foreign_callback_id_leads_nowhere(text: str) -> None:
    assert tokens.read_callback_id(text) is None


@given(st.text())
def test_any_text_can_be_asked_about(text: str) -> None:
    assert tokens.read_callback_id(text) is None or text
    assert tokens.read_marker(text, 2) is None or text


def test_a_marker_gives_back_its_parts() -> None:
    assert tokens.read_marker(tokens.marker("list", 17, "x"), 3) == ["list", "17", "x"]
    assert tokens.read_marker(tokens.marker("list", 17), 3) is None


def test_a_state_marker_holds_until_the_token_moves() -> None:
    in_flight = InFlight("r-1", NOW)
    in_flight.rotate()
    marker = in_flight.marker(100)
    assert in_flight.read_marker(marker) == 100

    in_flight.rotate()

    assert in_flight.read_marker(marker) is None


def test_a_state_marker_of_another_invocation_does_not_hold() -> None:
    first, second = InFlight("r-1", NOW), InFlight("r-2", NOW)
    first.rotate()
    second.rotate()

    assert second.read_marker(first.marker(100)) is None


def test_a_trace_header_has_the_time_in_it() -> None:
    header = tokens.new_trace_header(0x5F1D6C0E)

    assert re.fullmatch(r"Root=1-5f1d6c0e-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0", header)

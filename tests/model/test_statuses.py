"""Statuses and types are open sets: a word that the service adds later is a value like any other."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from durablectl.model.statuses import (
    CLOSED_STATUSES,
    OPEN_STATUSES,
    ExecutionStatus,
    OperationStatus,
    OperationType,
)


@given(st.text())
def test_any_word_is_a_status_equal_to_its_text(word: str) -> None:
    for words in (ExecutionStatus, OperationStatus, OperationType):
        status = words(word)
        assert status == word
        assert str(status) == word
        assert {status: 1}[words(word)] == 1
        assert status.is_known == (word in words.__members__)


def test_an_unknown_word_is_not_remembered_as_a_known_one() -> None:
    ExecutionStatus("ARCHIVED")

    assert not ExecutionStatus("ARCHIVED").is_known
    assert "ARCHIVED" not in list(ExecutionStatus)


@pytest.mark.parametrize("word", ["RUNNING", "ARCHIVED"])
def test_words_survive_copying(word: str) -> None:
    status = ExecutionStatus(word)

    assert copy.deepcopy(status) == status
    assert pickle.loads(pickle.dumps(status)) == status


def test_a_known_execution_is_open_closed_or_being_deleted() -> None:
    assert frozenset() == OPEN_STATUSES & CLOSED_STATUSES
    assert set(ExecutionStatus) - OPEN_STATUSES - CLOSED_STATUSES == {ExecutionStatus.DELETING}


def test_an_unknown_status_is_neither_open_nor_closed_nor_final() -> None:
    assert not ExecutionStatus("ARCHIVED").is_open
    assert not ExecutionStatus("ARCHIVED").is_closed
    assert not OperationStatus("ARCHIVED").is_final


def test_an_operation_that_has_not_ended_is_started_pending_or_ready() -> None:
    assert {status for status in OperationStatus if not status.is_final} == {"STARTED", "PENDING", "READY"}

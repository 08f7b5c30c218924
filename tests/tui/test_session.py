"""What the dashboard finds among the executions that it has seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from durablectl.operate.listing import ListedExecution
from durablectl.tui.session import MOST_KNOWN, Session
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import make_arn, make_execution, step
from tests.tui.support import make_connection

_MADE = make_execution("order-1", step("a")).execution


def listed(
    name: str, function: str = "orders", id: str = "8f3a1c2d-0000", searched: str | None = None
) -> ListedExecution:
    arn = make_arn(name, function=function, id=id)
    return ListedExecution(replace(_MADE, arn=arn, name=name), searched or function)


def session_of(*rows: ListedExecution) -> Session:
    session = Session(make_connection(FakeBackend()))
    session.see({row.execution.arn: row for row in rows}, [row.function for row in rows])
    return session


def names(session: Session, text: str) -> list[str]:
    return [target.label for target in session.matching(text)]


def test_those_that_begin_with_a_text_stand_first() -> None:
    session = session_of(listed("an-order-1"), listed("order-1"), listed("x", "refunds"))
    assert names(session, "Order-") == ["orders/order-1", "orders/an-order-1"]
    assert names(session, "refunds/") == ["refunds/x"]


def test_an_id_is_looked_for_where_no_name_holds_it() -> None:
    session = session_of(listed("order-1", id="8f3a1c2d-1"), listed("order-2", id="9999aaaa-1"))
    assert names(session, "9999AAAA") == ["orders/order-2"]
    assert names(session, "999") == []


def test_executions_of_an_alias_are_called_by_their_function() -> None:
    session = session_of(listed("order-1", searched="orders:live"))
    assert names(session, "orders/or") == ["orders/order-1"]
    assert names(session, "live") == []


@pytest.mark.parametrize("reference", ["orders/order-2", "orders/9999aaaa-1", make_arn("order-2", id="9999aaaa-1")])
def test_a_reference_in_full_means_one(reference: str) -> None:
    session = session_of(listed("order-1"), listed("order-2", id="9999aaaa-1"))
    found = session.exactly(reference)
    assert found is not None
    assert found.name == "order-2"


@pytest.mark.parametrize("reference", ["order-2", "orders/order", "orders/order-3", "refunds/order-2"])
def test_a_part_of_a_reference_means_none(reference: str) -> None:
    assert session_of(listed("order-1"), listed("order-2")).exactly(reference) is None


def test_a_name_that_two_executions_have_means_none() -> None:
    assert session_of(listed("order-1", id="a-1"), listed("order-1", id="b-1")).exactly("orders/order-1") is None


def test_the_account_is_known_from_any_arn() -> None:
    session = session_of(replace(listed("x"), execution=replace(_MADE, arn="id-of-an-emulator")), listed("order-1"))
    assert session.account == "123456789012"


def test_what_was_seen_first_is_forgotten_first() -> None:
    session = session_of(*(listed(f"order-{number}") for number in range(MOST_KNOWN + 2)))
    assert len(session.known) == MOST_KNOWN
    assert names(session, "order-0") == []

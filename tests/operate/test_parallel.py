"""Several works at a time: their order, their failures, and that nobody begins more than is wanted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from durablectl.operate.parallel import in_parallel


def test_results_come_in_the_order_of_the_works() -> None:
    last_is_done = threading.Event()

    def wait_for_the_last() -> str:
        assert last_is_done.wait(timeout=30)
        return "first"

    def be_quick() -> str:
        last_is_done.set()
        return "last"

    assert list(in_parallel([wait_for_the_last, be_quick])) == ["first", "last"]


def test_what_a_work_raises_is_raised_in_its_place() -> None:
    results = in_parallel([lambda: 1, lambda: 1 // 0, lambda: 3])

    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_a_single_work_is_done_in_the_thread_that_wants_it() -> None:
    assert list(in_parallel([threading.current_thread])) == [threading.current_thread()]


def test_no_work_gives_no_result() -> None:
    assert list(in_parallel([])) == []


def test_works_are_taken_up_in_the_thread_of_the_consumer_and_only_a_few_ahead() -> None:
    taken: list[threading.Thread] = []

    def works() -> Iterator[Callable[[], int]]:
        for number in range(1000):
            taken.append(threading.current_thread())
            yield partial(int, number)

    results = in_parallel(works(), at_once=2)

    assert next(results) == 0
    assert set(taken) == {threading.current_thread()}
    assert len(taken) <= 6


def test_whoever_leaves_early_ends_the_threads() -> None:
    results = in_parallel((partial(int, number) for number in range(1000)), at_once=2)
    next(results)
    crew = [thread for thread in threading.enumerate() if thread.name.startswith("parallel ")]

    results.close()  # type: ignore[attr-defined]

    for thread in crew:
        thread.join(timeout=30)
        assert not thread.is_alive()

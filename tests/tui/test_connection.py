"""A connection: made late, once, and with what is known of it before anybody has asked."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from durablectl.backend.base import Source
from durablectl.tui.connection import Late, RequestLog
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import NOW
from tests.tui.support import make_connection

_FIRST_FRAME = "import durablectl.cli.dashboard, durablectl.tui.app, durablectl.tui.screens.overview, sys;"
_LATE = (
    "botocore",
    "durablectl.backend.lambda_api",
    "durablectl.model.events",
    "durablectl.operate.survey",
    "zoneinfo",
)


def test_what_makes_requests_is_not_imported_for_the_first_frame() -> None:
    program = f"{_FIRST_FRAME} print([name for name in {_LATE!r} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout) == (0, "[]\n"), ran.stderr


def test_what_the_next_screens_need_is_imported_by_itself() -> None:
    program = (
        f"{_FIRST_FRAME} from durablectl.tui import ahead; ahead.load(); print(set(ahead.NEXT) - set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout) == (0, "set()\n"), ran.stderr


def test_threads_that_need_it_at_the_same_time_get_the_same_one() -> None:
    at_once, made = Barrier(4), []

    def make() -> object:
        made.append(object())
        return made[-1]

    late = Late(make)

    def need(_: int) -> object:
        at_once.wait(10)
        return late.value

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(need, range(4))) == {made[0]}
    assert len(made) == 1


def test_a_region_that_only_the_aws_configuration_tells_is_known_after_the_first_request() -> None:
    def never() -> FakeBackend:
        pytest.fail("the backend was made to tell the region")

    told = make_connection(FakeBackend(source=Source("aws", region="eu-central-1")), region=None)
    assert replace(told, late_backend=Late(never)).region is None
    assert replace(told, requests=_used()).region == "eu-central-1"


def test_a_region_that_was_chosen_is_known_at_once() -> None:
    assert make_connection(FakeBackend(), region="eu-west-3").region == "eu-west-3"


@pytest.mark.parametrize(
    "facts, is_aws",
    [
        ({}, True),
        ({"endpoint_url": "https://lambda.eu-west-1.amazonaws.com"}, True),
        ({"endpoint_url": "http://127.0.0.1:9000"}, False),
        ({"context": "local"}, False),
    ],
)
def test_whether_aws_is_asked_follows_from_the_settings(facts: dict[str, str], is_aws: bool) -> None:
    assert make_connection(FakeBackend(), **facts).is_aws is is_aws


def _used() -> RequestLog:
    return RequestLog(lambda: NOW, count=1)

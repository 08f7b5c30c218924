"""The Runtime API as a runtime sees it that does not keep to the order of its calls."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from durablectl.local.workers.runtime_api import RuntimeApi

BASE = "/2018-06-01/runtime"


@asynccontextmanager
async def running_api() -> AsyncIterator[RuntimeApi]:
    api = RuntimeApi()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(api.serve())
        try:
            yield api
        finally:
            api.stop()


async def request(api: RuntimeApi, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    """Status and body of one request on a connection of its own."""

    def send() -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(api.address, timeout=30)
        try:
            connection.request(method, BASE + path, body)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    return await asyncio.to_thread(send)


async def test_next_answers_with_the_event_and_its_headers() -> None:
    async with running_api() as api:
        polling = asyncio.create_task(request(api, "GET", "/invocation/next"))
        await api.poll_waiting.wait()

        reply = api.deliver("r-1", {"Lambda-Runtime-Aws-Request-Id": "r-1"}, b'{"a": 1}')

        assert await polling == (200, b'{"a": 1}')
        assert (await request(api, "POST", "/invocation/r-1/response", b'"done"'))[0] == 202
        assert (await reply).payload == b'"done"'


async def test_reply_under_another_request_id_is_refused() -> None:
    async with running_api() as api:
        status, body = await request(api, "POST", "/invocation/r-9/response", b"{}")

    assert status == 400
    assert json.loads(body)["errorType"] == "InvalidRequestID"


async def test_second_reply_is_refused() -> None:
    async with running_api() as api:
        polling = asyncio.create_task(request(api, "GET", "/invocation/next"))
        await api.poll_waiting.wait()
        api.deliver("r-1", {}, b"{}")
        await polling
        await request(api, "POST", "/invocation/r-1/response", b"1")

        status, body = await request(api, "POST", "/invocation/r-1/error", b"{}")

    assert status == 403
    assert json.loads(body)["errorType"] == "InvalidStateTransition"


async def test_next_before_the_reply_is_refused() -> None:
    async with running_api() as api:
        polling = asyncio.create_task(request(api, "GET", "/invocation/next"))
        await api.poll_waiting.wait()
        api.deliver("r-1", {}, b"{}")
        await polling

        status, _ = await request(api, "GET", "/invocation/next")

    assert status == 403


async def test_init_error_is_taken_once() -> None:
    async with running_api() as api:
        body = json.dumps(
            {"errorType": "Runtime.ImportModuleError", "errorMessage": "no", "stackTrace": ["a"]}
        ).encode()

        first = await request(api, "POST", "/init/error", body)
        second = await request(api, "POST", "/init/error", body)

        fault = await api.init_failed
    assert (first[0], second[0]) == (202, 403)
    assert (fault.error_type, fault.message, fault.stack_trace) == ("Runtime.ImportModuleError", "no", ("a",))


async def test_error_in_no_known_shape_is_kept_as_text() -> None:
    async with running_api() as api:
        await request(api, "POST", "/init/error", b"\xffgone")

        fault = await api.init_failed
    assert (fault.error_type, fault.message) == ("Runtime.UnknownReason", "\ufffdgone")


async def test_stopping_ends_a_long_poll() -> None:
    async with running_api() as api:
        polling = asyncio.create_task(request(api, "GET", "/invocation/next"))
        await api.poll_waiting.wait()

        api.stop()

        assert (await polling)[0] == 500


async def test_unknown_route_is_not_found() -> None:
    async with running_api() as api:
        assert (await request(api, "GET", "/elsewhere"))[0] == 404

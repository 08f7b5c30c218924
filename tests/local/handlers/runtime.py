"""A runtime of its own that does what its first argument says, well or badly, with the Lambda Runtime API."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

API = "/2018-06-01/runtime"
ADDRESS = os.environ["AWS_LAMBDA_RUNTIME_API"]


def call(method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any, Any]:
    connection = http.client.HTTPConnection(ADDRESS)
    raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    connection.request(method, API + path, raw, headers or {})
    response = connection.getresponse()
    answered = response.status, response.read(), dict(response.headers)
    connection.close()
    return answered


def take() -> tuple[str, Any, dict[str, str]]:
    status, event, headers = call("GET", "/invocation/next")
    assert status == 200, status
    return headers["lambda-runtime-aws-request-id"], json.loads(event), headers


def reply(request_id: str, body: Any, headers: dict[str, str] | None = None) -> int:
    return call("POST", f"/invocation/{request_id}/response", body, headers)[0]


def tell() -> None:
    """Answers with its headers, its arguments and its environment."""
    while True:
        request_id, event, headers = take()
        reply(request_id, {"event": event, "headers": headers, "arguments": sys.argv[2:], **facts()})


def facts() -> dict[str, Any]:
    return {"cwd": os.getcwd(), "environment": dict(os.environ), "pid": os.getpid()}  # noqa: PTH109


def busy_after() -> None:
    """Goes on for a while after each reply before it asks for more, and writes a line then."""
    while True:
        request_id, _, _ = take()
        print("during", request_id, flush=True)
        reply(request_id, os.getpid())
        time.sleep(0.8)
        print("after", request_id, flush=True)


def twice() -> None:
    """Replies twice, under a wrong request id, and for another delivery, and answers with what it was told."""
    while True:
        request_id, _, _ = take()
        statuses = [
            reply("someone-else", 1),
            reply(request_id, 2, {"Lambda-Runtime-Invocation-Id": "another"}),
            call("GET", "/invocation/next")[0],
        ]
        statuses.append(reply(request_id, statuses))
        again = reply(request_id, 3)
        print("again", again, flush=True)


def garbage() -> None:
    """Sends what is no HTTP to the Runtime API, hangs up on a half request, then replies with what is no JSON."""
    while True:
        request_id, _, _ = take()
        host, port = ADDRESS.split(":")
        for noise in (
            b"\x00\xff\x00garbage\r\n\r\n",
            b"POST " + b"/" * 100_000,
            b"GET / HTTP/1.1\r\nContent-Length: 99",
        ):
            with socket.create_connection((host, int(port))) as raw:
                raw.sendall(noise)
        reply(request_id, b"<no json>")


def leave_at_once() -> None:
    print("going", flush=True)
    sys.exit(9)


def never_ask() -> None:
    time.sleep(600)


def scatter() -> None:
    """Leaves processes behind: in its group, in a session of their own, and with a double fork; then replies."""
    while True:
        request_id, _, _ = take()
        sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
        near = subprocess.Popen(sleep)
        far = subprocess.Popen(sleep, start_new_session=True)
        forked = subprocess.run(
            ["sh", "-c", f"setsid {sys.executable} -c 'import time; time.sleep(600)' >/dev/null 2>&1 & echo $!"],
            stdout=subprocess.PIPE,
            check=True,
            start_new_session=True,
        )
        print("scattered", near.pid, far.pid, int(forked.stdout), flush=True)
        if len(sys.argv) > 2:
            time.sleep(600)
        reply(request_id, [near.pid, far.pid, int(forked.stdout)])


ROLES: dict[str, Callable[[], None]] = {
    role.__name__: role for role in (tell, busy_after, twice, garbage, leave_at_once, never_ask, scatter)
}

if __name__ == "__main__":
    ROLES[sys.argv[1]]()

"""Shows the dashboard in a browser of the same machine, through textual-serve: a process for each page."""

from __future__ import annotations

import asyncio
import importlib
import socket
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from durablectl.errors import Conflict, Unsupported

HOST = "127.0.0.1"
"""The only address that is listened on."""


def serve(command: str, port: int) -> None:
    """Serve what `command` draws, until Ctrl-C. Raises Unsupported without textual-serve, Conflict for a taken port."""
    server = make_server(command, port)
    _check_free(port)
    try:
        asyncio.get_event_loop_policy().get_event_loop()
    except RuntimeError:
        asyncio.set_event_loop(asyncio.new_event_loop())
    server.serve()


def make_server(command: str, port: int) -> Any:
    """A server that answers nobody but pages of its own. Raises Unsupported where textual-serve is not installed."""
    try:
        base = importlib.import_module("textual_serve.server").Server
        web = importlib.import_module("aiohttp.web")
    except ImportError as error:
        raise Unsupported(
            "the dashboard in a browser needs textual-serve, which is not installed",
            hint="pip install 'durablectl[serve]'",
        ) from error
    names = frozenset(f"{name}:{port}" for name in (HOST, "localhost"))

    @web.middleware  # type: ignore[untyped-decorator]
    async def guard(request: Any, handler: Callable[[Any], Awaitable[Any]]) -> Any:
        if not is_own_page(names, request.headers.get("Host"), request.headers.get("Origin")):
            raise web.HTTPForbidden(text="only pages of this server itself are answered")
        return await handler(request)

    class GuardedServer(base):  # type: ignore[misc, valid-type]
        # A socket of a browser may be opened by the page of any site, so the library's own server is no place to
        # stop at; it has no public way to add a check.
        async def _make_app(self) -> Any:
            app = await super()._make_app()
            app.middlewares.append(guard)
            return app

        def initialize_logging(self) -> None:
            """Log nothing: the library would print the values of variables with each error."""

        async def on_startup(self, app: Any) -> None:
            """Print nothing: where it is served was told already."""

    return GuardedServer(command, host=HOST, port=port, title="durablectl", public_url=f"http://{HOST}:{port}")


def is_own_page(names: frozenset[str], host: str | None, origin: str | None) -> bool:
    """Whether a request comes from a page of this server: by the name it asks for, and by the page that asks."""
    return host in names and (origin is None or urlsplit(origin).netloc in names)


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise Conflict(f"port {port} is taken", hint="choose another one: --serve 8001") from error

"""What an endpoint's URL tells of the server behind it."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_loopback(endpoint_url: str | None) -> bool:
    """Whether the endpoint is on this machine."""
    host = urlsplit(endpoint_url or "").hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_aws(endpoint_url: str | None) -> bool:
    """Whether the endpoint is AWS itself; none means the one that AWS publishes."""
    if endpoint_url is None:
        return True
    host = urlsplit(endpoint_url).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws"))

"""Makes the client library quick to start: it reads and keeps little of what it has of all other services.

Works on the loader of a session, by its public methods, so that nothing of the library has to be imported for it.
"""

from __future__ import annotations

import gzip
from typing import Any

import orjson

_ENDPOINT_NAMES = frozenset({"lambda", "logs", "sts", "portal.sso", "sso", "oidc", "signin"})
"""The services whose endpoints may be needed: those that are operated on, and those that credentials come from."""


class _EveryName(list[str]):
    """Claims to hold any name; one that is not there is missed a moment later, when its model is looked for."""

    def __contains__(self, name: object) -> bool:
        return True


def lighten(loader: Any) -> None:
    """Make a botocore loader read only what it is asked for, and fast.

    Before it loads a model it looks through the folders of all services, which takes a third of the time to make a
    client; and it keeps the endpoints of all services, which take four megabytes. Its own reader makes an ordered
    dictionary of each object by a call, which takes most of the rest.
    """
    loader.file_loader.load_file = _load_file
    load = loader.load_data_with_path

    def load_data_with_path(name: str) -> Any:
        data, path = load(name)
        if name == "endpoints":
            for partition in data.get("partitions", ()):
                services = partition.get("services", {})
                partition["services"] = {key: services[key] for key in services if key in _ENDPOINT_NAMES}
        return data, path

    loader.list_available_services = lambda type_name: _EveryName()
    loader.load_data_with_path = load_data_with_path


def _load_file(path: str) -> Any:
    """The document in a file that is named without its ending; None if there is no such file."""
    for ending, open_file in ((".json", open), (".json.gz", gzip.open)):
        try:
            with open_file(path + ending, "rb") as file:
                return orjson.loads(file.read())
        except FileNotFoundError:
            continue
    return None

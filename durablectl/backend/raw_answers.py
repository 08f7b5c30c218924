"""Answers as they came over the wire, before the client library has made something else of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from durablectl.backend.failures import Failure, RequestFailed

_RAW = "Raw"
_IS_CUT = "IsCut"
_PAGE = "Page"
_BROKEN_OFF = Failure("ConnectionClosedError", "the answer ends in the middle")
_ACCEPTED = 202
_FACTS = {
    "GetDurableExecution": "DurableExecutionArn",
    "StopDurableExecution": "StopTimestamp",
    "GetFunctionConfiguration": "FunctionName",
    "GetAlias": "FunctionVersion",
}
"""A member by which an answer is told from that of another kind of server."""
_LISTS = {
    "ListDurableExecutionsByFunction": "DurableExecutions",
    "GetDurableExecutionHistory": "Events",
    "GetDurableExecutionState": "Operations",
    "ListFunctions": "Functions",
    "ListVersionsByFunction": "Versions",
    "ListAliases": "Aliases",
}
_REDIRECTIONS = range(300, 400)
_STATUSES_OF_OTHERS = frozenset({400, 401, 403, 407, 500, 502, 503, 504})
"""With a body that is no JSON they come from something in between; what others mean, they mean without a body."""
_LONGEST_TITLE = 80
_URL = re.compile(r"(?: URL)?:? ?\"?https?://[^\s\"]*\"?\.?")
_SYSTEM_ERROR = re.compile(r"\[Errno -?\d+\] ([^'\")]+)|(?:Tunnel connection failed: )([^'\")]+)")
_TITLE = re.compile(rb"<title[^>]*>([^<]+)", re.IGNORECASE)


def keep_raw(
    operation_model: Any, response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any
) -> None:
    """Hand on the JSON as it came: the client library drops members it does not know and is slow on long histories."""
    if operation_model.has_streaming_output and response_dict["status_code"] < 300:
        return
    body = response_dict["body"]
    try:
        # What no JSON knows (NaN, the infinities) is told as text: nothing that is written later knows it either.
        raw = json.loads(body, parse_constant=str) if body else {}
    except ValueError:
        raw = None
    customized_response_dict[_RAW] = raw
    if raw is None:
        customized_response_dict[_PAGE] = _title(body)
        # The client library takes what has arrived for the whole, and so does HTTP when the stated length is wrong.
        is_short = len(body) < int(response_dict["headers"].get("content-length") or 0)
        if is_short or body.lstrip().startswith(b"{"):
            customized_response_dict[_IS_CUT] = True
    if response_dict["status_code"] < 300:
        response_dict["body"] = b"{}"


def read_answer(operation: str, answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The members of an answer that means success. Raises RequestFailed for what no Lambda service can have written.

    Sign-in pages of networks and servers of other kinds answer 200 to everything.
    """
    raw = answer.get(_RAW, answer)
    if not isinstance(raw, Mapping):
        raise RequestFailed(_BROKEN_OFF if _IS_CUT in answer else _foreign(answer))
    # An asynchronous invoke is taken with a status of its own.
    is_other = operation == "Invoke" and raw.get("StatusCode") != _ACCEPTED
    # To some servers a list without its member is an empty one; what has other members instead is no such list.
    expected = _FACTS.get(operation) or (_LISTS.get(operation) if raw else None)
    if is_other or (expected is not None and expected not in raw):
        raise RequestFailed(_foreign(answer))
    return raw


def read_failure(response: Mapping[str, Any]) -> Failure:
    """The failure in an error response; servers put its code into a header, the body or nowhere."""
    if _IS_CUT in response:
        return _BROKEN_OFF
    metadata = response.get("ResponseMetadata", {})
    status = metadata.get("HTTPStatusCode")
    if status in _REDIRECTIONS or (_PAGE in response and status in _STATUSES_OF_OTHERS):
        return _foreign(response)
    # What was refused on the way to credentials has been read by another client, which tells the message alone.
    raw = response.get(_RAW, {"Message": response.get("Error", {}).get("Message")})
    body = raw if isinstance(raw, Mapping) else {}
    code = str(response.get("Error", {}).get("Code", ""))
    stated = str(body.get("Type", ""))
    if (not code or code.isdigit()) and stated.endswith("Exception"):
        code = stated
    message = body.get("message") or body.get("Message") or body.get("errorMessage") or ""
    headers = metadata.get("HTTPHeaders", {})
    return Failure(
        code=code or str(status),
        message=str(message),
        status=status,
        request_id=metadata.get("RequestId"),
        retry_after_s=_seconds(headers.get("retry-after")),
        is_json=isinstance(raw, Mapping),
    )


def reason_of(error: Any, read_limit_s: float) -> str:
    """What the client library says, without the URL of the request, and what the system says to it."""
    if type(error).__name__ == "ReadTimeoutError":
        return f"nothing came within {read_limit_s:g} s"
    text = _URL.sub("", str(error))
    proxy = urlsplit(str(error.kwargs.get("proxy_url") or "")).netloc.rpartition("@")[2]
    if proxy:
        text = f"the proxy {proxy} cannot be used"
    elif type(error).__name__ == "CredentialRetrievalError":
        text = (
            f"no credentials come from {error.kwargs.get('provider')}: {error.kwargs.get('error_msg') or 'it failed'}"
        )
    stated = _SYSTEM_ERROR.search(str(error.kwargs.get("error", "")))
    reason = (stated.group(1) or stated.group(2)) if stated else ""
    return f"{text}: {reason}" if reason and reason not in text else text


def _foreign(response: Mapping[str, Any]) -> Failure:
    """An answer of something else than a Lambda service; the message says what it is."""
    metadata = response.get("ResponseMetadata", {})
    location = metadata.get("HTTPHeaders", {}).get("location")
    title = response.get(_PAGE)
    what = "something else than JSON" if not isinstance(response.get(_RAW), Mapping) else "JSON of something else"
    if location:
        what = f"a redirection to {location}"
    elif title:
        what = f'something else than JSON: a page titled "{title}"'
    return Failure("UnreadableAnswer", what, metadata.get("HTTPStatusCode"), is_json=False)


def _title(body: bytes) -> str:
    """The title of a web page; empty where there is none."""
    import html

    found = _TITLE.search(body)
    text = html.unescape(found.group(1).decode("utf-8", "replace")) if found else ""
    return " ".join(text.split())[:_LONGEST_TITLE]


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        return None

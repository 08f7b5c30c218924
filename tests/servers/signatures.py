"""Checks the signatures of requests by AWS's rules (Signature Version 4), by computing them anew.

Source: the page "Create a signed AWS API request" of the AWS Identity and Access Management User Guide.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote_plus, urlsplit

from tests.servers.http import Answer, Request
from tests.servers.stub import refusal

TOLERANCE = timedelta(minutes=5)
_ALGORITHM = "AWS4-HMAC-SHA256"
_AUTHORIZATION = re.compile(
    rf"{_ALGORITHM} Credential=(?P<key>[^/]+)/(?P<day>\d{{8}})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, "
    r"SignedHeaders=(?P<headers>[a-z0-9;-]+), Signature=(?P<signature>[0-9a-f]{64})"
)
_UNRESERVED = "-_.~"


@dataclass(frozen=True, slots=True)
class Keys:
    """What a caller signs with; a session has a token too."""

    access_key: str
    secret_key: str
    token: str | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The variables that give them to a client."""
        keys = {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}
        return keys | ({"AWS_SESSION_TOKEN": self.token} if self.token else {})


@dataclass(frozen=True, slots=True)
class _Signed:
    """A request with what it claims about its signature."""

    request: Request
    headers: Mapping[str, str]
    day: str
    region: str
    service: str
    signed_names: tuple[str, ...]

    def signature(self, secret_key: str) -> str:
        """What the signature must be."""
        scope = (self.day, self.region, self.service, "aws4_request")
        digest = hashlib.sha256(self._canonical().encode()).hexdigest()
        text = "\n".join((_ALGORITHM, self.headers["x-amz-date"], "/".join(scope), digest))
        key = b"AWS4" + secret_key.encode()
        for part in (*scope, text):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return key.hex()

    def _canonical(self) -> str:
        parts = urlsplit(self.request.target)
        pairs = [pair.partition("=")[::2] for pair in parts.query.split("&") if pair]
        encoded = sorted(tuple(quote(unquote_plus(text), safe=_UNRESERVED) for text in pair) for pair in pairs)
        headers = [f"{name}:{' '.join(self.headers[name].split())}\n" for name in self.signed_names]
        return "\n".join(
            (
                self.request.method,
                # Every service but S3 signs the path encoded once more than it is sent.
                quote(parts.path, safe=f"/{_UNRESERVED}"),
                "&".join("=".join(pair) for pair in encoded),
                "".join(headers),
                ";".join(self.signed_names),
                hashlib.sha256(self.request.body).hexdigest(),
            )
        )


def signature_failure(request: Request, keys: Keys, region: str, service: str, now: datetime) -> Answer | None:
    """What AWS answers to a request that is not signed, or not rightly; None to one that is."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    claim = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if claim is None:
        return refusal("MissingAuthenticationTokenException", 403, "Missing Authentication Token")
    if claim["key"] != keys.access_key or headers.get("x-amz-security-token") != keys.token:
        message = "The security token included in the request is invalid."
        return refusal("UnrecognizedClientException", 403, message)
    signed = _Signed(request, headers, claim["day"], claim["region"], claim["service"], (*claim["headers"].split(";"),))
    return _time_failure(headers.get("x-amz-date", ""), now) or _claim_failure(signed, claim, keys, region, service)


def _claim_failure(signed: _Signed, claim: re.Match[str], keys: Keys, region: str, service: str) -> Answer | None:
    if (signed.region, signed.service) != (region, service):
        message = f"Credential should be scoped to a valid region: {region}, service: {service}."
        return refusal("InvalidSignatureException", 403, message)
    required = {"host", "x-amz-date"} | {name for name in signed.headers if name.startswith("x-amz-")}
    is_complete = required <= set(signed.signed_names)
    if not is_complete or not hmac.compare_digest(signed.signature(keys.secret_key), claim["signature"]):
        message = "The request signature we calculated does not match the signature you provided."
        return refusal("InvalidSignatureException", 403, message)
    return None


def _time_failure(stamp: str, now: datetime) -> Answer | None:
    try:
        at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return refusal("IncompleteSignatureException", 403, "Date must be in ISO-8601 'basic format'.")
    if abs(now - at) <= TOLERANCE:
        return None
    word, than = ("expired", "earlier than") if at < now else ("not yet current", "later than")
    bound = now - TOLERANCE if at < now else now + TOLERANCE
    message = f"Signature {word}: {stamp} is now {than} {bound:%Y%m%dT%H%M%SZ}"
    return refusal("InvalidSignatureException", 403, message)

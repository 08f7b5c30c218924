"""The one door to the AWS client library: single requests, the way to credentials, and what an answer was."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from durablectl import __version__
from durablectl.backend.base import Source
from durablectl.backend.endpoints import is_aws, is_loopback
from durablectl.backend.failures import Failure, RequestFailed
from durablectl.backend.light_loading import lighten
from durablectl.backend.raw_answers import keep_raw, read_answer, read_failure, reason_of
from durablectl.backend.requests import Json
from durablectl.config import LOCAL_REGION, Settings

_JSON_PROTOCOLS = ("rest-json", "json")
_OUR_SERVER = "durablectl"
"""What our local service calls itself."""
_DUMMY_KEYS = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}

_KEYS_FROM = {
    "env": "the environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "shared-credentials-file": "the credentials file{}",
    "config-file": "the AWS configuration file{}",
    "assume-role": "the role{}",
    "assume-role-with-web-identity": "the role{} for a web identity",
    "sso": "the single sign-on{}",
    "login": "the sign-in{}",
    "custom-process": "the credential process{}",
    "container-role": "the role of this container",
    "iam-role": "the role of this machine",
}
"""The client library's names for the ways to credentials, in words; with whose they are."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long one request may take."""

    # Within it the first packet is sent twice; tried on both addresses of a name it still ends within three seconds.
    connect_s: float = 1.4
    # A page of a history with data can hold many megabytes.
    read_s: float = 30.0


class BotocoreTransport:
    """Sends single requests to one service of AWS through botocore, whose client is made at the first one."""

    def __init__(self, settings: Settings, limits: Limits, *, service: str = "lambda") -> None:
        self._settings = settings
        self._limits = limits
        self._service = service
        self._is_ours = settings.is_local
        """Whether our local service answers, which it says in each answer."""
        self._making = threading.RLock()
        self.last_date: str | None = None
        """What the last answer said that the time is, as HTTP writes it."""

    @property
    def is_aws(self) -> bool:
        """Whether AWS answers."""
        return is_aws(self._settings.endpoint_url)

    @property
    def profile(self) -> str | None:
        """The profile in use, which the environment may have chosen."""
        return self._settings.profile or self._session.profile

    @cached_property
    def account(self) -> str | None:
        """The account of the credentials, where the AWS configuration tells it without a request."""
        import botocore.exceptions

        if not self.is_aws:
            return None
        try:
            configured = self._session.get_scoped_config()
        except botocore.exceptions.BotoCoreError:
            # It is reported by the request that needs it.
            return None
        role = str(configured.get("role_arn") or "").split(":")
        return (role[4] if len(role) > 5 else None) or configured.get("sso_account_id") or None

    @property
    def source(self) -> Source:
        """Where the answers come from, as far as those that have come tell."""
        settings = self._settings
        kind = "local" if self._is_ours else "aws" if self.is_aws else "emulator"
        return Source(kind, settings.context, self._region, settings.endpoint_url)

    def send(self, operation: str, parameters: Json) -> Json:
        """The answer as the service wrote it, with members that the client library does not know."""
        from getpass import GetPassWarning

        import botocore.exceptions
        from botocore import xform_name

        try:
            method = getattr(self._client, xform_name(operation), None)
            if method is None:
                version = f"botocore {botocore.__version__} does not know {operation}"
                raise RequestFailed(Failure("OperationNotKnown", version))
            answer = method(**parameters)
            if operation == "Invoke":
                answer["Payload"].read()
        except botocore.exceptions.ClientError as error:
            raise RequestFailed(replace(read_failure(error.response), keys_from=self._keys_from)) from error
        except botocore.exceptions.BotoCoreError as error:
            raise RequestFailed(self._local_failure(error)) from error
        except (EOFError, GetPassWarning) as error:
            # The client library asks for the code of a role that wants one, and would take it from any stdin.
            raise RequestFailed(Failure("NobodyToAsk")) from error
        except OSError as error:
            # The library has words for whatever happens on the network, not for a missing program that gives keys.
            reason = f"{error.strerror}: {error.filename}" if error.filename else str(error)
            raise RequestFailed(Failure("CredentialRetrievalError", reason)) from error
        return read_answer(operation, answer)

    def _local_failure(self, error: Any) -> Failure:
        """What happened before there was an answer; an unknown name comes with those that there are."""
        code, known = type(error).__name__, tuple[str, ...]()
        if code == "ProfileNotFound":
            import botocore.session

            known = tuple(botocore.session.Session().available_profiles)
        elif code in ("EndpointConnectionError", "InvalidRegionError") and self._settings.endpoint_url is None:
            known = tuple(self._session.get_available_regions(self._service))
            if self._region not in known:
                code = "UnknownRegion"
        return Failure(code, reason_of(error, self._limits.read_s), known=known)

    @cached_property
    def _session(self) -> Any:
        import botocore.session

        if not self._settings.is_local or self._settings.profile:
            return botocore.session.Session(profile=self._settings.profile)
        # The local context does not depend on what happens to be configured for AWS, be it broken or not.
        session = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
        session.set_config_variable("config_file", os.devnull)
        session.set_config_variable("credentials_file", os.devnull)
        return session

    @cached_property
    def _region(self) -> str | None:
        import botocore.exceptions

        configured = self._settings.region
        if configured is None:
            try:
                configured = self._session.get_config_variable("region")
            except botocore.exceptions.BotoCoreError:
                # It is reported by the request that needs it.
                configured = None
        return configured or (LOCAL_REGION if is_loopback(self._settings.endpoint_url) else None)

    @property
    def _client(self) -> Any:
        # Threads may use a client at the same time, but not make one.
        with self._making:
            return self._made_client

    @cached_property
    def _made_client(self) -> Any:
        import botocore.exceptions
        from botocore.config import Config

        endpoint_url = self._settings.endpoint_url
        config = Config(
            connect_timeout=self._limits.connect_s,
            read_timeout=self._limits.read_s,
            # So that CloudTrail tells who made a change.
            user_agent_extra=f"durablectl/{__version__}",
            # Requests are tried again by our own rules: botocore repeats every 502, also that of a denied key, and
            # changes whose answer was lost.
            retries={"total_max_attempts": 1, "mode": "standard"},
            # It knows lengths, not patterns; ids of emulators and statuses of the future are the server's to judge.
            parameter_validation=False,
            # A proxy of the environment cannot reach this machine's own endpoints.
            proxies={} if is_loopback(endpoint_url) else None,
        )
        lighten(self._session.get_component("data_loader"))
        try:
            client = self._session.create_client(
                self._service,
                region_name=self._region,
                endpoint_url=endpoint_url,
                config=config,
                **self._credentials(),
            )
        except ValueError as error:
            if isinstance(error, botocore.exceptions.BotoCoreError):
                raise
            raise RequestFailed(Failure("InvalidEndpoint", str(error))) from error
        service_id = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register(f"before-parse.{service_id}", self._note_date)
        if client.meta.service_model.protocol in _JSON_PROTOCOLS:
            client.meta.events.register(f"before-parse.{service_id}", keep_raw)
        if is_loopback(endpoint_url):
            client.meta.events.register("before-parse.lambda", self._learn_server)
        return client

    def _note_date(self, response_dict: dict[str, Any], **_: Any) -> None:
        self.last_date = response_dict["headers"].get("date")

    def _learn_server(self, response_dict: dict[str, Any], **_: Any) -> None:
        self._is_ours = self._is_ours or response_dict["headers"].get("server") == _OUR_SERVER

    def _credentials(self) -> Mapping[str, str]:
        """Keys that mean nothing for servers on this machine when there are no others; else what the chain finds."""
        if self._settings.is_local and not self._settings.profile:
            return _DUMMY_KEYS
        if not is_loopback(self._settings.endpoint_url):
            return {}
        providers = self._session.get_component("credential_provider")
        # Asking the metadata service of a cloud machine costs seconds where there is none.
        for name in ("container-role", "iam-role"):
            providers.remove(name)
        return {} if self._session.get_credentials() else _DUMMY_KEYS

    @property
    def _keys_from(self) -> str | None:
        """Where the keys came from, in words; None where there were none but ours that mean nothing."""
        if self._settings.is_local and not self._settings.profile:
            return None
        credentials = self._session.get_credentials()
        whose = f" of profile {self.profile}" if self.profile else ""
        return credentials and _KEYS_FROM.get(credentials.method, f"{credentials.method}{{}}").format(whose)


def library_facts(operations: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """The version of the client library, and those of Lambda's operations that it does not know."""
    import botocore.session

    session = botocore.session.Session()
    lighten(session.get_component("data_loader"))
    known = set(session.get_service_model("lambda").operation_names)
    return botocore.__version__, tuple(operation for operation in operations if operation not in known)

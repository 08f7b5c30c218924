"""Settings of a connection: from options, environment variables and the configuration file to one frozen value."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from durablectl.config.file import LOCAL_CONTEXT, ConfigFile, Entry, Section, read_config
from durablectl.config.local_service import DEFAULT_LOCAL_ENDPOINT, find_local_service
from durablectl.config.origins import Candidate, Origin, Setting
from durablectl.config.values import is_url
from durablectl.errors import ConfigError, UsageError

LOCAL_REGION = "us-east-1"

_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"", "0", "false", "no", "off"})
_OFF = Candidate(False, Origin.BUILT_IN, "built in")


@dataclass(frozen=True, slots=True)
class Settings:
    """How to connect, and what is allowed over the connection; None leaves a choice to the AWS configuration."""

    context: str | None
    profile: str | None
    region: str | None
    endpoint_url: str | None
    read_only: bool
    functions: tuple[str, ...] = ()
    """Functions that a search covers when none is named; empty for all durable functions."""
    logs_endpoint_url: str | None = None
    """Where logs are read if not at the endpoint itself or, for AWS's own, at AWS."""
    production: bool = False
    """Whether changes need the context to be named, and always a question."""
    redact: tuple[str, ...] = ()
    """Rules of redaction beside the built-in ones."""
    cache: bool = True
    """Whether something may be kept on disk between two commands."""
    read_only_because: str = ""
    """Who asked for the connection to be read-only, in words."""
    overridden: tuple[str, ...] = ()
    """What options took from the context, the local one included: `profile`, `region` or `endpoint_url`."""

    @property
    def is_local(self) -> bool:
        """Whether the built-in local context is used, which stays clear of all AWS configuration."""
        return self.context == LOCAL_CONTEXT

    @property
    def is_configured(self) -> bool:
        """Whether a context of the configuration file is used."""
        return self.context not in (None, LOCAL_CONTEXT)

    @property
    def options(self) -> str:
        """The options with which another command reaches the same connection, each with a space before it."""
        given = {"profile": self.profile, "region": self.region, "endpoint_url": self.endpoint_url}
        own = [name for name in given if self.context is None or name in self.overridden]
        named = [("-c", self.context), *((f"--{name.replace('_', '-')}", given[name]) for name in own)]
        return "".join(f" {option} {shlex.quote(value)}" for option, value in named if value)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says of the connection."""

    context: str | None = None
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    read_only: bool = False
    no_cache: bool = False


def load_settings(
    *,
    context: str | None = None,
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
    read_only: bool = False,
    no_cache: bool = False,
    environ: Mapping[str, str],
    file: ConfigFile | None = None,
) -> Settings:
    """Settings from options (which win), the environment and the configuration file, unless `file` is that already.

    An active context beats the AWS variables, so that what it guards is what is reached. Raises ConfigError for an
    unknown context, a wrong file or an unusable variable, and UsageError for an option that is no URL.
    """
    options = Options(context, profile, region, endpoint_url, read_only, no_cache)
    return Effective(options, environ, read_config(environ) if file is None else file).settings()


class Effective:
    """Works out each setting from all who have a say in it."""

    def __init__(self, options: Options, environ: Mapping[str, str], file: ConfigFile) -> None:
        if options.endpoint_url is not None and not is_url(options.endpoint_url):
            text = f'--endpoint-url "{options.endpoint_url}" is no URL'
            raise UsageError(text, hint=f"for example: {DEFAULT_LOCAL_ENDPOINT}")
        self._options = options
        self._environ = environ
        self._file = file
        self.context = Setting("context", tuple(self._contexts()))
        chosen = self.context.winner
        asked_by = chosen.source if chosen and chosen.origin != Origin.OPTION else ""
        self._section: Section = file.section(chosen.value, asked_by=asked_by) if chosen else {}

    @property
    def _active(self) -> str | None:
        active: str | None = self.context.value
        return active

    def settings(self) -> Settings:
        """The settings as one value."""
        chosen = {setting.name: setting for setting in self.all()}
        profile, read_only = chosen["profile"], chosen["read_only"]
        winners = {name: chosen[name].winner for name in ("profile", "region", "endpoint_url")}
        return Settings(
            self._active,
            # The client library reads its variable itself: credentials in the environment win over that profile.
            None if profile.winner and profile.winner.origin == Origin.ENVIRONMENT else profile.value,
            chosen["region"].value,
            chosen["endpoint_url"].value,
            bool(read_only.value),
            tuple(chosen["functions"].value or ()),
            chosen["logs_endpoint_url"].value,
            bool(chosen["production"].value),
            tuple(chosen["redact"].value or ()),
            bool(chosen["cache"].value),
            _because(read_only),
            tuple(
                name
                for name, winner in winners.items()
                if winner and winner.origin == Origin.OPTION and self._has_own(name)
            ),
        )

    def _has_own(self, name: str) -> bool:
        """Whether the context itself says something of a setting, as the local one does of its connection."""
        return name in self._section or self._active == LOCAL_CONTEXT

    def all(self) -> list[Setting]:
        """Every setting, each with all who have a say in it, the one that decides first."""
        return [
            self.context,
            self._connection("profile", self._options.profile, ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")),
            self._connection("region", self._options.region, ("AWS_REGION", "AWS_DEFAULT_REGION")),
            self._connection(
                "endpoint_url", self._options.endpoint_url, ("AWS_ENDPOINT_URL_LAMBDA", "AWS_ENDPOINT_URL")
            ),
            Setting(
                "logs_endpoint_url", tuple(self._from_environment("logs_endpoint_url", ("AWS_ENDPOINT_URL_LOGS",)))
            ),
            Setting("functions", tuple(self._from_file("functions"))),
            Setting("read_only", _true_first([*self._read_only_asked(), *self._from_file("read_only"), _OFF])),
            Setting("production", (*self._from_file("production"), _OFF)),
            self._redaction(),
            Setting("cache", tuple(self._cache())),
        ]

    def _contexts(self) -> Iterator[Candidate]:
        if self._options.context:
            yield Candidate(self._options.context, Origin.OPTION, "--context")
        if self._environ.get("DURABLECTL_CONTEXT"):
            yield Candidate(self._environ["DURABLECTL_CONTEXT"], Origin.ENVIRONMENT, "DURABLECTL_CONTEXT")
        current = self._file.current_context
        if current is not None:
            yield self._written("current_context", Origin.FILE, current)

    def _connection(self, name: str, option: str | None, variables: tuple[str, ...]) -> Setting:
        candidates = [Candidate(option, Origin.OPTION, f"--{name.replace('_', '-')}")] if option else []
        candidates += self._from_context(name)
        candidates += self._from_environment(name, variables)
        candidates += self._from_defaults(name)
        candidates += self._built_in(name)
        return Setting(name, tuple(candidates))

    def _from_context(self, name: str) -> Iterator[Candidate]:
        if name in self._section:
            entry = self._section[name]
            yield self._written(f"context {self._active}", Origin.CONTEXT, entry)

    def _from_defaults(self, name: str) -> Iterator[Candidate]:
        if name in self._file.defaults and self._active != LOCAL_CONTEXT:
            entry = self._file.defaults[name]
            yield self._written("defaults", Origin.DEFAULTS, entry)

    def _from_file(self, name: str) -> Iterator[Candidate]:
        yield from self._from_context(name)
        # What is set for all connections holds for the local one too, unless it is about where to connect.
        if name in self._file.defaults:
            entry = self._file.defaults[name]
            yield self._written("defaults", Origin.DEFAULTS, entry)

    def _from_environment(self, name: str, variables: tuple[str, ...]) -> Iterator[Candidate]:
        """What the AWS variables say; an endpoint in the AWS configuration is found by the client library."""
        if self._active == LOCAL_CONTEXT:
            return
        is_endpoint = name.endswith("endpoint_url")
        if is_endpoint and self._environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
            return
        for variable in variables:
            value = self._environ.get(variable)
            if value and is_endpoint and not is_url(value):
                hint = f"for example: {DEFAULT_LOCAL_ENDPOINT}"
                raise ConfigError(f'{variable} is "{value}", which is no URL', hint=hint)
            if value:
                yield Candidate(value, Origin.ENVIRONMENT, variable)

    def _built_in(self, name: str) -> Iterator[Candidate]:
        if self._active != LOCAL_CONTEXT:
            return
        if name == "region":
            yield Candidate(LOCAL_REGION, Origin.BUILT_IN, "built in")
        if name == "endpoint_url":
            service = find_local_service(self._environ)
            if service is not None:
                yield Candidate(service.endpoint, Origin.BUILT_IN, "the local service that runs")
            yield Candidate(DEFAULT_LOCAL_ENDPOINT, Origin.BUILT_IN, "built in")

    def _read_only_asked(self) -> Iterator[Candidate]:
        if self._options.read_only:
            yield Candidate(True, Origin.OPTION, "--read-only")
        text = self._environ.get("DURABLECTL_READ_ONLY", "").strip().lower()
        if text not in _YES | _NO:
            hint = "use 1 to refuse every change, 0 or nothing not to"
            raise ConfigError(f'DURABLECTL_READ_ONLY is "{text}"', hint=hint)
        if text:
            yield Candidate(text in _YES, Origin.ENVIRONMENT, "DURABLECTL_READ_ONLY")

    def _redaction(self) -> Setting:
        """Rules only add up, so those of the context and those for all are both in force."""
        candidates = list(self._from_file("redact"))
        rules = [rule for candidate in candidates for rule in candidate.value]
        if len(candidates) < 2:
            return Setting("redact", tuple(candidates))
        sources = " and ".join(candidate.source for candidate in candidates)
        return Setting("redact", (Candidate(rules, candidates[0].origin, sources),))

    def _cache(self) -> Iterator[Candidate]:
        if self._options.no_cache:
            yield Candidate(False, Origin.OPTION, "--no-cache")
        if self._environ.get("DURABLECTL_NO_CACHE"):
            yield Candidate(False, Origin.ENVIRONMENT, "DURABLECTL_NO_CACHE")
        yield from self._from_defaults("cache")
        yield Candidate(True, Origin.BUILT_IN, "built in")

    def _written(self, what: str, origin: Origin, entry: Entry) -> Candidate:
        place = f"{self._file.path.name}:{entry.line}"
        return Candidate(entry.value, origin, f"{what} ({place})", place)


def _because(read_only: Setting) -> str:
    """Who asked for a read-only connection, in the words of the refusal."""
    winner = read_only.winner
    if winner is None or not winner.value:
        return ""
    if winner.place:
        return f"read_only: true in {winner.place}"
    return f"{winner.source}=1" if winner.origin == Origin.ENVIRONMENT else winner.source


def _true_first(candidates: list[Candidate]) -> tuple[Candidate, ...]:
    """A guard is on as soon as one asks for it, and nothing lifts it."""
    return tuple(sorted(candidates, key=lambda candidate: not candidate.value))

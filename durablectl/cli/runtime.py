"""One call of the program: what was chosen for all commands, the connection, and where results and notes go."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import datetime, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import typer

from durablectl.cli.bundles import Globals
from durablectl.cli.choices import Choices, split_list
from durablectl.cli.diagnostics import Diagnostics
from durablectl.cli.memory import Memory, memory_file
from durablectl.cli.pager import Pager, pager_command
from durablectl.cli.process import Process, wants_color
from durablectl.cli.progress import Progress
from durablectl.config import ConfigFile, Effective, Options, Settings, read_config
from durablectl.errors import UsageError
from durablectl.model.redaction import Redactor, make_redactor
from durablectl.operate.data_level import DataLevel
from durablectl.views.display import Display
from durablectl.views.instants import parse_zone
from durablectl.views.records.context import Reading
from durablectl.views.render import OutputOptions, render
from durablectl.views.view import ListFacts, Record, View

if TYPE_CHECKING:
    from durablectl.backend.base import Backend, Source
    from durablectl.backend.budget import Budgets
    from durablectl.backend.logs import LogSource
    from durablectl.backend.requests import Exchange
    from durablectl.operate.checkup import Inspection
    from durablectl.operate.connections import Connection

_OUR_COMMAND = re.compile(r"durablectl (?!(?:local|context|config|completion)\b)[a-z](?:'[^']*'|[^()'])*$")
"""A command at the end of a line, as hints have it, that works over a connection."""


class Runtime:
    """What a command works with; made once for each call and handed from the root to the command."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.globals = Globals()
        self.choices = Choices()
        self.diagnostics = Diagnostics(
            process.stderr,
            is_terminal=process.stderr_is_terminal,
            columns=process.columns if process.stderr_is_terminal else None,
        )
        self.standing = "nothing was changed"
        """What is true when Ctrl-C ends the command now."""
        self.stdin_taken_for: str | None = None
        self.request_count = 0
        self.memory = Memory(memory_file(process.environ))
        self._region: str | None = None
        self._backends: dict[Settings, Backend] = {}
        self._count_lock = threading.Lock()

    @classmethod
    def of(cls, ctx: typer.Context) -> Runtime:
        """The runtime of the call that `ctx` belongs to."""
        runtime = ctx.find_object(cls)
        assert runtime is not None
        return runtime

    def adopt(self, chosen: Globals) -> None:
        """Take what was given at one place of the command line; a later place wins, guards only add up."""
        given = {field.name: getattr(chosen, field.name) for field in fields(chosen)}
        later = {name: value for name, value in given.items() if value is not None}
        if "no_color" in later:
            later["color"] = "never"
        self.globals = replace(self.globals, **later)
        self.diagnostics.color = self.wants_color(is_terminal=self.process.stderr_is_terminal)
        self.diagnostics.is_ascii = self.is_ascii

    def prepare(self, choices: Choices) -> None:
        """Take what was chosen for the output of the command."""
        self.choices = choices
        self.diagnostics.quiet = choices.quiet
        self.diagnostics.verbose = choices.verbose
        self.diagnostics.machine = choices.is_machine_format
        if self.process.stderr_is_terminal and self.process.environ.get("TERM") != "dumb":
            self.diagnostics.progress = Progress(
                self.process.stderr, columns=self.process.columns, is_ascii=self.is_ascii
            )

    @property
    def settings(self) -> Settings:
        """The effective settings of the connection."""
        settings = self.effective.settings()
        return replace(settings, region=self._region) if self._region else settings

    def settings_of(self, context: str) -> Settings:
        """The settings of another context; of the options for the connection only the guards hold for it too."""
        chosen = self.globals
        options = Options(context, read_only=bool(chosen.read_only), no_cache=bool(chosen.no_cache))
        return Effective(options, self.process.environ, self.configuration).settings()

    @property
    def effective(self) -> Effective:
        """Each setting with all who have a say in it. Raises UsageError where several connections were named."""
        for option, named in (("--context", self._named_contexts), ("--region", self._named_regions)):
            if len(named) > 1:
                raise UsageError(
                    f"this command works over one connection, and {option} names {len(named)}: {', '.join(named)}",
                    hint="list, functions, callback list, stop, pause, resume and delete work over several at a time",
                )
        return self._effective(*self._named_contexts[:1] or [None], *self._named_regions[:1] or [None])

    def _effective(self, context: str | None, region: str | None) -> Effective:
        chosen = self.globals
        guards = (bool(chosen.read_only), bool(chosen.no_cache))
        options = Options(context, chosen.profile, region, chosen.endpoint_url, *guards)
        return Effective(options, self.process.environ, self.configuration)

    @property
    def _named_contexts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(split_list([self.globals.context or ""])))

    @property
    def _named_regions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(split_list([self.globals.region or ""])))

    @property
    def all_settings(self) -> tuple[Settings, ...]:
        """The settings of each connection: one for each context and region that were named."""
        contexts, regions = self._named_contexts or (None,), self._named_regions or (None,)
        if len(contexts) * len(regions) == 1:
            return (self.settings,)
        chosen = (self._effective(context, region).settings() for context in contexts for region in regions)
        return tuple(dict.fromkeys(chosen))

    def connections(self, functions: Sequence[str] = ()) -> list[Connection]:
        """The connections to look at and the functions to look at over each: those named, else its context's.

        The ARN of a function fixes its region, unless the server is not AWS's own.
        """
        # Imported where commands ask something, so that what asks nothing yet starts without it.
        from durablectl.operate.connections import Connection, by_region, joined

        if not functions:
            return [Connection(self._backend_of(each), each.functions) for each in self.all_settings]
        connections: list[Connection] = []
        for region, named in by_region(functions).items():
            for settings in self._settings_in(region):
                connections.append(Connection(self._backend_of(settings), tuple(named)))
        return joined(connections)

    def settings_behind(self, connection: Connection) -> Settings:
        """The settings with which a connection was made."""
        return next(known for known, backend in self._backends.items() if backend is connection.backend)

    def _settings_in(self, region: str | None) -> Sequence[Settings]:
        """The connections in a region that an ARN names; the first one is led there if none is."""
        own = [each for each in self.all_settings if region is None or each.endpoint_url is not None]
        own = own or [each for each in self.all_settings if self._backend_of(each).source.region == region]
        if own or region is None:
            return own
        self.diagnostics.note(f"using region {region}, as the ARN says")
        return [replace(self.all_settings[0], region=region)]

    @cached_property
    def configuration(self) -> ConfigFile:
        """The configuration file as it was when it was needed first."""
        return read_config(self.process.environ)

    @cached_property
    def backend(self) -> Backend:
        """The backend of the connection; nothing is sent before it is asked something."""
        return self._backend_of(self.settings)

    def _backend_of(self, settings: Settings) -> Backend:
        """The backend of one connection, the same whenever it is asked for."""
        if settings not in self._backends:
            self._backends[settings] = self._connect(settings)
        return self._backends[settings]

    def _connect(self, settings: Settings) -> Backend:
        self.diagnostics.show_progress("asking the service")
        backend = self.process.connect(
            settings,
            self.process.clock,
            on_wait=self.diagnostics.note,
            observer=self._observe,
            budgets=self.budgets,
        )
        if not settings.cache:
            return backend
        from durablectl.backend.history_cache import cache_folder, with_cached_histories

        folder = cache_folder(self.process.environ)
        cached = with_cached_histories(backend, folder, self.process.clock, self._tell_of_cache)
        return self.memory.watching(cached, settings)

    def _tell_of_cache(self, arn: str) -> None:
        self.diagnostics.detail(f"the history of {arn} was read from disk; --no-cache asks the service")

    @cached_property
    def logs(self) -> LogSource:
        """The logs of the functions of the connection."""
        return self.process.connect_logs(
            self.settings,
            self.process.clock,
            on_wait=self.diagnostics.note,
            observer=self._observe,
            budgets=self.budgets,
        )

    @cached_property
    def inspection(self) -> Inspection:
        """The connection, to be looked at."""
        from durablectl.backend.identity_api import Inspector

        return Inspector(self.settings, self.process.clock, observer=self._observe, budgets=self.budgets)

    @cached_property
    def budgets(self) -> Budgets:
        """The request budgets that all connections of this process share."""
        from durablectl.backend.budget import Budgets

        return Budgets(self.process.clock, on_wait=self.diagnostics.note)

    def backend_for(self, references: Iterable[str]) -> Backend:
        """The backend for these references: an ARN among them fixes the region, unless the server is not AWS's own."""
        from durablectl.operate.resolve import region_of

        settings = self.settings
        region = region_of(reference for reference in references if reference != "-")
        if region and settings.endpoint_url is None and region != settings.region:
            self._region = region
            self.diagnostics.note(f"using region {region}, as the ARN says")
        return self.backend

    def _observe(self, exchange: Exchange) -> None:
        """Count a request, and trace it if that was asked for; nothing that was sent or answered is shown."""
        with self._count_lock:
            self.request_count += 1
        if self.globals.debug:
            request = f", request {exchange.request_id}" if exchange.request_id else ""
            attempt = f" (attempt {exchange.attempt})" if exchange.attempt > 1 else ""
            self.diagnostics.trace(f"{exchange.operation} {exchange.subject}{attempt}: {exchange.outcome}{request}")

    def reconnecting(self, text: str, source: Source | None = None) -> str:
        """A line that ends in one of our commands, with the options that reach the same service again.

        Of several connections `source` tells which; without it the line stays as it is.
        """
        chosen = self.globals
        given = {"-c": chosen.context, "--profile": chosen.profile, "--region": chosen.region}
        given["--endpoint-url"] = chosen.endpoint_url
        if len(self._named_contexts) > 1 or len(self._named_regions) > 1:
            if source is None:
                return text
            given["-c"] = chosen.context and source.context
            given["--region"] = chosen.region and source.region
        options = "".join(f" {option} {value}" for option, value in given.items() if value)
        return f"{text}{options}" if options and _OUR_COMMAND.search(text) else text

    def now(self) -> datetime:
        """The current instant."""
        return self.process.clock.now()

    def local_now(self) -> datetime:
        """The current instant in the zone in which people read times."""
        return self.now().astimezone(self.zone)

    @property
    def zone(self) -> tzinfo:
        """The zone in which people read times, and mean them where they name none."""
        return parse_zone(self.choices.zone) if self.choices.zone else self.process.zone

    def wants_color(self, *, is_terminal: bool) -> bool:
        """Whether a stream gets colour."""
        return wants_color(self.globals.color, self.process.environ, is_terminal=is_terminal)

    @property
    def display(self) -> Display:
        """How the reader of stdout wants to see things."""
        process = self.process
        return Display(
            now=self.now(),
            zone=self.zone,
            time_format=self.choices.time_format,
            width=process.columns if process.stdout_is_terminal else None,
            height=process.lines if process.stdout_is_terminal else None,
            color=self.wants_color(is_terminal=process.stdout_is_terminal),
            ascii=self.is_ascii,
            encoding=process.encoding,
        )

    @property
    def is_ascii(self) -> bool:
        """Whether glyphs must do without characters beyond ASCII."""
        return bool(self.globals.ascii) or self.process.encoding.lower().replace("-", "") != "utf8"

    def data_level(self, usual: DataLevel) -> DataLevel:
        """How much data to read: what the options say, else what is usual for the command."""
        if self.choices.data is None:
            return usual
        return DataLevel.FULL if self.choices.data else DataLevel.METADATA

    def reading(
        self, level: str = DataLevel.METADATA, *, is_key_denied: bool = False, at: datetime | None = None
    ) -> Reading:
        """The circumstances under which records are made; `at` is a past point that they show.

        Raises UsageError for secrets of a production context that are to go anywhere but to a terminal.
        """
        guarded = [each.context for each in self.all_settings if each.production]
        if not self.choices.redact and guarded and not self.process.stdout_is_terminal:
            raise UsageError(
                f"--no-redact writes to a terminal only in the production context {guarded[0]}",
                hint="leave it out, or look at the payload on a terminal",
            )
        return Reading(at or self.now(), level, self.redactor if self.choices.redact else None, is_key_denied)

    @cached_property
    def redactor(self) -> Redactor:
        """What counts as secret over these connections: the built-in rules and those of the configuration."""
        return make_redactor([rule for settings in self.all_settings for rule in settings.redact])

    def facts(self, *, truncated: bool = False, limit: int | None = None, extra: Record | None = None) -> ListFacts:
        """What is known of a list once it has been read."""
        return ListFacts(truncated, limit, self.diagnostics.warnings, extra or {}, self.source)

    @property
    def source(self) -> Source:
        """Who answers; of several connections what they have in common."""
        from durablectl.operate.connections import common_source

        sources = [self._backend_of(settings).source for settings in self.all_settings]
        return common_source(sources)

    def show(self, view: View[Any], *, at: datetime | None = None) -> int:
        """Write a view to stdout as it was asked for; the number of items in it.

        `at` is a past point from which times are told.
        """
        choices = self.choices
        options = OutputOptions(
            replace(self.display, now=at) if at else self.display,
            choices.format,
            query=choices.query,
            raw=choices.raw,
            columns=choices.columns,
            headers=choices.has_headers,
            max_width=choices.max_width,
        )
        command = pager_command(self.choices.pager, self.process.environ) if self.choices.pager is not None else None
        if command is None or not self.process.stdout_is_terminal:
            return render(view, options, self.stdout)
        with Pager(command, self.process.stdout, self.diagnostics.note) as pager:
            return render(view, options, self._results_to(cast(BinaryIO, pager)))

    @cached_property
    def stdout(self) -> BinaryIO:
        """The stream of results; a line of progress goes away before something is written."""
        return self._results_to(self.process.stdout)

    def _results_to(self, stream: BinaryIO) -> BinaryIO:
        return cast(BinaryIO, _ResultStream(stream, self.diagnostics))

    def scope(self, functions: Sequence[str] | None) -> tuple[str, ...]:
        """The functions in which references are searched: those given, else the context's; empty is all."""
        return split_list(functions) or self.settings.functions

    def take_stdin(self, purpose: str) -> None:
        """Reserve stdin for one purpose; a second one is a UsageError."""
        if self.stdin_taken_for is not None:
            raise UsageError(f"stdin cannot be read for {self.stdin_taken_for} and for {purpose}")
        self.stdin_taken_for = purpose
        if self.process.stdin_is_terminal:
            self.diagnostics.note("reading from the terminal, end with Ctrl-D")


class _ResultStream:
    """Bytes on their way to stdout."""

    def __init__(self, stream: BinaryIO, diagnostics: Diagnostics) -> None:
        self._stream = stream
        self._diagnostics = diagnostics

    def write(self, chunk: bytes) -> int:
        self._diagnostics.stop_progress()
        return self._stream.write(chunk)

    def flush(self) -> None:
        self._stream.flush()

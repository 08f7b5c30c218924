"""Looks at handlers in the interpreter that will run them: what they are, or what is wrong with them."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from durablectl.errors import ConfigError
from durablectl.local import bootstrap
from durablectl.local.functions.probe_reports import Probed, judge, program_found
from durablectl.local.functions.sources import Source
from durablectl.local.workers.inherited_environment import inherited_environment, placeholder_credentials

__all__ = ["Probe", "Probed", "probe_all"]

PROBE_LIMIT_S = 60
PROBES_AT_ONCE = 4
# Settings that code may want at import; the service's own are known only when it runs.
PROBE_REGION = "us-east-1"
SHOWN_OUTPUT_LINES = 3

Group = tuple[Path, str, str, tuple[tuple[str, str], ...]]
"""What makes two handlers of one module: its place, its interpreter and its environment."""


@dataclass(frozen=True)
class Probe:
    """A handler to look at."""

    source: Source
    interpreter: str
    environment: Mapping[str, str] = field(default_factory=dict)
    """The function's own variables."""

    @property
    def group(self) -> Group:
        """The module that it is in, as this interpreter and environment load it."""
        return self.source.root, self.source.target, self.interpreter, tuple(sorted(self.environment.items()))


def probe_all(
    probes: Sequence[Probe],
    *,
    inherited: Mapping[str, str] | None = None,
    limit_s: float = PROBE_LIMIT_S,
) -> list[Probed]:
    """What each handler is, in order; a module is loaded once however many handlers of it there are.

    A program is not run: nothing can be asked of it. Raises ConfigError for the first that cannot be served.
    """
    groups: dict[Group, list[Probe]] = {}
    for probe in probes:
        if probe.source.language != "program":
            groups.setdefault(probe.group, []).append(probe)
    base = {**inherited_environment(inherited), **placeholder_credentials(PROBE_REGION), "TZ": ":UTC"}
    with ThreadPoolExecutor(PROBES_AT_ONCE) as pool:
        described = pool.map(lambda group: describe(group, base, limit_s), groups.values())
        reports = dict(zip(groups, described, strict=True))
    return [
        program_found(probe.interpreter)
        if probe.source.language == "program"
        else judge(probe.source, reports[probe.group], probe.interpreter)
        for probe in probes
    ]


def describe(probes: Sequence[Probe], base: Mapping[str, str], limit_s: float) -> dict[str, Any]:
    """What the interpreter says of the handlers of one module."""
    source, interpreter = probes[0].source, probes[0].interpreter
    # Files rather than pipes: a process that the module leaves behind cannot make anybody wait for their end.
    with tempfile.TemporaryFile() as report, tempfile.TemporaryFile() as output:
        script = str(bootstrap.SCRIPTS[source.language])
        arguments = [interpreter, script, "describe", str(source.root), source.target, str(report.fileno())]
        try:
            ended = subprocess.run(
                [*arguments, *(probe.source.handler for probe in probes)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=source.root,
                env={**base, **probes[0].environment},
                pass_fds=(report.fileno(),),
                timeout=limit_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ConfigError(
                f"{source.target_text} was still importing after {limit_s:g} s", hint=last_lines(output)
            ) from None
        except OSError as error:
            raise ConfigError(f"cannot run the interpreter {interpreter}: {error.strerror or error}") from error
        return read_report(report, output, probes[0], ended.returncode)


def read_report(report: IO[bytes], output: IO[bytes], probe: Probe, code: int) -> dict[str, Any]:
    """The report of a probe that has ended; raises ConfigError if it left none."""
    report.seek(0)
    text = report.read()
    if not text:
        raise ConfigError(
            f"{probe.source.target_text} cannot be looked at: {probe.interpreter} ended with status {code} "
            "while importing it",
            hint=last_lines(output),
        )
    described: dict[str, Any] = json.loads(text)
    return described


def last_lines(output: IO[bytes]) -> tuple[str, ...]:
    """The end of what a probe printed."""
    output.seek(0)
    lines = output.read().decode(errors="replace").rstrip().splitlines()
    return tuple(lines[-SHOWN_OUTPUT_LINES:])

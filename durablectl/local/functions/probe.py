"""Looks at handlers in the user's interpreter: whether they import, what they are, and what is wrong with them."""

from __future__ import annotations

import base64
import difflib
import hashlib
import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from durablectl.errors import ConfigError
from durablectl.local import bootstrap
from durablectl.local.functions.sources import Source
from durablectl.local.workers.inherited_environment import inherited_environment, placeholder_credentials

PROBE_LIMIT_S = 60
PROBES_AT_ONCE = 4
# Settings that code may want at import; the service's own are known only when it runs.
PROBE_REGION = "us-east-1"
SDK_PACKAGE = "aws-durable-execution-sdk-python"
SDK_MODULE = "aws_durable_execution_sdk_python"
SHOWN_FRAMES = 3
SHOWN_OUTPUT_LINES = 3


@dataclass(frozen=True)
class Probed:
    """What a handler turned out to be."""

    is_durable: bool
    runtime: str
    code_sha256: str
    last_modified: datetime


def probe_all(
    sources: Sequence[Source],
    python: str,
    environment: Mapping[str, str],
    *,
    inherited: Mapping[str, str] | None = None,
    limit_s: float = PROBE_LIMIT_S,
) -> list[Probed]:
    """What each handler is, in order; a module is imported once however many handlers of it there are.

    Raises ConfigError for the first that cannot be served.
    """
    variables = {
        **inherited_environment(inherited),
        **placeholder_credentials(PROBE_REGION),
        "TZ": ":UTC",
        **environment,
    }
    modules: dict[tuple[Path, str], list[Source]] = {}
    for source in sources:
        modules.setdefault((source.root, source.target), []).append(source)
    with ThreadPoolExecutor(PROBES_AT_ONCE) as probes:
        reports = dict(
            zip(
                modules,
                probes.map(lambda group: describe(group, python, variables, limit_s), modules.values()),
                strict=True,
            )
        )
    return [judge(source, reports[source.root, source.target], python) for source in sources]


def describe(sources: Sequence[Source], python: str, variables: Mapping[str, str], limit_s: float) -> dict[str, Any]:
    """What the interpreter says of the handlers of one module."""
    source = sources[0]
    # Files rather than pipes: a process that the module leaves behind cannot make anybody wait for their end.
    with tempfile.TemporaryFile() as report, tempfile.TemporaryFile() as output:
        arguments = [python, str(bootstrap.PYTHON), "describe", str(source.root), source.target, str(report.fileno())]
        try:
            ended = subprocess.run(
                [*arguments, *(each.handler for each in sources)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=source.root,
                env=dict(variables),
                pass_fds=(report.fileno(),),
                timeout=limit_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ConfigError(
                f"{source.target_text} was still importing after {limit_s:g} s", hint=last_lines(output)
            ) from None
        except OSError as error:
            raise ConfigError(f"cannot run the interpreter {python}: {error.strerror or error}") from error
        return read_report(report, output, source, python, ended.returncode)


def read_report(report: IO[bytes], output: IO[bytes], source: Source, python: str, code: int) -> dict[str, Any]:
    """The report of a probe that has ended; raises ConfigError if it left none."""
    report.seek(0)
    text = report.read()
    if not text:
        raise ConfigError(
            f"{source.target_text} cannot be looked at: {python} ended with status {code} while importing it",
            hint=last_lines(output),
        )
    described: dict[str, Any] = json.loads(text)
    return described


def last_lines(output: IO[bytes]) -> tuple[str, ...]:
    """The end of what a probe printed."""
    output.seek(0)
    lines = output.read().decode(errors="replace").rstrip().splitlines()
    return tuple(lines[-SHOWN_OUTPUT_LINES:])


def judge(source: Source, report: Mapping[str, Any], python: str) -> Probed:
    """What a report says of one handler; raises ConfigError if it cannot be served."""
    if "error" in report:
        raise import_failed(source, report["error"], python)
    handler = report["handlers"][source.handler]
    if not handler["found"]:
        raise no_such_handler(source, report["callables"])
    if not handler["callable"]:
        raise ConfigError(
            f'"{source.handler}" in {source.target_text} is not a function and cannot be called',
            hint="a handler takes an event and a context: def handler(event, context)",
        )
    code = Path(report["file"]) if report["file"] else None
    return Probed(
        is_durable=handler["durable"],
        runtime=report["runtime"],
        code_sha256=base64.b64encode(hashlib.sha256(code.read_bytes() if code else b"").digest()).decode(),
        last_modified=datetime.fromtimestamp(code.stat().st_mtime if code else 0, UTC),
    )


def no_such_handler(source: Source, callables: Sequence[str]) -> ConfigError:
    """The error for a name that the module does not have, with those that come close."""
    near = difflib.get_close_matches(source.handler, callables, n=3, cutoff=0.5) or list(callables)[:5]
    return ConfigError(
        f'no handler "{source.handler}" in {source.target_text}',
        hint=f"functions there: {', '.join(near)}" if near else "it defines no function",
    )


def import_failed(source: Source, error: Mapping[str, Any], python: str) -> ConfigError:
    """The error for a module that raises at import: where in the user's code, and what."""
    missing = str(error["module"] or "").partition(".")[0] if error["type"] == "ModuleNotFoundError" else ""
    if missing == SDK_MODULE:
        return ConfigError(
            f"{source.target_text} needs the package {SDK_PACKAGE}, which {python} does not have",
            hint=(
                "choose an interpreter that has it: --python INTERPRETER",
                f"or install it there: {python} -m pip install {SDK_PACKAGE}",
            ),
        )
    own = source.target.partition(".")[0]
    if missing and missing == own and not source.is_file:
        return ConfigError(
            f"no module {error['module']} for {source.text}",
            hint=f"modules are looked for from {source.root} on; a file is given as FILE.py:HANDLER",
        )
    hint = [*frame_lines(error["frames"], source.root), f"{error['type']}: {error['message']}".splitlines()[0]]
    if missing:
        hint.append(f"if it is installed elsewhere, choose that interpreter: --python INTERPRETER (now {python})")
    return ConfigError(f"{source.target_text} fails at import", hint=hint)


def frame_lines(frames: Sequence[tuple[str, int, str, str | None]], root: Path) -> list[str]:
    """The last frames in the user's own code, one line each; if there are none, the last of all."""
    own = [frame for frame in frames if is_own(frame[0], root)] or list(frames[-1:])
    return [f"{file}:{line} in {name}: {text or ''}".rstrip(": ") for file, line, name, text in own[-SHOWN_FRAMES:]]


def is_own(file: str, root: Path) -> bool:
    """Whether a file is the user's own code, not a package that is installed below the same folder."""
    return Path(file).is_relative_to(root) and "site-packages" not in Path(file).parts

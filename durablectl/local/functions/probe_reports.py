"""What the report of a probe says of a handler, and the errors for those that cannot be served."""

from __future__ import annotations

import base64
import difflib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from durablectl.errors import ConfigError
from durablectl.local.functions.sources import TYPESCRIPT_SUFFIXES, Source

SDK_PACKAGE = "aws-durable-execution-sdk-python"
SDK_MODULE = "aws_durable_execution_sdk_python"
SHOWN_FRAMES = 3
INSTALLED_PACKAGES = frozenset({"site-packages", "node_modules"})
UNIMPORTED_SYNTAX = "Cannot use import statement outside a module"


@dataclass(frozen=True)
class Probed:
    """What a handler turned out to be."""

    is_durable: bool
    runtime: str
    code_sha256: str
    last_modified: datetime
    files: frozenset[str] = frozenset()
    """The source files that were read to import it, as absolute paths, where the interpreter tells."""


def program_found(program: str) -> Probed:
    """What is known of a program without running it; durable, as nobody would serve it here otherwise."""
    return Probed(True, "provided", *code_facts(Path(program)))


def code_facts(code: Path | None) -> tuple[str, datetime]:
    """The digest of a file in base64, and when it was changed."""
    digest = hashlib.sha256(code.read_bytes() if code else b"").digest()
    return base64.b64encode(digest).decode(), datetime.fromtimestamp(code.stat().st_mtime if code else 0, UTC)


def judge(source: Source, report: Mapping[str, Any], interpreter: str) -> Probed:
    """What a report says of one handler; raises ConfigError if it cannot be served."""
    if "error" in report:
        if source.language == "node":
            raise node_import_failed(source, report["error"])
        raise import_failed(source, report["error"], interpreter)
    handler = report["handlers"][source.handler]
    if not handler["found"]:
        raise no_such_handler(source, report["callables"])
    if not handler["callable"]:
        form = (
            "export const handler = async (event, context) =>"
            if source.language == "node"
            else "def handler(event, context)"
        )
        raise ConfigError(
            f'"{source.handler}" in {source.target_text} is not a function and cannot be called',
            hint=f"a handler takes an event and a context: {form}",
        )
    code = Path(report["file"]) if report["file"] else None
    return Probed(handler["durable"], report["runtime"], *code_facts(code), files=frozenset(report.get("files", ())))


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


def node_import_failed(source: Source, error: Mapping[str, Any]) -> ConfigError:
    """The error for a file that Node cannot load: what is missing, or where it failed."""
    missing = error["module"]
    if missing and not missing.startswith((".", "/", "file:")):
        folder = package_folder(source.root)
        return ConfigError(
            f"{source.target_text} needs the npm package {missing}, which is not installed",
            hint=f"install it: npm install --prefix {folder} {missing}",
        )
    hint = [*frame_lines(error["frames"], source.root), f"{error['type']}: {error['message']}".splitlines()[0]]
    if UNIMPORTED_SYNTAX in error["message"]:
        hint.append('name the file .mjs, or put "type": "module" into its package.json')
    if source.target.endswith(TYPESCRIPT_SUFFIXES) and error["code"] == "ERR_UNKNOWN_FILE_EXTENSION":
        hint.append("TypeScript runs as it is from Node 22.18 on; or serve the JavaScript that it compiles to")
    return ConfigError(f"{source.target_text} fails to load", hint=hint)


def package_folder(root: Path) -> Path:
    """The folder that npm would install into for code in this one."""
    return next((folder for folder in (root, *root.parents) if (folder / "package.json").exists()), root)


def frame_lines(frames: Sequence[tuple[str, int, str, str | None]], root: Path) -> list[str]:
    """The last frames in the user's own code, one line each; if there are none, the last of all."""
    own = [frame for frame in frames if is_own(frame[0], root)] or list(frames[-1:])
    return [f"{file}:{line} in {name}: {text or ''}".rstrip(": ") for file, line, name, text in own[-SHOWN_FRAMES:]]


def is_own(file: str, root: Path) -> bool:
    """Whether a file is the user's own code, not a package that is installed below the same folder."""
    return Path(file).is_relative_to(root) and INSTALLED_PACKAGES.isdisjoint(Path(file).parts)

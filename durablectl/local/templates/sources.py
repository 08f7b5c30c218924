"""Where the handler of a template's function is, in the folder of its code, and what runs it."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from pathlib import Path

from durablectl.errors import ConfigError
from durablectl.local.functions.sources import Source, parse_source
from durablectl.local.templates.functions import TemplateFunction
from durablectl.local.templates.nodes import Template

NODE_SUFFIXES = (".mjs", ".js", ".cjs")
VIRTUAL_ENVIRONMENT = Path(".venv", "bin", "python")


class NotServed(Exception):
    """A function that the service cannot run as the template describes it; its text says why."""


def source_of(template: Template, function: TemplateFunction) -> Source:
    """The source of a function.

    Raises NotServed for a runtime that is not built in and for code that is not on this machine, and ConfigError for a
    folder or a handler that is not there.
    """
    if function.code is None:
        raise NotServed(function.no_code_reason)
    is_program = function.runtime.startswith("provided")
    if not is_program and not function.runtime.startswith(("python", "nodejs")):
        raise NotServed(
            f"{function.runtime} is not built in, Python and Node are" if function.runtime else "no Runtime"
        )
    if not function.code.is_dir():
        raise template.error(
            function.code_place, f"there is no folder {function.code} for {function.logical_id}", hint=_hint(function)
        )
    if is_program:
        return _program(function, function.code)
    if function.runtime.startswith("python"):
        return _python(template, function, function.code)
    return _node(template, function, function.code)


def interpreter_of(function: TemplateFunction, template: Template) -> Path | None:
    """The Python of a virtual environment in the folder of the code or beside the template."""
    if not function.runtime.startswith("python") or function.code is None:
        return None
    candidates = (folder / VIRTUAL_ENVIRONMENT for folder in (function.code, template.folder))
    return next((candidate for candidate in candidates if os.access(candidate, os.X_OK)), None)


def _python(template: Template, function: TemplateFunction, code: Path) -> Source:
    """A module below the folder, written with dots or slashes, and a function in it."""
    module, _, handler = function.handler.rpartition(".")
    if not module or not handler.isidentifier():
        raise _no_handler(template, function, code, (".py",))
    place = Path(*module.replace("/", ".").split("."))
    file = next((file for file in (place.with_suffix(".py"), place / "__init__.py") if (code / file).is_file()), None)
    if file is None:
        raise _no_handler(template, function, code, (".py",))
    target = ".".join(place.parts)
    return Source(f"{code / file}:{handler}", code.absolute(), target, handler)


def _node(template: Template, function: TemplateFunction, code: Path) -> Source:
    """A file below the folder, whatever its suffix, and what it exports."""
    folder, _, name = function.handler.rpartition("/")
    stem, _, handler = name.partition(".")
    files = (code / folder / f"{stem}{suffix}" for suffix in NODE_SUFFIXES)
    file = next((file for file in files if file.is_file()), None)
    if not handler or file is None:
        raise _no_handler(template, function, code, NODE_SUFFIXES)
    return replace(parse_source(f"{file}:{handler}"), root=code.absolute())


def _program(function: TemplateFunction, code: Path) -> Source:
    """The `bootstrap` that a custom runtime brings."""
    program = code / "bootstrap"
    if not os.access(program, os.X_OK):
        raise NotServed(f"{function.runtime} needs a program called bootstrap in {code}")
    return replace(parse_source(f"exec:{shlex.quote(str(program.absolute()))}"), root=code.absolute())


def _no_handler(template: Template, function: TemplateFunction, code: Path, suffixes: tuple[str, ...]) -> ConfigError:
    message = f'{code} has no handler "{function.handler}" for {function.logical_id}'
    nearby = sorted(path.name for path in code.iterdir() if path.suffix in suffixes)[:5]
    hint = f"files there: {', '.join(nearby)}; a handler is FILE.NAME without the suffix" if nearby else _hint(function)
    return template.error(function.handler_place, message, hint=hint)


def _hint(function: TemplateFunction) -> str:
    if function.is_built_elsewhere:
        return "a build makes it: sam build, then --template .aws-sam/build/template.yaml"
    return "CodeUri starts from the folder of the template"

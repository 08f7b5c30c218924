"""What runs the code of functions: interpreters and programs, looked for where users expect them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from durablectl.errors import ConfigError
from durablectl.local.functions.sources import Source

LEAST_NODE = 22
"""The official durable execution SDK needs it: `engines` in its package.json."""
NODE_HINT = (
    f"install Node {LEAST_NODE} from https://nodejs.org, or into the project: npm install node@{LEAST_NODE}",
    "or choose one that is installed elsewhere: --node PATH",
)
VERSION_LIMIT_S = 20


def find_interpreter(python: str) -> str:
    """The absolute path of a Python interpreter given by name or path; raises ConfigError."""
    found = shutil.which(python)
    if found is None:
        raise ConfigError(
            f'no Python interpreter "{python}"',
            hint="choose one that has the functions' packages: --python INTERPRETER",
        )
    # Not resolved: the link in a virtual environment is what makes its packages visible.
    return str(Path(found).absolute())


def find_node(chosen: str | None, root: Path) -> str:
    """The absolute path of a Node that is new enough: the chosen one, or the project's own, or that on the PATH.

    Raises ConfigError that says what to install.
    """
    if chosen is not None:
        found = shutil.which(chosen)
        if found is None:
            raise ConfigError(f'no Node at "{chosen}"', hint=NODE_HINT)
        return new_enough(str(Path(found).absolute()))
    own = next((path for path in installed_beside(root) if os.access(path, os.X_OK)), None)
    found = str(own) if own else shutil.which("node")
    if found is None:
        raise ConfigError("no Node is installed that could run the handlers", hint=NODE_HINT)
    return new_enough(str(Path(found).absolute()))


def installed_beside(root: Path) -> Iterable[Path]:
    """Where npm puts a Node that a project depends on, from the folder of its code upwards."""
    return (folder / "node_modules" / ".bin" / "node" for folder in (root, *root.parents))


def new_enough(node: str) -> str:
    """The same path; raises ConfigError for what is no Node, or too old a one."""
    version = node_version(node)
    if version is None:
        raise ConfigError(f'"{node}" is not Node: it does not tell its version', hint=NODE_HINT)
    if int(version.partition(".")[0]) < LEAST_NODE:
        raise ConfigError(f"{node} is Node {version}, handlers need {LEAST_NODE} or later", hint=NODE_HINT)
    return node


def node_version(node: str) -> str | None:
    """What `node --version` says, without the v; None if it says something else."""
    try:
        ran = subprocess.run(
            [node, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=VERSION_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.fullmatch(rb"v(\d+\.\d+\.\d+\S*)", ran.stdout.strip())
    return version[1].decode() if version else None


def find_program(source: Source) -> str:
    """The absolute path of a program, by the PATH or from the working directory; raises ConfigError."""
    name = source.command[0]
    place = source.root / name if os.sep in name else name
    found = shutil.which(place)
    if found is not None:
        return str(Path(found).absolute())
    if Path(place).is_file() and os.sep in name:
        raise ConfigError(f"{place} cannot be run: it is not executable", hint=f"make it so: chmod +x {place}")
    where = f"looked in {source.root}" if os.sep in name else "looked on the PATH"
    raise ConfigError(f'no program "{name}" for {source.text}', hint=where)

"""`durablectl completion`: the script that makes a shell complete our commands."""

from __future__ import annotations

from durablectl.cli.choices import one_of
from durablectl.cli.completion_scripts import SCRIPTS
from durablectl.cli.options import ShellArg
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group


def completion(runtime: Runtime, shell: ShellArg) -> None:
    """Print the script that makes a shell complete commands, options and names

    Functions, executions and operations are completed by the names that earlier commands have shown. They are kept in a
    file that only you can read; with DURABLECTL_NO_CACHE=1 none are.
    """
    chosen = one_of("SHELL", shell, tuple(SCRIPTS), default="bash")
    runtime.stdout.write(SCRIPTS[chosen].encode())
    runtime.stdout.flush()


COMPLETION = CommandSpec(
    name="completion",
    group=Group.SETUP,
    run=completion,
    examples=(
        Example("durablectl completion bash > durablectl.bash && . ./durablectl.bash", "for this bash"),
        Example("durablectl completion zsh > _durablectl", "to be put into a folder of your fpath"),
    ),
)

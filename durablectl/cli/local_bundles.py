"""Options of the commands for the local service, as dataclasses that a command takes as one parameter each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from durablectl.cli.options import ACTION, StoreOpt


@dataclass(eq=False, repr=False)
class LocalTarget:
    """Which of several local services is meant."""

    store: Annotated[
        str | None,
        typer.Option("--store", metavar="FILE", help="The service on this store", rich_help_panel=ACTION),
    ] = None
    port: Annotated[
        str | None, typer.Option("--port", metavar="N", help="The service on this port", rich_help_panel=ACTION)
    ] = None


@dataclass(eq=False, repr=False)
class LocalOptions:
    """How the local service serves its functions."""

    named: Annotated[
        list[str] | None,
        typer.Option(
            "--function", metavar="NAME=SOURCE", help="Serve a handler under this name", rich_help_panel=ACTION
        ),
    ] = None
    template: Annotated[
        str | None,
        typer.Option(
            "--template",
            metavar="FILE",
            help="Serve the functions of a SAM or CloudFormation template",
            rich_help_panel=ACTION,
        ),
    ] = None
    parameters: Annotated[
        list[str] | None,
        typer.Option("--parameter", metavar="NAME=VALUE", help="A parameter of the template", rich_help_panel=ACTION),
    ] = None
    store: StoreOpt = None
    port: Annotated[
        str | None,
        typer.Option("--port", metavar="N", help="Port; default 8410, 0 picks a free one", rich_help_panel=ACTION),
    ] = None
    python: Annotated[
        list[str] | None,
        typer.Option(
            "--python",
            metavar="[FUNCTION=]PATH",
            help="Interpreter of Python handlers; default the active virtual environment's",
            rich_help_panel=ACTION,
        ),
    ] = None
    node: Annotated[
        list[str] | None,
        typer.Option(
            "--node",
            metavar="[FUNCTION=]PATH",
            help="Node of JavaScript handlers, 22 or later; default the project's or the PATH's",
            rich_help_panel=ACTION,
        ),
    ] = None
    directory: Annotated[
        list[str] | None,
        typer.Option(
            "--directory",
            metavar="[FUNCTION=]DIR",
            help="Where handlers run and imports start; default the folder of the file",
            rich_help_panel=ACTION,
        ),
    ] = None
    environment: Annotated[
        list[str] | None,
        typer.Option(
            "--env", metavar="[FUNCTION:]NAME=VALUE", help="Environment of the handlers", rich_help_panel=ACTION
        ),
    ] = None
    memory: Annotated[
        list[str] | None,
        typer.Option(
            "--memory",
            metavar="[FUNCTION=]MB",
            help="End a handler that holds more; default half of the machine's memory",
            rich_help_panel=ACTION,
        ),
    ] = None
    plain: Annotated[
        list[str] | None,
        typer.Option(
            "--plain", metavar="FUNCTION", help="Serve it as plain, such as an exec: program", rich_help_panel=ACTION
        ),
    ] = None
    durable: Annotated[
        list[str] | None,
        typer.Option(
            "--durable", metavar="FUNCTION", help="Serve it as durable whatever it looks like", rich_help_panel=ACTION
        ),
    ] = None
    execution_timeout: Annotated[
        str | None,
        typer.Option(
            "--execution-timeout", metavar="DURATION", help="Of an execution; default 1d", rich_help_panel=ACTION
        ),
    ] = None
    invocation_timeout: Annotated[
        str | None,
        typer.Option(
            "--invocation-timeout", metavar="DURATION", help="Of one invocation; default 1m", rich_help_panel=ACTION
        ),
    ] = None
    retention: Annotated[
        str | None,
        typer.Option(
            "--retention",
            metavar="DAYS",
            help="Days that closed executions are kept; default 14",
            rich_help_panel=ACTION,
        ),
    ] = None


@dataclass(eq=False, repr=False)
class LocalRun:
    """How a local service runs, and what it shows meanwhile."""

    reload: Annotated[
        bool, typer.Option("--reload", help="Take up changed code for new invocations", rich_help_panel=ACTION)
    ] = False
    skip_time: Annotated[
        bool,
        typer.Option(
            "--skip-time",
            help="Skip waits and delays of retries, but not the time that callbacks and executions have",
            rich_help_panel=ACTION,
        ),
    ] = False
    time_scale: Annotated[
        str | None,
        typer.Option(
            "--time-scale", metavar="N", help="Let time pass N times as fast, 0.1 to 100000", rich_help_panel=ACTION
        ),
    ] = None
    concurrency: Annotated[
        str | None,
        typer.Option(
            "--concurrency",
            metavar="N",
            help="Invocations that run at a time, 1 to 1000; default 100",
            rich_help_panel=ACTION,
        ),
    ] = None
    invocation_attempts: Annotated[
        str | None,
        typer.Option(
            "--invocation-attempts",
            metavar="N",
            help="Failed invocations in a row that fail an execution; default 5, 0 never",
            rich_help_panel=ACTION,
        ),
    ] = None
    throttle: Annotated[
        str | None,
        typer.Option(
            "--throttle",
            metavar="none|aws",
            help="Request rates to hold clients to: those of an AWS account, or none",
            rich_help_panel=ACTION,
        ),
    ] = None
    detach: Annotated[
        bool, typer.Option("--detach", help="Run in the background; return once it is ready", rich_help_panel=ACTION)
    ] = False
    log_file: Annotated[
        str | None,
        typer.Option(
            "--log-file", metavar="FILE", help="Output of --detach; default beside the store", rich_help_panel=ACTION
        ),
    ] = None
    no_logs: Annotated[
        bool, typer.Option("--no-logs", help="Do not show what handlers write", rich_help_panel=ACTION)
    ] = False

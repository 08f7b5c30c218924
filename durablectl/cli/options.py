"""Every argument and every single option, declared once; options that belong together are in `bundles`."""

from __future__ import annotations

from typing import Annotated

import typer

ACTION = "Options"
FILTERS = "Filters"
OUTPUT = "Output"
SAFETY = "Safety"
CONNECTION = "Connection"
GENERAL = "General"

PANELS = (ACTION, FILTERS, OUTPUT, SAFETY, CONNECTION, GENERAL)
"""The headings of a command's options, in the order in which help shows them."""

REFERENCE_HELP = "ARN, FUNCTION/NAME, FUNCTION/ID, FUNCTION@latest, a name or a unique prefix of one"

ExecutionArg = Annotated[str, typer.Argument(metavar="EXEC", help=f"The execution: {REFERENCE_HELP}")]
ExecutionsArg = Annotated[
    list[str], typer.Argument(metavar="EXEC...", help=f"The executions: {REFERENCE_HELP}; - reads them from stdin")
]
ChosenArg = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="EXEC...", help=f"The executions: {REFERENCE_HELP}; - reads them from stdin. Filters find them instead"
    ),
]
FunctionsArg = Annotated[
    list[str] | None,
    typer.Argument(metavar="FUNCTION...", help="Functions by name, ARN or glob; all durable functions without it"),
]
FunctionArg = Annotated[
    str, typer.Argument(metavar="FUNCTION[:QUALIFIER]", help="The function; its newest version without a qualifier")
]
FunctionGlobsArg = Annotated[
    list[str] | None, typer.Argument(metavar="GLOB...", help="Only functions whose name matches, as in orders-*")
]
CallbackIdArg = Annotated[
    str | None,
    typer.Argument(metavar="CALLBACK_ID", help="The callback, unless --execution names it by its operation"),
]
SourcesArg = Annotated[
    list[str] | None,
    typer.Argument(metavar="SOURCE...", help="Handlers: FILE.py:HANDLER, package.module:HANDLER or index.mjs:handler"),
]

ContextArg = Annotated[str, typer.Argument(metavar="NAME", help="The context")]
OptionalContextArg = Annotated[
    str | None, typer.Argument(metavar="NAME", help="The context; the one in use without it")
]
TuiSubjectArg = Annotated[
    str | None,
    typer.Argument(metavar="EXEC|FUNCTION", help=f"What to open: a function, or an execution: {REFERENCE_HELP}"),
]
ShellArg = Annotated[str, typer.Argument(metavar="bash|zsh|fish|powershell", help="The shell")]

PolicyOpt = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="reader|operator",
        help="Print the least IAM policy for reading, or for operating; no check-up",
        rich_help_panel=ACTION,
    ),
]
OriginOpt = Annotated[
    bool, typer.Option("--origin", help="Also what each decision overrode, and whose it was", rich_help_panel=ACTION)
]
StoreOpt = Annotated[
    str | None,
    typer.Option(
        "--store", metavar="FILE|memory", help="Journal; default .durablectl/local.db", rich_help_panel=ACTION
    ),
]
StopTimeoutOpt = Annotated[
    str | None,
    typer.Option("--timeout", metavar="DURATION", help="Wait so long for its end; default 15s", rich_help_panel=ACTION),
]
ReasonsOpt = Annotated[
    bool, typer.Option("--reasons", help="Show why rows ended badly: one more request for each", rich_help_panel=ACTION)
]
CountOpt = Annotated[bool, typer.Option("--count", help="Print only how many match, by status", rich_help_panel=ACTION)]
FollowOpt = Annotated[
    bool,
    typer.Option("--follow", help="Go on with what is still to come, until the end", rich_help_panel=ACTION),
]
InvocationOpt = Annotated[
    str | None,
    typer.Option(
        "--invocation",
        metavar="N|REQUEST_ID",
        help="Only of this invocation, counted from 0, or of this request",
        rich_help_panel=FILTERS,
    ),
]
GrepOpt = Annotated[
    str | None,
    typer.Option("--grep", metavar="RE", help="Only messages in which this is found", rich_help_panel=FILTERS),
]
LogsSinceOpt = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="Logged since: 10m, today, 2026-11-20", rich_help_panel=FILTERS),
]
AllLinesOpt = Annotated[
    bool, typer.Option("--all", help="Also Lambda's own lines, and stack traces", rich_help_panel=ACTION)
]
EventsOpt = Annotated[
    bool,
    typer.Option("--events", help="A line for each event, as where there is no terminal", rich_help_panel=ACTION),
]
ExitStatusOpt = Annotated[
    bool,
    typer.Option("--exit-status", help="Exit 10, 11 or 12 for FAILED, TIMED_OUT or STOPPED", rich_help_panel=ACTION),
]
TypesOpt = Annotated[
    list[str] | None,
    typer.Option(
        "--type", metavar="TYPE,...", help="Only events of these types, as in StepFailed", rich_help_panel=FILTERS
    ),
]
OperationOpt = Annotated[
    str | None,
    typer.Option(
        "--op", metavar="OP", help="The operation: its name, its path like 1.2 or its id", rich_help_panel=FILTERS
    ),
]
AfterOpt = Annotated[
    str | None,
    typer.Option("--after", metavar="EVENT_ID", help="Only events after this one", rich_help_panel=FILTERS),
]
AtOpt = Annotated[
    str | None,
    typer.Option(
        "--at", metavar="EVENT_ID|TIME", help="The state after this event or at this time", rich_help_panel=ACTION
    ),
]
StateSourceOpt = Annotated[
    str | None,
    typer.Option(
        "--source",
        metavar="history|service",
        help="Fold the history, or ask the service, which needs a checkpoint token",
        rich_help_panel=ACTION,
    ),
]
CheckpointTokenOpt = Annotated[
    str | None,
    typer.Option("--checkpoint-token", metavar="TOKEN", help="Token of the running invocation", rich_help_panel=ACTION),
]
GoalOpt = Annotated[
    str | None,
    typer.Option(
        "--for",
        metavar="closed|paused|running|deleted",
        help="What to wait for; closed without it",
        rich_help_panel=ACTION,
    ),
]
WaitOpt = Annotated[
    bool, typer.Option("--wait", help="Wait until it has taken effect, then show how it ended", rich_help_panel=ACTION)
]
ReasonOpt = Annotated[
    str | None,
    typer.Option("--reason", metavar="TEXT", help="Recorded with it, at most 1024 characters", rich_help_panel=ACTION),
]
TimeoutKeepsRunningOpt = Annotated[
    bool,
    typer.Option(
        "--timeout-keeps-running",
        help="Let the execution timeout run on; else it stands still meanwhile",
        rich_help_panel=ACTION,
    ),
]
ConfirmOpt = Annotated[
    str | None,
    typer.Option(
        "--confirm",
        metavar="NAME|COUNT",
        help="With --yes: the name of the one execution, or how many they are",
        rich_help_panel=SAFETY,
    ),
]
RestartVersionOpt = Annotated[
    str | None,
    typer.Option(
        "--version",
        metavar="same|latest|N",
        help="Version to run on: the same without it, the newest published one, or this one",
        rich_help_panel=ACTION,
    ),
]
NameOpt = Annotated[
    str | None,
    typer.Option(
        "--name", metavar="NAME", help="Name of the execution; else the service chooses one", rich_help_panel=ACTION
    ),
]
TenantOpt = Annotated[
    str | None,
    typer.Option(
        "--tenant", metavar="ID", help="For whom, if the function isolates its tenants", rich_help_panel=ACTION
    ),
]
InputOpt = Annotated[
    str | None,
    typer.Option("--input", metavar="VALUE|@FILE|-", help="Input as JSON, at most 1 MB", rich_help_panel=ACTION),
]
ResultOpt = Annotated[
    str | None,
    typer.Option(
        "--result",
        metavar="VALUE|@FILE|-",
        help="Result as JSON, at most 1 MB; none without it",
        rich_help_panel=ACTION,
    ),
]
OptionalExecutionArg = Annotated[
    str | None,
    typer.Argument(metavar="EXEC", help=f"Only of this execution: {REFERENCE_HELP}; without it of all that are open"),
]
AllCallbacksOpt = Annotated[
    bool, typer.Option("--all", help="Also callbacks that are closed, and how they ended", rich_help_panel=ACTION)
]
DueWithinOpt = Annotated[
    str | None,
    typer.Option(
        "--due-within",
        metavar="DURATION",
        help="Only those that time out so soon unless somebody answers",
        rich_help_panel=FILTERS,
    ),
]
EveryOpt = Annotated[
    str | None,
    typer.Option(
        "--every",
        metavar="DURATION",
        help="Go on, one heartbeat each 30s or so, until the callback is closed",
        rich_help_panel=ACTION,
    ),
]
EveryTimeoutOpt = Annotated[
    str | None,
    typer.Option(
        "--timeout",
        metavar="DURATION",
        help="With --every: end after so long, with exit code 124",
        rich_help_panel=ACTION,
    ),
]
CallbackExecutionOpt = Annotated[
    str | None,
    typer.Option(
        "--execution",
        metavar="EXEC",
        help="Execution whose callback is meant, instead of an id",
        rich_help_panel=ACTION,
    ),
]
CallbackOperationOpt = Annotated[
    str | None,
    typer.Option(
        "--op", metavar="OP", help="Operation of that execution, if several callbacks wait", rich_help_panel=ACTION
    ),
]
ExitOpt = Annotated[
    bool,
    typer.Option("--exit", help="End when every sample is where it belongs; 1 if one is not", rich_help_panel=ACTION),
]
RefreshOpt = Annotated[
    str | None,
    typer.Option(
        "--refresh",
        metavar="SECONDS",
        help="How often to ask; default 5s, 2s for one execution",
        rich_help_panel=ACTION,
    ),
]
ServeOpt = Annotated[
    str | None,
    typer.Option(
        "--serve",
        metavar="PORT",
        help="Show it in a browser of this machine instead, read-only; needs durablectl[serve]",
        rich_help_panel=ACTION,
    ),
]
AllowChangesOpt = Annotated[
    bool, typer.Option("--allow-changes", help="Let whoever opens the page change things", rich_help_panel=ACTION)
]
TuiOpt = Annotated[bool, typer.Option("--tui", help="End in the dashboard, on all of it", rich_help_panel=ACTION)]
VersionsOpt = Annotated[
    bool, typer.Option("--versions", help="Show versions and aliases of each function", rich_help_panel=ACTION)
]
CountsOpt = Annotated[
    bool,
    typer.Option("--counts", help="Count executions by status: one list for each function", rich_help_panel=ACTION),
]
ChildrenOpt = Annotated[
    str | None,
    typer.Option(
        "--children", metavar="N", help="Follow chained executions so many levels down", rich_help_panel=ACTION
    ),
]
DepthOpt = Annotated[
    str | None,
    typer.Option(
        "--depth", metavar="N", help="So many levels; below them only what is not done", rich_help_panel=ACTION
    ),
]
AllOperationsOpt = Annotated[
    bool, typer.Option("--all", help="A row for every operation, none joined or summed up", rich_help_panel=ACTION)
]
AttemptsOpt = Annotated[
    bool, typer.Option("--attempts", help="A row for each attempt of a retried step", rich_help_panel=ACTION)
]
FailedOpt = Annotated[
    bool, typer.Option("--failed", help="Only what failed, and what it is in", rich_help_panel=ACTION)
]
NoFoldOpt = Annotated[bool, typer.Option("--no-fold", help="Fold nothing to fit the screen", rich_help_panel=ACTION)]
CollapseIdleOpt = Annotated[
    bool,
    typer.Option(
        "--collapse-idle/--linear",
        help="Collapse long stretches in which nothing happened / draw all to scale",
        rich_help_panel=ACTION,
    ),
]
FromOpt = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="OFFSET", help="Show the time from this offset on, as in 90s", rich_help_panel=ACTION
    ),
]
ToOpt = Annotated[
    str | None,
    typer.Option("--to", metavar="OFFSET", help="Show the time up to this offset, as in 2h", rich_help_panel=ACTION),
]
WidthOpt = Annotated[
    str | None,
    typer.Option(
        "--width", metavar="N", help="Cells of a line, 40 to 1000; else the terminal's", rich_help_panel=ACTION
    ),
]
AllFindingsOpt = Annotated[
    bool, typer.Option("--all", help="Also findings that are only worth knowing", rich_help_panel=ACTION)
]

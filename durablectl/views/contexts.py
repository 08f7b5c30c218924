"""The views of `context` and `config`: named connections, and each setting with who decided it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from durablectl.config.file import ConfigFile
from durablectl.config.origins import Candidate, Setting
from durablectl.views.cards import Field, lay_out_card
from durablectl.views.display import Display
from durablectl.views.layout import Track, lay_out
from durablectl.views.lines import DASH, EMPTY, Line, data, join, own, wrap_line
from durablectl.views.view import Column, Record, View, bare, stamped

FORMATS = ("table", "json", "yaml", "name", "plain")


@dataclass(frozen=True, slots=True)
class NamedContext:
    """A context as the file or the program itself defines it."""

    name: str
    is_current: bool = False
    """Whether a command without `--context` uses it now."""
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    functions: Sequence[str] = ()
    read_only: bool = False
    production: bool = False
    redact: Sequence[str] = ()


def named_context(file: ConfigFile, name: str, *, current: str | None, **built_in: str) -> NamedContext:
    """A context of the file; `built_in` are what the program itself sets where the file does not."""
    values: dict[str, Any] = {key: entry.value for key, entry in file.section(name).items()}
    return NamedContext(name, name == current, **(built_in | values))


def contexts_view(contexts: Iterable[NamedContext], path: Path) -> View[NamedContext]:
    """All contexts in the order of the file."""
    return View(
        kind="context",
        items=contexts,
        record=context_record,
        document=lambda records: stamped("context_list", {"config_file": str(path), "items": list(records)}),
        columns=contexts_columns(),
        identifier=lambda context: context.name,
        formats=FORMATS,
    )


def context_view(context: NamedContext) -> View[NamedContext]:
    """One context as a card."""
    return View(
        kind="context",
        items=[context],
        record=context_record,
        document=bare("context"),
        columns=contexts_columns(),
        card=_card,
        identifier=lambda context: context.name,
        formats=FORMATS,
    )


def context_record(context: NamedContext) -> Record:
    """One context, for programs."""
    return {
        "name": context.name,
        "current": context.is_current,
        "profile": context.profile,
        "region": context.region,
        "endpoint_url": context.endpoint_url,
        "functions": list(context.functions),
        "read_only": context.read_only,
        "production": context.production,
        "redact": list(context.redact),
    }


def guards(context: NamedContext) -> Line:
    """What protects whoever uses the context."""
    rules = len(context.redact)
    return join(
        (
            own("PRODUCTION", "bold red") if context.production else EMPTY,
            own("READ ONLY", "bold") if context.read_only else EMPTY,
            own(f"{rules} redaction rule{'' if rules == 1 else 's'}") if rules else EMPTY,
        ),
        ", ",
    )


def contexts_columns() -> tuple[Column[NamedContext], ...]:
    """The columns of a list of contexts."""
    return (
        Column(
            "current",
            "",
            lambda context, _: own("*", "green") if context.is_current else EMPTY,
            lambda context: context.is_current,
            about="whether it is used where no context is named",
        ),
        Column("name", "CONTEXT", lambda context, _: data(context.name, "bold"), lambda context: context.name),
        Column("profile", "PROFILE", lambda context, _: data(context.profile) or DASH, lambda one: one.profile),
        Column("region", "REGION", lambda context, _: data(context.region) or DASH, lambda one: one.region),
        Column(
            "endpoint_url",
            "ENDPOINT",
            lambda context, _: data(context.endpoint_url) or DASH,
            lambda context: context.endpoint_url,
            shrinks_to=24,
        ),
        Column(
            "functions",
            "FUNCTIONS",
            lambda context, _: data(" ".join(context.functions)) or DASH,
            lambda context: " ".join(context.functions),
            is_wide=True,
            shrinks_to=9,
        ),
        Column("guards", "GUARDS", lambda context, _: guards(context) or DASH, _plain_guards),
    )


def _plain_guards(context: NamedContext) -> str:
    return "".join(segment.text for segment in guards(context))


def _card(context: NamedContext, display: Display) -> list[Line]:
    state = own("in use", "green") if context.is_current else own("not in use", "dim")
    fields = [
        Field(context.name, state, is_title=True),
        Field("profile", data(context.profile) or own("as the AWS configuration says", "dim")),
        Field("region", data(context.region) or own("as the AWS configuration says", "dim")),
        Field("endpoint", data(context.endpoint_url) or own("Lambda's own", "dim")),
        Field("functions", data(", ".join(context.functions)) or own("all durable functions", "dim"), wraps=True),
        Field("guards", guards(context) or own("none", "dim")),
    ]
    if context.redact:
        fields.append(Field("redacts", data(", ".join(context.redact)), wraps=True))
    return lay_out_card(fields, display.width)


# --- settings ---------------------------------------------------------------------------------------------------------


CONFIG_FILE = "config_file"
"""The name of the setting that is no setting: where the others may come from."""


def settings_view(settings: Iterable[Setting], *, with_overridden: bool = False) -> View[Setting]:
    """Every setting with who decided it; `with_overridden` also tells who else would have, in their order."""
    return View(
        kind="setting",
        items=settings,
        record=setting_record,
        document=lambda records: stamped("setting_list", {"items": list(records)}),
        columns=setting_columns(),
        drawing=lambda shown, display: _drawing(shown, display, with_overridden=with_overridden),
        formats=("table", "json", "yaml", "plain"),
    )


def setting_record(setting: Setting) -> Record:
    """One setting, for programs."""
    winner, *others = (_candidate_record(candidate) for candidate in setting.candidates or (_NOBODY,))
    return {"name": setting.name, **winner, "overrides": others}


_NOBODY = Candidate(None, None, "not set")


def _candidate_record(candidate: Candidate) -> Record:
    origin = str(candidate.origin) if candidate.origin is not None else None
    return {"value": candidate.value, "origin": origin, "source": candidate.source}


def setting_columns() -> tuple[Column[Setting], ...]:
    """The fields of plain output."""
    return (
        Column("name", "SETTING", lambda one, _: data(one.name), lambda one: one.name, about="name of the setting"),
        Column(
            "value", "VALUE", lambda one, _: data(_words(one.value)), lambda one: _words(one.value), about="what holds"
        ),
        Column("origin", "ORIGIN", lambda one, _: data(_source(one)), _source, about="who decided it"),
        Column(
            "overrides",
            "INSTEAD OF",
            lambda one, _: data(_overridden(one)),
            _overridden,
            about="what else was said, and by whom",
        ),
    )


def _drawing(settings: Sequence[Setting], display: Display, *, with_overridden: bool) -> list[Line]:
    """A row for each setting, the file above them, and below each what its decision overrode."""
    rows = [[own(title, "bold") for title in ("SETTING", "VALUE", "ORIGIN")]]
    above: list[Line] = []
    for setting in settings:
        if setting.name == CONFIG_FILE:
            named = join((own("file", "dim"), data(setting.value), own(f"({_source(setting)})", "dim")))
            above = wrap_line(named, display.width, indent=len("file "))
            continue
        value, source = data(_words(setting.value)) or DASH, _source(setting)
        rows.append([data(setting.name, "bold"), value, data(source, "" if setting.winner else "dim")])
        for other in setting.candidates[1:] if with_overridden else ():
            rows.append([EMPTY, data(_words(other.value), "dim"), data(f"not {other.source}", "dim")])
    tracks = [Track(False, None), Track(False, 16), Track(False, None)]
    return [*above, *lay_out(rows, tracks, display.width)]


def _source(setting: Setting) -> str:
    return setting.winner.source if setting.winner else "not set"


def _overridden(setting: Setting) -> str:
    return "; ".join(f"{_words(each.value)} from {each.source}" for each in setting.candidates[1:])


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list | tuple) else str(value or "")

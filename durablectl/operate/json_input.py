"""Whether what somebody typed is JSON, and where exactly it is not."""

from __future__ import annotations

import json
from typing import NamedTuple, NoReturn


class JsonProblem(NamedTuple):
    """Why a text is no JSON."""

    message: str
    """In one clause, without the place."""
    line: int | None = None
    """Counted from 1; None where the problem has no place."""
    column: int | None = None
    """Counted from 1, in characters."""

    @property
    def place(self) -> str:
        """`line 2, column 7`, or nothing."""
        return f"line {self.line}, column {self.column}" if self.line else ""


def json_problem(text: str) -> JsonProblem | None:
    """What keeps a text from being JSON as the standard has it, which knows no NaN; None when it is JSON."""
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        return JsonProblem(f"{error.msg[:1].lower()}{error.msg[1:]}", error.lineno, error.colno)
    except RecursionError:
        return JsonProblem("nested too deeply")
    except ValueError as error:
        return JsonProblem(str(error))
    return None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")

"""`--query`: a JMESPath expression, checked before any request is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from durablectl.errors import UsageError


@dataclass(frozen=True, slots=True)
class Query:
    """A compiled expression and its text."""

    text: str
    compiled: Any

    def search(self, document: Any) -> Any:
        """What the expression finds in the document; a call that it gets wrong is a UsageError."""
        from jmespath.exceptions import JMESPathError

        try:
            return self.compiled.search(document)
        except JMESPathError as error:
            reason = " ".join(str(error).split())
            raise UsageError("--query cannot be applied here", hint=[f"  {self.text}", reason]) from error


def compile_query(text: str) -> Query:
    """The expression ready for use. A bad one is a UsageError that points at the place."""
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        return Query(text, jmespath.compile(text))
    except JMESPathError as error:
        raise UsageError("--query is no valid JMESPath expression", hint=_point(text, error)) from error


def _point(text: str, error: Exception) -> list[str]:
    position = getattr(error, "lex_position", None)
    column = position if isinstance(position, int) else len(text)
    return [f"--query {text}", " " * (len("--query ") + min(column, len(text))) + f"^  {_reason(error)}"]


def _reason(error: Exception) -> str:
    """The parser's own words without the expression and the caret that it draws below them."""
    name = type(error).__name__
    if name == "EmptyExpressionError":
        return "an expression is missing"
    if name == "IncompleteExpressionError":
        return "the expression ends too early"
    token = getattr(error, "token_value", None)
    return f'"{token}" does not fit here' if token else "the expression breaks off here"

"""Errors as lines for people and as a document for programs."""

from __future__ import annotations

from durablectl.errors import AccessDenied, NotFound
from durablectl.views.errors import error_body, error_document, error_lines


def test_the_message_comes_first_and_the_request_last() -> None:
    error = AccessDenied(
        "not allowed to read executions of orders",
        hint=["missing action: lambda:ListDurableExecutionsByFunction"],
        request_id="7d1f",
    )

    assert list(error_lines(error)) == [
        "not allowed to read executions of orders",
        "  missing action: lambda:ListDurableExecutionsByFunction",
        "  request 7d1f",
    ]


def test_hostile_text_in_a_message_is_made_visible() -> None:
    assert list(error_lines(NotFound("no \x1b[31m\nthing", hint="a\x07b"))) == [r"no \x1b[31m⏎thing", r"  a\x07b"]


def test_the_document_has_all_keys() -> None:
    document = error_document(NotFound("no execution", hint=("one", "two"), details={"candidates": ("a", "b")}))

    assert document == {
        "schema_version": 1,
        "kind": "error",
        "error": {
            "code": 3,
            "type": "not_found",
            "message": "no execution",
            "hint": "one\ntwo",
            "request_id": None,
            "details": {"candidates": ["a", "b"]},
        },
    }


def test_the_error_of_one_target_has_no_details() -> None:
    assert list(error_body(NotFound("no"))) == ["code", "type", "message", "hint", "request_id"]


def test_the_exit_code_can_be_another_than_the_kinds() -> None:
    assert error_document(NotFound("no"), 8)["error"]["code"] == 8

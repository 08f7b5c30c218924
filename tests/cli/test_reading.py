"""`get`, `history`, `state` and `functions`: options to documents, and how much data they ask for."""

from __future__ import annotations

import pytest

from durablectl.errors import KeyDenied, NotFound, Unreachable
from tests.cli.harness import run
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import failure, make_execution, step, wait_for_callback

SECRET = "tok-4711-secret"
READERS = [("get",), ("history",), ("state",)]


@pytest.fixture
def backend() -> FakeBackend:
    healthy = make_execution("order-1042", step("charge").fails(2).succeeds(), wait_for_callback("approval"))
    failed = make_execution(
        "order-1038",
        step("charge").gives_up(failure("card expired", "PaymentDeclined")),
        status="FAILED",
        id="77c0b1d2-0e5f-4b0e-8d5e-90a2cc31f7be",
        input=f'{{"token": "{SECRET}", "id": 1038}}',
        error=failure("card expired", "PaymentDeclined"),
    )
    return FakeBackend(healthy, failed)


def test_get_of_one_reference_is_a_bare_document(backend: FakeBackend) -> None:
    document = run("get", "orders/order-1042", "-o", "json", backend=backend).json

    assert (document["kind"], document["name"], document["data_level"]) == (
        "execution_detail",
        "order-1042",
        "metadata",
    )


def test_get_of_several_references_is_a_list(backend: FakeBackend) -> None:
    document = run("get", "orders/order-1042", "orders/order-1038", "-o", "json", backend=backend).json

    assert document["kind"] == "execution_detail_list"
    assert [item["name"] for item in document["items"]] == ["order-1042", "order-1038"]


def test_get_reads_references_from_stdin(backend: FakeBackend) -> None:
    ran = run("get", "-", "-o", "name", backend=backend, stdin="# mine\norders/order-1042\n\norders/order-1042\n")

    assert len(ran.out.splitlines()) == 1
    assert "each is taken once" in ran.err


@pytest.mark.parametrize("reader", READERS)
def test_check_9_a_healthy_execution_causes_no_request_for_data(reader: tuple[str, ...]) -> None:
    backend = FakeBackend(make_execution("order-1", step("charge"), status="SUCCEEDED"))

    assert run(*reader, "order-1", backend=backend).code == 0
    assert not backend.data_requests


@pytest.mark.parametrize("reader", READERS)
def test_check_9_no_data_causes_no_request_for_data(reader: tuple[str, ...], backend: FakeBackend) -> None:
    ran = run(*reader, "order-1038", "--no-data", backend=backend)

    assert ran.code == 0
    assert "card expired" not in ran.out
    assert not backend.data_requests


@pytest.mark.parametrize("reader", READERS)
def test_a_failure_is_explained(reader: tuple[str, ...], backend: FakeBackend) -> None:
    assert "PaymentDeclined: card expired" in run(*reader, "order-1038", backend=backend).out


@pytest.mark.parametrize("format", ["table", "json", "plain"])
@pytest.mark.parametrize("reader", READERS)
def test_check_10_a_secret_is_never_shown(reader: tuple[str, ...], format: str, backend: FakeBackend) -> None:
    for level in ((), ("--data",), ("--no-data",)):
        ran = run(*reader, "order-1038", "-o", format, "--debug", *level, backend=backend)
        assert ran.code == 0
        assert SECRET not in ran.out + ran.err


def test_no_redact_shows_secrets(backend: FakeBackend) -> None:
    assert SECRET in run("get", "order-1038", "--data", "--no-redact", backend=backend).out


def test_check_9_a_denied_key_shows_metadata_with_a_warning(backend: FakeBackend) -> None:
    backend.fail("execution", KeyDenied("kms:Decrypt denied on key 1"))

    ran = run("get", "order-1038", "--data", "-o", "json", backend=backend)

    assert ran.code == 0
    assert ran.err == "warning: payloads not readable (kms:Decrypt denied on key 1)\n"
    assert ran.json["input"]["absent_because"] == "key_denied"


def test_exit_status_is_that_of_the_execution(backend: FakeBackend) -> None:
    assert run("get", "order-1038", "--exit-status", backend=backend).code == 10
    assert run("get", "order-1042", "--exit-status", backend=backend).code == 0
    assert run("get", "order-1038", backend=backend).code == 0


def test_get_of_several_is_partial_when_one_is_gone(backend: FakeBackend) -> None:
    backend.fail("execution", NotFound("it is gone"))

    ran = run("get", "orders/order-1042", "orders/order-1038", "-o", "json", backend=backend)

    assert ran.code == 8
    assert [item["name"] for item in ran.json["items"]] == ["order-1038"]
    assert ran.json["warnings"][0]["message"] == "orders/order-1042: it is gone"


def test_history_is_complete_and_in_order(backend: FakeBackend) -> None:
    events = run("history", "order-1042", "-o", "jsonl", backend=backend).lines

    assert [event["event_id"] for event in events] == list(range(1, 15))


def test_history_after_and_newest_first_and_limit(backend: FakeBackend) -> None:
    ran = run("history", "order-1042", "--after", "3", "--newest-first", "-n", "2", "-o", "json", backend=backend)

    assert [event["event_id"] for event in ran.json["items"]] == [14, 13]
    assert ran.json["truncated"] is True
    assert ran.err == "note: showing 2 of 11 events (-n 0 for all)\n"


def test_history_by_name_is_the_event_ids_one_a_line(backend: FakeBackend) -> None:
    ran = run(
        "history", "order-1042", "--after", "3", "--type", "StepFailed,CallbackStarted", "-o", "name", backend=backend
    )
    events = run(
        "history", "order-1042", "--after", "3", "--type", "StepFailed,CallbackStarted", "-o", "jsonl", backend=backend
    ).lines

    assert ran.out.split() == [str(event["event_id"]) for event in events]
    assert len(events) >= 1


def test_history_of_types_in_any_case(backend: FakeBackend) -> None:
    ran = run("history", "order-1042", "--type", "stepfailed,CallbackStarted", "-o", "jsonl", backend=backend)

    assert [event["type"] for event in ran.lines] == ["StepFailed", "StepFailed", "CallbackStarted"]


def test_history_of_an_operation_has_its_parts(backend: FakeBackend) -> None:
    ran = run("history", "order-1042", "--op", "approval", "-o", "jsonl", backend=backend)

    assert {event["type"] for event in ran.lines} == {
        "ContextStarted",
        "CallbackStarted",
        "StepStarted",
        "StepSucceeded",
    }


@pytest.mark.parametrize("options", [(), ("--after", "3", "-n", "4"), ("--type", "StepFailed"), ("--type", "Nothing")])
@pytest.mark.parametrize("format", ["jsonl", "plain", "name"])
def test_a_history_is_the_same_whether_it_is_kept_or_handed_on(
    backend: FakeBackend, options: tuple[str, ...], format: str
) -> None:
    handed_on, kept = (
        run("history", "order-1038", "--data", *options, *way, "-o", format, backend=backend)
        for way in ((), ("--newest-first",))
    )
    headers = 1 if format == "plain" else 0

    if "-n" not in options:
        assert handed_on.out.splitlines()[headers:] == kept.out.splitlines()[headers:][::-1]
    assert (handed_on.code, handed_on.err) == (kept.code, kept.err)


def test_a_history_that_breaks_off_holds_what_came_and_fails(backend: FakeBackend) -> None:
    backend.fail("history", Unreachable("the connection is gone"), nth=3)

    ran = run("history", "orders/order-1042", "--data", "--page-size", "2", "-o", "json", backend=backend)

    assert (ran.code, ran.error["type"]) == (5, "network")
    assert [item["event_id"] for item in ran.json["items"]] == [1, 2, 3, 4]
    assert ran.json["truncated"] is True


def test_history_of_an_unknown_operation_is_not_found(backend: FakeBackend) -> None:
    assert run("history", "order-1042", "--op", "aproval", backend=backend).code == 3


def test_state_as_of_an_event(backend: FakeBackend) -> None:
    document = run("state", "order-1042", "--at", "3", "-o", "json", backend=backend).json

    assert document["as_of_event_id"] == 3
    assert [(node["name"], node["status"]) for node in document["operations"]] == [("charge", "PENDING")]


def test_state_of_one_operation(backend: FakeBackend) -> None:
    document = run("state", "order-1042", "--op", "approval", "-o", "json", backend=backend).json

    assert [node["name"] for node in document["operations"]] == ["approval"]


def test_check_22_an_ambiguous_reference_opens_nothing(backend: FakeBackend) -> None:
    ran = run("get", "order-10", backend=backend)

    assert (ran.code, ran.out) == (2, "")
    assert 'error: "order-10" matches 2 executions' in ran.err
    assert "use FUNCTION/NAME, more characters, or the full id" in ran.err
    assert not [call for call in backend.calls if call.verb == "execution"]


def test_an_unknown_execution_names_those_that_are_close(backend: FakeBackend) -> None:
    ran = run("get", "orders/order-1043", "-c", "local", backend=backend)

    assert ran.code == 3
    assert ran.err.startswith('error: no execution "order-1043" in orders')
    assert "order-1042 RUNNING" in ran.err


def test_check_27_an_error_is_one_json_object_for_a_program(backend: FakeBackend) -> None:
    ran = run("get", "orders/nope", "-o", "json", "-q", backend=backend)

    assert (ran.code, ran.out) == (3, "")
    assert (ran.error["type"], ran.error["code"]) == ("not_found", 3)


def test_an_arn_fixes_the_region(backend: FakeBackend) -> None:
    ran = run("get", next(iter(backend.recorded)), "--region", "us-east-1", backend=backend)

    assert ran.err == "note: using region eu-west-1, as the ARN says\n"
    assert [settings.region for settings in ran.settings] == ["eu-west-1"]


def test_functions_lists_durable_functions(backend: FakeBackend) -> None:
    ran = run("functions", "--counts", "-o", "json", backend=backend)

    assert [(item["name"], item["counts"]) for item in ran.json["items"]] == [("orders", {"RUNNING": 1, "FAILED": 1})]


def test_functions_without_a_match_is_empty(backend: FakeBackend) -> None:
    ran = run("functions", "x*", "-o", "json", backend=backend)

    assert (ran.code, ran.json["items"]) == (0, [])
    assert ran.err == "note: no durable function matches x*\n"


@pytest.mark.parametrize(
    "hostile", ["\x1b[2Jgone", "right\u202eleft", "[red]markup[/red]", "zero\u200bwidth", "two\nlines"]
)
@pytest.mark.parametrize("format", ["table", "json", "yaml", "plain", "jsonl"])
def test_check_8_hostile_text_never_reaches_a_terminal(hostile: str, format: str) -> None:
    error = failure(hostile, "Hostile")
    backend = FakeBackend(
        make_execution("order-1", step(hostile).gives_up(error), status="FAILED", error=error, input=f'"{hostile}"')
    )
    for arguments in (("get",), ("history",), ("state",)):
        ran = run(*arguments, "order-1", "-o", format, "--data", "--color", "never", backend=backend, is_terminal=True)
        assert ran.code == 0
        assert not {"\x1b", "\u202e", "\u200b"} & set(ran.out)
        if "[red]" in hostile:
            assert "[red]markup[/red]" in ran.out


def test_a_history_names_the_account_of_its_execution(backend: FakeBackend) -> None:
    document = run("history", "orders/order-1042", "-o", "json", backend=backend).json

    assert document["source"]["account"] == "123456789012"

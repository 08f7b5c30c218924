"""The check-up: what each finding is told as, and how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from durablectl.backend.base import Backend, Source
from durablectl.backend.capabilities import Probe
from durablectl.backend.identity_api import Caller, Library
from durablectl.config import Settings
from durablectl.errors import AccessDenied, CredentialsError, DurablectlError, Unreachable, Unsupported
from durablectl.operate.checkup import Check, Verdict, check_up, exit_code
from durablectl.operate.policies import Role, least_policy
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import make_execution, step

SETTINGS = Settings("prod", "ops", "eu-west-1", None, read_only=True, production=True)
CALLER = Caller("123456789012", "arn:aws:sts::123456789012:assumed-role/S/ana", "ops")
EMULATOR = Source("emulator", None, "us-east-1", "http://127.0.0.1:9014")


def a_backend(**more: object) -> FakeBackend:
    return FakeBackend(make_execution("order-1042", step("charge")), **more)  # type: ignore[arg-type]


@dataclass
class FakeInspection:
    """A connection whose answers a test sets."""

    backend: Backend = field(default_factory=a_backend)
    is_aws: bool = True
    unknown: tuple[str, ...] = ()
    identity: Caller | DurablectlError = CALLER
    skew_s: float | None = 0.2
    answers: Sequence[Probe] = ()

    def library(self) -> Library:
        return Library("1.44.5", self.unknown)

    def caller(self) -> Caller:
        if isinstance(self.identity, DurablectlError):
            raise self.identity
        return self.identity

    def clock_skew_s(self) -> float | None:
        return self.skew_s

    def probes(self) -> Sequence[Probe]:
        return self.answers


def checks(inspection: FakeInspection, *functions: str) -> list[Check]:
    return list(check_up(inspection, SETTINGS, functions=functions))


def of(found: list[Check], name: str) -> list[Check]:
    return [check for check in found if check.name == name]


def test_a_connection_in_order_has_no_problem_and_nothing_is_changed() -> None:
    backend = a_backend()
    found = checks(FakeInspection(backend))

    assert {check.verdict for check in found} == {Verdict.OK, Verdict.NOTE}
    assert exit_code(found) == 0
    assert of(found, "configuration")[0].detail == "context prod, PRODUCTION, read-only"
    assert of(found, "credentials")[0].detail.startswith("profile ops, account 123456789012, arn:aws:sts")
    assert of(found, "permissions")[0].detail == (
        "ListFunctions, GetFunctionConfiguration, ListDurableExecutionsByFunction, GetDurableExecution, "
        "GetDurableExecutionHistory (tried on orders)"
    )
    assert backend.mutations == []
    assert backend.data_requests == []


def test_an_expired_sign_in_is_the_problem_and_the_rest_is_not_tried() -> None:
    backend = a_backend()
    expired = CredentialsError("the sign-in for profile ops has expired", hint="run: aws sso login --profile ops")

    found = checks(FakeInspection(backend, identity=expired))

    (credentials,) = of(found, "credentials")
    assert (credentials.verdict, credentials.remedies) == (Verdict.PROBLEM, ("run: aws sso login --profile ops",))
    assert exit_code(found) == 4
    assert backend.calls == []


def test_a_network_without_a_way_to_sts_is_looked_at_further() -> None:
    found = checks(FakeInspection(identity=Unreachable("cannot reach STS")))

    assert of(found, "credentials")[0].verdict == Verdict.WARNING
    assert of(found, "endpoint")[0].verdict == Verdict.OK
    assert exit_code(found) == 0


def test_no_region_ends_the_check_up() -> None:
    found = checks(FakeInspection(a_backend(source=Source("aws", None, None))))

    assert [check.name for check in found] == ["configuration", "client library", "region"]
    assert exit_code(found) == 4


def test_a_server_that_does_not_answer_is_the_problem() -> None:
    backend = a_backend()
    backend.fail("functions", Unreachable("cannot reach Lambda in eu-west-1", hint="check the network"))

    found = checks(FakeInspection(backend))

    assert found[-1] == Check(
        "endpoint", Verdict.PROBLEM, "cannot reach Lambda in eu-west-1", ("check the network",), 5
    )
    assert exit_code(found) == 5


def test_each_missing_permission_is_a_problem_with_who_must_grant_what() -> None:
    backend = a_backend()
    hint = ["missing action: lambda:ListDurableExecutionsByFunction", "on resource:    arn:…"]
    backend.fail("executions", AccessDenied("not allowed to read executions of orders", hint=hint))

    found = checks(FakeInspection(backend))

    assert [(check.verdict, check.detail) for check in of(found, "permissions")][:2] == [
        (Verdict.OK, "ListFunctions, GetFunctionConfiguration (tried on orders)"),
        (Verdict.PROBLEM, "not allowed to read executions of orders"),
    ]
    assert exit_code(found) == 4


def test_a_denied_list_of_functions_still_tells_what_a_named_one_allows() -> None:
    backend = a_backend()
    backend.fail("functions", AccessDenied("not allowed to list functions"))

    found = checks(FakeInspection(backend), "orders")

    assert of(found, "endpoint")[0].verdict == Verdict.OK
    assert "GetDurableExecutionHistory (tried on orders)" in of(found, "permissions")[0].detail


@pytest.mark.parametrize("skew_s, verdict, code", [(5, "ok", 0), (-90, "warning", 0), (400, "problem", 4)])
def test_a_wrong_clock_is_told_by_how_far_it_is_off(skew_s: float, verdict: str, code: int) -> None:
    found = checks(FakeInspection(skew_s=skew_s))

    assert of(found, "clock")[0].verdict == verdict
    assert exit_code(found) == code


def test_an_old_client_library_is_a_problem() -> None:
    found = checks(FakeInspection(unknown=("PauseDurableExecution",)))

    assert of(found, "client library")[0].detail == "botocore 1.44.5 does not know PauseDurableExecution"
    assert exit_code(found) == 7


def test_what_another_server_lacks_is_a_warning_with_its_reason() -> None:
    backend = a_backend(source=EMULATOR, renumbers_events=True)
    backend.fail("functions", Unsupported("functions is not supported"))
    answers = [Probe("stop", True), Probe("pause", False, "it answers 404 to PauseDurableExecution")]

    found = checks(FakeInspection(backend, is_aws=False, answers=answers), "orders")

    assert of(found, "credentials")[0].verdict == Verdict.NOTE
    assert of(found, "endpoint")[0].verdict == Verdict.OK
    assert [check.detail for check in of(found, "server")] == [
        "may number events anew at each reading; histories are read whole",
        "can stop",
        "cannot pause: it answers 404 to PauseDurableExecution",
    ]
    assert exit_code(found) == 0


def test_a_server_that_knows_neither_functions_nor_executions_is_no_such_server() -> None:
    backend = a_backend(source=EMULATOR)
    backend.fail("functions", Unsupported("not supported", hint="is that the endpoint of a Lambda service?"))
    backend.fail("executions", Unsupported("not supported"))

    found = checks(FakeInspection(backend, is_aws=False))

    assert of(found, "endpoint")[0].verdict == Verdict.PROBLEM
    assert exit_code(found) == 7


# --- policies ---------------------------------------------------------------------------------------------------------


def actions(role: Role, *functions: str) -> dict[str, list[str]]:
    """The resources of each action."""
    statements = least_policy(role, functions, region="eu-west-1")["Statement"]
    return {action: statement["Resource"] for statement in statements for action in statement["Action"]}


def test_a_reader_may_change_nothing() -> None:
    allowed = actions(Role.READER, "orders")

    assert all(action.split(":")[1].startswith(("Get", "List", "Filter")) for action in allowed)
    assert "lambda:ListFunctions" not in allowed


def test_each_action_has_the_resource_form_that_grants_it() -> None:
    allowed = actions(Role.OPERATOR, "orders")
    plain = "arn:aws:lambda:eu-west-1:*:function:orders"

    assert allowed["lambda:ListDurableExecutionsByFunction"] == [plain, f"{plain}:*"]
    assert allowed["lambda:StopDurableExecution"] == [f"{plain}:*"]
    assert allowed["lambda:InvokeFunction"] == [plain, f"{plain}:*"]


def test_an_operator_may_do_all_that_this_program_does() -> None:
    from durablectl.backend.calls import CALLS

    granted = actions(Role.OPERATOR)
    ours = {call.action for call in CALLS.values() if call.operation not in _UNGRANTED}

    assert ours == set(granted)


_UNGRANTED = {"GetDurableExecutionState", "GetCallerIdentity"}
"""The first is the execution role's alone, the second needs no permission."""


def test_globs_and_arns_and_other_partitions_are_spelled_as_iam_wants_them() -> None:
    arn = "arn:aws-cn:lambda:cn-north-1:123456789012:function:orders:7"

    assert actions(Role.READER, "billing-*")["lambda:ListFunctions"] == ["*"]
    assert actions(Role.READER, arn)["lambda:GetDurableExecution"] == [
        "arn:aws-cn:lambda:cn-north-1:123456789012:function:orders:*"
    ]
    statements = least_policy(Role.READER, [], region="us-gov-west-1")["Statement"]
    assert statements[1]["Resource"][0] == "arn:aws-us-gov:lambda:us-gov-west-1:*:function:*"

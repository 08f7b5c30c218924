"""What failures mean to a user: for each kind the message, the service's own words and what to do."""

from __future__ import annotations

import re

from durablectl.backend.failures import Attempt, Failure
from durablectl.errors import (
    AccessDenied,
    CallbackClosed,
    Conflict,
    DurablectlError,
    KeyDenied,
    NameInUse,
    NotFound,
    ServiceFault,
    Throttled,
    Unreachable,
    Unsupported,
    UsageError,
)
from durablectl.model.arn import parse_execution_arn, parse_function_name


def unsupported(failure: Failure, attempt: Attempt) -> DurablectlError:
    """The server has no such operation."""
    kind = f" ({attempt.source.backend})" if attempt.source.backend != "aws" else ""
    where = f"the backend at {attempt.source.endpoint_url}{kind}" if attempt.source.endpoint_url else "this backend"
    hints = [f"it answers {failure.status} to {attempt.call.operation}"]
    if not failure.is_json:
        hints.append("its answer is not JSON: is that the endpoint of a Lambda service?")
    error = Unsupported(f"{attempt.call.command} is not supported by {where}", hint=hints)
    # A page of HTML may come from something in between, which is gone a moment later.
    error.is_lasting = failure.is_json
    return error


def too_old(failure: Failure, attempt: Attempt) -> DurablectlError:
    """The client library has no such operation."""
    return Unsupported(
        f"{attempt.call.command} is not supported by the installed client library",
        hint=[failure.line, "upgrade it: pip install --upgrade boto3"],
    )


def key_denied(failure: Failure, attempt: Attempt) -> DurablectlError:
    """The encryption key stands between the caller and the payloads."""
    return KeyDenied(
        f"the encryption key of {attempt.label} cannot be used",
        hint=[f"AWS said: {failure.quote}", "reading payloads needs kms:Decrypt on that key, and the key enabled"],
    )


def callback_closed(failure: Failure, attempt: Attempt) -> DurablectlError:
    """The callback has been completed, has timed out, or its execution has ended."""
    hint = [f"the service said: {failure.quote}", "it was completed before, timed out, or its execution has ended"]
    return CallbackClosed(f"the {attempt.label} is closed", hint=hint)


def name_in_use(failure: Failure, attempt: Attempt) -> DurablectlError:
    """The name belongs to an execution with another input."""
    arn = next((word for word in failure.message.split() if parse_execution_arn(word)), None)
    holder = f"it is {arn}" if arn else f"the service said: {failure.quote}"
    return NameInUse(
        f"an execution of {attempt.label} with that name and another input exists",
        hint=[holder, "choose another --name, or repeat the same input to get the existing execution"],
        details={"arn": arn},
    )


def throttled(failure: Failure, attempt: Attempt) -> DurablectlError:
    """The service throttles, even after retries."""
    return Throttled(
        f"the service still throttles {attempt.call.operation} after several tries",
        hint=[f"it said: {failure.quote}", "the quota is shared by the whole account and region; try again later"],
    )


_DENIED = re.compile(
    r"User: (?P<caller>\S+) is not authorized to perform: (?P<action>[\w:]+)(?: on resource: (?P<resource>\S+))?"
)


def access_denied(failure: Failure, attempt: Attempt) -> DurablectlError:
    """A permission is missing; the hint names action and resource, as a policy must spell them."""
    said = _DENIED.search(failure.message)
    caller = said["caller"] if said else None
    action = said["action"] if said else attempt.call.action
    if _is_foreign(attempt.subject, caller):
        return other_account(attempt, (caller or "").split(":")[4])
    denied = said["resource"] if said else None
    is_asked = action.partition(":")[0] == attempt.call.service
    # What is refused on the way to credentials is no permission of ours: assuming a role.
    resource = _resource_form(attempt, caller, denied) if is_asked else denied or "*"
    hint = [f"missing action: {action}", f"on resource:    {resource}"]
    hint.append(f"as:             {caller}" if caller else f"AWS said: {failure.quote}")
    if "explicit deny" in failure.message:
        hint.append(f"a policy denies it explicitly: {failure.message.partition('with an ')[2] or failure.line}")
    what = f"{attempt.call.purpose} {attempt.label}" if is_asked else f"assume the role of profile {attempt.profile}"
    return AccessDenied(
        f"not allowed to {what}",
        hint=[*hint, *_wrong_region(attempt)],
        details={"action": action, "resource": resource, "caller": caller},
    )


def other_account(attempt: Attempt, account: str) -> DurablectlError:
    """The execution belongs to another account, which cannot be reached from this one."""
    parts = parse_execution_arn(attempt.subject)
    theirs = parts.account if parts else "another account"
    return AccessDenied(
        f"{attempt.label} belongs to account {theirs}, and the credentials to {account}",
        hint=["executions cannot be reached from another account", "use a profile or a context of that account"],
        details={"account": account, "arn": attempt.subject},
    )


def _is_foreign(subject: str, caller: str | None) -> bool:
    parts, caller_parts = parse_execution_arn(subject), (caller or "").split(":")
    return parts is not None and len(caller_parts) > 4 and caller_parts[4] not in ("", parts.account)


def _wrong_region(attempt: Attempt) -> list[str]:
    """What to do where an ARN names another region than the one that was asked."""
    execution, function = parse_execution_arn(attempt.subject), parse_function_name(attempt.subject)
    region = execution.region if execution else function.region if function else None
    if not region or region == attempt.source.region:
        return []
    return [f"the ARN is of region {region}, and {attempt.source.region} was asked: add --region {region}"]


def _resource_form(attempt: Attempt, caller: str | None, denied: str | None) -> str:
    """The resource that a policy must name for the action to be allowed."""
    if attempt.call.subject == "account":
        return "*"
    if attempt.call.subject == "callback":
        # A callback id tells nobody its function, but the denial names the resource.
        return denied or "the ARN of its function with :* at the end"
    if attempt.call.subject == "log group":
        return denied or f"the ARN of the log group {attempt.subject} with :* at the end"
    execution = parse_execution_arn(attempt.subject)
    if execution is not None:
        base = f"arn:{execution.partition}:lambda:{execution.region}:{execution.account}:function:{execution.function}"
        return f"{base}:*"
    function = _function_arn(attempt, caller)
    return f"{function} and …:function:{function.rpartition(':')[2]}:*" if function else denied or attempt.subject


def _function_arn(attempt: Attempt, caller: str | None) -> str | None:
    """The unqualified ARN of the function, where the account can be told from the name or the caller."""
    name = parse_function_name(attempt.subject)
    caller_parts = (caller or "").split(":")
    account = (name and name.account) or (caller_parts[4] if len(caller_parts) > 4 else None)
    region = (name and name.region) or attempt.source.region
    if name is None or not account or not region:
        return None
    partition = name.partition or caller_parts[1] or "aws"
    return f"arn:{partition}:lambda:{region}:{account}:function:{name.name}"


def not_found(failure: Failure, attempt: Attempt) -> DurablectlError:
    """There is no such execution, function, alias or callback."""
    said = f"the service said: {failure.quote}"
    if attempt.call.subject == "function":
        region = f" in {attempt.source.region}" if attempt.source.region else ""
        if attempt.call.operation == "GetAlias":
            function, _, alias = attempt.subject.rpartition(":")
            return NotFound(f'no alias "{alias}" of function {function}{region}', hint=said)
        name = parse_function_name(attempt.subject)
        return NotFound(
            f'no function "{attempt.subject}"{region}',
            hint=[said, *_wrong_region(attempt)],
            details={"function": name.name if name else attempt.subject},
        )
    if attempt.call.subject == "callback":
        return NotFound(f"no {attempt.label}", hint=[said, "a callback id must be given whole"])
    if attempt.call.subject == "log group":
        hint = [said, "a function's log group appears with its first line, and may be deleted by whoever owns it"]
        return NotFound(f'no log group "{attempt.subject}"', hint=hint)
    parts = parse_execution_arn(attempt.subject)
    what = f'"{parts.name}" of function {parts.function}' if parts else f'"{attempt.subject}"'
    gone = "finished executions disappear after their retention"
    return NotFound(f"no execution {what}", hint=[said, *_wrong_region(attempt), gone])


def cannot_stop(failure: Failure, attempt: Attempt) -> DurablectlError:
    """The execution has ended already."""
    return Conflict(f"cannot stop {attempt.label}", hint=f"the service said: {failure.quote}")


def conflict(failure: Failure, attempt: Attempt) -> DurablectlError:
    """The state of the target does not allow the request."""
    return Conflict(f"{attempt.label} does not allow this now", hint=f"the service said: {failure.quote}")


def refused(failure: Failure, attempt: Attempt) -> DurablectlError:
    """The service finds the request itself wrong."""
    whole = ["a callback id must be given whole"] if attempt.call.subject == "callback" else []
    return UsageError(
        f"the service refuses the request to {attempt.call.purpose} {attempt.label}",
        hint=[f"it said: {failure.quote}", *whole, *_wrong_region(attempt)],
    )


def unreachable(failure: Failure, attempt: Attempt) -> DurablectlError:
    """No connection came about."""
    hint = [failure.line]
    if attempt.source.backend == "aws":
        hint.append("check the network, the region and proxy settings")
    else:
        hint.append("to start a local service: durablectl local start FILE.py:HANDLER")
        hint.append("or one with sample functions: durablectl local demo")
    return Unreachable(
        f"cannot reach {attempt.endpoint}", hint=hint, details={"endpoint_url": attempt.source.endpoint_url}
    )


def broken_off(failure: Failure, attempt: Attempt) -> DurablectlError:
    """There was a connection, and no complete answer over it."""
    hint = [failure.line, *_unknown_effect(attempt)]
    return Unreachable(f"{attempt.endpoint} did not answer {attempt.call.operation} completely", hint=hint)


_PROXY_WANTS_A_SIGN_IN = 407


def unreadable(failure: Failure, attempt: Attempt) -> DurablectlError:
    """Something answered that is no Lambda service."""
    status = failure.status or 0
    message = f"{attempt.endpoint} answered {attempt.call.operation} with {failure.message}"
    hint = ["a sign-in page of the network, a proxy or another server may have answered"]
    if status == _PROXY_WANTS_A_SIGN_IN:
        message = f"a proxy refuses to pass {attempt.call.operation} on to {attempt.endpoint}"
        hint = ["it wants a sign-in, which HTTPS_PROXY can hold: http://USER:PASSWORD@HOST:PORT"]
    elif status >= 500:
        hint = ["something between here and the service failed, as load balancers and proxies do; try again later"]
    elif attempt.source.endpoint_url:
        hint.append("is that the endpoint of a Lambda service?")
    # What was refused or sent elsewhere has not reached the service.
    effect = _unknown_effect(attempt) if status < 300 or status >= 500 else []
    return ServiceFault(message + (f" (HTTP {status})" if status >= 300 else ""), hint=[*hint, *effect])


def _unknown_effect(attempt: Attempt) -> list[str]:
    """What to do where a change may or may not have happened."""
    return [] if attempt.call.is_read else ["whether the request took effect is not known; look before trying again"]


def service_fault(failure: Failure, attempt: Attempt) -> DurablectlError:
    """The service failed, or answered what nobody expects."""
    effect = _unknown_effect(attempt) if (failure.status or 0) >= 500 else []
    message = f"the service failed to {attempt.call.purpose} {attempt.label}"
    return ServiceFault(message, hint=[f"it said: {failure.quote}", *effect])

"""Runs one Python handler inside a worker process, against the Lambda Runtime API; standard library only.

Started as a script, so it must stay valid for every interpreter from Python 3.9 on:

    python.py serve ROOT TARGET HANDLER
    python.py describe ROOT TARGET REPORT_FD HANDLER...

ROOT is the folder that imports start from, TARGET a file or a dotted module name. `serve` polls for invocations until
it is killed; `describe` imports the module once, writes what it found as JSON to REPORT_FD and ends.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib
import importlib.util
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

Handler = Callable[[Any, Any], Any]
API = "/2018-06-01/runtime/"
SDK_MODULE = "aws_durable_execution_sdk_python.execution"
# Where a decorated function, a bound method and a partial keep the function that they stand for.
WRAPPED_IN = ("__wrapped__", "__func__", "func")
MAX_DECORATORS = 32


def main(arguments: list[str]) -> None:
    """Do what the first argument says."""
    mode, root, target, *rest = arguments
    # A script's own folder comes first on the path; the user's code must find its own there instead.
    sys.path[0] = root
    streams: tuple[Any, ...] = (sys.stdout, sys.stderr)
    for stream in streams:
        # A line leaves the process in one write when it ends, so it is shown at once and a crash loses nothing of it.
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    if mode == "describe":
        describe(target, int(rest[0]), rest[1:])
    else:
        serve(target, rest[0])


# --- serving -----------------------------------------------------------------------------------------------------


def serve(target: str, handler_name: str) -> None:
    """Import the handler, then answer invocations until the process is killed."""
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    lines = configure_logging()
    try:
        handler = load_handler(target, handler_name)
    except Exception as error:
        api.report_init_error(error_body(error), init_error_type(error))
        sys.exit(1)
    while True:
        event, context = api.next()
        lines.request_id = context.aws_request_id
        answer(api, handler, event, context)


def answer(api: RuntimeApi, handler: Handler, event: bytes, context: Context) -> None:
    """Run the handler on one event and post what it returned or raised; an exit is left to be one."""
    try:
        body = marshal(handler(unmarshal(event), context))
    except Exception as error:
        failure = error_body(error)
        logging.getLogger().exception("%s: %s", failure["errorType"], error)  # noqa: TRY401 - one line that says it all
        api.post(f"invocation/{context.aws_request_id}/error", failure, failure["errorType"])
    else:
        api.post(f"invocation/{context.aws_request_id}/response", body)


class NamedError(Exception):
    """An error that has a name of the runtime's own instead of that of its class."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


def unmarshal(event: bytes) -> Any:
    """The event as the handler gets it."""
    try:
        return json.loads(event or b"{}")
    except ValueError as error:
        raise NamedError("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from error


def marshal(returned: Any) -> bytes:
    """What the handler returned, as JSON."""
    try:
        return json.dumps(returned).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise NamedError("Runtime.MarshalError", f"Unable to marshal response: {error}") from error


def error_body(error: BaseException) -> dict[str, Any]:
    """An error in the shape that Lambda's runtimes report."""
    return {
        "errorMessage": str(error),
        "errorType": getattr(error, "error_type", type(error).__name__),
        "stackTrace": traceback.format_list(list(own_frames(error))),
    }


def own_frames(error: BaseException) -> Iterator[traceback.FrameSummary]:
    """The frames of an error without this file's and the import machinery's."""
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename != __file__ and not frame.filename.startswith("<frozen importlib"):
            yield frame


def init_error_type(error: BaseException) -> str:
    """The name under which a failure before the first invocation is reported."""
    if isinstance(error, NamedError):
        return error.error_type
    return "Runtime.UserCodeSyntaxError" if isinstance(error, SyntaxError) else "Runtime.ImportModuleError"


class RuntimeApi:
    """The worker's side of the Runtime API, on one connection that stays open."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address)

    def next(self) -> tuple[bytes, Context]:
        """Wait for the next invocation: its event as it came, and its context."""
        flush_output()
        try:
            response = self._request("GET", "invocation/next")
        except (OSError, http.client.HTTPException):
            sys.exit(1)
        event = response.read()
        if response.status != 200:
            sys.exit(1)
        return event, Context(response.headers)

    def post(self, path: str, body: bytes | dict[str, Any], error_type: str | None = None) -> None:
        """Post a result or, with `error_type`, an error."""
        headers = {"Content-Type": "application/json"}
        if error_type is not None:
            headers["Lambda-Runtime-Function-Error-Type"] = header_text(error_type)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        flush_output()
        self._request("POST", path, raw, headers).read()

    def report_init_error(self, body: dict[str, Any], error_type: str) -> None:
        """Report that the handler cannot be loaded."""
        body["errorType"] = error_type
        self.post("init/error", body, error_type)

    def _request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> http.client.HTTPResponse:
        self._connection.request(method, API + path, body, headers or {})
        return self._connection.getresponse()


def flush_output() -> None:
    """Let everything written so far leave the process; a handler may have closed its output."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()


def header_text(text: str) -> str:
    """Text that can stand in a header."""
    return "".join(character if 32 <= ord(character) < 127 else "?" for character in text)


class Context:
    """The second argument of a handler, with the attributes of Lambda's own."""

    def __init__(self, headers: Any) -> None:
        self.aws_request_id: str = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn: str = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.tenant_id: str | None = headers.get("Lambda-Runtime-Aws-Tenant-Id")
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.client_context = client_context(headers.get("Lambda-Runtime-Client-Context"))
        self.identity = identity(headers.get("Lambda-Runtime-Cognito-Identity"))
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])
        trace_id = headers.get("Lambda-Runtime-Trace-Id")
        if trace_id:
            os.environ["_X_AMZN_TRACE_ID"] = trace_id
        else:
            os.environ.pop("_X_AMZN_TRACE_ID", None)

    def get_remaining_time_in_millis(self) -> int:
        """How long the invocation may still take."""
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message: object) -> None:
        """Write a message to the log as it is."""
        sys.stdout.write(str(message))


def client_context(text: str | None) -> SimpleNamespace | None:
    """What the caller sent as client context, or None."""
    if not text:
        return None
    sent = json.loads(text)
    return SimpleNamespace(
        client=SimpleNamespace(**sent.get("client") or {}), custom=sent.get("custom"), env=sent.get("env")
    )


def identity(text: str | None) -> SimpleNamespace:
    """The caller's Cognito identity, without values when there is none."""
    sent = json.loads(text) if text else {}
    return SimpleNamespace(
        cognito_identity_id=sent.get("cognitoIdentityId"), cognito_identity_pool_id=sent.get("cognitoIdentityPoolId")
    )


# --- logging -----------------------------------------------------------------------------------------------------

STANDARD_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "aws_request_id"}


class LineFormatter(logging.Formatter):
    """Formats a record as text, with the request id of the running invocation."""

    def __init__(self) -> None:
        self.converter = time.gmtime
        super().__init__(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S"
        )
        self.request_id: str | None = None

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line, and its traceback below."""
        record.aws_request_id = self.request_id or ""
        return super().format(record)


class JsonFormatter(LineFormatter):
    """Formats a record as one line of JSON, with the fields that the SDK's logger adds to it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a JSON object; what cannot be JSON is written as text."""
        fields: dict[str, Any] = {
            "timestamp": f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
        }
        if self.request_id is not None:
            fields["requestId"] = self.request_id
        fields.update((key, value) for key, value in vars(record).items() if key not in STANDARD_ATTRIBUTES)
        if record.exc_info and record.exc_info[1] is not None:
            fields.update(error_body(record.exc_info[1]))
        return json.dumps(fields, default=str)


def configure_logging() -> LineFormatter:
    """Send the root logger to standard output in the format that the environment asks for."""
    lines = JsonFormatter() if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON" else LineFormatter()
    output = logging.StreamHandler(sys.stdout)
    output.setFormatter(lines)
    root = logging.getLogger()
    root.addHandler(output)
    level = logging.getLevelName(os.environ.get("AWS_LAMBDA_LOG_LEVEL", "WARNING").upper())
    root.setLevel(level if isinstance(level, int) else logging.WARNING)
    # They announce at each client where its credentials and its endpoint come from; here both are the service's own.
    for name in ("botocore.credentials", "botocore.configprovider"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return lines


# --- loading and describing --------------------------------------------------------------------------------------


def load_handler(target: str, name: str) -> Handler:
    """The handler itself; raises what its module raises."""
    module = load_module(target)
    if not callable(getattr(module, name, None)):
        raise NamedError("Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module.__name__}'")
    handler: Handler = getattr(module, name)
    return handler


def load_module(target: str) -> ModuleType:
    """Import a module by its name, or a file whatever its name is."""
    if not target.endswith(".py"):
        return importlib.import_module(target)
    name = Path(target).stem
    spec = importlib.util.spec_from_file_location(name, target)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load {target}")
    module = importlib.util.module_from_spec(spec)
    # A file may bear the name of a module that others rely on, such as json.py.
    sys.modules.setdefault(name, module)
    spec.loader.exec_module(module)
    return module


def describe(target: str, report_fd: int, handlers: list[str]) -> None:
    """Write what the module is and what each of the handlers is, or why it cannot be imported."""
    report: dict[str, Any] = {"runtime": "python{}.{}".format(*sys.version_info)}
    try:
        module = load_module(target)
    except Exception as error:
        report["error"] = import_failure(error)
    else:
        report["file"] = module.__file__
        report["handlers"] = {name: describe_handler(module, name) for name in handlers}
        report["files"] = [file for each in list(sys.modules.values()) if (file := getattr(each, "__file__", None))]
        report["callables"] = own_functions(module)
    with os.fdopen(report_fd, "w") as output:
        json.dump(report, output)
    # Threads and exit hooks of the user's module are not waited for: nothing of it is needed any more.
    os._exit(0)


def own_functions(module: ModuleType) -> list[str]:
    """The functions of the module, durable ones first; what it imports counts where it has none of its own."""
    functions = {name: value for name, value in vars(module).items() if isinstance(value, FunctionType)}
    own = {name: value for name, value in functions.items() if value.__module__ == module.__name__} or functions
    return sorted(own, key=lambda name: not is_durable(own[name]))


def describe_handler(module: ModuleType, name: str) -> dict[str, bool]:
    """Whether there is such a handler, whether it can be called, and whether it is durable."""
    value = getattr(module, name, None)
    return {"found": hasattr(module, name), "callable": callable(value), "durable": is_durable(value)}


def is_durable(handler: Any) -> bool:
    """Whether the SDK's decorator is among the handler's decorators.

    The decorator copies the name and module of the function it wraps onto its wrapper, so these say nothing; but the
    wrapper's code was compiled from the file that defines the decorator. Decorators outside it are looked through as
    far as they tell what they wrap. Without the SDK being imported by now, nothing can be durable.
    """
    decorator = getattr(sys.modules.get(SDK_MODULE), "durable_execution", None)
    if decorator is None:
        return False
    for _ in range(MAX_DECORATORS):
        code = getattr(handler, "__code__", None)
        if code is not None and code.co_filename == decorator.__code__.co_filename:
            return True
        handler = next((getattr(handler, name) for name in WRAPPED_IN if hasattr(handler, name)), None)
    return False


def import_failure(error: BaseException) -> dict[str, Any]:
    """Why an import failed: the kind, the text, and the frames it came through."""
    frames = [[frame.filename, frame.lineno, frame.name, frame.line] for frame in own_frames(error)]
    if isinstance(error, SyntaxError):
        frames.append([error.filename or "?", error.lineno, "<module>", (error.text or "").strip()])
    return {
        "type": type(error).__name__,
        "message": error.msg if isinstance(error, SyntaxError) else str(error),
        "module": getattr(error, "name", None),
        "frames": frames,
    }


if __name__ == "__main__":
    main(sys.argv[1:])

"""Completion: what is offered, from where the names come, and the shells that ask for it."""

from __future__ import annotations

import json
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path

import pexpect
import pytest

from durablectl.backend.base import Source
from durablectl.cli import completion
from durablectl.cli.completion import answer, complete
from durablectl.cli.completion_scripts import SCRIPTS
from durablectl.cli.memory import MOST_EXECUTIONS, MOST_PLACES, memory_file
from tests.cli.harness import run
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import failure, make_execution, step, wait_for_callback
from tests.goldens import Golden

ROOT = Path(__file__).parents[2]
FILES = {"bash": "durablectl.bash", "zsh": "_durablectl", "fish": "durablectl.fish", "powershell": "durablectl.ps1"}
SECRET = "hunter2-topsecret"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment in which a list and a history have been shown."""
    environ = {"XDG_CACHE_HOME": str(tmp_path), "AWS_REGION": "eu-west-1"}
    order = make_execution(
        "order-1042",
        step("validate"),
        step("charge-card").gives_up(failure(SECRET)),
        wait_for_callback("approval"),
        input=f'"{SECRET}"',
    )
    other = make_execution("sync-1", function="crm", id="00000000-0000-4000-8000-000000000001")
    backend = FakeBackend(order, other)
    assert run("list", backend=backend, environ=environ).code == 0
    assert run("history", order.arn, "--data", backend=backend, environ=environ).code == 0
    return environ


@pytest.mark.parametrize(
    "words, offered",
    [
        (["ca"], ["callback"]),
        (["callback", ""], ["list", "succeed", "fail", "heartbeat"]),
        (["callback", "he"], ["heartbeat"]),
        (["-c", ""], ["local"]),
        (["list", "-o", "j"], ["json", "jsonl"]),
        (["list", "--output=y"], ["--output=yaml"]),
        (["list", "--stat"], ["--status"]),
        (["list", "-s", "unsuc"], ["unsuccessful"]),
        (["list", "-s", "failed,unsuc"], ["failed,unsuccessful"]),
        (["list", "--status=open,op"], []),
        (["list", "-f", "orders,c"], ["orders,crm"]),
        (["callback", "list", "--function=cr"], ["--function=crm"]),
        (["list", "-c", "prod,lo"], ["prod,local"]),
        (["--color", ""], ["auto", "always", "never"]),
        (["wait", "--for", "p"], ["paused"]),
        (["history", "x", "--type", "StepF"], ["StepFailed"]),
        (["completion", "f"], ["fish"]),
        (["list", ""], ["crm", "orders"]),
        (["get", "or"], ["orders/order-1042"]),
        (["get", "orders/order-1042", "or"], []),
        (["logs", "orders/order-1042", "--op", "c"], ["charge-card"]),
        (["callback", "succeed", "--execution", "orders/order-1042", "--op", "val"], ["validate"]),
        (["get", "--region", "us-east-1", "or"], []),
        (["nonsense", "x"], []),
        (["get", "--since", ""], ["crm/sync-1", "orders/order-1042"]),
    ],
)
def test_the_word_at_the_cursor_is_completed(environ: Mapping[str, str], words: list[str], offered: list[str]) -> None:
    assert sorted(complete(words, environ)) == sorted(offered)


def test_all_commands_are_offered_and_no_hidden_name() -> None:
    offered = complete([""], {})

    assert {"list", "logs", "completion", "callback", "local"} <= set(offered)
    assert "ls" not in offered


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_names_alone_are_kept_for_the_owner_alone(environ: Mapping[str, str]) -> None:
    path = memory_file(environ)
    assert path is not None

    kept = path.read_text()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert "charge-card" in kept
    assert SECRET not in kept
    assert "123456789012" not in kept


def test_nothing_is_kept_where_that_is_not_wanted(tmp_path: Path) -> None:
    environ = {"XDG_CACHE_HOME": str(tmp_path), "DURABLECTL_NO_CACHE": "1"}

    run("list", backend=FakeBackend(make_execution("order-1")), environ=environ)

    assert list(tmp_path.iterdir()) == []


def test_what_is_kept_is_bounded(tmp_path: Path) -> None:
    environ = {"XDG_CACHE_HOME": str(tmp_path)}
    many = [make_execution(f"order-{number}", id=f"00000000-0000-4000-8000-{number:012d}") for number in range(250)]
    for number in range(MOST_PLACES + 3):
        run("list", "-n", "0", "--region", f"r-{number}", backend=FakeBackend(*many), environ=environ)
    path = memory_file(environ)
    assert path is not None

    last = f"r-{MOST_PLACES + 2}"

    assert len(complete(["get", "--region", last, ""], environ)) == MOST_EXECUTIONS
    assert complete(["get", "--region", "r-0", ""], environ) == []


def test_of_several_regions_the_names_of_all_are_offered(tmp_path: Path) -> None:
    environ = {"XDG_CACHE_HOME": str(tmp_path)}
    here = FakeBackend(make_execution("order-1"), source=Source("aws", None, "eu-west-1"))
    there = FakeBackend(make_execution("bill-1", function="bills"), source=Source("aws", None, "us-east-1"))
    backends = {"eu-west-1": here, "us-east-1": there}

    assert run("list", "--region", "eu-west-1,us-east-1", backends=backends, environ=environ).code == 0

    assert complete(["get", "--region", "eu-west-1", ""], environ) == ["orders/order-1"]
    assert complete(["get", "--region", "us-east-1", ""], environ) == ["bills/bill-1"]
    assert complete(["stop", "--region", "us-east-1,eu-west-1", ""], environ) == ["bills/bill-1", "orders/order-1"]
    assert complete(["list", "--region", "us-east-1,eu-west-1", ""], environ) == ["bills", "orders"]


def test_of_several_contexts_an_unknown_one_offers_nothing_and_hides_nothing(tmp_path: Path) -> None:
    environ = {"XDG_CACHE_HOME": str(tmp_path)}
    run("list", "-c", "local", backend=FakeBackend(make_execution("order-1")), environ=environ)

    assert complete(["get", "-c", "local", ""], environ) == ["orders/order-1"]
    assert complete(["get", "--context", "prod,local", ""], environ) == ["orders/order-1"]
    assert complete(["get", ""], environ) == []


def test_of_callback_ids_only_digests_are_kept(tmp_path: Path) -> None:
    environ = {"XDG_CACHE_HOME": str(tmp_path)}
    ran = run("callback", "list", "--all", "-o", "name", backend=waiting(), environ=environ)
    path = memory_file(environ)
    assert path is not None

    kept = json.loads(path.read_text())["places"].values()

    assert [len(names["callbacks"]) for names in kept] == [1]
    assert ran.out.strip() not in path.read_text()


def waiting() -> FakeBackend:
    return FakeBackend(make_execution("order-1042", wait_for_callback("approval")))


@pytest.mark.parametrize("content", ["", "[]", '{"version": 1, "places": 5}', '{"version": 9}', "\x00" * 50])
def test_a_damaged_file_is_as_none(environ: Mapping[str, str], content: str) -> None:
    path = memory_file(environ)
    assert path is not None
    path.write_text(content)

    assert complete(["get", ""], environ) == []
    assert run("list", backend=FakeBackend(make_execution("order-1")), environ=environ).code == 0
    assert complete(["get", ""], environ) == ["orders/order-1"]


def test_a_place_that_cannot_be_written_is_done_without() -> None:
    ran = run("list", backend=FakeBackend(make_execution("order-1")), environ={"XDG_CACHE_HOME": "/dev/null"})

    assert (ran.code, ran.err) == (0, "")


# --- shells -----------------------------------------------------------------------------------------------------------


def asked_by_bash(line: str, environ: Mapping[str, str]) -> list[str]:
    stream = StringIO()
    variables = {"COMP_LINE": line, "COMP_POINT": str(len(line)), "COMP_WORDBREAKS": " \t\n\"'@><=;|&(:"}
    answer({**environ, "_DURABLECTL_COMPLETE": "bash", **variables}, [], stream)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize(
    "line, offered",
    [
        ("durablectl get orders/o", ["orders/order-1042"]),
        ("durablectl get 'ord", ["orders/order-1042"]),
        ("durablectl list --output=js", ["json", "jsonl"]),
        ("durablectl get  ", ["orders/order-1042", "crm/sync-1"]),
    ],
)
def test_bash_gets_what_it_replaces(environ: Mapping[str, str], line: str, offered: list[str]) -> None:
    assert sorted(asked_by_bash(line, environ)) == sorted(offered)


def test_colons_are_escaped_for_zsh(environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    stream = StringIO()
    monkeypatch.setattr(completion, "complete", lambda words, environ: ["a:b", "c\x1b[31m", "d\ne"])

    answer({"_DURABLECTL_COMPLETE": "zsh"}, ["x"], stream)

    assert stream.getvalue() == "a\\:b\n"


@pytest.mark.parametrize(
    "variables", [{}, {"COMP_LINE": "durablectl 'x", "COMP_POINT": "x"}, {"DURABLECTL_CONTEXT": "?"}]
)
def test_nothing_is_ever_told_but_candidates(variables: Mapping[str, str]) -> None:
    stream = StringIO()

    answer({"_DURABLECTL_COMPLETE": "bash", **variables}, ["get", ""], stream)

    assert stream.getvalue() == ""


def test_check_7_completion_loads_nothing_heavy() -> None:
    heavy = ["boto3", "botocore", "textual", "yaml", "rich.table", "starlette", "pydantic"]
    program = (
        "import sys, io\nfrom durablectl.cli.completion import answer\n"
        "answer({'_DURABLECTL_COMPLETE': 'fish'}, ['logs', '--o'], io.StringIO())\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )

    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_files_are_what_the_command_prints(shell: str, golden: Golden) -> None:
    ran = run("completion", shell)

    assert ran.code == 0
    golden(ROOT / "completions" / FILES[shell], ran.out.encode())


def test_a_shell_that_is_not_known_is_refused() -> None:
    ran = run("completion", "tcsh")

    assert ran.code == 2
    assert "bash, zsh, fish, powershell" in ran.err


def installed(shell: str) -> str:
    """The shell, for a test that is skipped where it is not there."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    return shell


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_for_its_shell(shell: str) -> None:
    file = ROOT / "completions" / FILES[shell]

    ran = subprocess.run([installed(shell), "-n", str(file)], capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stderr) == (0, "")


def test_bash_completes_by_the_script(environ: Mapping[str, str]) -> None:
    script = f"""
        source {ROOT / "completions" / FILES["bash"]}
        COMP_LINE="durablectl get orders/o"; COMP_POINT=${{#COMP_LINE}}
        _durablectl durablectl
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"

    ran = subprocess.run(
        ["bash", "-c", script], env={**environ, "PATH": path}, capture_output=True, text=True, check=False
    )

    assert (ran.stdout, ran.stderr) == ("orders/order-1042\n", "")


def of_a_shell(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """Variables of a shell that reads no start-up files and finds the program."""
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    return {**environ, "HOME": str(home), "PATH": path, "TERM": "dumb", "LC_ALL": "C.UTF-8"}


@pytest.mark.parametrize(
    "line, offered",
    [
        ("durablectl callback he", ["heartbeat"]),
        ("durablectl get orders/o", ["orders/order-1042"]),
        ("durablectl logs orders/order-1042 --op ch", ["charge-card"]),
        ("durablectl list --output=js", ["--output=json", "--output=jsonl"]),
        ("durablectl local start no-such-file", []),
    ],
)
def test_fish_completes_by_the_script(
    environ: Mapping[str, str], tmp_path: Path, line: str, offered: list[str]
) -> None:
    script = f"source {ROOT / 'completions' / FILES['fish']}; complete --do-complete {shlex.quote(line)}"

    ran = subprocess.run(
        [installed("fish"), "-c", script],
        env=of_a_shell(environ, tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.stdout.splitlines(), ran.stderr) == (offered, "")


def test_fish_offers_files_where_nothing_else_is_known(environ: Mapping[str, str], tmp_path: Path) -> None:
    (tmp_path / "orders.py").touch()
    script = f"source {ROOT / 'completions' / FILES['fish']}; complete --do-complete 'durablectl local start or'"

    ran = subprocess.run(
        [installed("fish"), "-c", script],
        cwd=tmp_path,
        env=of_a_shell(environ, tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.stdout.split() == ["orders.py"]


@pytest.fixture
def zsh(environ: Mapping[str, str], tmp_path: Path) -> Iterator[pexpect.spawn[str]]:
    """A zsh at its prompt, with the script loaded."""
    shell: pexpect.spawn[str] = pexpect.spawn(
        installed("zsh"), ["-f", "-i"], env=of_a_shell(environ, tmp_path), timeout=30, encoding="utf-8"
    )
    script = ROOT / "completions" / FILES["zsh"]
    shell.sendline(f"autoload -Uz compinit; compinit -u -d {tmp_path}/dump; source {script}; PS1=; echo LOAD''ED")
    shell.expect_exact("LOADED\r\n")
    yield shell
    shell.close(force=True)


@pytest.mark.parametrize(
    "typed, completed",
    [
        ("durablectl callback he", "durablectl callback heartbeat "),
        ("durablectl get orders/o", "durablectl get orders/order-1042 "),
        ("durablectl logs orders/order-1042 --op ch", "durablectl logs orders/order-1042 --op charge-card "),
        ("durablectl list --outp", "durablectl list --output "),
    ],
)
def test_zsh_completes_by_the_script(zsh: pexpect.spawn[str], typed: str, completed: str) -> None:
    # The line that is accepted is told by the shell itself, so nothing of the screen has to be understood.
    zsh.sendline('accept() { print -r -- "<$BUFFER>"; BUFFER=; zle accept-line }; zle -N accept; bindkey ^X accept')

    zsh.send(f"{typed}\t\x18")

    zsh.expect_exact(f"<{completed}>")

"""Batches over several regions and contexts: what is shown and guarded, over which connection each is changed."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from durablectl.backend.base import Source
from durablectl.clock import ManualClock
from durablectl.errors import AccessDenied, CredentialsError, Unreachable
from tests.cli.harness import Ran, run
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import NOW, RecordedExecution, callback, make_execution

BOTH = ("-c", "dev,prod")
RUNNING = ("-s", "running")

CONFIGURATION = """\
contexts:
  dev: {region: eu-west-1}
  prod: {region: us-east-1, production: true}
  audit: {region: us-east-1, read_only: true}
  here: {region: us-east-1, endpoint_url: "http://127.0.0.1:1"}
  there: {region: us-east-1, endpoint_url: "http://127.0.0.1:2"}
"""


def execution(name: str, region: str, account: str = "123456789012", status: str = "RUNNING") -> RecordedExecution:
    identifier = f"{name}-0000-4000-8000"
    arn = f"arn:aws:lambda:{region}:{account}:function:orders:7/durable-execution/{name}/{identifier}"
    started = NOW - timedelta(hours=len(name))
    return make_execution(name, id=identifier, arn=arn, function="orders", status=status, started_at=started)


def backend_of(context: str, region: str, *recorded: RecordedExecution) -> FakeBackend:
    return FakeBackend(*recorded, clock=ManualClock(NOW), source=Source("aws", context, region))


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "config.yaml").write_text(CONFIGURATION)
    return {"DURABLECTL_CONFIG": str(tmp_path / "config.yaml"), "HOME": str(tmp_path)}


@pytest.fixture
def dev() -> FakeBackend:
    return backend_of("dev", "eu-west-1", *(execution(name, "eu-west-1") for name in ("order-1", "order-22")))


@pytest.fixture
def prod() -> FakeBackend:
    account = "999999999999"
    return backend_of("prod", "us-east-1", *(execution(name, "us-east-1", account) for name in ("bill-1", "order-22")))


class Shell:
    """Runs command lines over both contexts."""

    def __init__(self, environ: dict[str, str], **backends: FakeBackend) -> None:
        self.environ = environ
        self.backends = backends

    def __call__(self, *words: str, stdin: str = "", is_terminal: bool = False, columns: int = 100) -> Ran:
        clock = next(iter(self.backends.values())).clock
        return run(
            *words,
            backends=self.backends,
            environ=self.environ,
            stdin=stdin,
            is_terminal=is_terminal,
            columns=columns,
            clock=clock,
        )


@pytest.fixture
def shell(environ: dict[str, str], dev: FakeBackend, prod: FakeBackend) -> Shell:
    return Shell(environ, dev=dev, prod=prod)


def changed(backend: FakeBackend) -> list[str]:
    return sorted((call.target or "").split("/")[-2] for call in backend.mutations)


def outcomes(ran: Ran) -> dict[tuple[str, str], str]:
    return {(record["source"]["context"], record["name"]): record["outcome"] for record in ran.lines}


# --- which, and over which connection ---------------------------------------------------------------------------------


def test_what_filters_find_is_changed_where_it_was_found(shell: Shell, dev: FakeBackend, prod: FakeBackend) -> None:
    ran = shell("stop", *BOTH, *RUNNING, "--yes", "-o", "jsonl")

    assert ran.code == 0, ran.err
    assert (changed(dev), changed(prod)) == (["order-1", "order-22"], ["bill-1", "order-22"])
    assert {each["source"]["account"] for each in ran.lines if each["source"]["context"] == "prod"} == {"999999999999"}
    assert set(outcomes(ran).values()) == {"done"}


def test_several_regions_of_one_context_are_changed_together(environ: dict[str, str]) -> None:
    europe = FakeBackend(execution("a", "eu-west-1"), clock=ManualClock(NOW), source=Source("aws", None, "eu-west-1"))
    america = FakeBackend(execution("b", "us-east-1"), clock=ManualClock(NOW), source=Source("aws", None, "us-east-1"))
    regions = Shell(environ, **{"eu-west-1": europe, "us-east-1": america})

    ran = regions("pause", "--region", "eu-west-1,us-east-1", *RUNNING, "--yes", "-o", "json")

    assert ran.code == 0, ran.err
    assert (changed(europe), changed(america)) == (["a"], ["b"])
    assert ran.json["source"] == {"backend": "aws", "context": None, "region": None, "account": "123456789012"}
    assert sorted(item["source"]["region"] for item in ran.json["items"]) == ["eu-west-1", "us-east-1"]


def test_an_arn_is_changed_in_its_own_region(shell: Shell, dev: FakeBackend, prod: FakeBackend) -> None:
    arns = "".join(f"{arn}\n" for arn in (*dev.recorded, *prod.recorded))

    ran = shell("stop", "-", *BOTH, "--yes", "-o", "jsonl", stdin=arns)

    assert ran.code == 0, ran.err
    assert (len(dev.mutations), len(prod.mutations)) == (2, 2)
    assert {call.target for call in dev.mutations} == set(dev.recorded)


def test_of_two_accounts_in_a_region_the_owner_is_asked_for_once(environ: dict[str, str]) -> None:
    accounts = {"prod": "999999999999", "audit": "111111111111"}
    owners = {
        context: backend_of(
            context, "us-east-1", *(execution(f"{context}-{number}", "us-east-1", account) for number in range(3))
        )
        for context, account in accounts.items()
    }
    arns = "".join(f"{arn}\n" for owner in owners.values() for arn in owner.recorded)

    ran = Shell(environ, **owners)("stop", "-", "-c", "prod,audit", "--dry-run", "-o", "jsonl", stdin=arns)

    assert (ran.code, len(ran.lines)) == (0, 6), ran.err
    assert {record["source"]["context"] for record in ran.lines} == set(accounts)
    # One to learn whose they are, the other account's first one too, and each once more before it would be changed.
    assert (owners["prod"].count("execution"), owners["audit"].count("execution")) == (1 + 1 + 3, 1 + 3)


def test_a_name_is_looked_for_everywhere(shell: Shell, dev: FakeBackend, prod: FakeBackend) -> None:
    ran = shell("stop", "orders/bill-1", "orders/order-1", *BOTH, "--yes", "-o", "jsonl")

    assert ran.code == 0, ran.err
    assert (changed(dev), changed(prod)) == (["order-1"], ["bill-1"])


def test_one_name_alone_has_a_bare_result(shell: Shell, prod: FakeBackend) -> None:
    ran = shell("stop", "orders/bill-1", *BOTH, "--yes", "-o", "json")

    assert (ran.code, ran.json["name"], ran.json["source"]["context"]) == (0, "bill-1", "prod")
    assert changed(prod) == ["bill-1"]


def test_a_name_that_two_connections_know_is_ambiguous(shell: Shell, dev: FakeBackend, prod: FakeBackend) -> None:
    ran = shell("stop", "orders/order-22", *BOTH, "--yes")

    assert ran.code == 2
    assert ran.err.startswith('error: "orders/order-22" matches 2 executions\n')
    assert "context dev, eu-west-1\n" in ran.err
    assert "context prod, us-east-1\n" in ran.err
    assert "use the ARN, or name one context and region" in ran.err
    assert (dev.mutations, prod.mutations) == ([], [])


def test_what_a_beginning_was_taken_for_tells_where_it_was_looked_for(shell: Shell, prod: FakeBackend) -> None:
    ran = shell("stop", "orders/bill", *BOTH, "--dry-run")

    assert ran.code == 0
    assert "note: context prod, us-east-1: searched orders, newest 1000 executions\n" in ran.err
    assert "orders:7/bill-1" in ran.out


def test_a_name_that_none_knows_tells_where_it_was_looked_for(shell: Shell) -> None:
    ran = shell("stop", "orders/nothing", *BOTH, "--yes")

    assert ran.code == 3
    assert ran.err.startswith('error: no execution "orders/nothing" over any of the 2 connections\n')
    assert "  context dev, eu-west-1: no execution" in ran.err


def test_a_connection_that_cannot_tell_makes_a_name_inexact(shell: Shell, dev: FakeBackend, prod: FakeBackend) -> None:
    dev.fail("executions", Unreachable("cannot reach Lambda"), times=99)

    ran = shell("stop", "orders/bill-1", *BOTH, "--yes")

    assert ran.code == 2
    assert "warning: context dev, eu-west-1: cannot reach Lambda" in ran.err
    assert '--yes needs exact references, and "orders/bill-1" is none' in ran.err
    assert prod.mutations == []


def test_an_arn_of_a_region_that_is_not_named_is_refused(shell: Shell, dev: FakeBackend) -> None:
    (arn, *_) = dev.recorded

    ran = shell("stop", arn.replace("eu-west-1", "ap-south-1"), *BOTH, "--yes")

    assert ran.code == 2
    assert "an ARN is of ap-south-1, and the connections are of eu-west-1, us-east-1" in ran.err
    assert dev.calls == []


def test_of_two_servers_with_arns_alike_the_one_is_asked_that_knows_them(environ: dict[str, str]) -> None:
    here = backend_of("here", "us-east-1", execution("a", "us-east-1"))
    there = backend_of("there", "us-east-1", execution("b", "us-east-1"))
    here._source = Source("emulator", "here", "us-east-1", "http://127.0.0.1:1")
    there._source = Source("emulator", "there", "us-east-1", "http://127.0.0.1:2")
    arns = "".join(f"{arn}\n" for arn in (*there.recorded, *here.recorded))

    ran = Shell(environ, here=here, there=there)("stop", "-", "-c", "here,there", "--yes", "-o", "jsonl", stdin=arns)

    assert outcomes(ran) == {("there", "b"): "done", ("here", "a"): "done"}
    assert (changed(here), changed(there)) == (["a"], ["b"])


@pytest.mark.parametrize("verb", ["list", "callback list"])
def test_rows_of_a_list_are_changed_where_they_were_listed(environ: dict[str, str], verb: str) -> None:
    here, there = (
        FakeBackend(
            make_execution("a", callback("approval"), arn=arn, function="orders"),
            clock=ManualClock(NOW),
            source=Source("emulator", name, "us-east-1", f"http://127.0.0.1:{port}"),
        )
        for name, port in (("here", 1), ("there", 2))
        for arn in [f"arn:aws:lambda:us-east-1:123456789012:function:orders:7/durable-execution/a/{name}-0000"]
    )
    both = Shell(environ, here=here, there=there)

    rows = both(*verb.split(), "-c", "there,here", "-o", "jsonl")
    ran = both("stop", "-", "-c", "there,here", "--yes", "-o", "jsonl", stdin=rows.out)

    assert outcomes(ran) == {("there", "a"): "done", ("here", "a"): "done"}, ran.err
    # Nobody had to be asked whose they are: each was read once, just before it was stopped.
    assert (here.count("execution"), there.count("execution")) == (1, 1)


# --- what is shown and guarded ----------------------------------------------------------------------------------------


def test_a_preview_names_the_connection_of_each_group(shell: Shell, dev: FakeBackend) -> None:
    ran = shell("stop", *BOTH, *RUNNING, "--utc", "--no-color", is_terminal=True, stdin="n\n", columns=80)

    assert ran.err.splitlines() == [
        "Stop 4 executions                                     PRODUCTION   2 connections",
        "  FUNCTION  NAME      STATUS   STARTED (UTC)  AGE",
        "PRODUCTION   context prod · 999999999999 · us-east-1 · 2 executions",
        "  orders:7  bill-1    RUNNING  04:20:04       6h00m",
        "  orders:7  order-22  RUNNING  02:20:04       8h00m",
        "context dev · 123456789012 · eu-west-1 · 2 executions",
        "  orders:7  order-1   RUNNING  03:20:04       7h00m",
        "  orders:7  order-22  RUNNING  02:20:04       8h00m",
        "  by status: 4 RUNNING · filter: status running",
        "  Irreversible. Code running now continues until its next checkpoint; nothing is",
        "  rolled back.",
        "Stop? [y/N] nothing was changed",
    ]
    assert (ran.code, dev.mutations) == (1, [])


def test_a_preview_shares_its_rows_among_the_groups(environ: dict[str, str]) -> None:
    many = backend_of("dev", "eu-west-1", *(execution(f"order-{number}", "eu-west-1") for number in range(100, 140)))
    few = backend_of("prod", "us-east-1", *(execution(f"bill-{number}", "us-east-1") for number in range(3)))

    ran = Shell(environ, dev=many, prod=few)(
        "stop", *BOTH, *RUNNING, "--no-color", is_terminal=True, stdin="n\n", columns=60
    )

    lines = ran.err.splitlines()
    assert sum("RUNNING" in line and "by status" not in line for line in lines) == 20
    assert "  and 23 more" in lines
    assert sum("bill-" in line for line in lines) == 3
    assert max(map(len, lines)) <= 60


def test_a_dry_run_names_the_connections_too(shell: Shell, dev: FakeBackend, prod: FakeBackend) -> None:
    ran = shell("stop", *BOTH, *RUNNING, "--dry-run", "--no-color")

    assert ran.code == 0
    assert "PRODUCTION   context prod · 999999999999 · us-east-1 · 2 executions\n" in ran.err
    assert ran.out.count("would apply") == 4
    assert (dev.mutations, prod.mutations) == ([], [])


def test_each_result_names_its_context_where_there_are_several(shell: Shell) -> None:
    ran = shell("stop", *BOTH, *RUNNING, "--yes")
    alone = shell("stop", "-c", "dev", "--name", "order-1", "-s", "stopped", "--dry-run")

    assert sorted(line.split()[1:4] for line in ran.out.splitlines()) == [
        ["orders:7/bill-1", "prod", "done"],
        ["orders:7/order-1", "dev", "done"],
        ["orders:7/order-22", "dev", "done"],
        ["orders:7/order-22", "prod", "done"],
    ]
    assert "dev" not in alone.out


def test_check_23_several_regions_of_a_production_context_need_its_name(environ: dict[str, str]) -> None:
    europe, america = (FakeBackend(execution("a", region), clock=ManualClock(NOW)) for region in ("eu-west-1", "x"))
    regions = Shell(environ | {"DURABLECTL_CONTEXT": "prod"}, prod=europe, america=america)

    ran = regions("stop", "--region", "eu-west-1,us-east-1", *RUNNING, "--yes")

    assert ran.code == 2
    assert "add -c prod" in ran.err
    assert europe.mutations == []


@pytest.mark.parametrize("verb", ["stop", "pause"])
def test_check_24_one_read_only_context_refuses_the_whole_batch(
    environ: dict[str, str], dev: FakeBackend, verb: str
) -> None:
    audit = backend_of("audit", "us-east-1", execution("a", "us-east-1"))

    ran = Shell(environ, dev=dev, audit=audit)(verb, "-c", "dev,audit", *RUNNING, "--yes")

    assert (ran.code, dev.mutations, audit.mutations) == (4, [], [])
    assert "context audit is read-only" in ran.err


def test_mild_changes_of_one_ask_where_a_production_context_is_among_those_named(
    shell: Shell, dev: FakeBackend
) -> None:
    ran = shell("pause", "orders/order-1", *BOTH)

    assert ran.code == 2
    assert "needs confirmation" in ran.err
    assert dev.mutations == []


# --- how it fares -----------------------------------------------------------------------------------------------------


def test_a_connection_that_cannot_be_searched_makes_it_partial(
    shell: Shell, dev: FakeBackend, prod: FakeBackend
) -> None:
    dev.fail("functions", CredentialsError("the sign-in for profile dev has expired"), times=9)

    ran = shell("stop", *BOTH, *RUNNING, "--yes", "-o", "jsonl")

    assert ran.code == 8
    assert "context dev, eu-west-1: the sign-in for profile dev has expired" in ran.err
    assert (changed(dev), changed(prod)) == ([], ["bill-1", "order-22"])


def test_credentials_that_expire_over_one_connection_leave_the_others_going(
    shell: Shell, dev: FakeBackend, prod: FakeBackend
) -> None:
    expired = CredentialsError("the sign-in for profile dev has expired", hint="run: aws sso login --profile dev")
    dev.add(*(execution(f"order-{number}", "eu-west-1") for number in range(300, 330)))
    prod.add(*(execution(f"bill-{number}", "us-east-1", "999999999999") for number in range(300, 330)))
    dev.fail("stop", expired, nth=2, times=99)

    ran = shell("stop", *BOTH, *RUNNING, "--yes", "--max", "99", "-o", "jsonl", "-q")

    by_context = {
        context: [value for (where, _), value in outcomes(ran).items() if where == context]
        for context in BOTH[1].split(",")
    }
    assert ran.code == 8
    assert set(by_context["prod"]) == {"done"}
    assert by_context["dev"].count("done") == 1
    assert "not_attempted" in by_context["dev"]
    assert [json.loads(line)["error"]["message"] for line in ran.err.splitlines()] == [expired.message]

    again = shell("stop", "-", *BOTH, "--yes", "-o", "jsonl", stdin=ran.out)

    assert {context for context, _ in outcomes(again)} == {"dev"}
    assert "not_attempted" in outcomes(again).values()
    assert len(prod.mutations) == 32


def test_results_that_are_fed_back_go_on_over_their_own_connection(environ: dict[str, str]) -> None:
    one, other = backend_of("here", "us-east-1", execution("a", "us-east-1")), backend_of("there", "us-east-1")
    one._source = Source("emulator", "here", "us-east-1", "http://127.0.0.1:1")
    other._source = Source("emulator", "there", "us-east-1", "http://127.0.0.1:2")
    one.fail("stop", AccessDenied("not allowed"), times=1)
    both = Shell(environ, there=other, here=one)

    first = both("stop", "-c", "there,here", *RUNNING, "--yes", "-o", "jsonl")
    second = both("stop", "-", "-c", "there,here", "--yes", "-o", "jsonl", stdin=first.out)

    assert (outcomes(first), outcomes(second)) == ({("here", "a"): "failed"}, {("here", "a"): "done"})
    assert other.count("execution") == 0


def test_results_of_other_contexts_need_these_to_be_named(shell: Shell, dev: FakeBackend, prod: FakeBackend) -> None:
    dev.fail("stop", AccessDenied("not allowed"), times=9)
    first = shell("stop", *BOTH, *RUNNING, "--yes", "-o", "jsonl")

    ran = shell("stop", "-", "--yes", stdin=first.out)

    assert ran.code == 2
    assert "the records on stdin are of 1 context that this command does not look at: dev" in ran.err
    assert "-c dev" in ran.err


def test_results_of_another_context_may_be_acted_on_over_the_one_that_is_named(
    environ: dict[str, str], dev: FakeBackend
) -> None:
    dev.fail("stop", AccessDenied("not allowed"), times=2)
    both = Shell(environ, dev=dev, here=dev)
    first = both("stop", "-c", "dev", *RUNNING, "--yes", "-o", "jsonl")

    ran = both("stop", "-", "-c", "here", "--yes", "-o", "jsonl", stdin=first.out)

    assert ran.code == 0, ran.err
    assert changed(dev)[-2:] == ["order-22", "order-22"]


def test_the_rate_holds_over_all_connections(shell: Shell, dev: FakeBackend, prod: FakeBackend) -> None:
    dev.add(*(execution(f"order-{number}", "eu-west-1") for number in range(300, 309)))
    prod.clock = dev.clock
    prod.add(*(execution(f"bill-{number}", "us-east-1", "999999999999") for number in range(300, 309)))

    ran = shell("stop", *BOTH, *RUNNING, "--yes", "--rps", "4")

    assert ran.code == 0
    assert dev.clock.now() - NOW >= timedelta(seconds=5)


def test_the_effect_is_waited_for_over_each_connection(shell: Shell, dev: FakeBackend, prod: FakeBackend) -> None:
    ran = shell("stop", *BOTH, *RUNNING, "--yes", "--wait", "-o", "jsonl")

    assert (ran.code, set(outcomes(ran).values())) == (0, {"done"})
    assert all(record["wait_ms"] is not None for record in ran.lines)


def test_nothing_that_matches_tells_what_was_searched_where(shell: Shell) -> None:
    ran = shell("stop", *BOTH, "--name", "nothing")

    assert ran.code == 0
    assert "searched orders in context dev, eu-west-1; orders in context prod, us-east-1" in ran.err

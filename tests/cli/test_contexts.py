"""`context` and `config`: which connections there are, which is in use, and who decided each setting."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from durablectl.cli.completion import complete
from tests.cli.harness import run
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import make_execution, step

FILE = """\
# connections of the shop
current_context: dev   # the usual one
contexts:
  dev: {profile: dev, region: eu-west-1}
  # with care
  prod:
    profile: ops
    region: eu-west-1
    functions: [orders]
    production: true
    redact: ["*.card"]
  "odd name": {read_only: true}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(FILE)
    path.chmod(0o600)
    return path


@pytest.fixture
def environ(path: Path) -> dict[str, str]:
    return {"DURABLECTL_CONFIG": str(path), "DURABLECTL_NO_CACHE": "1", "HOME": str(path.parent)}


def test_contexts_are_listed_with_the_one_in_use(environ: dict[str, str]) -> None:
    ran = run("context", "list", environ=environ)

    assert [line.split() for line in ran.out.splitlines()[1:3]] == [
        ["*", "dev", "dev", "eu-west-1", "–", "–"],
        ["prod", "ops", "eu-west-1", "–", "PRODUCTION,", "1", "redaction", "rule"],
    ]
    assert run("context", "list", "-o", "name", environ=environ).out.splitlines() == [
        "dev",
        "prod",
        "odd name",
        "local",
    ]


def test_no_file_still_has_the_local_context(tmp_path: Path) -> None:
    ran = run("context", "list", "-o", "json", environ={"HOME": str(tmp_path)})

    assert [context["name"] for context in ran.json["items"]] == ["local"]
    assert "no configuration file yet" in ran.err


def test_a_context_has_every_key_in_json(environ: dict[str, str]) -> None:
    shown = run("context", "show", "prod", "-o", "json", environ=environ).json

    assert shown == {
        "schema_version": 1,
        "kind": "context",
        "name": "prod",
        "current": False,
        "profile": "ops",
        "region": "eu-west-1",
        "endpoint_url": None,
        "functions": ["orders"],
        "read_only": False,
        "production": True,
        "redact": ["*.card"],
    }


def test_show_without_a_name_is_about_the_one_in_use(environ: dict[str, str], tmp_path: Path) -> None:
    assert run("context", "show", "-o", "name", environ=environ).out == "dev\n"
    assert run("context", "show", "-c", "prod", "-o", "name", environ=environ).out == "prod\n"
    none = run("context", "show", "-o", "json", environ={"HOME": str(tmp_path)})
    assert (none.code, none.error["type"]) == (4, "config")


# --- use --------------------------------------------------------------------------------------------------------------


def test_use_changes_one_word_of_the_file(environ: dict[str, str], path: Path) -> None:
    ran = run("context", "use", "prod", environ=environ)

    assert path.read_text() == FILE.replace("current_context: dev ", "current_context: prod ")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert f"the current context is now prod (was dev), in {path}" in ran.err
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    "before, after",
    [
        ("contexts:\n  dev: {}\n", "current_context: dev\ncontexts:\n  dev: {}\n"),
        ("# a\n---\n# b\ncontexts: {dev: {}}", "# a\n---\n# b\ncurrent_context: dev\ncontexts: {dev: {}}"),
        ("{contexts: {dev: {}}}\n", "{current_context: dev, contexts: {dev: {}}}\n"),
        ("contexts:\r\n  dev: {}\r\n", "current_context: dev\ncontexts:\r\n  dev: {}\r\n"),
        ("current_context: gone\ncontexts: {dev: {}}\n", "current_context: dev\ncontexts: {dev: {}}\n"),
        (
            "current_context: 'x y'\ncontexts: {dev: {}, x y: {}}\n",
            "current_context: dev\ncontexts: {dev: {}, x y: {}}\n",
        ),
    ],
)
def test_use_keeps_every_other_byte(environ: dict[str, str], path: Path, before: str, after: str) -> None:
    path.write_bytes(before.encode())

    assert run("context", "use", "dev", environ=environ).code == 0
    assert path.read_bytes() == after.encode()


def test_use_quotes_a_name_that_yaml_would_misread(environ: dict[str, str], path: Path) -> None:
    run("context", "use", "odd name", environ=environ)

    assert 'current_context: "odd name"   # the usual one' in path.read_text()
    assert run("context", "show", "-o", "name", environ=environ).out == "odd name\n"


def test_use_makes_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    ran = run("context", "use", "local", environ={"HOME": str(tmp_path)})
    path = tmp_path / ".config/durablectl/config.yaml"

    assert ran.code == 0
    assert path.read_text() == "current_context: local\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_use_follows_a_link_and_keeps_it(environ: dict[str, str], path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(path)

    run("context", "use", "prod", environ=environ | {"DURABLECTL_CONFIG": str(link)})

    assert link.is_symlink()
    assert "current_context: prod" in path.read_text()


def test_use_of_an_unknown_context_changes_nothing(environ: dict[str, str], path: Path) -> None:
    ran = run("context", "use", "prd", environ=environ)

    assert ran.code == 4
    assert "did you mean: prod" in ran.err
    assert path.read_text() == FILE


def test_use_warns_where_a_variable_beats_the_file(environ: dict[str, str]) -> None:
    ran = run("context", "use", "prod", environ=environ | {"DURABLECTL_CONTEXT": "dev"})

    assert "warning: DURABLECTL_CONTEXT=dev beats the current context" in ran.err


# --- config show ------------------------------------------------------------------------------------------------------


def test_every_setting_is_shown_with_its_origin(environ: dict[str, str]) -> None:
    ran = run("config", "show", "--region", "us-east-2", "-o", "json", environ=environ | {"AWS_REGION": "us-west-1"})
    settings = {item["name"]: item for item in ran.json["items"]}

    assert settings["region"] == {
        "name": "region",
        "value": "us-east-2",
        "origin": "option",
        "source": "--region",
        "overrides": [
            {"value": "eu-west-1", "origin": "context", "source": "context dev (config.yaml:4)"},
            {"value": "us-west-1", "origin": "environment", "source": "AWS_REGION"},
        ],
    }
    assert settings["context"]["source"] == "current_context (config.yaml:2)"
    assert settings["endpoint_url"]["value"] is None


def test_origin_shows_what_each_decision_overrode_at_80_columns(environ: dict[str, str]) -> None:
    arguments = ("config", "show", "--region", "us-east-2", "--no-color")

    told = run(*arguments, "--origin", environ=environ, is_terminal=True, columns=80).out

    assert "not context dev (config.yaml:4)" in told
    assert "not context dev" not in run(*arguments, environ=environ).out
    assert max(map(len, told.splitlines())) <= 80


def test_contexts_and_settings_need_no_client_library(environ: dict[str, str]) -> None:
    program = (
        "import sys\nfrom durablectl.cli.app import main\n"
        "sys.argv = ['durablectl', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "assert not {'boto3', 'botocore', 'textual'} & set(sys.modules)"
    )
    for words in (["context", "list"], ["context", "show"], ["config", "show"]):
        subprocess.run([sys.executable, "-c", program, *words], env=environ, check=True, capture_output=True)


# --- what else knows contexts -----------------------------------------------------------------------------------------


def test_context_names_are_completed_without_reading_yaml(environ: dict[str, str]) -> None:
    assert complete(["-c", ""], environ) == ["dev", "prod", "odd name", "local"]
    assert complete(["context", "use", "p"], environ) == ["prod"]
    program = (
        "import sys\nfrom durablectl.cli.completion import complete\nimport os\ncomplete(['-c', ''], os.environ)\n"
    )
    subprocess.run([sys.executable, "-c", program + "assert 'yaml' not in sys.modules"], env=environ, check=True)


def test_names_seen_in_a_context_are_completed_for_it(environ: dict[str, str], tmp_path: Path) -> None:
    with_cache = {**environ, "DURABLECTL_NO_CACHE": "", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    run("list", "-c", "prod", backend=FakeBackend(make_execution("order-1042", step("charge"))), environ=with_cache)

    assert complete(["get", "-c", "prod", "or"], with_cache) == ["orders/order-1042"]
    assert complete(["get", "-c", "dev", "or"], with_cache) == []


@pytest.mark.parametrize("option", [["--no-cache"], []])
def test_no_cache_keeps_nothing(environ: dict[str, str], tmp_path: Path, option: list[str]) -> None:
    cache = tmp_path / "cache"
    with_cache = {**environ, "DURABLECTL_NO_CACHE": "" if option else "1", "XDG_CACHE_HOME": str(cache)}

    run("list", *option, backend=FakeBackend(make_execution("order-1042", step("charge"))), environ=with_cache)

    assert not cache.exists()


def test_redaction_rules_of_the_context_hold_wherever_payloads_show(environ: dict[str, str]) -> None:
    backend = FakeBackend(make_execution("order-1042", step("charge"), input='{"card": "4111", "id": 7}'))

    for words in (["get"], ["history"], ["tree"]):
        ran = run(*words, "orders/order-1042", "-c", "prod", "--data", "-o", "json", backend=backend, environ=environ)
        assert ran.code == 0
        assert "4111" not in ran.out
    plain = run("get", "orders/order-1042", "-c", "dev", "--data", "-o", "json", backend=backend, environ=environ)
    assert "4111" in plain.out

"""The configuration file: contexts and defaults, who decides, and what is told where it is wrong."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from durablectl.config import ConfigFile, Effective, Options, config_path, load_settings, read_config
from durablectl.config.file import parse_config
from durablectl.errors import ConfigError
from tests.documents import blocks_of

README = Path(__file__).parents[2] / "README.md"

CONTEXTS = """\
# connections of the shop
current_context: dev
contexts:
  dev:   {profile: dev, region: eu-west-1}
  sam:   {endpoint_url: "http://127.0.0.1:9014", region: us-east-1}
  prod:  {profile: ops, region: eu-west-1, functions: ["orders", "billing-*"], production: true,
          redact: ["*.card.*", "re:[0-9]{13,19}"]}
  audit: {profile: auditor, region: eu-west-1, read_only: true}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(CONTEXTS)
    return path


@pytest.fixture
def environ(tmp_path: Path, path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "DURABLECTL_CONFIG": str(path)}


def error_of(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as raised:
        parse_config(Path("config.yaml"), text)
    return raised.value


# --- what it says -----------------------------------------------------------------------------------------------------


def test_the_current_context_is_used(environ: dict[str, str]) -> None:
    settings = load_settings(environ=environ)

    assert (settings.context, settings.profile, settings.region) == ("dev", "dev", "eu-west-1")
    assert not settings.read_only
    assert not settings.production


def test_a_context_brings_all_that_it_sets(environ: dict[str, str]) -> None:
    prod = load_settings(context="prod", environ=environ)
    audit = load_settings(context="audit", environ=environ)

    assert prod.production
    assert prod.functions == ("orders", "billing-*")
    assert prod.redact == ("*.card.*", "re:[0-9]{13,19}")
    assert audit.read_only
    assert audit.read_only_because == "read_only: true in config.yaml:8"


@pytest.mark.parametrize(
    "option, variable, expected",
    [("sam", "audit", "sam"), (None, "audit", "audit"), (None, "", "dev")],
)
def test_context_option_beats_the_variable_which_beats_the_file(
    environ: dict[str, str], option: str | None, variable: str, expected: str
) -> None:
    settings = load_settings(context=option, environ=environ | {"DURABLECTL_CONTEXT": variable})

    assert settings.context == expected


def test_an_active_context_beats_the_aws_variables(environ: dict[str, str]) -> None:
    aws = {"AWS_PROFILE": "other", "AWS_REGION": "us-west-2", "AWS_ENDPOINT_URL_LAMBDA": "http://127.0.0.1:1"}

    settings = load_settings(context="sam", environ=environ | aws)

    assert (settings.region, settings.endpoint_url) == ("us-east-1", "http://127.0.0.1:9014")
    assert load_settings(context="prod", environ=environ | aws).profile == "ops"


def test_an_option_beats_the_context_and_is_remembered(environ: dict[str, str]) -> None:
    settings = load_settings(context="prod", profile="me", region="us-east-1", environ=environ)

    assert (settings.profile, settings.region) == ("me", "us-east-1")
    assert settings.overridden == ("profile", "region")
    assert settings.production


def test_guards_only_add_up(environ: dict[str, str]) -> None:
    assert load_settings(context="audit", environ=environ | {"DURABLECTL_READ_ONLY": "0"}).read_only
    assert load_settings(context="dev", environ=environ | {"DURABLECTL_READ_ONLY": "1"}).read_only
    assert load_settings(context="dev", read_only=True, environ=environ).read_only


def test_defaults_hold_where_nobody_else_says_anything(environ: dict[str, str], path: Path) -> None:
    path.write_text(
        "defaults: {region: eu-north-1, functions: [a], read_only: true, redact: [pin], cache: false}\n"
        "contexts: {dev: {region: eu-west-1, redact: ['*.card']}}\n"
    )

    plain, dev = load_settings(environ=environ), load_settings(context="dev", environ=environ)

    assert (plain.region, plain.functions, plain.read_only, plain.cache) == ("eu-north-1", ("a",), True, False)
    assert load_settings(environ=environ | {"AWS_REGION": "us-east-2"}).region == "us-east-2"
    assert (dev.region, dev.redact) == ("eu-west-1", ("*.card", "pin"))


def test_the_local_context_takes_guards_but_no_connection_from_the_file(environ: dict[str, str], path: Path) -> None:
    path.write_text("defaults: {region: eu-north-1}\ncontexts: {local: {redact: [pin], functions: [orders]}}\n")

    local = load_settings(context="local", environ=environ)

    assert (local.region, local.redact, local.functions) == ("us-east-1", ("pin",), ("orders",))


def test_shared_settings_may_be_merged(tmp_path: Path) -> None:
    base = "  base: &base {profile: ops, region: eu-west-1}\n"
    text = f"contexts:\n{base}  prod: {{production: true, <<: *base, region: eu-west-2}}\n"

    section = parse_config(tmp_path / "c.yaml", text).section("prod")

    assert {key: entry.value for key, entry in section.items()} == {
        "profile": "ops",
        "region": "eu-west-2",
        "production": True,
    }


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "contexts:\n", "contexts: {}\n", "\ufeffcontexts: {}\n"])
def test_a_file_may_say_nothing(environ: dict[str, str], path: Path, text: str) -> None:
    path.write_text(text)

    assert load_settings(environ=environ).context is None


def test_every_setting_knows_who_decided_and_who_else_would_have(environ: dict[str, str]) -> None:
    effective = Effective(
        Options(context="prod", region="us-east-1"), environ | {"AWS_REGION": "x"}, read_config(environ)
    )

    settings = {setting.name: setting for setting in effective.all()}

    assert [candidate.source for candidate in settings["region"].candidates] == [
        "--region",
        "context prod (config.yaml:6)",
        "AWS_REGION",
    ]
    assert settings["context"].value == "prod"
    assert settings["endpoint_url"].winner is None


# --- where it lies ----------------------------------------------------------------------------------------------------


def test_the_file_lies_below_the_folder_for_configuration(tmp_path: Path) -> None:
    assert config_path({"HOME": "/h"}) == Path("/h/.config/durablectl/config.yaml")
    assert config_path({"HOME": "/h", "XDG_CONFIG_HOME": "/x"}) == Path("/x/durablectl/config.yaml")
    assert config_path({"DURABLECTL_CONFIG": str(tmp_path / "c")}) == tmp_path / "c"


def test_no_file_is_no_error_but_a_named_one_must_exist(tmp_path: Path) -> None:
    assert read_config({"HOME": str(tmp_path)}) == ConfigFile(tmp_path / ".config/durablectl/config.yaml")
    with pytest.raises(ConfigError, match=r"no configuration file .*missing\.yaml"):
        read_config({"DURABLECTL_CONFIG": str(tmp_path / "missing.yaml")})


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read") as raised:
        read_config({"DURABLECTL_CONFIG": str(tmp_path)})

    assert raised.value.hint == ("Is a directory",)


def test_yaml_is_not_loaded_where_there_is_no_file(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom durablectl.config import load_settings\n"
        f"load_settings(environ={{'HOME': {str(tmp_path)!r}}})\nassert 'yaml' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", program], check=True)


# --- what is wrong with it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, message, hint",
    [
        ("contexts: {prod: {profil: ops}}", 'context prod has no setting "profil"', "did you mean: profile"),
        ("context: {}", 'the file has no setting "context"', "did you mean: contexts"),
        ("defaults: {profile: x}", 'defaults has no setting "profile"', "expected: region, functions"),
        ("contexts: {a: {read_only: 1}}", "read_only of context a cannot be used", "expected: true or false"),
        ("contexts: {a: {region: }}", "region of context a cannot be used", "expected: an AWS Region"),
        ("contexts: {a: {region: Europe}}", "region of context a cannot be used", "expected: an AWS Region"),
        ("contexts: {a: {profile: yes}}", "profile of context a cannot be used", "expected: a text; put it in quotes"),
        ("contexts: {a: {profile: 12}}", "profile of context a cannot be used", "expected: a text; put it in quotes"),
        ("contexts: {a: {profile: {}}}", "profile of context a cannot be used", "expected: a text"),
        ("contexts: {a: {endpoint_url: localhost}}", "endpoint_url of context a", "expected: a URL"),
        ("contexts: {a: {functions: orders}}", "functions of context a cannot be used", "expected: a list of function"),
        ("contexts: {a: {functions: [[x]]}}", "functions of context a cannot be used", "expected: a list of function"),
        ("contexts: {a: {redact: ['re:[']}}", "redact of context a cannot be used", "expected: a valid regular expr"),
        ("contexts: {a: [x]}", "context a is no mapping", "expected: names"),
        ("- contexts", "the file is no mapping", "expected: names"),
        ("contexts: {a: {}, a: {}}", 'contexts has "a" twice', "only the last one would count"),
        ("contexts: {? [x] : {}}", "contexts has a key that is no name", "expected: a name"),
        ("contexts: {local: {profile: x}}", 'context local has no setting "profile"', "this context finds the running"),
        (
            "contexts: {a: {aws_secret_access_key: x}}",
            'context a has no setting "aws_secret_access_key"',
            "credentials are never read from here",
        ),
    ],
)
def test_what_is_wrong_is_told_with_line_column_and_what_was_expected(text: str, message: str, hint: str) -> None:
    error = error_of(text)

    assert message in error.message
    where, shown, caret, *more = error.hint
    assert where.startswith(f"config.yaml:{error.details['line']}:{error.details['column']}")
    assert caret.index("^") == error.details["column"] - 1
    assert shown in text
    assert any(line.startswith(hint) for line in more)


@pytest.mark.parametrize(
    "text", ["contexts: {", "a: b: c", "\tcontexts:", "contexts: 'x", "a: &x 1\nb: *y", "%", "a\n---\nb"]
)
def test_broken_yaml_is_told_with_its_place(text: str) -> None:
    error = error_of(text)

    assert error.message == "the configuration file is no valid YAML"
    assert error.hint[0].startswith("config.yaml:")


def test_tabs_in_yaml_are_named() -> None:
    assert error_of("contexts:\n\tdev: {}").hint[-1].startswith("expected: spaces")


def test_an_unknown_context_names_close_ones(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match='no context "prd"') as raised:
        load_settings(context="prd", environ=environ)

    assert raised.value.hint == ("did you mean: prod", "known contexts: dev, sam, prod, audit, local")


def test_an_unknown_context_that_was_not_typed_tells_who_asks_for_it(environ: dict[str, str], path: Path) -> None:
    path.write_text("contexts: {dev: {}}\ncurrent_context: prod\n")

    with pytest.raises(ConfigError, match='no context "prod"') as raised:
        load_settings(environ=environ)

    assert raised.value.hint[-1] == "current_context (config.yaml:2) asks for it"
    assert load_settings(context="dev", environ=environ).context == "dev"


@pytest.mark.parametrize("content", [b"contexts: {a: \xff}", b"\x00", b"a" * 1_000_001, b"[" * 5000])
def test_content_that_is_no_configuration_is_refused(path: Path, environ: dict[str, str], content: bytes) -> None:
    path.write_bytes(content)

    with pytest.raises(ConfigError):
        read_config(environ)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ConfigError):
        assert parse_config(Path("config.yaml"), text).exists


def test_the_contexts_of_the_readme_can_be_read() -> None:
    (sample,) = [block.text for block in blocks_of(README.read_text("utf-8")) if "current_context" in block.text]

    assert parse_config(Path("config.yaml"), sample).context_names == ["dev", "prod", "audit", "local"]

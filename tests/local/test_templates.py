"""Templates of SAM and CloudFormation: what they come to, and what is said of what they cannot come to here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from durablectl.errors import ConfigError, DurablectlError, UsageError
from durablectl.local.functions.deploying import Deployment
from durablectl.local.functions.functions import DurableConfig, Function, define_functions, parse_source
from durablectl.local.templates.loading import Described, describe, finished, surprises, unset_variables
from durablectl.local.templates.parameters import parse_parameters
from durablectl.local.templates.reading import MAX_BYTES

PARTITION = "arn:aws:lambda:us-east-1:000000000000:function"
PLAIN = "def handler(event, context):\n    return event\n"
DURABLE = f"from aws_durable_execution_sdk_python import durable_execution\n\n@durable_execution\n{PLAIN}"

ONE = """\
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: app.handler
      CodeUri: src
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a durable handler in src and a plain one in plain, which paths start from."""
    monkeypatch.chdir(tmp_path)
    for folder, text in (("src", DURABLE), ("plain", PLAIN)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "app.py").write_text(text)
    return tmp_path


def described(text: str, *parameters: str, name: str = "template.yaml") -> Described:
    Path(name).write_text(text)
    return describe(Path(name), parse_parameters(parameters), {})


def made(read: Described) -> dict[str, Function]:
    functions = define_functions(read.definitions, python=sys.executable)
    return {function.name: function for function in finished(read, read.definitions, functions)}


def refusal(text: str, *parameters: str, name: str = "template.yaml") -> str:
    """The message and hints with which a template is refused."""
    with pytest.raises(DurablectlError) as raised:
        described(text, *parameters, name=name)
    assert isinstance(raised.value, ConfigError | UsageError)
    return "\n".join((raised.value.message, *raised.value.hint))


def with_properties(text: str) -> str:
    """The template of one function with more properties."""
    return ONE + "".join(f"      {line}\n" for line in text.splitlines())


# --- functions --------------------------------------------------------------------------------------------------------


def test_a_function_of_sam_is_what_its_properties_say() -> None:
    read = described(
        with_properties(
            "FunctionName: shop-orders\nDescription: takes orders\nTimeout: 20\nMemorySize: 512\n"
            "Architectures: [arm64]\nTenancyConfig: {TenantIsolationMode: PER_TENANT}\n"
            "DurableConfig: {ExecutionTimeout: 3600, RetentionPeriodInDays: 30}\n"
            "Environment:\n  Variables: {STAGE: dev, COUNT: 3, FLAG: true}"
        )
    )
    function = made(read)["shop-orders"]

    assert (function.durable, function.timeout_s, function.memory_mb) == (DurableConfig(3600, 30), 20, 512)
    assert (function.handler, function.description) == ("app.handler", "takes orders")
    assert function.environment == {"STAGE": "dev", "COUNT": "3", "FLAG": "true"}
    assert function.is_tenant_isolated
    assert function.source.root == Path("src").absolute()
    assert (read.notes, read.warnings, surprises(read, [function])) == ((), (), [])


def test_lambda_s_own_defaults_hold_for_what_is_not_said() -> None:
    function = made(described(with_properties("DurableConfig: {ExecutionTimeout: 60}")))["Orders"]

    assert (function.timeout_s, function.memory_mb, function.durable) == (3, 128, DurableConfig(60, 14))


def test_globals_give_what_a_function_does_not_say_itself() -> None:
    text = (
        "Globals:\n  Function:\n    Runtime: python3.11\n    Timeout: 9\n    DurableConfig: {ExecutionTimeout: 60}\n"
        "    Environment: {Variables: {A: shared, B: shared}}\n"
        "Resources:\n  Orders:\n    Type: AWS::Serverless::Function\n    Properties:\n      Handler: app.handler\n"
        "      CodeUri: src\n      Timeout: 5\n      Environment: {Variables: {B: own}}\n"
    )
    function = made(described(text))["Orders"]

    assert (function.timeout_s, function.durable) == (5, DurableConfig(60, 14))
    assert function.environment == {"A": "shared", "B": "own"}


def test_a_function_of_cloudformation_in_json_is_read_too() -> None:
    properties = {
        "Runtime": "python3.11",
        "Handler": "app.handler",
        "Code": "src",
        "FunctionName": {"Fn::Sub": "${AWS::StackName}-orders"},
        "DurableConfig": {"ExecutionTimeout": 60},
        "Environment": {"Variables": {"SELF": {"Fn::GetAtt": ["Orders", "Arn"]}}},
    }
    template = {"Resources": {"Orders": {"Type": "AWS::Lambda::Function", "Properties": properties}}}
    text = json.dumps(template, indent="\t")

    function = made(described(text, name="template.json"))["local-orders"]

    assert function.environment == {"SELF": f"{PARTITION}:local-orders"}


def test_what_the_cdk_synthesises_names_its_code_by_the_asset(project: Path) -> None:
    properties = {"Runtime": "python3.11", "Handler": "app.handler", "Code": {"S3Bucket": "b", "S3Key": "k"}}
    metadata = {"aws:asset:path": "asset.1234"}
    resource = {"Type": "AWS::Lambda::Function", "Properties": properties, "Metadata": metadata}
    (project / "plain").rename(project / "asset.1234")

    read = described(json.dumps({"Resources": {"Orders": resource}}), name="Shop.template.json")

    assert made(read)["Orders"].source.root == project / "asset.1234"


@pytest.mark.parametrize("handler", ["deep/inside/app.handler", "deep.inside.app.handler"])
def test_a_handler_may_lie_below_the_folder_of_the_code(project: Path, handler: str) -> None:
    (project / "src" / "deep" / "inside").mkdir(parents=True)
    (project / "src" / "deep" / "inside" / "app.py").write_text(PLAIN)

    function = made(described(ONE.replace("app.handler", handler)))["Orders"]

    assert (function.source.target, function.handler) == ("deep.inside.app", handler)
    assert function.source.root == project / "src"


@pytest.mark.parametrize("suffix", ["mjs", "js", "cjs"])
def test_a_handler_of_node_is_looked_for_under_each_of_its_suffixes(project: Path, suffix: str) -> None:
    (project / "src" / f"index.{suffix}").write_text("")
    text = ONE.replace("python3.11", "nodejs22.x").replace("app.handler", "index.handler")

    (definition,) = described(text).definitions

    assert definition.source.language == "node"
    assert (definition.source.target, definition.source.handler) == (
        str(project / "src" / f"index.{suffix}"),
        "handler",
    )


def test_a_custom_runtime_is_its_bootstrap(project: Path) -> None:
    (project / "src" / "bootstrap").write_text("#!/bin/sh\n")
    (project / "src" / "bootstrap").chmod(0o755)

    (definition,) = described(ONE.replace("python3.11", "provided.al2023")).definitions

    assert (definition.source.language, definition.source.root) == ("program", project / "src")


@pytest.mark.parametrize("place", ["src", "."])
def test_a_virtual_environment_of_the_project_runs_its_functions(project: Path, place: str) -> None:
    python = Path(place, ".venv", "bin", "python")
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)

    read = described(ONE)

    assert read.definitions[0].interpreter == str(python)
    assert f"{python} runs Orders" in read.notes


# --- values -----------------------------------------------------------------------------------------------------------

VALUES = """\
Parameters:
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
  Open: {Type: String}
  Stored: {Type: "AWS::SSM::Parameter::Value<String>", Default: /shop/key}
  Zones: {Type: CommaDelimitedList, Default: "a, b"}
Mappings:
  Sizes: {dev: {Small: "1"}, prod: {Small: "8"}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsOther: !Not [!Condition IsProd]
Resources:
  Table: {Type: AWS::DynamoDB::Table}
  Child:
    Type: AWS::Serverless::Function
    Properties:
      {FunctionName: !Sub "${Stage}-child", Runtime: python3.11, Handler: app.handler, CodeUri: plain,
       AutoPublishAlias: live}
  ChildVersion: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Child}}
  ChildAlias:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: !Ref Child, Name: beta, FunctionVersion: !GetAtt ChildVersion.Version}
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: app.handler
      CodeUri: src
      Environment:
        Variables:
          V: VALUE
"""


@pytest.mark.parametrize(
    "value, text",
    [
        ("!Ref Stage", "prod"),
        ("{Ref: Stage}", "prod"),
        ("!Ref Child", "prod-child"),
        ("!GetAtt Child.Arn", f"{PARTITION}:prod-child"),
        ("{'Fn::GetAtt': [Child, Arn]}", f"{PARTITION}:prod-child"),
        ("!Ref Child.Alias", f"{PARTITION}:prod-child:live"),
        ("!Ref ChildAlias", f"{PARTITION}:prod-child:beta"),
        ("!Sub '${Child}:${!Literal}:${AWS::Region}'", "prod-child:${Literal}:us-east-1"),
        ("!Sub ['${Here}-${Child.Arn}', {Here: !Ref Stage}]", f"prod-{PARTITION}:prod-child"),
        ("!Join ['/', [a, !Ref Stage, !Ref 'AWS::AccountId']]", "a/prod/000000000000"),
        ("{'Fn::Join': ['-', !Ref Zones]}", "a-b"),
        ("!Select [1, !Split [',', 'x,y']]", "y"),
        ("!FindInMap [Sizes, !Ref Stage, Small]", "8"),
        ("!If [IsProd, yes-it-is, no]", "yes-it-is"),
        ("!If [IsOther, other, !Ref 'AWS::Partition']", "aws"),
        ("!Sub '${AWS::StackName}'", "local"),
        ("007", "007"),
        ("2026-11-21", "2026-11-21"),
    ],
)
def test_values_come_to_what_cloudformation_makes_of_them(value: str, text: str) -> None:
    read = described(VALUES.replace("VALUE", value), "Stage=prod")

    assert read.functions["Orders"].environment == {"V": text}


@pytest.mark.parametrize(
    "value, reason",
    [
        ("!Ref Table", "Ref Table names an AWS::DynamoDB::Table, which exists on AWS only"),
        ("!GetAtt Table.StreamArn", "Fn::GetAtt Table.StreamArn names an AWS::DynamoDB::Table"),
        ("!Sub 'x-${Table.Arn}'", "${Table.Arn} names an AWS::DynamoDB::Table"),
        ("!Ref Tabel", "Ref Tabel names nothing in the template"),
        ("!Ref Open", "the parameter Open has no value, --parameter Open=VALUE gives one"),
        ("!Ref Stored", "the parameter Stored has no value, --parameter Stored=VALUE gives one"),
        ("!ImportValue shared-table", "Fn::ImportValue is not resolved here"),
        ("!GetAtt ChildVersion.Version", "a version gets its number when the service starts"),
        ("!Ref Child.Version", "a version gets its number when the service starts"),
        ("!If [IsProbably, a, b]", "there is no condition IsProbably"),
        ("!Select [7, [a]]", "Fn::Select has no number 7"),
        ("!FindInMap [Sizes, test, Small]", "Fn::FindInMap finds no Sizes.test.Small"),
        ("!Join [x]", "a list of 2 is expected here"),
    ],
)
def test_a_variable_that_only_aws_could_give_is_left_out_and_told_by_its_line(value: str, reason: str) -> None:
    read = described(VALUES.replace("VALUE", value))

    (told,) = unset_variables(read, read.definitions)
    line = VALUES[: VALUES.index("V: VALUE")].count("\n") + 1

    assert read.functions["Orders"].environment == {}
    assert told.startswith(f"template.yaml:{line}: V of Orders is not set: ")
    assert reason in told
    assert told.endswith("; --env Orders:V=VALUE sets it")


def test_values_that_name_each_other_in_a_circle_are_told() -> None:
    text = ONE.replace("CodeUri: src", "CodeUri: src\n      FunctionName: !Sub '${Orders}-x'")

    assert "FunctionName of Orders cannot be resolved: its parts name each other in a circle" in refusal(text)


def test_conditions_decide_which_functions_there_are() -> None:
    text = VALUES.replace("VALUE", "x") + (
        "  Extra:\n    Type: AWS::Serverless::Function\n    Condition: IsProd\n"
        "    Properties: {Runtime: python3.11, Handler: app.handler, CodeUri: src}\n"
    )

    assert "Extra" not in described(text).functions
    assert "Extra" in described(text, "Stage=prod").functions


@pytest.mark.parametrize(
    "parameter, words",
    [
        ("Stge=dev", 'template.yaml has no parameter "Stge"\ndid you mean: Stage'),
        ("Stage=test", '--parameter Stage takes dev, prod, not "test"\ntemplate.yaml:2 says so'),
        ("Stage", '--parameter takes NAME=VALUE, not "Stage"'),
    ],
)
def test_a_parameter_that_does_not_fit_is_a_usage_error(parameter: str, words: str) -> None:
    assert words in refusal(VALUES.replace("VALUE", "x"), parameter)


def test_a_stored_parameter_and_the_stack_s_name_can_be_given() -> None:
    text = VALUES.replace("VALUE", "!Sub '${AWS::StackName}-${Stored}'")

    read = described(text, "Stored=secret", "AWS::StackName=shop")

    assert read.functions["Orders"].environment == {"V": "shop-secret"}


# --- versions and aliases ---------------------------------------------------------------------------------------------


def test_versions_and_aliases_become_deployments() -> None:
    assert described(VALUES.replace("VALUE", "x")).deployments == (
        Deployment("dev-child", alias="live"),
        Deployment("dev-child"),
        Deployment("dev-child", alias="beta"),
    )


def test_an_alias_may_point_to_a_version_that_is_there() -> None:
    alias = (
        "  Live:\n    Type: AWS::Lambda::Alias\n    Properties:\n      FunctionName: !GetAtt Orders.Arn\n"
        '      FunctionVersion: "2"\n      Name: live\n      Description: for all\n'
        "      RoutingConfig: {AdditionalVersionWeights: []}\n"
    )
    read = described(ONE + alias)

    assert read.deployments == (Deployment("Orders", alias="live", version="2", description="for all"),)
    assert any("RoutingConfig of Live has no effect here" in note for note in read.notes)


# --- what is refused, or said -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, words",
    [
        ("Resources:\n  A: [1\n  B: 2\n", "template.yaml:3:4: broken YAML: did not find expected"),
        ("a: b: c\n", "template.yaml:1:5: broken YAML: mapping values are not allowed"),
        ("Resources:\n\tOrders: x\n", "template.yaml:2:1: broken YAML"),
        ("", "template.yaml:1:1: this is no template: it has no Resources"),
        ("- 1\n", "this is no template"),
        ("Resources:\n  A:\n    B: 1\n   C: 2\n", "broken YAML: did not find expected key"),
        ("Resources:\n  A:\n    B: 1\n   C: 2\n", "\nin what begins on line 2"),
        ("Resources: {A: 1,", "expected node content, where the file ends"),
        (with_properties("") + "Globals: {Function: [1]}\n", "the properties of Orders are no names with values"),
        (ONE.partition("    Prop")[0] + "    Properties: !Include x\n", "Fn::Include is not resolved here"),
        (ONE.replace("      Runtime: python3.11\n", ""), "Orders is not served: no Runtime; to run it"),
        ("Resources: 3\n", "template.yaml:1:12: Resources holds no names"),
        ("Resources:\n  T: {Type: AWS::S3::Bucket}\n", "there is no function in this template"),
        (ONE.replace("app.handler", "orders.handler"), 'src has no handler "orders.handler" for Orders'),
        (ONE.replace("app.handler", "handler"), "files there: app.py; a handler is FILE.NAME without the suffix"),
        (ONE.replace("CodeUri: src", "CodeUri: nowhere"), "template.yaml:7:16: there is no folder nowhere for Orders"),
        (with_properties("FunctionName: a b"), '"a b" cannot be the name of a function'),
        (with_properties("Timeout: soon"), 'Timeout of Orders is a number from 1 to 900, not "soon"'),
        (with_properties("Timeout: 901"), "Timeout of Orders is a number from 1 to 900"),
        (with_properties("MemorySize: 64"), "MemorySize of Orders is a number from 128 to 32,768"),
        (
            with_properties("DurableConfig: {RetentionPeriodInDays: 7}"),
            "DurableConfig of Orders has no ExecutionTimeout",
        ),
        (with_properties("DurableConfig: {ExecutionTimeout: 0}"), "ExecutionTimeout of Orders is a number from 1"),
        (with_properties("DurableConfig: always"), "DurableConfig of Orders holds no names"),
        (with_properties("Environment: {Variables: [1]}"), "Variables of Orders holds no names"),
        (with_properties("Handler: other.handler"), '"Handler" is here twice; the first is on line 6'),
        (with_properties("FunctionName: !Ref Missing"), "FunctionName of Orders cannot be resolved: Ref Missing"),
        (ONE + ONE.replace("Resources:\n", "").replace("Orders", "Twin\\u0000"), "cannot be the name of a function"),
        (
            with_properties("FunctionName: x") + ONE.replace("Resources:\n", "").replace("Orders:", "x:"),
            'Orders and x are both called "x"',
        ),
    ],
)
def test_a_template_that_cannot_be_served_is_refused_where_it_is_wrong(text: str, words: str) -> None:
    assert words in refusal(text)


def test_an_error_shows_its_line_with_carets_below_what_is_wrong() -> None:
    with pytest.raises(ConfigError) as raised:
        described(with_properties("Timeout: soon"))

    assert raised.value.message.startswith("template.yaml:8:16: ")
    assert raised.value.hint == ("      Timeout: soon", "               ^^^^")


@pytest.mark.parametrize(
    "change, words",
    [
        (("python3.11", "java21"), "java21 is not built in, Python and Node are"),
        (("CodeUri: src", "CodeUri: s3://bucket/key"), "code on S3 is not fetched"),
        (("CodeUri: src", "CodeUri: {Bucket: b, Key: k}"), "code on S3 is not fetched"),
        (("CodeUri: src", "CodeUri: build/orders.zip"), "archives are not unpacked here"),
        (("CodeUri: src", "InlineCode: 'def handler(): ...'"), "inline code is not run here"),
        (("CodeUri: src", "PackageType: Image"), "container images are not run here"),
        (("CodeUri: src", "ImageUri: repository/image"), "container images are not run here"),
        (("python3.11", "provided.al2023"), "provided.al2023 needs a program called bootstrap in src"),
    ],
)
def test_a_function_that_is_not_run_here_names_the_way_out(change: tuple[str, str], words: str) -> None:
    told = refusal(ONE.replace(*change))

    assert told.startswith("template.yaml has no function that can be served")
    assert f"template.yaml:2: Orders is not served: {words}" in told
    assert "--function Orders=exec:COMMAND" in told


def test_a_program_stands_in_for_a_function_that_is_not_run_here() -> None:
    Path("template.yaml").write_text(
        ONE.replace("python3.11", "java21") + "      DurableConfig: {ExecutionTimeout: 60}\n"
    )

    read = describe(Path("template.yaml"), {}, {"Orders": parse_source(f"exec:{sys.executable} orders.py")})
    function = made(read)["Orders"]

    assert (function.source.language, function.durable, function.timeout_s) == ("program", DurableConfig(60, 14), 3)
    assert read.warnings == ()


@pytest.mark.parametrize(
    "name, value",
    [
        ("Layers", "[arn:aws:lambda:us-east-1:123456789012:layer:x:1]"),
        ("Events", "{Api: {Type: Api}}"),
        ("DeadLetterConfig", "{TargetArn: x}"),
        ("ReservedConcurrentExecutions", "3"),
    ],
)
def test_a_property_without_effect_is_noted_by_its_line(name: str, value: str) -> None:
    (note,) = described(with_properties(f"{name}: {value}")).notes

    assert note.startswith(f"template.yaml:8: {name} of Orders has no effect here: ")


def test_what_makes_resources_is_noted() -> None:
    (note,) = described(ONE + "  Fn::ForEach::Shops: [Shop, [a, b], {}]\n").notes

    assert note == "template.yaml:8: Fn::ForEach::Shops is left out: what makes resources is not resolved here"


def test_a_template_without_a_durable_function_is_explained() -> None:
    (warning,) = described(ONE).warnings

    assert warning == (
        "template.yaml:2: no function is durable: a durable one has a DurableConfig with an ExecutionTimeout"
    )


def test_a_handler_that_is_not_what_the_template_says_is_told() -> None:
    undeclared = described(ONE)
    undecorated = described(
        ONE.replace("CodeUri: src", "CodeUri: plain").replace("python3.11", "python3.9")
        + "      DurableConfig: {ExecutionTimeout: 60}\n"
    )

    told = surprises(undeclared, define_functions(undeclared.definitions, python=sys.executable))
    assert told == ["template.yaml:2: Orders has a durable handler, but no DurableConfig: it is plain"]
    assert made(undeclared)["Orders"].durable is None

    looked_at = define_functions(undecorated.definitions, python=sys.executable)
    is_not, runs_on = surprises(undecorated, looked_at)
    assert is_not == "template.yaml:2: Orders has a DurableConfig, but its handler is not durable"
    assert runs_on.startswith("template.yaml:5: Orders asks for python3.9 and runs on python3.")


def test_a_build_that_has_not_run_is_what_a_missing_file_may_mean() -> None:
    text = ONE.replace("nodejs", "").replace("app.handler", "built.handler").replace("CodeUri: src", "CodeUri: empty")
    Path("empty").mkdir()

    told = refusal(text + "    Metadata: {BuildMethod: esbuild}\n")

    assert "sam build, then --template .aws-sam/build/template.yaml" in told


@pytest.mark.parametrize(
    "content, words",
    [
        (b"Resources:\n  \xff: 1\n", "template.yaml:2: byte 0xff is no UTF-8"),
        (b"# " + b"x" * MAX_BYTES, "is larger than 1,048,576 bytes"),
        (b"[" * 300 + b"]" * 300, "nested too deeply"),
        (
            b"Resources: {a: &a [x, x, x, x, x, x, x, x, x, x],"
            + b",".join(b" %c: &%c [%s]" % (n, n, b",".join([b"*%c" % (n - 1)] * 10)) for n in range(98, 106))
            + b"}",
            "grown too large by aliases",
        ),
        (b"a: &a [*a]\n", "nested too deeply"),
    ],
)
def test_a_hostile_file_is_refused_like_any_other(content: bytes, words: str) -> None:
    Path("template.yaml").write_bytes(content)

    with pytest.raises(ConfigError) as raised:
        describe(Path("template.yaml"), {}, {})

    assert words in "\n".join((raised.value.message, *raised.value.hint))


def test_a_file_that_is_not_there_names_the_templates_that_are() -> None:
    Path("other-template.yml").write_text(ONE)

    with pytest.raises(ConfigError, match=r"no template template\.yaml") as raised:
        describe(Path("template.yaml"), {}, {})

    assert raised.value.hint[0].endswith(": other-template.yml")

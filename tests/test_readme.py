"""The README and the page of the local service are true: tables are the program's own, and every command runs."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from durablectl.cli import reference
from durablectl.config import DEFAULT_LOCAL_ENDPOINT
from tests.clients.sam import QUIET_SAM, SAM_CLI
from tests.documents import Block, blocks_of, with_sections
from tests.goldens import Golden
from tests.node.support import PACKAGES, require_node
from tests.servers.demo import ROOT, Demo, explain, run_script, running_demo, shell_environment
from tests.servers.foreground import interrupted_when_ready
from tests.servers.local_service import local_service

pytestmark = pytest.mark.xdist_group("readme")

README = ROOT / "README.md"
REFERENCE = ROOT / "docs" / "reference.md"
PAGES = {page: page.read_text(encoding="utf-8") for page in (README, ROOT / "docs" / "local-service.md")}
BLOCKS = [block for text in PAGES.values() for block in blocks_of(text)]
COMMAND_BLOCKS = [block for block in BLOCKS if block.language == "bash"]
(HANDLER,) = [block.text for block in BLOCKS if block.language == "python"]
(TEMPLATE,) = [block.text for block in BLOCKS if block.language == "yaml" and "Resources:" in block.text]
(NODE_HANDLER,) = [block.text for block in BLOCKS if block.language == "javascript"]

SET_UP = {
    "make demo": "make demo DEMO_FLAGS=--exit",
}
"""The lines that prepare a machine, and the line of the project's check that runs each; a checkout is there already."""

INTERRUPTED = 130


def blocks_run_against(subject: str | None) -> list[Block]:
    return [block for block in COMMAND_BLOCKS if block.run == subject]


def named(block: Block) -> str:
    return block.lines[0]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with what the README's lines find in theirs: an environment, and handlers of the reader."""
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    (tmp_path / "orders.py").write_text(HANDLER, encoding="utf-8")
    (tmp_path / "template.yaml").write_text(TEMPLATE, encoding="utf-8")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "orders.py").write_text(HANDLER, encoding="utf-8")
    (tmp_path / "shop" / "tax.py").write_text("def handler(event, context):\n    return 0.19\n", encoding="utf-8")
    return tmp_path


# --- what the program says of itself ----------------------------------------------------------------------------------


def test_check_19_the_tables_of_the_readme_are_the_programs_own(golden: Golden) -> None:
    sections = {"commands": reference.render_command_table(), "exit codes": reference.render_exit_codes()}

    golden(README, with_sections(README.read_text(encoding="utf-8"), sections).encode())


def test_check_19_the_reference_is_the_programs_own(golden: Golden) -> None:
    golden(REFERENCE, reference.render_page().encode())


def test_the_address_of_the_service_is_the_default_one() -> None:
    addresses = set(re.findall(r"http://127\.0\.0\.1:\d+", "".join(PAGES.values())))

    assert addresses == {DEFAULT_LOCAL_ENDPOINT}


def test_every_target_of_make_exists() -> None:
    targets = set(re.findall(r"`make (\w+)`|^make (\w+)$", README.read_text(encoding="utf-8"), re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert targets
    for target in map("".join, targets):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make has no target {target}"


def test_every_link_leads_somewhere() -> None:
    for page, text in PAGES.items():
        for target in re.findall(r"\]\(([^):#]+)[^):]*\)", text):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


# --- what a reader types ----------------------------------------------------------------------------------------------


def test_every_block_of_commands_says_against_what_it_runs() -> None:
    known = {None, "demo", "serve", "serve node", "orders", "template", "develop", "sam"}

    assert {block.run for block in COMMAND_BLOCKS} <= known


def test_the_lines_that_prepare_a_machine_are_those_of_the_projects_check() -> None:
    check = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    lines = [line for block in blocks_run_against(None) for line in block.lines]

    assert lines
    for line in lines:
        assert line in SET_UP, f"no rule covers: {line}"
        assert (SET_UP[line] or "") in check


def test_the_list_in_the_readme_is_what_the_demo_shows(demo: Demo, checkout: Path) -> None:
    (shown,) = [block for block in BLOCKS if block.text.startswith("$ ")]
    command, *expected = shown.lines

    ran = demo.run(f"durablectl wait imports/import-88 -c local || true; {command.removeprefix('$ ')}", checkout)

    assert ran.returncode == 0, explain(ran)
    *_, last = [number for number, line in enumerate(ran.stdout.splitlines()) if line.startswith("FUNCTION")]
    assert without_times(ran.stdout.splitlines()[last:]) == without_times(expected)


def without_times(lines: list[str]) -> list[str]:
    """Rows up to the column of the start."""
    return [line[: lines[0].index("STARTED")] for line in lines]


@pytest.mark.parametrize("block", blocks_run_against("demo"), ids=named)
def test_commands_against_the_demo_run_one_block_after_the_other(demo: Demo, checkout: Path, block: Block) -> None:
    ran = demo.run(block.text, checkout, DURABLECTL_CONTEXT="local")

    assert ran.returncode == 0, explain(ran)


@pytest.mark.parametrize("line", [line for block in blocks_run_against("serve") for line in block.lines])
def test_services_get_ready_and_end_with_ctrl_c(checkout: Path, line: str) -> None:
    # The default port belongs to whoever has it on this machine; that it is 8410 is tested above.
    words = [*shlex.split(line), *([] if "--port" in line else ["--port", "0"])]

    code, output = interrupted_when_ready(words, shell_environment(checkout), checkout, ready="listens on")

    assert code == INTERRUPTED, output


@pytest.mark.parametrize("line", [line for block in blocks_run_against("serve node") for line in block.lines])
def test_services_of_other_runtimes_get_ready_and_end_with_ctrl_c(checkout: Path, line: str) -> None:
    require_node()
    (checkout / "parcels.mjs").write_text(NODE_HANDLER, encoding="utf-8")
    (checkout / "node_modules").symlink_to(PACKAGES, target_is_directory=True)
    (checkout / "resize").write_text("#!/bin/sh\nexec sleep 600\n", encoding="utf-8")
    (checkout / "resize").chmod(0o755)

    code, output = interrupted_when_ready(
        [*shlex.split(line), "--port", "0"], shell_environment(checkout), checkout, ready="listens on"
    )

    assert code == INTERRUPTED, output
    assert ("plain   exec:./resize --fast" if "--plain" in line else "durable parcels.mjs:handler") in output


@pytest.mark.parametrize("block", blocks_run_against("develop"), ids=named)
def test_commands_for_who_writes_functions_run(checkout: Path, block: Block) -> None:
    environment = shell_environment(checkout)
    try:
        ran = run_script(block.text, checkout, environment)
    finally:
        run_script("durablectl local stop || true", checkout, environment)

    assert ran.returncode == 0, explain(ran)
    assert "SUCCEEDED" in ran.stdout
    assert "deleted .durablectl/local.db with 1 execution" in ran.stdout


@pytest.mark.parametrize("block", blocks_run_against("sam"), ids=named)
def test_commands_of_the_sam_cli_run(demo: Demo, checkout: Path, block: Block) -> None:
    port = str(urlsplit(demo.endpoint).port)
    path = os.pathsep.join([demo.environment["PATH"], str(SAM_CLI.parent)])

    ran = demo.run(block.text.replace("8410", port), checkout, PATH=path, **QUIET_SAM)

    assert ran.returncode == 0, explain(ran)
    assert "ExecutionStarted" in ran.stdout


@pytest.mark.parametrize("block", blocks_run_against("orders"), ids=named)
def test_commands_against_own_functions_run(checkout: Path, block: Block) -> None:
    environment = shell_environment(checkout)
    with local_service({"orders": "orders.py:handler"}, directory=checkout) as service:
        script = block.text.replace(DEFAULT_LOCAL_ENDPOINT, service.endpoint)

        ran = run_script(script, checkout, environment)

    assert ran.returncode == 0, explain(ran)
    assert "order-8" in ran.stdout


@pytest.mark.parametrize("block", blocks_run_against("template"), ids=named)
def test_commands_against_the_functions_of_a_template_run(checkout: Path, block: Block) -> None:
    environment = shell_environment(checkout)
    with local_service({}, directory=checkout, options=("--template", "template.yaml")):
        ran = run_script(block.text, checkout, environment)

    assert ran.returncode == 0, explain(ran)
    assert "live → 1" in ran.stdout
    assert ran.stdout.count("dev-orders:1") >= 2

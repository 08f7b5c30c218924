"""Changed code is taken up by the functions that import it; what cannot be imported is told and ends nothing."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from durablectl.local.functions.catalog import Catalog, Identity
from durablectl.local.functions.functions import load_functions, parse_source
from durablectl.local.functions.reloading import Reloaded, Reloading
from tests.local.worker_support import eventually

HANDLER = "def handler(event, context):\n    return {}\n"


class Watched:
    """Functions in a folder, with a note of what was taken up."""

    def __init__(self, folder: Path, files: dict[str, str]) -> None:
        self.folder = folder
        for name, text in files.items():
            self.write(name, text)
        functions = load_functions(
            [parse_source(f"{folder / name}:handler") for name, text in files.items() if "def handler" in text],
            {},
            python=sys.executable,
            environment={},
            execution_timeout_s=60,
            invocation_timeout_s=10,
            retention_days=1,
        )
        self.catalog = Catalog(functions, Identity())
        self.reloaded: list[Reloaded] = []
        self.unwatched: list[Path] = []

    def write(self, name: str, text: str) -> None:
        """Write a file of the folder, or of one in it."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def digest(self, function: str) -> str:
        """What tells the code of a function from another."""
        found = self.catalog.get(function)
        assert found is not None
        return found.code_sha256

    @property
    def told(self) -> list[tuple[str, tuple[str, ...]]]:
        """The functions that were taken up, with the files that had changed."""
        return [(each.function, each.files) for each in self.reloaded]


@asynccontextmanager
async def watching(watched: Watched) -> AsyncIterator[Watched]:
    reloading = Reloading(
        catalog=watched.catalog,
        store=None,
        replaying=lambda function: [f"{function}-1"],
        on_reloaded=watched.reloaded.append,
        on_unwatched=watched.unwatched.append,
        look_s=0.02,
    )
    task = asyncio.create_task(reloading.run())
    try:
        await eventually(lambda: reloading.is_watching)
        yield watched
    finally:
        task.cancel()


async def test_a_changed_handler_makes_another_function_of_its_own_name_alone(tmp_path: Path) -> None:
    watched = Watched(tmp_path, {"one.py": HANDLER.format(1), "two.py": HANDLER.format(2)})
    before = watched.digest("one"), watched.digest("two")

    async with watching(watched):
        watched.write("one.py", HANDLER.format(111))
        await eventually(lambda: bool(watched.reloaded))

    assert watched.reloaded == [Reloaded("one", ("one.py",), ("one-1",))]
    assert watched.digest("one") != before[0]
    assert watched.digest("two") == before[1]


async def test_a_changed_module_concerns_the_functions_that_import_it(tmp_path: Path) -> None:
    watched = Watched(
        tmp_path,
        {"rates.py": "RATE = 1\n", "one.py": f"import rates\n{HANDLER.format(1)}", "two.py": HANDLER.format(2)},
    )

    async with watching(watched):
        watched.write("rates.py", "RATE = 22\n")
        await eventually(lambda: bool(watched.reloaded))

    assert watched.told == [("one", ("rates.py",))]


async def test_a_file_that_nobody_is_known_to_import_concerns_all(tmp_path: Path) -> None:
    watched = Watched(tmp_path, {"one.py": HANDLER.format(1), "two.py": HANDLER.format(2)})

    async with watching(watched):
        watched.write("late.py", "VALUE = 1\n")
        await eventually(lambda: len(watched.reloaded) == 2)

    assert watched.told == [("one", ("late.py",)), ("two", ("late.py",))]


async def test_code_that_cannot_be_imported_is_told_and_mended(tmp_path: Path) -> None:
    watched = Watched(tmp_path, {"one.py": HANDLER.format(1)})

    async with watching(watched):
        watched.write("one.py", "def handler(:\n")
        await eventually(lambda: len(watched.reloaded) == 1)
        watched.write("one.py", HANDLER.format(3))
        await eventually(lambda: len(watched.reloaded) == 2)

    broken, mended = watched.reloaded
    assert broken.problem is not None
    assert "fails at import" in broken.problem.message
    assert any("SyntaxError" in line for line in broken.problem.hint)
    assert mended.problem is None


async def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    watched = Watched(tmp_path, {"one.py": HANDLER.format(1)})

    async with watching(watched):
        (tmp_path / "one.py").unlink()
        await eventually(lambda: bool(watched.reloaded))

    assert watched.reloaded[0].problem is not None


async def test_writing_what_was_there_already_changes_nothing(tmp_path: Path) -> None:
    watched = Watched(tmp_path, {"a/one.py": HANDLER.format(1), "b/two.py": HANDLER.format(1)})

    async with watching(watched):
        # Given another time of change, but not another content.
        os.utime(tmp_path / "a" / "one.py", ns=(1, 1))
        # Folders are looked at in turn: when a second change of one is told, the other has been looked at.
        for number in (2, 3):
            watched.write("b/two.py", HANDLER.format(number * 11))
            await eventually(lambda told=number - 1: len(watched.reloaded) == told)
        watched.write("a/one.py", HANDLER.format(22))
        await eventually(lambda: len(watched.reloaded) == 3)

    assert [function for function, _ in watched.told] == ["two", "two", "one"]


async def test_a_handler_that_becomes_durable_is_told(tmp_path: Path) -> None:
    watched = Watched(tmp_path, {"one.py": HANDLER.format(1)})

    async with watching(watched):
        durable = "from aws_durable_execution_sdk_python import durable_execution\n\n@durable_execution\n"
        watched.write("one.py", durable + HANDLER.format(1))
        await eventually(lambda: bool(watched.reloaded))

    assert watched.reloaded[0].is_durable is True

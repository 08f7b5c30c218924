"""Operation ids are read back to the paths of the code that made them, at a bounded cost."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain

import pytest
from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import ChildConfig, MapConfig, NestingType
from aws_durable_execution_sdk_python_testing.runner import DurableFunctionTestRunner
from hypothesis import given
from hypothesis import strategies as st

from durablectl.model.ids import SCHEMES, IdScheme, Paths, recover_paths
from durablectl.model.operations import Fold, fold
from durablectl.model.wire import read_event

PYTHON, JAVASCRIPT, JAVA = SCHEMES

Path = tuple[int, ...]


def make_id(scheme: IdScheme, path: Path) -> str:
    """The id that an SDK gives the operation at `path`."""
    return _id_and_key(scheme, path)[0]


def _id_and_key(scheme: IdScheme, path: Path) -> tuple[str, str]:
    parent_key = _id_and_key(scheme, path[:-1])[1] if len(path) > 1 else None
    plain = scheme.child_key(parent_key, path[-1])
    hashed = scheme.digest(plain)
    return hashed, scheme.key_of(hashed, plain)


def make_parents(scheme: IdScheme, paths: Mapping[Path, Path | None]) -> dict[str, str | None]:
    """Ids with the ids of their parents, from paths with the paths of their parents."""
    return {
        make_id(scheme, path): None if parent is None else make_id(scheme, parent) for path, parent in paths.items()
    }


def nested(*paths: Path) -> dict[Path, Path | None]:
    """Each path below the path that it starts with."""
    return {path: path[:-1] or None for path in paths}


def recovered(paths: Paths) -> set[Path]:
    return set(paths.by_id.values())


# --- what SDKs make ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "scheme, path, start",
    [
        (PYTHON, (1,), "1ced8f5be2db23a6513eba4d819c73806424748a7bc6fa0d792cc1c7d1775a97"),
        (JAVASCRIPT, (1,), "c4ca4238a0b92382"),
        (JAVASCRIPT, (3, 1), "c9e6e7b69f98f516"),
        (JAVA, (1,), "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"),
    ],
)
def test_ids_are_those_that_the_sdks_make(scheme: IdScheme, path: Path, start: str) -> None:
    assert make_id(scheme, path) == start


def test_python_and_java_hash_the_parents_id_and_javascript_the_path() -> None:
    python_parent = hashlib.blake2b(b"3").hexdigest()[:64]
    java_parent = hashlib.sha256(b"3").hexdigest()

    assert make_id(PYTHON, (3, 1)) == hashlib.blake2b(f"{python_parent}-1".encode()).hexdigest()[:64]
    assert make_id(JAVA, (3, 1)) == hashlib.sha256(f"{java_parent}-1".encode()).hexdigest()
    assert make_id(JAVASCRIPT, (3, 1)) == hashlib.md5(b"3-1").hexdigest()[:16]


def _grandchild(context: DurableContext) -> None:
    context.step(lambda _: 1, name="2.2.1")


def _child(context: DurableContext) -> None:
    context.step(lambda _: 1, name="2.1")
    context.run_in_child_context(_grandchild, name="2.2")


def _map_item(context: DurableContext, item: int, index: int, _items: object) -> None:
    context.step(lambda _: item, name=f"4.{index}.1")


def _flat_item(context: DurableContext, item: int, index: int, _items: object) -> None:
    context.step(lambda _: item, name=f"5.{index}.1")
    context.step(lambda _: item, name=f"5.{index}.2")


def _virtual(context: DurableContext) -> None:
    context.step(lambda _: 1, name="6.1")
    context.run_in_child_context(_virtual_child, config=ChildConfig(is_virtual=True))


def _virtual_child(context: DurableContext) -> None:
    context.step(lambda _: 1, name="6.2.1")


@durable_execution
def _every_nesting(_event: object, context: DurableContext) -> None:
    """Names each operation after the path that it should have."""
    context.step(lambda _: 1, name="1")
    context.run_in_child_context(_child, name="2")
    branches = [lambda branch, name=name: branch.step(lambda _: 1, name=name) for name in ("3.0.1", "3.1.1")]
    context.parallel(branches, name="3")
    context.map([1, 2, 3], _map_item, name="4")
    context.map([1, 2, 3], _flat_item, name="5", config=MapConfig(nesting_type=NestingType.FLAT))
    context.run_in_child_context(_virtual, name="6", config=ChildConfig(is_virtual=True))
    context.wait_for_callback(lambda _id, _context: None, name="7")


@pytest.fixture(scope="module")
def sdk_fold() -> Iterator[Fold]:
    """The fold of an execution of `_every_nesting` by the official SDK, run in this process."""
    runner = DurableFunctionTestRunner(_every_nesting, poll_interval=0.01)
    try:
        with runner:
            arn = runner.run_async(input="{}")
            runner.send_callback_success(runner.wait_for_callback(arn, timeout=30), b"1")
            runner.wait_for_result(arn)
            yield fold(read_event(event.to_dict()) for event in runner.get_execution_history(arn).events)
    finally:
        # The runner stops its event loop and leaves it open, which the interpreter would warn of in some later test.
        runner._scheduler._loop.close()


def test_ids_of_the_python_sdk_lead_back_to_the_paths_in_the_code(sdk_fold: Fold) -> None:
    operations = sdk_fold.operations.values()

    paths = recover_paths({operation.id: operation.parent_id for operation in operations})

    dotted = {operation.name: ".".join(map(str, paths.by_id[operation.id])) for operation in operations}
    named_by_the_sdk = {
        **{f"parallel-branch-{index}": f"3.{index}" for index in (0, 1)},
        **{f"map-item-{index}": f"4.{index}" for index in (0, 1, 2)},
        "7 create callback id": "7.1",
        "7 submitter": "7.2",
    }
    assert paths.sdk == "python"
    assert len(dotted) == len(operations) == 29
    assert dotted == {name: named_by_the_sdk.get(str(name), name) for name in dotted}


# --- recovery ---------------------------------------------------------------------------------------------------------

_TREE = nested((1,), (2,), (2, 1), (2, 2), (2, 2, 1), (5,), (5, 0), (5, 0, 1), (5, 2), (5, 2, 1))


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.sdk)
def test_every_sdk_and_path_is_recognised(scheme: IdScheme) -> None:
    paths = recover_paths(make_parents(scheme, _TREE))

    assert paths.sdk == scheme.sdk
    assert paths.by_id == {make_id(scheme, path): path for path in _TREE}


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.sdk)
def test_children_of_contexts_without_a_checkpoint_are_found(scheme: IdScheme) -> None:
    flat = {(1,): None, (1, 0, 1): (1,), (1, 0, 2): (1,), (1, 3, 1): (1,), (1, 3, 2, 1): (1,)}

    assert recovered(recover_paths(make_parents(scheme, flat))) == set(flat)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.sdk)
def test_an_execution_of_contexts_without_a_checkpoint_alone_is_recognised(scheme: IdScheme) -> None:
    paths = recover_paths(make_parents(scheme, {(1, 1): None, (2, 1): None}))

    assert (paths.sdk, recovered(paths)) == (scheme.sdk, {(1, 1), (2, 1)})


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.sdk)
def test_children_of_a_parent_that_never_appears_are_found(scheme: IdScheme) -> None:
    paths = recover_paths(make_parents(scheme, {(1,): None, (4, 1): (4,), (4, 2): (4,)}))

    assert recovered(paths) == {(1,), (4, 1), (4, 2)}
    assert make_id(scheme, (4,)) not in paths.by_id


@pytest.mark.parametrize("count", [100, 1000])
def test_a_flat_map_of_many_items_is_found_whole(count: int) -> None:
    flat: dict[Path, Path | None] = {(1,): None, **{(1, index, 1): (1,) for index in range(count)}}

    assert len(recover_paths(make_parents(PYTHON, flat)).by_id) == count + 1


def test_traceless_contexts_after_many_steps_are_found() -> None:
    steps = nested(*((position,) for position in range(1, 201)))

    assert (201, 1) in recovered(recover_paths(make_parents(PYTHON, {**steps, (201, 1): None})))


def test_positions_may_have_gaps() -> None:
    assert recovered(recover_paths(make_parents(JAVA, nested((1,), (40,), (80,))))) == {(1,), (40,), (80,)}


def test_custom_ids_have_no_path_and_do_not_hide_others() -> None:
    parents = make_parents(JAVASCRIPT, _TREE) | {"execution-result-1795252443120": None, "f" * 16: None}

    paths = recover_paths(parents)

    assert recovered(paths) == set(_TREE)
    assert "f" * 16 not in paths.by_id


@pytest.mark.parametrize("parents", [{}, {"a": None, "b": "a"}, {"a": "a"}, {"a": "b", "b": "a"}], ids=repr)
def test_ids_of_no_known_sdk_have_no_paths(parents: dict[str, str | None]) -> None:
    assert recover_paths(parents) == Paths()


@given(st.dictionaries(st.text(max_size=3), st.none() | st.text(max_size=3)))
def test_any_parents_are_taken_without_raising(parents: dict[str, str | None]) -> None:
    first = make_id(PYTHON, (1,))

    assert recover_paths({**parents, first: None}).by_id[first] == (1,)


@given(st.sampled_from(SCHEMES), st.sets(st.lists(st.integers(0, 20), min_size=1, max_size=4).map(tuple), max_size=8))
def test_every_tree_of_paths_is_recovered(scheme: IdScheme, leaves: set[Path]) -> None:
    paths = {leaf[:length] for leaf in leaves for length in range(1, len(leaf) + 1)}

    assert recovered(recover_paths(make_parents(scheme, nested(*paths)))) == paths


# --- cost -------------------------------------------------------------------------------------------------------------


class CountingDigest:
    """A digest that counts how often it was asked."""

    def __init__(self, scheme: IdScheme) -> None:
        self.count = 0
        self._digest = scheme.digest

    def __call__(self, text: str) -> str:
        self.count += 1
        return self._digest(text)


def digests_for(parents: Mapping[str, str | None]) -> int:
    digest = CountingDigest(PYTHON)
    recover_paths(parents, [replace(PYTHON, digest=digest)])
    return digest.count


def test_sequential_steps_cost_one_digest_each() -> None:
    steps = nested(*((position,) for position in range(1, 3001)))

    assert digests_for(make_parents(PYTHON, steps)) <= 3100


def test_a_chain_of_contexts_costs_two_digests_each() -> None:
    deep: dict[str, str | None] = {}
    parent: str | None = None
    for _ in range(1000):
        child = PYTHON.digest(PYTHON.child_key(parent, 1))
        deep[child] = parent
        parent = child

    assert digests_for(deep) <= 2100


def test_ids_that_nothing_explains_cost_no_more_than_the_bound() -> None:
    contexts = [make_id(PYTHON, (position,)) for position in range(1, 1501)]
    strangers = {hashlib.sha256(context.encode()).hexdigest(): context for context in contexts}

    assert digests_for(dict(chain(dict.fromkeys(contexts).items(), strangers.items()))) <= 500_000

"""What a fingerprint promises of every kind of value."""

from __future__ import annotations

import copy
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import fingerprint_zoo as zoo
import pytest

from mlops_nb.artifacts.fingerprint import Fingerprinter, fingerprint

UNPICKLABLE = {
    "containers: memoryview", "containers: memoryview writable", "containers: mapping proxy",
    "containers: dict keys", "containers: dict items", "objects: weakref", "code: code",
    "code: closure 2", "code: closure 3", "code: module", "code: submodule", "code: lambda",
    "code: lambda 2", "code: lambda default", "code: lambda default 2",
}  # fmt: skip
# What pickling does not keep.
# What other ways of copying put side by side.
GAPS = {"numpy: strided", "numpy: reversed", "numpy: 3-d view"}
CHANGED_BY_PICKLE = {
    *GAPS,
    "objects: reduced with more",
    "objects: reduced slots other",
    "numpy: overlapping",
    "numpy: masked none",
    "containers: exception with cause",
}
CHANGED_BY_COPY = {
    *GAPS,
    "objects: reduced with more",
    "objects: reduced slots other",
    "numpy: overlapping",
    "numpy: read only",
    "containers: exception with cause",
}


def digest(value: Any) -> str:
    found = fingerprint(value)
    assert found.digest is not None, found.obstacle
    return found.digest


@pytest.mark.parametrize("name", zoo.MAKERS)
def test_a_value_made_twice_has_one_digest(name: str) -> None:
    assert digest(zoo.MAKERS[name]()) == digest(zoo.MAKERS[name]())


def test_no_two_values_have_one_digest() -> None:
    seen: dict[str, str] = {}
    for name, maker in zoo.MAKERS.items():
        other = seen.setdefault(digest(maker()), name)
        assert other == name, f"{name} = {other}"


@pytest.mark.parametrize("name", [n for n in zoo.MAKERS if n not in UNPICKLABLE])
def test_a_value_has_its_digest_after_pickling(name: str) -> None:
    value = zoo.MAKERS[name]()
    same = digest(pickle.loads(pickle.dumps(value, 5))) == digest(value)
    assert same == (name not in CHANGED_BY_PICKLE)


@pytest.mark.parametrize("name", [n for n in zoo.MAKERS if n not in UNPICKLABLE])
def test_a_deep_copy_has_the_digest_of_its_original(name: str) -> None:
    value = zoo.MAKERS[name]()
    same = digest(copy.deepcopy(value)) == digest(value)
    assert same == (name not in CHANGED_BY_COPY)


def test_another_process_with_another_hash_seed_finds_the_same_digests() -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "PYTHONWARNINGS": "ignore"}
    path = Path(zoo.__file__)
    found = subprocess.run(
        [sys.executable, path.name],
        cwd=path.parent,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stderr
    with Fingerprinter() as fingerprinter:
        here = {n: fingerprinter.fingerprint(maker()).digest for n, maker in zoo.MAKERS.items()}
    there = json.loads(found.stdout)
    assert {n: d for n, d in there.items() if here[n] != d} == {}


def test_values_of_one_pass_have_the_digests_they_have_alone() -> None:
    values = {name: maker() for name, maker in zoo.MAKERS.items()}
    values["all"] = list(values.values())
    values["all again"] = {"inside": values["all"], "beside": list(values["all"])}
    with Fingerprinter() as fingerprinter:
        together = {name: fingerprinter.fingerprint(value) for name, value in values.items()}
    assert together == {name: fingerprint(value) for name, value in values.items()}

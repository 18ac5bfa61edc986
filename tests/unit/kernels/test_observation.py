"""Observation: names by identity, without keeping values alive."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from mlops_nb.kernels.observation import Observation


class Value:
    """Any object of the user's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    name: str
    before: dict[str, Any]
    change: Callable[[dict[str, Any]], Any]
    bound: list[str]
    deleted: list[str]


CASES = [
    Case(name="nothing", before={"a": 1}, change=lambda ns: None, bound=[], deleted=[]),
    Case(
        name="new", before={}, change=lambda ns: ns.update(b=1, a=2), bound=["a", "b"], deleted=[]
    ),
    Case(
        name="rebound",
        before={"a": 1.5},
        change=lambda ns: ns.update(a=2.5),
        bound=["a"],
        deleted=[],
    ),
    Case(
        name="same object",
        before={"a": "x"},
        change=lambda ns: ns.update(a=ns["a"]),
        bound=[],
        deleted=[],
    ),
    Case(
        name="mutated only",
        before={"a": [1]},
        change=lambda ns: ns["a"].append(2),
        bound=[],
        deleted=[],
    ),
    Case(name="deleted", before={"a": 1}, change=lambda ns: ns.pop("a"), bound=[], deleted=["a"]),
    Case(name="private", before={}, change=lambda ns: ns.update(_a=1), bound=[], deleted=[]),
    Case(
        name="object replaced",
        before={"a": Value()},
        change=lambda ns: ns.update(a=Value()),
        bound=["a"],
        deleted=[],
    ),
    Case(
        name="shell's own",
        before={"In": 1},
        change=lambda ns: ns.update(Out=[], In=1),
        bound=["Out"],
        deleted=[],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bound_and_deleted_names_are_seen(case: Case) -> None:
    namespace = dict(case.before)
    observation = Observation(namespace, {"In": namespace.get("In")})
    case.change(namespace)
    seen = observation.end(namespace)
    assert (seen["bound"], seen["deleted"]) == (case.bound, case.deleted)


def test_an_object_freed_and_replaced_at_its_address_is_seen() -> None:
    for _ in range(200):
        namespace: dict[str, Any] = {"a": Value()}
        observation = Observation(namespace, {})
        del namespace["a"]
        namespace["a"] = Value()
        assert observation.end(namespace)["bound"] == ["a"]


def test_watching_keeps_no_large_value_alive() -> None:
    namespace: dict[str, Any] = {"a": Value()}
    watched = weakref.ref(namespace["a"])
    observation = Observation(namespace, {})
    del namespace["a"]
    gc.collect()
    assert watched() is None
    assert observation.end(namespace)["deleted"] == ["a"]


def test_time_and_memory_are_measured() -> None:
    observation = Observation({}, {})
    sum(range(3_000_000))
    seen = observation.end({})
    assert 0 < seen["seconds"] < 60
    assert seen["cpu_seconds"] >= 0
    assert seen["peak_memory_bytes"] > 1_000_000

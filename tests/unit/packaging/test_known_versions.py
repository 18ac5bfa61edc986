"""A model that is registered already is no new version, unless its run says more of its code."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from mlops_nb.packaging.reuse import newest_version

COMMITTED = {"mlflow.source.git.commit": "c0ffee", "mlops_nb.dirty": "false"}
DIRTY = {"mlflow.source.git.commit": "c0ffee", "mlops_nb.dirty": "true"}


@dataclass(frozen=True)
class Case:
    run: dict[str, str]
    version: dict[str, str]
    expected: int | None
    source: str = "models:/m-1"


CASES = [
    Case(run=COMMITTED, version=COMMITTED, expected=2),
    Case(run=DIRTY, version=DIRTY, expected=2),
    Case(run=DIRTY, version=COMMITTED, expected=2),
    Case(run=COMMITTED, version=DIRTY, expected=None),
    Case(run=COMMITTED, version={}, expected=None),
    Case(run={}, version={}, expected=2),
    Case(run=COMMITTED, version=COMMITTED, expected=None, source="models:/m-2"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_newest_version_stands_for_a_model_that_is_the_same(case: Case) -> None:
    versions: list[Any] = [
        SimpleNamespace(version="1", source="models:/m-0", tags={}),
        SimpleNamespace(version="2", source=case.source, tags=case.version),
    ]
    client: Any = SimpleNamespace(search_model_versions=lambda _: versions)
    assert newest_version("models:/m-1", "churn", client=client, tags=case.run) == case.expected

"""What does a test of the user's own get of the model it judges? Fixtures, loaded by `user_tests`.

    def test_monotone(mlops_model, mlops_evaluation):
        X, y, slices = mlops_evaluation
        assert (mlops_model.predict(X.assign(age=X.age + 1)) >= mlops_model.predict(X)).all()

How the tests ended goes to a file, by their absolute names.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_nb.registry.user_tests import (
    CANDIDATE_VARIABLE,
    CHAMPION_VARIABLE,
    REPORT_VARIABLE,
    WANTED_VARIABLE,
    is_part,
)


class _Ledger:
    """How each test ended: of its phases the first that did not pass."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen: dict[str, dict[str, str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report.nodeid, report.outcome, report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._note(report.nodeid, "failed", report)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        wanted = json.loads(os.environ.get(WANTED_VARIABLE) or "null")
        if wanted is not None:
            names = [self._absolute(item.nodeid) for item in items]
            kept = [any(is_part(name, one) for one in wanted) for name in names]
            items[:] = [item for item, is_kept in zip(items, kept, strict=True) if is_kept]

    def pytest_sessionfinish(self) -> None:
        file = os.environ.get(REPORT_VARIABLE)
        if file:
            Path(file).write_text(json.dumps(self._seen), encoding="utf-8")

    def _absolute(self, node: str) -> str:
        file, mark, test = node.partition("::")
        return f"{(self._root / file).resolve().as_posix()}{mark}{test}"

    def _note(self, node: str, outcome: str, report: Any) -> None:
        name = self._absolute(node)
        known = self._seen.get(name)
        if known is None or known["outcome"] == "passed":
            self._seen[name] = {"outcome": outcome, "why": _why(report)}


def _why(report: Any) -> str:
    """Return one line that says why a phase did not pass."""
    told = report.longrepr
    if isinstance(told, tuple):  # a skip: file, line, reason
        return str(told[2]).removeprefix("Skipped: ")
    crash = getattr(told, "reprcrash", None)
    text = str(told or "") if crash is None else str(crash.message)
    lines = [line for line in text.splitlines() if line.strip()]
    return (lines[0] if crash is not None else lines[-1]) if lines else ""


def pytest_configure(config: pytest.Config) -> None:
    """Keep a ledger, but in the workers of pytest-xdist, whose reports come to this process."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Ledger(config.rootpath), "mlops_nb_ledger")


@pytest.fixture(scope="session")
def mlops_model() -> Iterator[Any]:
    """Yield the candidate: the model itself, as its library has it."""
    yield from _load(os.environ[CANDIDATE_VARIABLE])


@pytest.fixture(scope="session")
def mlops_champion() -> Iterator[Any]:
    """Yield the champion; a test that asks for it is skipped where there is none."""
    directory = os.environ.get(CHAMPION_VARIABLE)
    if not directory:
        pytest.skip("there is no champion")
    yield from _load(directory)


@pytest.fixture(scope="session")
def mlops_evaluation() -> tuple[Any, Any, Any]:
    """Return features, target and slices of the candidate's evaluation data; None for no slices."""
    from mlops_nb.packaging.metadata import read_package
    from mlops_nb.registry.evaluation_rows import read_evaluation

    evaluation, fault = read_evaluation(read_package(Path(os.environ[CANDIDATE_VARIABLE])))
    if evaluation is None:
        pytest.fail(fault, pytrace=False)
    return evaluation.features, evaluation.target, evaluation.slices


def _load(directory: str) -> Iterator[Any]:
    from mlops_nb.packaging.metadata import read_metadata
    from mlops_nb.packaging.verification import loaded

    package = Path(directory)
    with loaded(package, flavour=read_metadata(package)["flavour"]) as (model, _):
        yield model.get_raw_model()

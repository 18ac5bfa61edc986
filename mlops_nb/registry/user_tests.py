"""Do tests of the user's own hold for this model? pytest runs them in a process of its own.

The tests get the model by fixtures (`pytest_fixtures`): ``mlops_model``, ``mlops_champion``,
``mlops_evaluation``. A test that is skipped, or that is not there, has not shown anything: it fails
its gate.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlops_nb.registry.evidence import TestResult

CANDIDATE_VARIABLE = "MLOPS_NB_CANDIDATE"
CHAMPION_VARIABLE = "MLOPS_NB_CHAMPION"
REPORT_VARIABLE = "MLOPS_NB_TEST_REPORT"
WANTED_VARIABLE = "MLOPS_NB_TESTS"
_PLUGINS = ("-p", "mlops_nb.registry.pytest_fixtures", "-p", "no:cacheprovider")
_NOTHING = subprocess.CompletedProcess[str](args=[], returncode=0)


def run_tests(
    nodes: Sequence[str],
    *,
    folder: Path,
    candidate: Path,
    champion: Path | None = None,
    interpreter: str = sys.executable,
    timeout_s: float = 600.0,
) -> dict[str, TestResult]:
    """Run tests, or files of them, and return how each ended.

    Parameters
    ----------
    nodes : sequence of str
        As pytest has them: ``tests/test_model.py::test_monotone``.
    folder : Path
        Where pytest is started.
    candidate, champion : Path
        Packages.
    interpreter : str
        Python with pytest and mlops-nb.
    timeout_s : float
        For all tests together.
    """
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "tests.json"
        wanted = {node: _absolute(node, folder) for node in nodes}
        named = {name.partition("::")[0] for name in wanted.values()}
        files = sorted(file for file in named if Path(file).exists())
        variables = {
            CANDIDATE_VARIABLE: str(Path(candidate).resolve()),
            CHAMPION_VARIABLE: "" if champion is None else str(Path(champion).resolve()),
            REPORT_VARIABLE: str(report),
            WANTED_VARIABLE: json.dumps(sorted(wanted.values())),
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }
        command = [interpreter, "-m", "pytest", "-q", *_PLUGINS, *files]
        if not files:  # pytest without a name runs all there is
            return {node: _judge(node, name, {}, _NOTHING) for node, name in wanted.items()}
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env={**os.environ, **variables},
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            late = TestResult(passed=False, reason=f"pytest did not end within {timeout_s:g} s.")
            return dict.fromkeys(wanted, late)
        seen = json.loads(report.read_text(encoding="utf-8")) if report.exists() else None
    return {node: _judge(node, name, seen, done) for node, name in wanted.items()}


def _absolute(node: str, folder: Path) -> str:
    file, mark, test = node.partition("::")
    return f"{(Path(folder) / file).resolve().as_posix()}{mark}{test}"


def is_part(name: str, wanted: str) -> bool:
    """Return whether a test is the one wanted, or one of its parameters, its file or its class."""
    return name == wanted or name.startswith((f"{wanted}::", f"{wanted}["))


def _judge(
    node: str,
    wanted: str,
    seen: Mapping[str, Mapping[str, Any]] | None,
    done: subprocess.CompletedProcess[str],
) -> TestResult:
    if seen is None:
        lines = [*done.stdout.splitlines(), *done.stderr.splitlines()] or ["no message"]
        last = lines[-1].removesuffix(".")
        return TestResult(passed=False, reason=f"pytest ended with code {done.returncode}: {last}.")
    file = wanted.partition("::")[0]
    # What keeps a file from being collected is told of the file.
    cases = {name: case for name, case in seen.items() if is_part(name, wanted) or name == file}
    for outcome, verb in (("failed", "failed"), ("skipped", "was skipped")):
        for name, case in cases.items():
            if case["outcome"] == outcome:
                short = name.rpartition("::")[2].rpartition("/")[2]
                why = str(case["why"]).removesuffix(".")
                return TestResult(passed=False, reason=f"{short} {verb}: {why}.")
    if not cases:
        what = "no such test" if Path(file).exists() else "no such file"
        return TestResult(passed=False, reason=f"{node}: there is {what} in {file}.")
    n = len(cases)
    return TestResult(passed=True, reason=f"{n} test{'s' if n > 1 else ''} passed.")

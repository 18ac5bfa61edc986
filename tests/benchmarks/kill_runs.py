"""What is left when a run is killed at any moment? Trials with a table of what was found wrong.

Run it by hand: ``python tests/benchmarks/kill_runs.py [RUNS] [SEED]``. Each trial starts ``mlops-nb
run`` on a notebook with stages, tracking and a model, and stops it at a random moment: the runner
(SIGKILL mostly, SIGTERM, SIGINT) or its kernel (SIGKILL). The trials share one project, so each is
the next use after the one before. Exit code 1 if anything was wrong.
"""

from __future__ import annotations

import collections
import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import psutil

# In every environment that a trial's processes inherit.
_TRIAL = "MLOPS_NB_TRIAL"
_DONE_S = 5.0
_CELLS = (
    "import os, subprocess, sys, time\n"
    "child = subprocess.Popen(['sleep', '600'], start_new_session=True)",
    "# mlops: stage ingest\nfrom sklearn.datasets import load_iris\n"
    "X, y = load_iris(return_X_y=True, as_frame=True)\ntime.sleep(0.3)",
    "# mlops: stage train --model clf --example X --metrics accuracy\n"
    "from sklearn.linear_model import LogisticRegression\n"
    "clf = LogisticRegression(max_iter=200).fit(X, y)\naccuracy = clf.score(X, y)",
    "print('x' * 100_000)\ntime.sleep(0.3)",
)


@dataclass(frozen=True, kw_only=True)
class Blow:
    """How a run is stopped: `signum`, to the runner or its kernel, `after_s` from its start."""

    signum: int
    to_kernel: bool
    after_s: float

    def __str__(self) -> str:
        return (
            f"{signal.Signals(self.signum).name} to the {'kernel' if self.to_kernel else 'runner'}"
        )


@dataclass(kw_only=True)
class Trial:
    """What came of one run that was stopped."""

    blow: Blow
    exit_code: int | None = None
    status: str = "no notebook"
    run_id: str | None = None
    faults: list[str] = field(default_factory=list)


class Field:
    """The project in which runs are stopped.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._database = folder / ".mlops_nb" / "record" / "mlflow.db"
        cells = [
            {
                "cell_type": "code",
                "id": f"c{number}",
                "metadata": {},
                # The truth that statuses are held against.
                "source": f"{source}\nopen(os.environ['ENDS'], 'a').write('{number} ')",
                "outputs": [],
                "execution_count": None,
            }
            for number, source in enumerate(_CELLS)
        ]
        node = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (folder / "nb.ipynb").write_text(json.dumps(node), encoding="utf-8")

    def run_through(self, output: str = "through.ipynb") -> float:
        """Run to the end and return the seconds that took; raise if it does not complete."""
        trial = Trial(blow=Blow(signum=0, to_kernel=False, after_s=0))
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as scratch:
            runner = self._start(output, Path(scratch), uuid.uuid4().hex)
            _, stderr = runner.communicate(timeout=300)
            if runner.returncode != 0:
                raise RuntimeError(f"the next run does not work: {stderr.decode()}")
            self._check_notebook(trial, self._folder / output, Path(scratch) / "ends", 0)
        if trial.faults:
            raise RuntimeError(f"the next run is not right: {trial.faults}")
        return time.monotonic() - begun

    def strike(self, blow: Blow, output: str) -> Trial:
        """Start a run, stop it, and check what it left."""
        trial, mark, path = Trial(blow=blow), uuid.uuid4().hex, self._folder / output
        earlier = path.read_bytes() if path.exists() else None
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
            runner = self._start(output, Path(scratch), mark)
            time.sleep(blow.after_s)
            target = _kernel_of(runner.pid) if blow.to_kernel else runner.pid
            with contextlib.suppress(ProcessLookupError):
                if target is not None and runner.poll() is None:
                    os.kill(target, blow.signum)
            try:
                runner.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                trial.faults.append("the runner goes on")
                runner.kill()
                runner.communicate()
            trial.exit_code = runner.returncode
            self._check_leftovers(trial, Path(scratch) / "tmp", mark)
            if path.exists() and path.read_bytes() != earlier:
                self._check_notebook(trial, path, Path(scratch) / "ends", trial.exit_code)
            elif trial.exit_code == 0:
                trial.faults.append("exit code 0 and no notebook")
            self._check_database(trial)
        return trial

    def check_end(self, trials: list[Trial]) -> list[str]:
        """Return what is wrong with files and MLflow runs once a whole run came after them all."""
        hidden = [entry.name for entry in self._folder.iterdir() if entry.name[0] == "."]
        # Those of an output that no run came back to are still there.
        own = [name for name in hidden if name.endswith((".tmp", ".lock"))]
        faults = [f"left: {name}" for name in own if not name.startswith(".new-")]
        state = self._folder / ".mlops_nb"
        for place in (state / "running", state / "cache" / "handover", state / "handover"):
            faults += [f"left: {path.name}" for path in place.glob("*")]
        with contextlib.closing(sqlite3.connect(self._database)) as connection:
            rows = connection.execute("select run_uuid, status from runs").fetchall()
        found = dict(rows)
        faults += [f"MLflow run {key} is RUNNING" for key, value in rows if value == "RUNNING"]
        expected = {"completed": ("FINISHED",), "running": ("KILLED", "FINISHED", "FAILED")}
        for trial in trials:
            status = found.get(trial.run_id or "")
            if status and status not in expected.get(trial.status, ("FAILED", "KILLED")):
                faults.append(f"the notebook says {trial.status}, MLflow {status}")
        return faults

    def _start(self, output: str, scratch: Path, mark: str) -> subprocess.Popen[bytes]:
        (scratch / "tmp").mkdir()
        environment = {
            **os.environ,
            _TRIAL: mark,
            "TMPDIR": str(scratch / "tmp"),
            "ENDS": str(scratch / "ends"),
        }
        environment.pop("MLFLOW_TRACKING_URI", None)
        command = [sys.executable, "-m", "mlops_nb", "run", "nb.ipynb", output, "--json"]
        return subprocess.Popen(
            command,
            cwd=self._folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def _check_leftovers(self, trial: Trial, scratch: Path, mark: str) -> None:
        until = time.monotonic() + _DONE_S
        while (left := _marked(mark)) and time.monotonic() < until:
            time.sleep(0.1)
        for process in left:
            with contextlib.suppress(psutil.Error):
                trial.faults.append(f"left: process {' '.join(process.cmdline())[:80]}")
                process.kill()
        while (files := [*scratch.rglob("*")]) and time.monotonic() < until:
            time.sleep(0.1)
        trial.faults += [f"left: temporary {path.relative_to(scratch)}" for path in files[:3]]

    def _check_notebook(self, trial: Trial, path: Path, ends: Path, exit_code: int | None) -> None:
        try:
            node = json.loads(path.read_bytes())
            nbformat.validate(nbformat.from_dict(node))
        except (ValueError, nbformat.ValidationError) as error:
            trial.faults.append(f"no valid notebook: {str(error).splitlines()[0]}")
            return
        run = node["metadata"]["mlops_nb"]["run"]
        trial.status, trial.run_id = run["status"], run.get("run_id")
        ended = set(ends.read_text().split()) if ends.exists() else set()
        statuses = [cell["metadata"]["mlops_nb"]["status"] for cell in node["cells"]]
        for number, status in enumerate(statuses):
            is_true = (str(number) in ended) or status != "completed"
            if not is_true:
                trial.faults.append(f"cell {number} is called completed")
            if str(number) in ended and status == "not run" and exit_code != -signal.SIGKILL:
                trial.faults.append(f"cell {number} is called not run")
        words = {0: ("completed",), 5: ("died",), 130: ("interrupted",), 143: ("terminated",)}
        if run["status"] not in words.get(exit_code or 0, ("running", "completed")):
            trial.faults.append(f"exit code {exit_code}, and the notebook says {run['status']}")
        if run["status"] == "completed" and set(statuses) != {"completed"}:
            trial.faults.append(f"a completed run with {statuses}")
        if run["status"] not in ("running", "completed") and "running" in statuses:
            trial.faults.append(f"a {run['status']} run with a running cell")

    def _check_database(self, trial: Trial) -> None:
        if not self._database.exists():
            return
        with contextlib.closing(sqlite3.connect(self._database)) as connection:
            (told,) = connection.execute("pragma integrity_check").fetchone()
        if told != "ok":
            trial.faults.append(f"the store is corrupt: {told}")


def choose_blow(chance: random.Random, *, longest_s: float) -> Blow:
    """Return a blow at a random moment of a run that takes `longest_s`."""
    signum, to_kernel = chance.choices(
        [
            (signal.SIGKILL, False),
            (signal.SIGTERM, False),
            (signal.SIGINT, False),
            (signal.SIGKILL, True),
        ],
        weights=[6, 2, 2, 2],
    )[0]
    return Blow(signum=signum, to_kernel=to_kernel, after_s=chance.uniform(0, longest_s))


def _kernel_of(runner: int) -> int | None:
    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(runner).children():
            with contextlib.suppress(psutil.Error):
                if any("ipykernel" in part for part in child.cmdline()):
                    return child.pid
    return None


def _marked(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            is_zombie = process.status() == psutil.STATUS_ZOMBIE
            if not is_zombie and process.environ().get(_TRIAL) == mark:
                found.append(process)
    return found


def _print_table(trials: list[Trial]) -> None:
    rows = collections.Counter((str(t.blow), t.exit_code, t.status) for t in trials)
    print(f"{'blow':<24}{'exit':>5}  {'notebook says':<16}{'runs':>5}")
    for (blow, code, status), count in sorted(rows.items(), key=str):
        print(f"{blow:<24}{code!s:>5}  {status:<16}{count:>5}")


def main(runs: int, seed: int) -> int:
    """Run the trials, print what was found, and return the exit code."""
    chance, trials = random.Random(seed), []
    with tempfile.TemporaryDirectory(prefix="kill-runs-") as folder:
        ground = Field(Path(folder))
        longest_s = max(ground.run_through(), ground.run_through())
        print(f"{runs} runs of {longest_s:.1f} s, seed {seed}", flush=True)
        for number in range(runs):
            # Over an earlier notebook, or where there is none.
            output = f"out-{number % 5}.ipynb" if number % 2 else f"new-{number}.ipynb"
            trial = ground.strike(choose_blow(chance, longest_s=longest_s), output)
            trials.append(trial)
            for fault in trial.faults:
                print(
                    f"{number} {trial.blow} after {trial.blow.after_s:.2f} s: {fault}", flush=True
                )
        ground.run_through()
        for output in {f"out-{number % 5}.ipynb" for number in range(1, runs, 2)}:
            ground.run_through(output)
        faults: list[Any] = ground.check_end(trials)
    _print_table(trials)
    print(*faults, sep="\n")
    wrong = sum(1 for trial in trials if trial.faults)
    print(f"{wrong} of {runs} left something wrong; {len(faults)} faults at the end")
    return 1 if wrong or faults else 0


if __name__ == "__main__":
    arguments = [int(text) for text in sys.argv[1:]]
    sys.exit(main(*arguments, *(200, 0)[len(arguments) :]))

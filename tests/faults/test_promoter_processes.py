"""Real promoters on the real embedded store: many at once, and killed at moments nobody knows."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlops_nb.registry.promotion.history import History, history
from mlops_nb.registry.promotion.registry import Registry, open_registry
from mlops_nb.tracking.store import DATABASE

MODEL = "churn"
N_VERSIONS = 5
# Promotes one version after the other, from the one that is champion, and says what came of it.
PROMOTER = """
import itertools, json, sys
from pathlib import Path
from mlops_nb.errors import MlopsNbError
from mlops_nb.registry.promotion.moves import Move, carry_out
from mlops_nb.registry.promotion.opening import open_ledger
from mlops_nb.registry.promotion.registry import open_registry

home, name, n_moves = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
registry = open_registry(home=home)
ledger = open_ledger(registry, "churn")
print("ready", flush=True)
sys.stdin.readline()
versions = itertools.cycle(range(1, 6))
done = 0
while done < n_moves:
    now, version = registry.alias("churn", "champion"), next(versions)
    if version == now:
        continue
    done += 1
    move = Move(kind="promote", alias="champion", before=now, after=version, values={"actor": name})
    try:
        entry = carry_out(ledger, move)
        told = None if entry is None else entry.seq
    except MlopsNbError as error:
        told = error.code
    print(json.dumps(told), flush=True)
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of an embedded store with a model of five versions."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    folder = tmp_path / "record"
    open_registry(home=folder)
    with sqlite3.connect(folder / DATABASE) as database:
        database.execute("INSERT INTO registered_models (name) VALUES (?)", (MODEL,))
        database.executemany(
            "INSERT INTO model_versions (name, version, current_stage, source, status,"
            " creation_time) VALUES (?, ?, 'None', 'file:///m', 'READY', 0)",
            [(MODEL, number) for number in range(1, N_VERSIONS + 1)],
        )
    database.close()
    return folder


def start(home: Path, name: str, *, n_moves: int) -> subprocess.Popen[str]:
    """Start a promoter that waits for a line before it begins."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROMOTER, str(home), name, str(n_moves)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def let_go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def outcomes(process: subprocess.Popen[str]) -> list[object]:
    told, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return [json.loads(line) for line in told.splitlines()]


def look(home: Path) -> tuple[Registry, History]:
    registry = open_registry(home=home)
    return registry, history(registry, MODEL)


def test_of_many_promoters_at_once_none_wins_unnoticed(home: Path) -> None:
    promoters = [start(home, f"p{number}", n_moves=12) for number in range(4)]
    for process in promoters:
        let_go(process)
    told = [one for process in promoters for one in outcomes(process)]

    registry, found = look(home)
    moves = [event.entry for event in found.events]
    assert not found.problems
    assert sorted(one for one in told if isinstance(one, int)) == [entry.seq for entry in moves]
    assert {one for one in told if isinstance(one, str)} <= {"MNB716"}
    assert {entry.kind for entry in moves} == {"promote"}
    assert all(event.outcome == "done" for event in found.events)
    assert all(a.after == b.before for a, b in itertools.pairwise(moves))
    assert registry.alias(MODEL, "champion") == moves[-1].after
    assert registry.alias(MODEL, "previous") == moves[-1].before


def test_promoters_that_are_killed_leave_what_the_next_one_sets_right(home: Path) -> None:
    chance = random.Random(7)
    for blow in range(6):
        process = start(home, f"p{blow}", n_moves=10_000)
        let_go(process)
        time.sleep(chance.uniform(0.02, 0.4))  # a moment that nobody knows: this is the test
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        registry, found = look(home)
        assert not found.problems
        assert found.champion == registry.alias(MODEL, "champion")

    last = start(home, "last", n_moves=2)
    let_go(last)
    assert all(isinstance(one, int) for one in outcomes(last))
    registry, found = look(home)
    assert not any(event.entry.kind == "external" for event in found.events)
    assert {event.outcome for event in found.events} <= {"done", "given up"}
    assert found.events[-1].entry.after == registry.alias(MODEL, "champion")

"""How long does a rollback take? Moves on the embedded store, and the whole command.

    python tests/benchmarks/bench_rollback.py

The table has wall and processor milliseconds: medians of single moves for histories of some
lengths, and of the command with the start of Python in it.
"""

from __future__ import annotations

import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mlops_nb.registry.promotion.actor import Actor
from mlops_nb.registry.promotion.moves import Move, carry_out
from mlops_nb.registry.promotion.opening import open_ledger
from mlops_nb.registry.promotion.promoting import rollback
from mlops_nb.registry.promotion.registry import open_registry
from mlops_nb.tracking.store import DATABASE

LENGTHS = (10, 100, 1000)
REPEATS = 9


def make_store(home: Path) -> None:
    open_registry(home=home)
    with sqlite3.connect(home / DATABASE) as database:
        database.execute("INSERT INTO registered_models (name) VALUES ('churn')")
        database.executemany(
            "INSERT INTO model_versions (name, version, current_stage, source, status,"
            " creation_time) VALUES ('churn', ?, 'None', 'file:///m', 'READY', 0)",
            [(1,), (2,)],
        )
        database.executemany(
            "INSERT INTO model_version_tags (name, version, key, value)"
            " VALUES ('churn', ?, 'mlops_nb.digest', ?)",
            [(1, "sha256:1"), (2, "sha256:2")],
        )
    database.close()


def promote_to(home: Path, version: int) -> None:
    registry = open_registry(home=home)
    values = {"actor": "ann", "blessed": True, "digest": f"sha256:{version}"}
    now = registry.alias("churn", "champion")
    move = Move(kind="promote", alias="champion", before=now, after=version, values=values)
    carry_out(open_ledger(registry, "churn"), move)


def measure(act: Callable[[], object]) -> tuple[float, float]:
    """Return wall and processor seconds, those of processes it started included."""

    def spent() -> float:
        own, others = (
            resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime

    began, before = time.perf_counter(), spent()
    act()
    return time.perf_counter() - began, spent() - before


def tell(what: str, taken: list[tuple[float, float]]) -> None:
    wall, busy = (statistics.median(part) * 1000 for part in zip(*taken, strict=True))
    print(f"{what:<44} {wall:>8.0f} {busy:>8.0f}")


def main() -> None:
    print(f"{'':<44} {'wall ms':>8} {'CPU ms':>8}")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "pyproject.toml").touch()
        home = root / ".mlops_nb" / "record"
        make_store(home)
        registry, actor, n_moves = open_registry(home=home), Actor(name="ann"), 0
        for length in LENGTHS:
            while n_moves < length:
                promote_to(home, 1 + n_moves % 2)
                n_moves += 1
            taken = []
            for _ in range(REPEATS):
                promote_to(home, 1)
                promote_to(home, 2)
                taken.append(
                    measure(lambda: rollback(registry, "churn", reason="slow", actor=actor))
                )
            n_moves += 3 * REPEATS
            tell(f"rollback, {length} moves before", taken)
        commands = []
        command = [sys.executable, "-m", "mlops_nb", "rollback", "churn", "--reason", "slow"]
        for _ in range(REPEATS):
            promote_to(home, 2)
            commands.append(
                measure(lambda: subprocess.run(command, cwd=root, check=True, capture_output=True))
            )
        tell(f"mlops-nb rollback, {n_moves} moves before", commands)


if __name__ == "__main__":
    main()

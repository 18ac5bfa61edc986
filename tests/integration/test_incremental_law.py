"""The law from outside: after every edit, a run that restores ends as a run from scratch does.

Real libraries, a real store; many sequences in kernels that are forked, a few in those of Jupyter.
In CI a handful, the same every time; ``MLOPS_NB_SEQUENCES=2000`` plays as many, a sixth of it with
helper modules, tables and models, and a tenth in Jupyter's kernels.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from law_cells import WORKING, LawCell, make_edit, make_project
from law_kernel import Nursery
from law_quick import run_quick
from law_runs import Outcome, copy_project, differences, hurt_store, run_project, write_files
from law_work import spoil_product

# Two rows in an order by chance are in the same one every second time.
MOST_AGAIN = 12
N_SEQUENCES = int(os.environ.get("MLOPS_NB_SEQUENCES", "24"))
N_EDITS = 3
OPEN = "undecided"  # what a plan says of cells that it promises nothing of
THEMES = ("plain", "arrays", "plain", "frames", "plain", "arrays", "plots", "plain")
STOPS = (
    "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "raise KeyboardInterrupt",
    "raise RuntimeError('stop')",
    "import sys\nsys.exit(3)",
)
Run = Callable[..., Outcome]


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    made = Nursery(tmp_path_factory.mktemp("nursery"))
    yield made
    made.close()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(N_SEQUENCES))
def test_an_incremental_run_equals_a_run_from_scratch_after_every_edit(
    seed: int, tmp_path: Path, nursery: Nursery
) -> None:
    play(seed, tmp_path, partial(run_quick, nursery))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(max(4, N_SEQUENCES // 6)))
def test_so_it_does_for_tables_models_and_helper_modules(
    seed: int, tmp_path: Path, nursery: Nursery
) -> None:
    play(seed, tmp_path, partial(run_quick, nursery), themes=WORKING)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1000 + max(4, N_SEQUENCES // 10)))
def test_so_it_does_in_the_kernels_of_jupyter(seed: int, tmp_path: Path) -> None:
    play(seed, tmp_path, run_project, n_edits=2)


def test_the_sequences_restore_and_run(tmp_path: Path, nursery: Nursery) -> None:
    played = play(0, tmp_path, partial(run_quick, nursery))
    assert sum(outcome.restored for outcome in played) > 5
    assert sum(outcome.kernels for outcome in played) > 1


def play(
    seed: int,
    folder: Path,
    run: Run,
    *,
    n_edits: int = N_EDITS,
    themes: Sequence[str] = THEMES,
) -> list[Outcome]:
    """Play a sequence of edits and runs; return what the runs that restored came to."""
    draw = random.Random(seed)
    theme = themes[seed % len(themes)]
    mode = draw.choice(["stages", "all"])
    project = make_project(draw, theme)
    mine, scratch, before_run = folder / "mine", folder / "scratch", folder / "before"
    write_files(mine, project)
    played, history, past, is_hurt = [], [], [project], False
    for step in range(n_edits + 1):
        before = project
        if step:
            for _ in range(draw.choice([0, 1, 1, 2])):
                what, project = make_edit(draw, project, theme)
                history.append(f"{step}: {what}")
            if theme in WORKING and draw.random() < 0.2:
                project = draw.choice(past)
                history.append(f"{step}: back to {past.index(project)}")
            past.append(project)
            write_files(mine, project, before)
            if theme in WORKING and (what := spoil_product(draw, mine)):
                history.append(f"{step}: {what}")
        if step and draw.random() < 0.15:
            history.append(f"{step}: the store is hurt")
            hurt_store(draw, mine)
            is_hurt = True  # what is damaged is seen when it is read, after the plan
        if step and draw.random() < 0.15:
            history.append(f"{step}: a run is stopped")
            stop = LawCell(source=draw.choice(STOPS))
            run(mine, project, cache=mode, extra=stop)
        dumps = step == n_edits or draw.random() < 0.4
        copy_project(mine, before_run)
        copy_project(mine, scratch)
        clean = run(scratch, project, cache="off", dumps=dumps)
        incremental = run(mine, project, cache=mode, dumps=dumps)
        found = differences(incremental, clean)
        for _ in range(MOST_AGAIN):  # perhaps runs from scratch are not equal either
            if not found:
                break
            copy_project(before_run, scratch)
            again = run(scratch, project, cache="off", dumps=dumps)
            found = {p: t for p, t in found.items() if p not in differences(again, clean)}
        sources = "\n".join(
            f"[{i}] {c.kind} {c.stage}: {c.source!r} → {reason}"
            for i, (c, reason) in enumerate(zip(project.cells, incremental.reasons, strict=False))
        )
        assert not found, "\n".join([f"seed {seed}, {mode}", *history, *found.values(), sources])
        told = enumerate(zip(incremental.foreseen, incremental.reasons, strict=False))
        told = [(i, t, d) for i, (t, d) in told if t not in (d.partition(":")[0], OPEN)]
        wrong = [] if is_hurt else [f"cell {i}: {t}, and then {d}" for i, t, d in told]
        assert not wrong, "\n".join([f"seed {seed}, {mode}", *history, *wrong, sources])
        played.append(incremental)
    return played

"""What is said of the cells of a live kernel: fresh only where that is seen, never by a guess."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from mlops_nb.pipeline.incremental.facts import Fact, FactKind, name_fact
from mlops_nb.pipeline.incremental.live_states import may_set
from mlops_nb.pipeline.incremental.live_status import (
    Changer,
    DocumentCell,
    Execution,
    Judged,
    StageJudged,
    judge_stage,
)
from mlops_nb.pipeline.incremental.live_walk import StatusWalk

ROWS, SCORE = name_fact("rows"), name_fact("score")
DATA, HELPER = Fact(FactKind.FILE, "data.csv"), Fact(FactKind.MODULE, "helper.py")

CELLS = (
    DocumentCell(index=0, id="a", source="import pandas", touches=frozenset({"pandas"})),
    DocumentCell(index=1, id="b", source="rows = 1", stage="load", touches=frozenset({"rows"})),
    DocumentCell(
        index=2,
        id="c",
        source="score = rows",
        stage="train",
        touches=frozenset({"score"}),
        upstream=(1,),
    ),
    DocumentCell(index=3, id="d", source="print(score)", upstream=(2,)),
)


def ran(order: int, cell: int, **said: object) -> Execution:
    return Execution(order=order, source=CELLS[cell].source, **said)  # type: ignore[arg-type]


def load(order: int, digest: str = "r1") -> Execution:
    return ran(order, 1, reads={}, writes={ROWS: digest})


def train(order: int, digest: str = "r1", **more: object) -> Execution:
    return ran(order, 2, reads={ROWS: digest}, writes={SCORE: "s1"}, **more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    title: str
    executions: Mapping[int, Execution]
    expected: tuple[str, str, str, str]
    now: Mapping[Fact, str | None] = field(default_factory=dict)
    reason: tuple[int, str] = (0, "")
    between: str = ""


UNSEEN_LOAD = ran(2, 1)
CASES = [
    Case(title="nothing ran", executions={}, expected=("never",) * 4),  # type: ignore[arg-type]
    Case(
        title="all ran in order",
        executions={0: ran(1, 0), 1: load(2), 2: train(3), 3: ran(4, 3)},
        expected=("fresh", "fresh", "fresh", "fresh"),
    ),
    Case(
        title="what was restored is told as such",
        executions={1: load(2), 2: train(3, restored="the run of 2026-11-21 20:41")},
        expected=("never", "fresh", "restored", "never"),
        reason=(2, "from the run of 2026-11-21 20:41"),
    ),
    Case(
        title="a cell above that ran again and left the same changes nothing",
        executions={0: ran(1, 0), 1: load(9), 2: train(3), 3: ran(4, 3)},
        expected=("fresh", "fresh", "fresh", "fresh"),
    ),
    Case(
        title="a cell above that ran again and left something else",
        executions={0: ran(1, 0), 1: load(9, "r2"), 2: train(3), 3: ran(4, 3)},
        expected=("fresh", "fresh", "stale", "undecided"),
        reason=(2, "it reads 'rows', which stage 'load' changed"),
    ),
    Case(
        title="a cell that was fed by a cell below it is stale",
        executions={1: load(2), 2: train(3, "r7")},
        expected=("never", "fresh", "stale", "never"),
        reason=(2, "it reads 'rows', which stage 'load' changed"),
    ),
    Case(
        title="an edited cell, and what depends on it",
        executions={1: Execution(order=2, source="rows = 2"), 2: train(3), 3: ran(4, 3)},
        expected=("never", "stale", "undecided", "undecided"),
        reason=(3, "waits for stage 'load', which is stale"),
    ),
    Case(
        title="a comment is no edit",
        executions={
            1: Execution(order=2, source="rows = 1  # one", reads={}, writes={ROWS: "r1"}),
            2: train(3),
        },
        expected=("never", "fresh", "fresh", "never"),
    ),
    Case(
        title="a failed cell, and what depends on it",
        executions={1: ran(5, 1, error="ZeroDivisionError: division by zero"), 2: train(3)},
        expected=("never", "failed", "undecided", "never"),
        reason=(1, "ZeroDivisionError: division by zero"),
    ),
    Case(
        title="a running cell, and what depends on it",
        executions={1: ran(5, 1, is_over=False), 2: train(3)},
        expected=("never", "running", "undecided", "never"),
        reason=(2, "waits for stage 'load', which is running"),
    ),
    Case(
        title="what nobody watched is judged by the order: before",
        executions={1: UNSEEN_LOAD, 2: ran(3, 2), 3: ran(4, 3)},
        expected=("never", "fresh", "fresh", "fresh"),
    ),
    Case(
        title="what nobody watched is judged by the order: since",
        executions={1: ran(8, 1), 2: ran(3, 2)},
        expected=("never", "fresh", "stale", "never"),
        reason=(2, "stage 'load', which it needs, ran since"),
    ),
    Case(
        title="an unwatched cell ran since, and what it left is what was read",
        executions={1: ran(8, 1), 2: train(3)},
        now={ROWS: "r1"},
        expected=("never", "fresh", "fresh", "never"),
    ),
    Case(
        title="an unwatched cell ran since, and what it left is something else",
        executions={1: ran(8, 1), 2: train(3)},
        now={ROWS: "r2"},
        expected=("never", "fresh", "stale", "never"),
        reason=(2, "stage 'load' ran since, and may have changed 'rows'"),
    ),
    Case(
        title="what an unwatched cell left was changed by another one before it was read",
        executions={1: UNSEEN_LOAD, 2: train(5)},
        between="cell 7",
        expected=("never", "fresh", "stale", "never"),
        reason=(2, "it ran on 'rows' as cell 7 left it"),
    ),
    Case(
        title="a file that changed",
        executions={1: ran(2, 1, reads={DATA: "f1"}, writes={ROWS: "r1"})},
        now={DATA: "f2"},
        expected=("never", "stale", "never", "never"),
        reason=(1, "'data.csv' changed"),
    ),
    Case(
        title="a file that the cell itself writes",
        executions={1: ran(2, 1, reads={DATA: "f1"}, writes={ROWS: "r1", DATA: "f2"})},
        now={DATA: "f2"},
        expected=("never", "fresh", "never", "never"),
    ),
    Case(
        title="a helper that changed on the disk",
        executions={1: ran(2, 1, reads={HELPER: "h1"}, writes={ROWS: "r1"})},
        now={HELPER: "h2"},
        expected=("never", "stale", "never", "never"),
        reason=(
            1,
            "module 'helper.py' changed on the disk; a loaded module stays as it was until the "
            "kernel restarts or reloads it",
        ),
    ),
    Case(
        title="what a cell binds was bound already, by itself",
        executions={
            1: load(2),
            2: ran(3, 2, reads={ROWS: "r1", SCORE: "s0"}, writes={SCORE: "s1"}),
        },
        now={SCORE: "s1"},
        expected=("never", "fresh", "fresh", "never"),
    ),
    Case(
        title="a value without a fingerprint is judged by the order",
        executions={1: load(2, "none:1"), 2: train(3, "none:2")},
        expected=("never", "fresh", "fresh", "never"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_cells_are_judged(case: Case) -> None:
    def look(fact: Fact) -> str | None:
        return case.now[fact]

    def between(name: str, after: int, before: int) -> Changer | None:
        return Changer(label=case.between) if case.between else None

    walk = StatusWalk(case.executions, look=look, between=between)
    judged = walk.judge(CELLS)
    assert tuple(judged[cell.index].status for cell in CELLS) == case.expected
    index, reason = case.reason
    if reason:
        assert judged[index].reasons == (reason,)


def said(status: str, *reasons: str, waits_for: tuple[int, ...] = ()) -> Judged:
    return Judged(status=status, reasons=reasons, waits_for=waits_for)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([said("never", "x")], ("never", ("x",))),
        ([said("fresh"), said("restored", "y")], ("fresh", ())),
        ([said("restored", "y")], ("restored", ("y",))),
        ([said("fresh"), said("never", "x")], ("stale", ("cell 1: x",))),
        ([said("stale", "s"), said("failed", "f")], ("failed", ("cell 1: f",))),
        ([said("running"), said("failed", "f")], ("running", ())),
        ([said("undecided", "u"), said("fresh")], ("undecided", ("cell 0: u",))),
    ],
)
def test_a_stage_is_what_is_most_urgent_of_its_cells(
    cells: list[Judged], expected: tuple[str, tuple[str, ...]]
) -> None:
    judged = judge_stage(list(enumerate(cells)))
    assert (judged.status, judged.reasons) == expected


def test_a_stage_does_not_wait_for_its_own_cells() -> None:
    cells = [(4, said("stale", "s")), (5, said("undecided", "u", waits_for=(1, 4)))]
    assert judge_stage(cells) == StageJudged(status="stale", reasons=("cell 4: s",), waits_for=(1,))


IMPORTS = DocumentCell(index=0, id="i", source="import np\nk = 2", touches=frozenset({"np", "k"}))
PLAIN = DocumentCell(
    index=1, id="p", source="x = np.a(k)", reads=frozenset({"np", "k"}), upstream=(0,)
)


@pytest.mark.parametrize(
    ("before", "status"),
    [("import np\nk = 2", "fresh"), ("import np\nk = 1", "stale"), ("", "stale")],
)
def test_imports_and_constants_that_are_run_again_make_nothing_stale(
    before: str, status: str
) -> None:
    executions = {
        0: Execution(order=5, source=IMPORTS.source),
        1: Execution(order=2, source=PLAIN.source),
    }
    walk = StatusWalk(executions, look=lambda fact: None, earlier=lambda cell, order: before)
    assert walk.judge((IMPORTS, PLAIN))[1].status == status


@pytest.mark.parametrize(
    ("source", "is_told"),
    [
        ("model.fit(X)", True),
        ("fit_transform(X)", True),
        ("popt = curve_fit(f, x, y)", True),
        ("rows.sample(3)", True),
        ("xfit = np.linspace(0, 1)\nplt.plot(xfit, m * xfit + b)", False),
        ("profit = sales - costs", False),
        ("n_samples = 50", False),
        ("plt.draw()", False),
    ],
)
def test_words_of_drawing_are_not_found_in_names_of_other_things(
    source: str, is_told: bool
) -> None:
    assert may_set(source, Fact(FactKind.RANDOM, "numpy")) is is_told

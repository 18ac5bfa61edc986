"""Gates in notebooks: read before anything runs, in lines of their own, and no part of a cell."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mlops_nb.pipeline.cells import CellKind
from mlops_nb.pipeline.incremental.keys import cell_key
from notebooks import cells_of, pipeline_of

STAGE = "%%mlops_stage train --model clf --metrics accuracy\nclf = accuracy = 1\n"
WITH_ROWS = STAGE.replace("--model clf", "--model clf --eval X,y")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    source: str
    gates: tuple[tuple[str, int], ...] = ()
    found: tuple[tuple[int, int], ...] = ()


CASES = {
    "a cell of gates": Case(
        source="%mlops_gate accuracy>=90%\n\n  # mlops: gate size <= 5 MB",
        gates=(("accuracy >= 0.9", 1), ("size <= 5 MB", 3)),
    ),
    "in a stage's cell": Case(
        source="%%mlops_stage train\nx = 1\n%mlops_gate clean_run\n", gates=(("clean_run", 3),)
    ),
    "over two lines": Case(
        source="%mlops_gate accuracy >= \\\n  0.9\nx = 1", gates=(("accuracy >= 0.9", 1),)
    ),
    "timed": Case(source="%%time\n%mlops_gate clean_run", gates=(("clean_run", 2),)),
    "with a comment": Case(
        source="%mlops_gate clean_run  # the notebook is committed", gates=(("clean_run", 1),)
    ),
    "text": Case(source="s = '''\n%mlops_gate nonsense\n# mlops: gate nonsense\n'''"),
    "another language": Case(source="%%bash\n%mlops_gate nonsense\n# mlops: gate nonsense"),
    "markup of another kind": Case(source="# mlops: stage gates\nx = 1"),
    "misspelt metric": Case(source="%mlops_gate accurcy >= 0.9 (ci 95%)", found=((1, 12),)),
    "no expression": Case(source="x = 1\n%mlops_gate", found=((2, 0),)),
    "interpolated": Case(source="%mlops_gate accuracy >= $limit", found=((1, 24),)),
    "braces": Case(source="%mlops_gate accuracy >= {limit}", found=((1, 24),)),
    "inside an if": Case(source="if x:\n    %mlops_gate clean_run", found=((2, 0),)),
    "assigned": Case(source="x = %mlops_gate clean_run", found=((1, 0),)),
    "behind code": Case(source="x = 1  # mlops: gate clean_run", found=((1, 0),)),
    "as a cell magic": Case(source="%%mlops_gate\nclean_run", found=((1, 0),)),
    "a near magic": Case(source="x = 1\n%mlops_gates clean_run", found=((2, 0),)),
    "a near comment": Case(source="# MLOps: gates clean_run", found=((1, 0),)),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_gates_are_read_where_they_stand_alone(case: Case) -> None:
    pipeline = pipeline_of("x = 1", f"{WITH_ROWS}", case.source)

    assert tuple((str(gate.gate), gate.line) for gate in pipeline.gates) == case.gates
    faults = [d for d in pipeline.diagnostics if d.code == "MNB221"]
    assert tuple((d.line, d.column) for d in faults) == case.found
    assert all(d.cell == 2 and d.severity == "error" for d in faults)


def test_a_gate_is_no_part_of_its_cell() -> None:
    plain, gated, otherwise = cells_of(
        ["x = load()", "x = load()\n%mlops_gate a >= 1", "x = load()\n%mlops_gate {b} <= 2"]
    )
    keys = {cell_key(cell.code) for cell in (plain, gated, otherwise) if cell.code is not None}

    assert len(keys) == 1
    assert pipeline_of("x = 1\nb = 2", otherwise.source).flows[1].reads == ("load",)


def test_a_cell_of_gates_is_set_up_and_one_that_is_skipped_says_nothing() -> None:
    pipeline = pipeline_of("%mlops_gate clean_run", "%mlops_gate a >= 1", tags={1: ["skip"]})

    assert pipeline.kinds[0] is CellKind.SETUP
    assert [str(gate.gate) for gate in pipeline.gates] == ["clean_run"]


@pytest.mark.parametrize(
    ("stage", "gate", "told"),
    [
        (STAGE, "accuracy >= 0.9", ""),
        (STAGE, "loss <= 0.9", ""),
        (STAGE, "acuracy >= 0.9", "The nearest that one logs is 'accuracy'."),
        (f"{STAGE}mlflow.log_metric('acuracy', 1)", "acuracy >= 0.9", ""),
        (STAGE, "auc >= champion", "--eval X_test,y_test"),
        (WITH_ROWS, "auc >= champion", ""),
        (STAGE, "fairness tpr difference <= 0.1 by sex", "--eval X_test,y_test"),
        (STAGE, "size <= 5 MB", ""),
        ("accuracy = 1", "size <= 5 MB", "--model clf"),
        ("accuracy = 1", "clean_run", ""),
    ],
)
def test_a_gate_that_can_only_fail_is_told_of(stage: str, gate: str, told: str) -> None:
    pipeline = pipeline_of("X = y = 1", stage, f"%mlops_gate {gate}")

    found = [d for d in pipeline.diagnostics if d.code == "MNB222"]
    assert len(found) == bool(told)
    assert all(told in d.remedy and d.severity == "warning" and d.cell == 2 for d in found)

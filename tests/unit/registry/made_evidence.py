"""Evidence of made-up models on made-up rows, of which all is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scored_data import binary

from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.gates.parsing import parse_gate
from mlops_nb.pipeline.records import RunRecord, StageRecord
from mlops_nb.registry.answers import Answers
from mlops_nb.registry.evaluation import judge
from mlops_nb.registry.evidence import EvaluationRows, Evidence, ModelEvidence, RunEvidence
from mlops_nb.registry.report import GateOutcome

TARGET, GOOD = binary(400, skill=4.0)
_, POOR = binary(400, 0, skill=1.0)
FEATURES = pd.DataFrame(
    {
        "sex": np.tile(["F", "M"], 200),
        "age": np.linspace(18, 80, 400),
        "band": pd.Categorical(np.where(np.arange(400) < 390, "old", "young"), ["old", "young"]),
        "flag": np.arange(400) % 2 == 0,
        "code": np.repeat([1.0, 2.0], 200),
    }
)
ROWS = EvaluationRows(
    names=("X_test", "y_test"), features=FEATURES, target=TARGET, digest="sha256:rows"
)
RECORD = RunRecord(
    run_id="r1",
    notebook="n.ipynb",
    output=None,
    status="completed",
    stages=(StageRecord(name=StageName("train"), action="run", reason=""),),
)
RUN = RunEvidence(door="headless", commit="a" * 40, is_dirty=False, record=RECORD)
CANDIDATE = ModelEvidence(
    name="churn@2",
    digest="sha256:two",
    answers=GOOD,
    latencies_s={1: np.linspace(0.001, 0.1, 100)},
    size_bytes=2_000_000,
)
CHAMPION = ModelEvidence(
    name="churn@1",
    digest="sha256:one",
    answers=POOR,
    latencies_s={1: np.full(100, 0.05)},
    size_bytes=1_000_000,
)
EVIDENCE = Evidence(
    candidate=CANDIDATE,
    champion=CHAMPION,
    evaluation=ROWS,
    metrics={"accuracy": 0.93, "val.loss": 0.2, "broken": float("nan")},
    run=RUN,
)
FIRST = replace(EVIDENCE, champion=None)


def answered(gate: str, evidence: Evidence = EVIDENCE) -> GateOutcome:
    """Return how a gate turns out."""
    return judge(parse_gate(gate), evidence)


def with_answers(answers: Answers | None, **said: Any) -> Evidence:
    """Return the evidence with other answers of the candidate."""
    return replace(EVIDENCE, candidate=replace(CANDIDATE, answers=answers, **said))


def with_rows(**said: Any) -> Evidence:
    """Return the evidence with other evaluation rows."""
    return replace(EVIDENCE, evaluation=replace(ROWS, **said))

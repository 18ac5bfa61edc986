"""Facts about model versions, as tests of cards and comparisons need them."""

from __future__ import annotations

from datetime import UTC, datetime

from mlops_nb.registry.comparison.facts import ColumnFacts, DataFacts, ModelFacts, RunOrigin
from mlops_nb.registry.interval import Interval
from mlops_nb.registry.report import GateOutcome, GateReport, SliceOutcome

HOSTILE = '<img src=x onerror="alert(1)"> | [x](javascript:alert(1)) @team `code` \x1b[2J'
MOMENT = datetime(2026, 11, 22, 3, 15, tzinfo=UTC)


def made_facts(version: int = 2, *, name: str = "churn", text: str = "plain") -> ModelFacts:
    """Return a version with something in every place; `text` is what users chose."""
    return ModelFacts(
        name=name,
        version=version,
        aliases=("champion",),
        created=MOMENT,
        digest=f"sha256:{version:064x}",
        source="models:/m-1",
        class_name=text,
        flavour="sklearn",
        serialization="cloudpickle",
        pickle_reason=text,
        python="3.11.7",
        metrics={text: 0.5, "accuracy": 0.9 + version / 100},
        params={text: text},
        signature={"inputs": [{"name": text, "type": "double"}], "outputs": [{"type": "long"}]},
        requirements=(f"{text}==1",),
        evaluation=(DataFacts(name=text, role="features", n_rows=40, digest="sha256:ab"),),
        columns=(ColumnFacts(name=text, kind="category", missing=0.1, described=text),),
        size_bytes=1234,
        notes=(text,),
        run=RunOrigin(
            run_id="0123456789abcdef",
            address="http://127.0.0.1:5000/#/runs/0123456789abcdef",
            notebook=text,
            stage=text,
            door="interactive",
            user=text,
            commit="abc",
            branch=text,
            is_dirty=True,
        ),
        report=made_report(text, version=version),
    )


def made_report(text: str = "plain", *, version: int = 2) -> GateReport:
    """Return a report with a passed, a failed and a skipped gate."""
    one = SliceOutcome(name=f"sex = {text}", n_rows=20, verdict="failed", value=0.5, reason=text)
    return GateReport(
        candidate=f"churn@{version}",
        candidate_digest=f"sha256:{version:064x}",
        champion="churn@1",
        champion_digest=f"sha256:{1:064x}",
        n_rows=40,
        outcomes=(
            GateOutcome(
                gate="roc_auc >= champion - 0.01 (ci 95%)",
                verdict="passed",
                reason="It holds.",
                value=0.9,
                champion=0.8,
                interval=Interval(low=0.01, high=0.2, method="delong"),
                n_rows=40,
            ),
            GateOutcome(
                gate=f"recall >= 0.9 by {text}", verdict="failed", reason=text, slices=(one,)
            ),
            GateOutcome(gate="drift psi <= 0.2", verdict="skipped", reason="There is no champion."),
        ),
    )

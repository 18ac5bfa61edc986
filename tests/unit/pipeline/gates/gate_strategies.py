"""Gates of every kind, for laws of the language."""

from __future__ import annotations

from hypothesis import strategies as st

from mlops_nb.pipeline.gates.gate import (
    Bound,
    CleanRunGate,
    DriftGate,
    FairnessGate,
    Gate,
    LatencyGate,
    MetricGate,
    PytestGate,
    RowOverlapGate,
    SchemaGate,
    SizeGate,
    SliceColumn,
)
from mlops_nb.pipeline.gates.metrics import METRICS, find_metric
from mlops_nb.pipeline.gates.rates import RATES

names = st.one_of(
    st.text(min_size=1, max_size=12).filter(str.strip),
    st.sampled_from(["val.acc", "top-1", "champion", "by", "it's", 'a"b', "size", "latency_p95"]),
)
finite = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12).map(
    lambda number: number + 0.0
)
positive = st.floats(min_value=1e-9, max_value=1e12)
shares = st.floats(min_value=1e-6, max_value=1, exclude_max=True)
counts = st.integers(1, 10**9)
columns = st.builds(SliceColumn, name=names, value=st.none() | names | st.just("-3"))
slicings = st.lists(columns, min_size=1, max_size=3, unique_by=lambda column: column.name).map(
    tuple
)
by = st.lists(slicings, max_size=3, unique=True).map(tuple)
groups = (
    st.lists(
        st.lists(st.builds(SliceColumn, name=names), min_size=1, max_size=2, unique=True).map(
            tuple
        ),
        min_size=1,
        max_size=2,
        unique=True,
    )
).map(tuple)
upper = st.sampled_from(["<=", "<"])
labels = st.none() | names | st.just("1")


@st.composite
def bounds(draw: st.DrawFn, offsets: st.SearchStrategy[float]) -> Bound:
    if draw(st.booleans()):
        return Bound(offset=draw(offsets))
    return Bound(offset=draw(offsets | st.just(0.0)), factor=draw(st.just(1.0) | positive))


@st.composite
def metric_gates(draw: st.DrawFn) -> MetricGate:
    """Return a gate on a metric; scored or logged, never against its direction."""
    if draw(st.booleans()):
        name = draw(names.filter(lambda name: find_metric(name) is None))
        operator = draw(st.sampled_from([">=", "<=", ">", "<"]))
        return MetricGate(metric=name, operator=operator, bound=Bound(offset=draw(finite)))
    metric = METRICS[draw(st.sampled_from(sorted(METRICS)))]
    operator = draw(st.sampled_from([">=", ">"] if metric.greater_is_better else ["<=", "<"]))
    within = st.floats(max(metric.low, -1e9), min(metric.high, 1e9)).map(lambda n: n + 0.0)
    bound = Bound(offset=draw(within))
    if draw(st.booleans()):
        bound = Bound(offset=draw(finite), factor=draw(st.just(1.0) | positive))
    return MetricGate(
        metric=metric.name,
        operator=operator,
        bound=bound,
        by=draw(by),
        confidence=draw(st.none() | shares),
        min_rows=draw(st.none() | counts),
        positive=draw(labels),
        scored=True,
    )


@st.composite
def fairness_gates(draw: st.DrawFn) -> FairnessGate:
    comparison = draw(st.sampled_from(["difference", "ratio"]))
    return FairnessGate(
        rate=draw(st.sampled_from(sorted(RATES))),
        comparison=comparison,
        operator=draw(upper if comparison == "difference" else st.sampled_from([">=", ">"])),
        limit=draw(st.floats(0, 1).map(lambda number: number + 0.0)),
        by=draw(groups),
        confidence=draw(st.none() | shares),
        min_rows=draw(st.none() | counts),
        positive=draw(labels),
    )


overlap_gates = st.lists(names, min_size=2, max_size=2, unique=True).flatmap(
    lambda pair: st.builds(
        RowOverlapGate,
        seen=st.just(pair[0]),
        held_out=st.just(pair[1]),
        at_most=st.just(0.0) | shares,
    )
)
gates: st.SearchStrategy[Gate] = st.one_of(
    metric_gates(),
    fairness_gates(),
    st.builds(
        LatencyGate,
        percentile=st.sampled_from([50.0, 95.0, 99.0, 99.9]),
        operator=upper,
        bound=bounds(positive),
        batch_rows=counts,
    ),
    st.builds(SizeGate, operator=upper, bound=bounds(positive)),
    st.just(SchemaGate()),
    st.builds(DriftGate, statistic=st.sampled_from(["psi", "ks"]), operator=upper, limit=shares),
    st.just(CleanRunGate()),
    overlap_gates,
    st.sampled_from(["tests/a.py::test_b", "a b.py", "t.py::T::test_x[1-é]"]).map(
        lambda node: PytestGate(node=node)
    ),
)

"""Gates on what is measured around a model: latency, size, drift."""

from __future__ import annotations

import re

from mlops_nb.pipeline.gates.bounds import read_bound, require_upper
from mlops_nb.pipeline.gates.gate import DriftGate, LatencyGate, SizeGate
from mlops_nb.pipeline.gates.quantity import to_float
from mlops_nb.pipeline.gates.reading import TokenReader

_LATENCY = re.compile(r"latency_p(\d{1,2}(?:\.\d+)?)", re.ASCII)


def read_latency(reader: TokenReader) -> LatencyGate:
    """Read ``latency_p95 <= 20 ms (batch 8 rows)``."""
    found = _LATENCY.fullmatch(reader.token.text)
    percentile = to_float(found[1]) if found else 0.0
    if not 0 < percentile < 100:
        fault = f"{reader.token.text!r} names no percentile."
        raise reader.error(fault, "Write latency_p50, latency_p95 or latency_p99.", code="MNB702")
    name = reader.take().text
    operator, token = reader.take_operator()
    require_upper(reader, name, token)
    bound = read_bound(reader, "duration")
    batch_rows = 1
    if reader.token.is_mark("("):
        reader.take()
        reader.take_word(["batch"], "the option 'batch'")
        batch_rows = reader.take_count()
        if not reader.token.is_mark(")"):
            raise reader.expected("a closing parenthesis", "Close it.")
        reader.take()
    return LatencyGate(percentile=percentile, operator=operator, bound=bound, batch_rows=batch_rows)


def read_size(reader: TokenReader) -> SizeGate:
    """Read what follows ``size``: ``<= 50 MB``."""
    operator, token = reader.take_operator()
    require_upper(reader, "size", token)
    return SizeGate(operator=operator, bound=read_bound(reader, "size"))


def read_drift(reader: TokenReader) -> DriftGate:
    """Read what follows ``drift``: ``psi <= 0.2``."""
    statistic = reader.take_word(["psi", "ks"], "'psi' or 'ks'")
    operator, token = reader.take_operator()
    require_upper(reader, f"drift {statistic}", token)
    number = reader.token
    limit = reader.take_number()
    if limit < 0 or (statistic == "ks" and limit > 1):
        most = " and 1" if statistic == "ks" else " and more"
        fault = f"{statistic} lies between 0{most}, never beyond {limit:g}."
        raise reader.error(fault, "Write one such as 0.2.", code="MNB705", token=number)
    return DriftGate(
        statistic="psi" if statistic == "psi" else "ks", operator=operator, limit=limit
    )

"""Gates on metrics and on their fairness: names, direction, slices, options."""

from __future__ import annotations

from typing import Any

from mlops_nb.errors import nearest
from mlops_nb.pipeline.gates.bounds import read_bound
from mlops_nb.pipeline.gates.gate import FairnessGate, MetricGate, SliceColumn, Slicing
from mlops_nb.pipeline.gates.metrics import Metric, find_metric, metric_names
from mlops_nb.pipeline.gates.rates import find_rate, rate_names
from mlops_nb.pipeline.gates.reading import TokenReader
from mlops_nb.pipeline.gates.tokens import GateError, Token

_OPTIONS = ("ci", "min", "positive", "scored", "sanity")


def read_metric(reader: TokenReader) -> MetricGate:
    """Read ``recall >= 0.8 by sex (min 30 rows)``."""
    name = reader.take_name("a metric")
    operator, operator_token = reader.take_operator()
    bound_token = reader.token
    bound = read_bound(reader)
    by, options = _read_rest(reader, _OPTIONS)
    gate = MetricGate(metric=name.text, operator=operator, bound=bound, by=by, **options)
    metric = find_metric(name.text)
    _check_options(reader, gate, metric, name)
    _check_direction(reader, gate, metric, operator_token)
    if not gate.is_scored:
        return gate
    if metric is None:
        raise reader.error(
            f"{name.text!r} is no metric that can be computed on the evaluation data.",
            nearest(name.text, metric_names()),
            code="MNB702",
            token=name,
        )
    if bound.factor is None and not metric.low <= bound.offset <= metric.high:
        fault = f"{metric.name} lies between {metric.low:g} and {metric.high:g}."
        percent = 1 < bound.offset <= 100 and metric.high == 1
        remedy = f"Write {bound.offset:g}%." if percent else "Write a value that it can have."
        raise reader.error(fault, remedy, code="MNB705", token=bound_token)
    return MetricGate(metric=metric.name, operator=operator, bound=bound, by=by, **options)


def read_fairness(reader: TokenReader) -> FairnessGate:
    """Read what follows ``fairness``: ``selection_rate difference <= 0.1 by sex``."""
    name = reader.take_name("a rate")
    rate = find_rate(name.text)
    if rate is None:
        fault = f"{name.text!r} is no rate that fairness is measured by."
        raise reader.error(fault, nearest(name.text, rate_names()), code="MNB702", token=name)
    word = reader.take_word(["difference", "ratio"], "'difference' or 'ratio'")
    operator, token = reader.take_operator()
    if operator.startswith(">") is (word == "difference"):
        fault = f"a {word} is better the {'smaller' if word == 'difference' else 'larger'} it is."
        remedy = f"Write {'<=' if word == 'difference' else '>='}."
        raise reader.error(fault, remedy, code="MNB703", token=token)
    number = reader.token
    if number.is_word("champion"):
        fault = "fairness is held against a number, not against the champion."
        raise reader.error(fault, "Write one such as 0.1.", code="MNB704")
    limit = reader.take_number()
    if not 0 <= limit <= 1:
        fault = f"a {word} of rates lies between 0 and 1."
        raise reader.error(fault, "Write one such as 0.1.", code="MNB705", token=number)
    by, options = _read_rest(reader, ("ci", "min", "positive"))
    if not by:
        raise reader.expected("'by' and a column", "Name the groups: by sex")
    for slicing in by:
        if any(column.value is not None for column in slicing):
            fault = "one value alone is no groups to compare."
            raise reader.error(fault, "Name the column without a value.", token=name)
    return FairnessGate(
        rate=rate,
        comparison="difference" if word == "difference" else "ratio",
        operator=operator,
        limit=limit,
        by=by,
        **options,
    )


def _read_rest(
    reader: TokenReader, allowed: tuple[str, ...]
) -> tuple[tuple[Slicing, ...], dict[str, Any]]:
    """Return the slicings and the options, which may stand in any order."""
    by: tuple[Slicing, ...] = ()
    options: dict[str, Any] = {}
    while True:
        if reader.token.is_word("by"):
            if by:
                raise reader.error("'by' is said twice.", "Name all columns behind the first.")
            reader.take()
            by = _read_slicings(reader)
        elif reader.token.is_mark("("):
            _read_options(reader, allowed, options)
        else:
            return by, options


def _read_slicings(reader: TokenReader) -> tuple[Slicing, ...]:
    slicings = [_read_slicing(reader)]
    while reader.token.is_mark(","):
        reader.take()
        token = reader.token
        slicings.append(_read_slicing(reader))
        if slicings[-1] in slicings[:-1]:
            raise reader.error("a slice is named twice.", "Name it once.", token=token)
    return tuple(slicings)


def _read_slicing(reader: TokenReader) -> Slicing:
    columns: list[SliceColumn] = []
    while True:
        token = reader.take_name("a column")
        if token.text in [column.name for column in columns]:
            raise reader.error(
                f"{token.text!r} is crossed with itself.", "Name it once.", token=token
            )
        value = None
        if reader.token.is_mark("=", "=="):
            reader.take()
            value = reader.take_value("a value of the column")
        columns.append(SliceColumn(name=token.text, value=value))
        if not reader.token.is_mark("*"):
            return tuple(columns)
        reader.take()


def _read_options(reader: TokenReader, allowed: tuple[str, ...], options: dict[str, Any]) -> None:
    reader.take()
    while True:
        token = reader.token
        if token.is_word(*_OPTIONS) and token.text not in allowed:
            fault = f"the option {token.text!r} has no effect on such a gate."
            raise reader.error(fault, "Remove it.", code="MNB704")
        word = reader.take_word(allowed, "an option")
        key = {"ci": "confidence", "min": "min_rows"}.get(word, word)
        if key in options:
            raise reader.error(f"{word!r} is said twice.", "Say it once.", token=token)
        match word:
            case "ci":
                options[key] = reader.take_percentage("the confidence")
            case "min":
                options[key] = reader.take_count()
            case "positive":
                options[key] = reader.take_value("the label that counts as positive")
            case _:
                options[key] = True
        if reader.token.is_mark(")"):
            reader.take()
            return
        if not reader.token.is_mark(","):
            raise reader.expected("a comma or a closing parenthesis", "Close the parenthesis.")
        reader.take()


def _check_options(
    reader: TokenReader, gate: MetricGate, metric: Metric | None, name: Token
) -> None:
    """Raise for an option that would have no effect."""
    if not gate.is_scored:
        for word, said in (("min", gate.min_rows), ("positive", gate.positive)):
            if said is not None:
                raise _without_effect(
                    reader,
                    name,
                    f"the option {word!r} needs evaluation data, and {gate.metric!r} is a logged"
                    " metric here.",
                    "Add the option 'scored' to compute it, or remove the option.",
                )
    if gate.sanity and (metric is None or gate.bound.factor is not None or _is_right(gate, metric)):
        fault = "the option 'sanity' is for a number that a metric should be no better than."
        raise _without_effect(reader, name, fault, "Remove it.")


def _without_effect(reader: TokenReader, token: Token, fault: str, remedy: str) -> GateError:
    return reader.error(fault, remedy, code="MNB704", token=token)


def _check_direction(
    reader: TokenReader, gate: MetricGate, metric: Metric | None, token: Token
) -> None:
    """Raise for a gate that a worse model passes more easily."""
    if metric is None or gate.sanity or _is_right(gate, metric):
        return
    right = "more" if metric.greater_is_better else "less"
    turned = token.text.translate(str.maketrans("<>", "><"))
    bound = gate.bound.render()
    remedy = f"Write {gate.metric} {turned} {bound}"
    if gate.bound.factor is None:
        remedy += ", or add the option 'sanity' if a better one would be too good to be true"
    fault = f"{right} is better of {gate.metric!r}, and {token.text!r} asks for the other."
    raise reader.error(fault, remedy + ".", code="MNB703", token=token)


def _is_right(gate: MetricGate, metric: Metric) -> bool:
    return gate.operator.startswith(">") is metric.greater_is_better

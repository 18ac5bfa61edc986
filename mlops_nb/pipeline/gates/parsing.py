"""What does this line demand? The one parser of the gate language.

    GATE    = METRIC | FAIRNESS | LATENCY | SIZE | "schema compatible" | DRIFT | "clean_run"
            | "no_row_overlap" NAME "," NAME [ "(at most 1%)" ] | "pytest" FILE [ "::" TEST ]
    METRIC  = NAME OP BOUND { BY | "(" OPTION { "," OPTION } ")" }
    BOUND   = NUMBER | "champion" [ "*" NUMBER ] [ ( "+" | "-" ) NUMBER ]
    BY      = "by" SLICING { "," SLICING }            each slicing for itself
    SLICING = COLUMN { "*" COLUMN }                   crossed
    COLUMN  = NAME [ "=" VALUE ]                      all values, or the rows that have this one
    OPTION  = "ci 95%" | "min 30 rows" | "positive VALUE" | "scored" | "sanity"

``str(gate)`` is the gate's plain form, and reads back as the same gate. Codes: MNB701 what is
written is no gate, MNB702 a word that is not known there, MNB703 the wrong direction, MNB704 an
option that does not go with the gate, MNB705 a number that cannot be.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mlops_nb.errors import nearest
from mlops_nb.pipeline.gates.gate import (
    CleanRunGate,
    Gate,
    PytestGate,
    RowOverlapGate,
    SchemaGate,
)
from mlops_nb.pipeline.gates.measured import read_drift, read_latency, read_size
from mlops_nb.pipeline.gates.metric_gates import read_fairness, read_metric
from mlops_nb.pipeline.gates.reading import TokenReader
from mlops_nb.pipeline.gates.tokens import GateError

__all__ = ["GateError", "parse_gate"]

_PYTEST = re.compile(r"\s*pytest(?:\s+(?P<node>.*?))?(?:\s+#.*)?\s*", re.DOTALL)
_KINDS: dict[str, Callable[[TokenReader], Gate]] = {
    "fairness": read_fairness,
    "size": read_size,
    "drift": read_drift,
}
_ALONE = ("clean_run", "no_row_overlap", "schema", "fairness", "drift", "size", "pytest")


def parse_gate(text: str, *, place: str = "") -> Gate:
    """Return the gate that `text` says.

    Parameters
    ----------
    text : str
        One gate; what follows a ``#`` is a comment.
    place : str
        Where it stands, for errors: ``"--gate"``, ``"churn.ipynb, cell 7"``.

    Raises
    ------
    GateError
        MNB701 to MNB705.

    Examples
    --------
    >>> gate = parse_gate("auc >= champion - 0.005 (ci 95%)")
    >>> gate.metric, gate.bound.offset, gate.confidence
    ('roc_auc', -0.005, 0.95)
    >>> str(parse_gate("latency_p95<=0.02s"))
    'latency_p95 <= 20 ms'
    """
    if found := _PYTEST.fullmatch(text):
        return _read_pytest(found["node"] or "", text, place=place)
    reader = TokenReader(text, place=place)
    gate = _read_gate(reader)
    reader.take_end()
    return gate


def _read_gate(reader: TokenReader) -> Gate:
    first = reader.token
    if first.kind == "number" or first.is_mark("-"):
        _refuse_turned_round(reader)
    if first.kind not in ("word", "quoted"):
        raise reader.expected("a metric or a kind of gate", "Write it as in: accuracy >= 0.9")
    if first.kind == "word":
        if first.text in _KINDS:
            reader.take()
            return _KINDS[first.text](reader)
        if first.text.startswith("latency"):
            return read_latency(reader)
        if first.text == "schema":
            reader.take()
            reader.take_word(["compatible"], "the word 'compatible'")
            return SchemaGate()
        if first.text == "clean_run":
            reader.take()
            _refuse_comparison(reader)
            return CleanRunGate()
        if first.text == "no_row_overlap":
            reader.take()
            return _read_overlap(reader)
        _refuse_near_miss(reader)
    return read_metric(reader)


def _read_pytest(node: str, text: str, *, place: str) -> PytestGate:
    start = text.index("pytest")
    file, separator, test = node.partition("::")
    if not file.endswith(".py") or "\n" in node or (separator and not test):
        raise GateError(
            "MNB701",
            place,
            f"{node!r} names no test of pytest." if node else "the gate names no test.",
            "Write a file and a test: pytest tests/test_model.py::test_monotone",
            text,
            text.index(node) if node else start,
            text.index(node) + len(node) if node else start + len("pytest"),
        )
    return PytestGate(node=node)


def _read_overlap(reader: TokenReader) -> RowOverlapGate:
    seen = reader.take_name("the name of a data set").text
    if not reader.token.is_mark(","):
        raise reader.expected("a comma", "Name two data sets: no_row_overlap train, eval")
    reader.take()
    held_out = reader.take_name("the name of a data set")
    if held_out.text == seen:
        fault = f"{seen!r} is compared with itself."
        raise reader.error(fault, "Name two data sets.", code="MNB705", token=held_out)
    at_most = 0.0
    if reader.token.is_mark("("):
        reader.take()
        reader.take_word(["at"], "the option 'at most'")
        reader.take_word(["most"], "the word 'most'")
        at_most = reader.take_percentage("the share")
        if not reader.token.is_mark(")"):
            raise reader.expected("a closing parenthesis", "Close it.")
        reader.take()
    return RowOverlapGate(seen=seen, held_out=held_out.text, at_most=at_most)


def _refuse_comparison(reader: TokenReader) -> None:
    if reader.token.kind == "mark":
        fault = f"'clean_run' is compared with nothing, and {reader.token.text!r} follows."
        raise reader.error(fault, "Write clean_run alone.")


def _refuse_turned_round(reader: TokenReader) -> None:
    """Raise for ``0.9 <= accuracy``, with the gate turned round."""
    first = reader.token
    number = reader.take_number()
    turned = {">=": "<=", "<=": ">=", ">": "<", "<": ">"}
    remedy = "Write it as in: accuracy >= 0.9"
    if reader.token.kind == "mark" and reader.token.text in turned:
        operator = turned[reader.take().text]
        if reader.token.kind in ("word", "quoted"):
            remedy = f"Write {reader.token.text} {operator} {number:g}."
    raise reader.error("a gate begins with what is measured.", remedy, token=first)


def _refuse_near_miss(reader: TokenReader) -> None:
    """Raise where a word without an operator must be a kind of gate, spelt otherwise."""
    first, second = reader.token, reader.following
    is_metric = second.kind == "mark" and bool(set(second.text) & set("<>=!"))
    if is_metric or second.kind == "number":
        return
    joined = f"{first.text}_{second.text}" if second.kind == "word" else first.text
    for word in (first.text, joined):
        hint = nearest(word.lower().replace("-", "_"), _ALONE)
        if hint.startswith("The nearest"):
            fault = f"{first.text!r} begins no gate."
            raise reader.error(fault, hint, code="MNB702")

"""Which gates does a cell declare? ``%mlops_gate EXPR`` and ``# mlops: gate EXPR``, a line each.

A gate is fixed text, read before anything runs: it stands on a line of its own, inside no other
code, and no ``$name`` or ``{name}`` in it is filled in. It changes nothing in its cell, so it is
no part of the cell's key; any code cell may have some, a stage's too.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from mlops_nb.errors import nearest
from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.gates.gate import Gate
from mlops_nb.pipeline.gates.parsing import parse_gate
from mlops_nb.pipeline.gates.tokens import GateError

MAGIC = "mlops_gate"
_COMMENT = re.compile(r"#[ \t]*mlops:[ \t]*gate(?:[ \t]+(?P<text>.*?))?[ \t\r]*")
_NEAR_COMMENT = re.compile(r"#[ \t]*(?i:ml_?ops)[ \t]*:[ \t]*(?i:gates?)\b.*")
_INSIDE = "the gate stands inside other code, and gates are read before anything runs."
_EMPTY = "the line says no gate."
_OURS = ("mlops_check", "mlops_gate", "mlops_graph", "mlops_promote", "mlops_run")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookGate:
    """A gate in a notebook; `line` is 1-based in the source of cell `cell`."""

    gate: Gate
    cell: int
    line: int


def read_gates(cell: Cell) -> tuple[list[NotebookGate], list[Diagnostic]]:
    """Return the gates of a cell, and MNB221 for lines that should be one and cannot be read."""
    gates: list[NotebookGate] = []
    found: list[Diagnostic] = []
    if cell.code is None or "mlops" not in cell.source.lower():
        return gates, found
    lines = cell.source.split("\n")
    said, found = _said_in_comments(cell)
    for number, text, is_alone in sorted([*cell.code.gates, *said]):
        if not is_alone:
            found.append(_finding(cell, number, _INSIDE, "Put it on a line of its own."))
            continue
        try:
            gates.append(NotebookGate(gate=parse_gate(text), cell=cell.index, line=number))
        except GateError as error:
            column = max(lines[number - 1].find(text), 0) + error.span[0]
            fault = error.fault if text else _EMPTY
            found.append(_finding(cell, number, fault, error.remedy, column=column))
    return gates, [*found, *_near_magics(cell, lines)]


def _finding(cell: Cell, line: int, fault: str, remedy: str, *, column: int = 0) -> Diagnostic:
    return Diagnostic(
        code="MNB221",
        severity="error",
        cell=cell.index,
        line=line,
        column=column,
        message=fault,
        remedy=remedy,
    )


def _said_in_comments(cell: Cell) -> tuple[list[tuple[int, str, bool]], list[Diagnostic]]:
    """Return line and text of the gates that comments declare, and comments that nearly do."""
    said: list[tuple[int, str, bool]] = []
    found: list[Diagnostic] = []
    for number, comment, is_alone in _comments(cell):
        if match := _COMMENT.fullmatch(comment):
            said.append((number, match["text"] or "", is_alone))
        elif _NEAR_COMMENT.fullmatch(comment):
            fault = f"{comment!r} declares no gate."
            found.append(_finding(cell, number, fault, "Write it as # mlops: gate EXPR."))
    return said, found


def _comments(cell: Cell) -> Iterator[tuple[int, str, bool]]:
    """Yield the comments of a cell: line, text, and whether nothing stands before it."""
    if cell.code is None or "ops:" not in cell.source.lower().replace(" ", ""):
        return
    try:
        for token in tokenize.generate_tokens(io.StringIO(cell.code.python).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string, not token.line[: token.start[1]].strip()
    except (tokenize.TokenError, SyntaxError):
        return


def _near_magics(cell: Cell, lines: list[str]) -> Iterator[Diagnostic]:
    """Yield findings on magics that were meant as a gate and are none."""
    for magic in () if cell.code is None else cell.code.magics:
        word = magic.lstrip("%")
        number = next((n for n, text in enumerate(lines, 1) if text.strip().startswith(magic)), 1)
        if magic == f"%%{MAGIC}":
            remedy = "Write %mlops_gate, with one %, in front of each gate."
            yield _finding(cell, number, "there is no cell magic '%%mlops_gate'.", remedy)
        elif magic.startswith("%mlops_") and word not in _OURS:
            yield _finding(cell, number, f"there is no magic {magic!r}.", nearest(word, _OURS))

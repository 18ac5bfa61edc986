"""What does ``%mlops_gate`` show in a live kernel? What is known now, and what a run will decide.

A gate on a logged metric is held against what the stages of this kernel logged last. The others
need a package, evaluation data and the champion, which a headless run has: they say so. The lines
of one cell are one table. In a headless run the magic shows nothing; the runner decides the gates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from mlops_nb.errors import nearest
from mlops_nb.pipeline.gates.gate import Gate, MetricGate
from mlops_nb.pipeline.gates.parsing import parse_gate
from mlops_nb.pipeline.gates.requirements import told_needs
from mlops_nb.pipeline.gates.shown import show
from mlops_nb.registry.verdicts import compare_text, holds

_MARKS = {"passed": "✓", "failed": "✗", "later": "·"}
_SHADES = {"passed": "#116329", "failed": "#a40e26", "later": "#59636e"}
_CELL = "padding:.2em .8em .2em 0;text-align:left;vertical-align:top"
_LATER = "mlops-nb run NOTEBOOK --register NAME decides what is told as later."


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveVerdict:
    """A gate as a live kernel knows it: ``"passed"``, ``"failed"``, or ``"later"``."""

    gate: Gate
    verdict: str
    value: str
    reason: str


class GateTable:
    """Gates of one cell; shows itself as text and as HTML."""

    def __init__(self, verdicts: tuple[LiveVerdict, ...]) -> None:
        self.verdicts = verdicts

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": self.to_text(), "text/html": self.to_html()}

    def to_text(self) -> str:
        lines = []
        for one in self.verdicts:
            value = f"  =  {one.value}" if one.value else ""
            lines.append(f"{_MARKS[one.verdict]} {one.verdict:<7} {one.gate}{value}")
            if one.verdict != "passed":
                lines.append(f"          {one.reason}")
        return "\n".join([*lines, *self._notes()])

    def to_html(self) -> str:
        rows = "".join(
            f'<tr style="background:none"><td style="{_CELL}"><span style="background:'
            f"{_SHADES[one.verdict]};color:#fff;border-radius:.6em;padding:.05em .6em;"
            f'white-space:nowrap">{one.verdict}</span></td><th scope="row" style="{_CELL};'
            f'font-weight:normal"><code>{escape(str(one.gate))}</code></th>'
            f'<td style="{_CELL}">{escape(one.value)}</td>'
            f'<td style="{_CELL}">{escape(one.reason)}</td></tr>'
            for one in self.verdicts
        )
        notes = "".join(f'<p style="margin:.2em 0">{escape(note)}</p>' for note in self._notes())
        return (
            '<div style="overflow-x:auto"><table style="border-collapse:collapse;color:inherit;'
            'background:none;font-variant-numeric:tabular-nums" aria-label="Gates"><tbody>'
            f"{rows}</tbody></table>{notes}</div>"
        )

    def _notes(self) -> list[str]:
        return [_LATER] if any(one.verdict == "later" for one in self.verdicts) else []


class LiveGates:
    """The gates and metrics of one kernel."""

    def __init__(self) -> None:
        self.metrics: dict[str, float] = {}
        self._cell: Any = None
        self._shown: tuple[LiveVerdict, ...] = ()
        self._handle: Any = None

    @property
    def cell(self) -> Any:
        """Return the cell that showed gates last."""
        return self._cell

    def note(self, report: Mapping[str, Any], *, cell: Any = None) -> None:
        """Take down what a stage logged; of a series the last value.

        Parameters
        ----------
        report : Mapping
            Of the session, when the stage's cell has ended.
        cell : object, optional
            That cell: gates shown in it are judged by what it has just logged.
        """
        self.metrics |= report["metrics"]
        self.metrics |= {name: steps[-1] for name, steps in report["series"].items() if steps}
        if cell is None or cell != self._cell or self._handle is None:
            return
        judged = tuple(self.judge(one.gate) for one in self._shown)
        if judged != self._shown:
            self._shown = judged
            self._handle.update(GateTable(judged))

    def show(self, line: str, *, cell: Any) -> None:
        """Show the gate in `line`, in one table with those before it in the same cell.

        Raises
        ------
        GateError
            MNB701 to MNB705.
        """
        from IPython.display import display

        verdict = self.judge(parse_gate(line, place="%mlops_gate"))
        if cell is not None and cell == self._cell and self._handle is not None:
            self._shown = (*self._shown, verdict)
            self._handle.update(GateTable(self._shown))
            return
        self._cell, self._shown = cell, (verdict,)
        self._handle = display(GateTable(self._shown), display_id=True)

    def judge(self, gate: Gate) -> LiveVerdict:
        """Return what is known of a gate here."""
        if not isinstance(gate, MetricGate) or gate.is_scored:
            reason = f"A run decides it, by {told_needs(gate)}."
            return LiveVerdict(gate=gate, verdict="later", value="", reason=reason)
        value = self.metrics.get(gate.metric)
        if value is None:
            known = nearest(gate.metric, self.metrics)
            reason = f"No stage has logged {gate.metric!r} here yet. {known}".rstrip()
            return LiveVerdict(gate=gate, verdict="later", value="", reason=reason)
        limit = gate.bound.offset
        verdict = "passed" if holds(value, gate.operator, limit) else "failed"
        reason = f"{compare_text(value, gate.operator, limit)}."
        return LiveVerdict(gate=gate, verdict=verdict, value=show(value), reason=reason)

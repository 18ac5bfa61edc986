"""Gates in a live kernel: what is known now is decided, the rest says what it waits for."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from mlops_nb.magics.gates import GateTable, LiveGates
from mlops_nb.pipeline.gates.parsing import parse_gate


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    gate: str
    verdict: str
    says: str


CASES = [
    Case(gate="accuracy >= 0.9", verdict="passed", says="0.93 >= 0.9."),
    Case(gate="accuracy >= 0.95", verdict="failed", says="0.93 is not >= 0.95."),
    Case(gate="loss <= 0.2", verdict="passed", says="0.1 <= 0.2."),
    Case(gate="acuracy >= 0.9", verdict="later", says="The nearest valid word is 'accuracy'."),
    Case(gate="auc >= champion", verdict="later", says="and the champion's."),
    Case(gate="accuracy >= 0.9 (ci 95%)", verdict="later", says="answers to its evaluation data."),
    Case(gate="size <= 5 MB", verdict="later", says="the model's package."),
    Case(gate="clean_run", verdict="later", says="the run that makes the model."),
    Case(gate="pytest tests/test_m.py::test_a", verdict="later", says="a test of yours"),
]


@pytest.fixture
def gates() -> LiveGates:
    made = LiveGates()
    made.note({"metrics": {"accuracy": 0.5}, "series": {}})
    made.note({"metrics": {"accuracy": 0.93}, "series": {"loss": (0.9, 0.1), "empty": ()}})
    return made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.gate)
def test_a_gate_is_decided_by_what_was_logged_last_or_says_what_it_waits_for(
    gates: LiveGates, case: Case
) -> None:
    found = gates.judge(parse_gate(case.gate))

    assert (found.verdict, case.says in found.reason) == (case.verdict, True), found.reason


def test_the_table_says_the_same_as_text_and_as_html_without_markup_of_the_gates(
    gates: LiveGates,
) -> None:
    verdicts = tuple(map(gates.judge, map(parse_gate, ["accuracy >= 0.9", "'<b>' <= 1"])))
    bundle = GateTable(verdicts)._repr_mimebundle_()

    assert bundle["text/plain"].startswith("✓ passed  accuracy >= 0.9  =  0.93\n· later   '<b>'")
    assert "&lt;b&gt;" in bundle["text/html"]
    assert "<b>" not in bundle["text/html"]


def test_gates_of_one_cell_are_one_table(gates: LiveGates, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []

    class Handle:
        def update(self, table: Any) -> None:
            shown[-1] = table

    def display(table: Any, **said: Any) -> Handle:
        shown.append(table)
        return Handle()

    monkeypatch.setattr("IPython.display.display", display)
    for cell, line in ((1, "accuracy >= 0.9"), (1, "size <= 5 MB"), (2, "clean_run")):
        gates.show(line, cell=cell)

    assert [len(table.verdicts) for table in shown] == [2, 1]


def test_a_gate_beside_the_metric_is_judged_by_what_its_own_cell_logs(
    gates: LiveGates, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Any] = []
    handle = SimpleNamespace(update=shown.append)
    monkeypatch.setattr("IPython.display.display", lambda table, **_: shown.append(table) or handle)

    def verdicts() -> list[tuple[str, str]]:
        return [(one.verdict, one.value) for one in shown[-1].verdicts]

    gates.show("accuracy >= 0.9", cell=7)
    gates.show("f1 >= 0.5", cell=7)
    assert verdicts() == [("passed", "0.93"), ("later", "")]
    gates.note({"metrics": {"accuracy": 0.4, "f1": 0.6}, "series": {}}, cell=7)
    assert verdicts() == [("failed", "0.4"), ("passed", "0.6")]

    gates.note({"metrics": {"accuracy": 0.99}, "series": {}}, cell=8)
    gates.note({"metrics": {"accuracy": 0.99}, "series": {}})
    assert verdicts() == [("failed", "0.4"), ("passed", "0.6")]

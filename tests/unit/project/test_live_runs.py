"""What is said of live stages against what a run from the top gives: for any work in a kernel.

A kernel of a few lines runs cells of a small language, in any order, edited, some taken away. The
law: a stage that is told fresh left what a run from the top leaves; and "Run stale stages" brings
all of them there.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import pytest

from mlops_nb.export.document_json import document_object
from mlops_nb.notebook.files import parse_node
from mlops_nb.pipeline.build import build_pipeline
from mlops_nb.pipeline.incremental.facts import Fact, FactKind, name_fact
from mlops_nb.pipeline.incremental.live_status import DocumentCell
from mlops_nb.project.live_panel import ShownDocument, describe_stages, read_document
from mlops_nb.project.live_runs import LiveRuns

RANDOM, OPTION = Fact(FactKind.RANDOM, "toy"), Fact(FactKind.OPTION, "toy")
N_SEQUENCES = 120
N_ACTS = 25
FIRST = ("seed(1)", "option(1)", "a = [1]; b = [2]; c = [3]")
BODIES = (
    "{x} = [{n} + {y}[-1]]",
    "{x}.append({y}[0] + {n})",
    "{x} = [draw()]",
    "{x} = [shown({y}[0]), {n}]",
    "seed({n})",
    "option({n}); {x} = [{n}]",
    "{x} = list({y})",
)
PLAIN = (*BODIES[:3], BODIES[4], BODIES[6])


@dataclass(slots=True)
class Trace:
    reads: Mapping[Fact, str | None]
    writes: Mapping[Fact, str | None]
    shown: Mapping[Fact, str] = field(default_factory=dict)


class Kernel:
    """Runs cells, and tells of stages what they read and wrote."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self.state, self.option = 0, 0
        self.is_seeded = self.has_drawn = self.has_seeded = self.has_shown = False
        self.runs = LiveRuns()
        self.runs.watch_from(self.states())
        self.left: dict[str, dict[str, str]] = {}

    def states(self) -> dict[Fact, str | None]:
        random_state = str(self.state) if self.is_seeded else "fresh"
        return {RANDOM: random_state, OPTION: str(self.option) if self.option else "initial"}

    def look(self, fact: Fact) -> str | None:
        if fact.kind is FactKind.NAME:
            return repr(self.names[fact.key]) if fact.key in self.names else None
        return self.states()[fact]

    def run(self, ident: str, source: str, *, reads: set[str], is_stage: bool) -> None:
        self.has_drawn = self.has_seeded = self.has_shown = False
        before, at = {n: repr(v) for n, v in self.names.items()}, self.states()
        self.runs.begin(source, ident)
        error = ""
        try:
            exec(source, {"__builtins__": {"list": list}, **self._words()}, self.names)
        except (NameError, IndexError) as caught:
            error = str(caught)
        now = {n: repr(v) for n, v in self.names.items()}
        # As a session does: what a cell merely bound anew counts as read, too.
        wrote = {n for n in now if now[n] != before.get(n)} | {
            n for n in "abc" if f"{n} = " in source
        }
        facts = {name_fact(n): before.get(n) for n in (reads | wrote) & set("abc")}
        written: dict[Fact, str | None] = {name_fact(n): now[n] for n in wrote if n in now}
        if self.has_drawn:
            facts[RANDOM] = at[RANDOM]
        after = self.states()
        written |= {f: d for f, d in after.items() if d != at[f]}
        if self.has_seeded:
            written[RANDOM] = after[RANDOM]
        if self.has_shown or after[OPTION] != at[OPTION]:
            facts[OPTION] = at[OPTION]
        trace = Trace(facts, written) if is_stage and not error else None
        self.runs.end(error=error, trace=trace, states=None if trace else after)
        self.left[ident] = now

    def _words(self) -> dict[str, Any]:
        return {name: getattr(self, f"_{name}") for name in ("seed", "draw", "option", "shown")}

    def _seed(self, number: int) -> None:
        self.state, self.is_seeded = number * 1000, True
        self.has_seeded = True

    def _draw(self) -> int:
        self.has_drawn = self.has_drawn or not self.has_seeded
        self.state = self.state * 3 + 1
        return self.state

    def _option(self, number: int) -> None:
        self.option = number

    def _shown(self, value: int) -> int:
        self.has_shown = True
        return value * 10 + self.option


@lru_cache(maxsize=20_000)
def read(cells: tuple[tuple[str, str], ...]) -> ShownDocument:
    """Return what a panel sends of the cells: ids that begin with ``s`` are stages'."""
    nodes = [
        {
            "cell_type": "code",
            "id": ident,
            "source": source,
            "metadata": {"tags": [f"stage:{ident}"]} if ident.startswith("s") else {},
        }
        for ident, source in cells
    ]
    node = {"cells": nodes, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    pipeline = build_pipeline(parse_node(node, name="n").cells, name="n", star_names=lambda _: None)
    analysis = document_object(pipeline, (), fixable=())
    return read_document({"version": 1, "cells": nodes, "analysis": analysis})


def disturbed(cells: Sequence[DocumentCell], chosen: set[str]) -> list[DocumentCell]:
    """Return the cells that have to join the chosen ones: see ``live/disturbed.ts``."""
    needed: set[int] = set()
    for cell in reversed(cells):
        if cell.stage is not None or cell.index in needed:
            needed |= {cell.index, *cell.upstream}
    by_index = {cell.index: cell for cell in cells}
    last = {name: cell.index for cell in cells if cell.id in chosen for name in cell.touches}
    decides: dict[str, int] = {}
    changed: dict[str, int] = {}
    found: set[int] = set()
    for cell in cells:
        if cell.id in chosen:
            left = {name: decides.get(name, -1) for name in cell.reads}
            found |= {by for name, by in left.items() if changed.get(name, by) < by}
            changed |= dict.fromkeys(cell.touches, cell.index)
        elif cell.index in needed:
            above = [by_index[i] for i in cell.upstream if by_index[i].id in chosen]
            lost = [
                by
                for by in above
                if cell.stage is None
                or (by.stage is None and any(last[n] > by.index for n in by.touches & cell.reads))
            ]
            found |= {cell.index} if lost else set()
        decides |= dict.fromkeys(cell.touches, cell.index)
    return [cell for cell in cells if cell.index in found and cell.id not in chosen]


class Work:
    """Somebody who works on a notebook."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.kernel = Kernel()
        self.cells = {f"p{n}": source for n, source in enumerate(FIRST)}
        for number in range(self.dice.randint(3, 6)):
            is_stage = self.dice.random() < 0.7
            self.cells[f"{'s' if is_stage else 'q'}{number}"] = self.body(is_stage)
        self.told: list[str] = []

    def body(self, is_stage: bool) -> str:
        form = self.dice.choice(BODIES if is_stage else PLAIN)
        x, y = self.dice.choice("abc"), self.dice.choice("abc")
        return form.format(x=x, y=y, n=self.dice.randint(1, 3))

    @property
    def document(self) -> ShownDocument:
        return read(tuple(self.cells.items()))

    def run(self, ident: str, kernel: Kernel | None = None) -> None:
        cell = next(cell for cell in self.document.cells if cell.id == ident)
        is_stage = ident.startswith("s")
        (kernel or self.kernel).run(
            ident, self.cells[ident], reads=set(cell.reads), is_stage=is_stage
        )

    def act(self) -> None:
        ident = self.dice.choice(list(self.cells))
        kind = self.dice.random()
        if kind < 0.6:
            self.run(ident)
        elif kind < 0.75 and not ident.startswith("p"):
            self.cells[ident] = self.body(ident.startswith("s"))
        elif kind < 0.8 and not ident.startswith("p"):
            del self.cells[ident]
        elif kind < 0.9:
            self.run_stale()
        else:
            for one in list(self.cells):
                self.run(one)
        self.told.append(f"{kind:.2f} {ident} {self.cells.get(ident)}")

    def status(self) -> dict[str, Any]:
        return describe_stages(
            self.document, self.kernel.runs, look=self.kernel.look, namespace=self.kernel.names
        )

    def run_stale(self) -> None:
        """Run what the front end chooses: see ``live/choosing.ts``."""
        told = self.status()
        states = {cell["id"]: cell["status"] for cell in told["cells"]}
        by_index = {cell.index: cell for cell in self.document.cells}
        wanted: set[str] = set()
        todo = [s["name"] for s in told["stages"] if s["status"] not in ("fresh", "restored")]
        again = {stage["name"]: stage["again"] for stage in told["stages"]}
        wanted |= {*todo, *(ident for name in todo for ident in again[name])}
        reached = [cell for cell in self.document.cells if cell.id in wanted]
        while reached:
            for index in reached.pop().upstream:
                cell = by_index[index]
                if cell.id not in wanted and states[cell.id] != "fresh":
                    wanted.add(cell.id)
                    reached.append(cell)
            if not reached:
                reached = disturbed(self.document.cells, wanted)
                wanted |= {cell.id for cell in reached}
                ids = {ident for cell in reached for ident in again.get(cell.id, ())} - wanted
                reached += [cell for cell in self.document.cells if cell.id in ids]
                wanted |= ids
        for ident in self.cells:
            if ident in wanted:
                self.run(ident)

    def clean(self) -> Kernel:
        kernel = Kernel()
        for ident in self.cells:
            self.run(ident, kernel)
        return kernel

    def wrong(self) -> list[str]:
        """Return the stages that are told fresh and did not leave what a clean run leaves."""
        clean, found = self.clean(), []
        states = {stage["name"]: stage["status"] for stage in self.status()["stages"]}
        for cell in self.document.cells:
            if states.get(cell.id) != "fresh":
                continue
            mine, right = self.kernel.left[cell.id], clean.left[cell.id]
            found += [
                f"{cell.id}: {name} is {mine.get(name)}, and would be {right.get(name)}"
                for name in cell.touches
                if mine.get(name) != right.get(name)
            ]
        return found


@pytest.mark.parametrize("first", range(0, N_SEQUENCES, 10))
def test_what_is_told_fresh_is_what_a_run_from_the_top_leaves(first: int) -> None:
    for seed in range(first, first + 10):
        work = Work(seed)
        for _ in range(N_ACTS):
            work.act()
            assert not work.wrong(), [seed, *work.told, work.cells, work.wrong()]
        for _ in range(3):
            work.run_stale()
        states = {stage["name"]: stage["status"] for stage in work.status()["stages"]}
        assert set(states.values()) <= {"fresh"}, [seed, *work.told, work.cells, work.status()]
        assert not work.wrong()


def test_who_set_an_option_runs_again_before_a_stage_that_found_it_set() -> None:
    work = Work(0)
    work.cells = {
        "p0": "option(1)",
        "p1": "b = [1]",
        "s2": "option(1); a = [1]",
        "s3": "option(2); b = [2]",
        "s4": "b.append(a[0])",
    }
    for ident in work.cells:
        work.run(ident)
    again = {stage["name"]: stage["again"] for stage in work.status()["stages"]}
    assert again == {"s2": ["p0"], "s3": ["p0", "s2"], "s4": ["p0", "s2", "s3"]}
    work.run("s4")
    work.cells["s3"] = "option(2); b = [3]"
    work.run_stale()
    assert {stage["status"] for stage in work.status()["stages"]} == {"fresh"}


def test_what_a_name_was_for_a_stage_is_not_told_by_what_it_is_now() -> None:
    work = Work(0)
    work.cells = {"p0": "a = [1]", "s1": "b = [a[0]]", "s2": "a.append(2)", "s3": "c = b"}
    for ident in work.cells:
        work.run(ident)
    first, second, third = work.status()["stages"]
    assert first["inputs"] == {"a": "now list of 2"}
    assert first["outputs"] == {"b": "list of 1"}
    assert second["inputs"] == {"a": "now list of 2"}
    assert third["inputs"] == {"b": "list of 1"}


def test_what_a_stage_would_read_that_never_ran_is_told_as_it_is() -> None:
    work = Work(0)
    work.cells = {"p0": "a = [1]", "s1": "b = [a[0]]"}
    work.run("p0")
    [stage] = work.status()["stages"]
    assert (stage["status"], stage["inputs"]) == ("never", {"a": "list of 1"})


def test_a_cell_says_which_others_must_run_again_before_it() -> None:
    work = Work(0)
    work.cells = {"p0": "a = [1]", "q1": "a.append(2)", "s2": "b = [a[-1]]"}
    for ident in work.cells:
        work.run(ident)
    again = {cell["id"]: cell["again"] for cell in work.status()["cells"]}
    assert again == {"p0": [], "q1": ["p0"], "s2": []}

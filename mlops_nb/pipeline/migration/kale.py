"""What is a notebook tagged for Kale, in our words?

Kale walks the code cells in order: one without a name goes with the cell before it, ``imports`` and
``functions`` are run before every step, what comes before the first tag is never run. The stages
are those steps; their edges follow from the code here, so Kale's ``prev:`` is kept, as ``--needs``,
only where the code does not show it.
"""

from __future__ import annotations

import ast

from mlops_nb.pipeline.carrying import to_stage_name
from mlops_nb.pipeline.cells import Cell, StageName
from mlops_nb.pipeline.directives import read_directive
from mlops_nb.pipeline.migration.kale_details import leave_details
from mlops_nb.pipeline.migration.kale_edges import (
    Build,
    keep_needed,
    place_metrics,
    place_needs,
)
from mlops_nb.pipeline.migration.kale_tags import KaleTags, is_kale_tag, parse_tags
from mlops_nb.pipeline.migration.outcome import Draft
from mlops_nb.pipeline.option_values import STAGE_NAME
from mlops_nb.pipeline.trees import parse_code

_KINDS = {"imports": "setup", "functions": "setup", "pipeline-parameters": "parameters"}


def migrate_kale(draft: Draft, build: Build) -> None:
    """Turn Kale's tags into ours.

    Parameters
    ----------
    draft : Draft
        Changed in place.
    build : callable
        The pipeline that a draft is.
    """
    if not any(is_kale_tag(tag) for c in draft.cells if c.type == "code" for tag in c.tags):
        return
    draft.conventions.add("kale")
    walk = _Walk(draft)
    for cell in draft.cells:
        if cell.type == "code":
            walk.visit(cell)
    for index in walk.never_run:
        draft.of(index).tags = (*parse_tags(draft.cells[index].tags).others, "skip")
    keep_needed(draft, build, walk.never_run)
    pipeline = build(draft)
    place_metrics(draft, pipeline, walk.metrics)
    place_needs(draft, pipeline, walk.previous)


class _Walk:
    """Goes through the code cells as Kale does, and says what each is here."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.current = ""  # a role in Kale's words; of a step, "step:NAME"
        self.names: dict[str, StageName] = {}
        self.never_run: list[int] = []
        self.parameters: int | None = None
        self.metrics: dict[str, int] = {}
        self.previous: dict[StageName, tuple[int, tuple[str, ...]]] = {}

    def visit(self, cell: Cell) -> None:
        tags = parse_tags(cell.tags)
        directive = read_directive(cell)[0]
        if tags.role == "skip":
            if any(is_kale_tag(tag) for tag in cell.tags):
                self.draft.of(cell.index).tags = ("skip", *tags.others)
            return
        is_ours = not tags.role and bool({"parameters", "setup"}.intersection(cell.tags))
        if directive is not None or is_ours:
            if cell.tags != tags.others:
                self.draft.of(cell.index).tags = tags.others
            if directive is not None:
                self.current = f"step:{directive.stage}"
                self.names.setdefault(directive.stage, directive.stage)
            return
        if tags.role is None and not cell.source.strip():
            if any(is_kale_tag(tag) for tag in cell.tags):
                self.draft.of(cell.index).tags = tags.others
            return
        if tags.role == "step":
            self.current = f"step:{tags.steps[0]}"
        elif tags.role is not None:
            self.current = tags.role
        if not self.current:
            self._leave_out(cell, tags)
        elif self.current.startswith("step:"):
            self._be_step(cell, tags, self.current.removeprefix("step:"))
        else:
            self._be_kind(cell, tags)
        leave_details(self.draft, cell, tags)

    def _leave_out(self, cell: Cell, tags: KaleTags) -> None:
        """A cell before the first tag, which Kale never runs."""
        self.never_run.append(cell.index)
        if tags.previous:
            self._leave_previous(cell, tags)

    def _be_step(self, cell: Cell, tags: KaleTags, word: str) -> None:
        draft = self.draft.of(cell.index)
        name = self._name(word)
        draft.stage, draft.tags = name, tags.others
        if tags.role == "step":
            self.draft.carry(cell.index, tags.spoken, f"stage {name}")
            if len(tags.steps) > 1:
                self.draft.leave(
                    cell.index,
                    ", ".join(f"step:{step}" for step in tags.steps[1:]),
                    "a cell belongs to one stage",
                    f"Split the cell, if part of it belongs to {tags.steps[1]!r}.",
                )
            if set(tags.previous) - set(self.previous.get(name, (0, tags.previous))[1]):
                self._leave_previous(cell, tags)
            self.previous.setdefault(name, (cell.index, tags.previous))
        else:
            self.draft.carry(cell.index, "no tag, so part of the step above", f"stage {name}")
            if tags.previous:
                self._leave_previous(cell, tags)

    def _be_kind(self, cell: Cell, tags: KaleTags) -> None:
        """A cell that is no step: run before every step, parameters, or metrics."""
        draft = self.draft.of(cell.index)
        draft.tags = tags.others
        what = tags.spoken or f"no tag, so part of '{self.current}' above"
        if self.current == "pipeline-metrics":
            self._read_metrics(cell)
            return
        if self.current == "pipeline-parameters" and self.parameters is not None:
            self.draft.leave(
                cell.index,
                what,
                f"one cell is the parameters cell, and that is cell {self.parameters}",
                f"Move its assignments into cell {self.parameters}, to pass them by -p.",
            )
            return
        kind = _KINDS[self.current]
        if kind == "parameters":
            self.parameters = cell.index
        draft.tags = tuple(dict.fromkeys((kind, *tags.others)))
        self.draft.carry(cell.index, what, f"tag {kind}")

    def _read_metrics(self, cell: Cell) -> None:
        """Note the names that a cell of prints prints."""
        tree = None if cell.code is None else parse_code(cell.code)
        others = 0
        for node in [] if tree is None else tree.body:
            match node:
                case ast.Expr(value=ast.Call(func=ast.Name(id="print"), args=[ast.Name(id=name)])):
                    self.metrics[name] = cell.index
                case _:
                    others += 1
        if others:
            self.draft.leave(
                cell.index,
                f"pipeline-metrics: {others} line{'s' * (others > 1)} that print no name",
                "a metric is the name of a variable",
                "Bind the value to a name in a stage, and say --metrics NAME there.",
            )

    def _leave_previous(self, cell: Cell, tags: KaleTags) -> None:
        self.draft.leave(
            cell.index,
            ", ".join(f"prev:{name}" for name in tags.previous),
            "Kale reads 'prev:' only beside the name of a step, at its first cell",
            "If the order matters, say --needs at the first cell of the stage.",
        )

    def _name(self, word: str) -> StageName:
        """Return the stage that a step becomes."""
        if word not in self.names:
            self.names[word] = (
                StageName(word) if STAGE_NAME.fullmatch(word) else to_stage_name(word)
            )
        return self.names[word]

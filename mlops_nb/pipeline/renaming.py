"""What changes in a notebook when a stage gets another name? Every carrier and option that says it.

A cell keeps the carriers it has, and of its source only the directive's line changes. Two spellings
of one name (`-` and `_`) are one stage here as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mlops_nb.errors import InputError, nearest
from mlops_nb.pipeline.cell_changes import CellChange, real_changes
from mlops_nb.pipeline.cells import Cell, StageName
from mlops_nb.pipeline.directive_lines import directive_lines
from mlops_nb.pipeline.directives import parse_magic_line, render_magic_line
from mlops_nb.pipeline.options import DirectiveError
from mlops_nb.pipeline.stages import Pipeline

_TAG = "stage:"


def rename_stage(pipeline: Pipeline, old: str, new: str) -> tuple[CellChange, ...]:
    """Return what makes stage `old` be called `new`, in cells that declare or need it.

    Raises
    ------
    InputError
        MNB835 if there is no stage `old`, MNB836 if another stage is called `new`, MNB210 if `new`
        is no name.
    """
    names = [str(stage.name) for stage in pipeline.stages]
    if old not in names:
        fault = f"there is no stage {old!r}."
        raise InputError("MNB835", pipeline.name, fault, nearest(old, names) or "Tag a cell first.")
    try:
        parse_magic_line(new if new.split() == [new] else "")
    except DirectiveError as error:
        raise InputError(error.code, f"name {new!r}", error.fault, error.remedy) from error
    if any(_same(new, name) and not _same(old, name) for name in names):
        raise InputError(
            "MNB836",
            pipeline.name,
            f"there is a stage {new!r} already: the two would become one.",
            "Choose another name, or tag the cells anew if they are to be one stage.",
        )
    renaming = _Renaming(old, new)
    return real_changes(pipeline.cells, [renaming.change(cell) for cell in pipeline.cells])


class _Renaming:
    """One name, in place of another."""

    def __init__(self, old: str, new: str) -> None:
        self._old = old
        self._new = new

    def change(self, cell: Cell) -> CellChange:
        return CellChange(
            cell=cell.index,
            source=self._source(cell.source) if cell.type == "code" else None,
            tags=tuple(map(self._tag, cell.tags)),
            metadata=self._metadata(cell.metadata),
        )

    def _name(self, name: str) -> str:
        return self._new if _same(name, self._old) else name

    def _tag(self, tag: str) -> str:
        return _TAG + self._name(tag[len(_TAG) :]) if tag.startswith(_TAG) else tag

    def _metadata(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        changed = dict(metadata)
        if isinstance(changed.get("stage"), str):
            changed["stage"] = self._name(changed["stage"])
        needs = changed.get("needs")
        if isinstance(needs, Sequence) and not isinstance(needs, str):
            changed["needs"] = [self._name(n) if isinstance(n, str) else n for n in needs]
        return changed

    def _source(self, source: str) -> str:
        lines = source.split("\n")
        for number, _, text in directive_lines(source):
            renamed = self._directive(text)
            if renamed != text:
                start = lines[number - 1].index(text)
                after = lines[number - 1][start + len(text) :]
                lines[number - 1] = lines[number - 1][:start] + renamed + after
        return "\n".join(lines)

    def _directive(self, text: str) -> str:
        """Return the text of a directive; written anew only where an option has to change."""
        try:
            said = parse_magic_line(text)
        except DirectiveError:  # a finding of its own; the name alone can be told
            first, _, rest = text.partition(" ")
            return f"{self._name(first)} {rest}" if rest else self._name(first)
        needs = tuple(StageName(self._name(name)) for name in said.options.get("needs", ()))
        if needs != tuple(said.options.get("needs", ())):
            options = {**said.options, "needs": needs}
            stage = StageName(self._name(said.stage))
            return render_magic_line(replace(said, stage=stage, options=options))
        name = self._name(said.stage)
        return text if name == said.stage else text.replace(said.stage, name, 1)


def _same(one: str, other: str) -> bool:
    return one.replace("-", "_") == other.replace("-", "_")

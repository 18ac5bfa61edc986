"""What stage is the cell that runs now? Asked in a live kernel, answered from all four carriers.

Magic and comment are in the cell's source. Tags and metadata come with the message where the front
end sends them, else from the saved notebook. Options said on other cells of a stage hold too, once
those cells ran here; where they contradict, what ran last holds (`mlops-nb check` names
contradictions).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.magics.document import SavedCells
from mlops_nb.pipeline.cells import Cell, CellId
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.directives import read_directive
from mlops_nb.pipeline.options import OPTIONS
from mlops_nb.pipeline.stages import Directive, StageOptions

# Keys that JupyterLab and Notebook put beside a cell's own metadata, and nobody else does.
_LAB_KEYS = frozenset({"deletedCells", "recordTiming"})


class LiveResolver:
    """Callable that the session asks for the stage of a cell.

    Parameters
    ----------
    saved : SavedCells or None
        The notebook file, if it is known.
    """

    def __init__(self, saved: SavedCells | None) -> None:
        self.saved = saved
        self._said: dict[str, dict[str, Directive]] = {}
        self._nodes: Sequence[Mapping[str, Any]] = ()
        self._stages: list[tuple[int, str]] = []
        # Where the saved notebook has a cell, by id and by text, and where one that was edited was.
        self._places: Mapping[str, int] = {}
        self._texts: Mapping[str, int] = {}
        self._found: dict[str, int] = {}
        self._ran: dict[str, str] = {}
        self._told: tuple[Mapping[str, Any], str, Mapping[str, Any] | None] | None = None

    def __call__(self, raw_cell: str, metadata: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the spec of the cell's stage, or None.

        Raises
        ------
        InputError
            If the cell's directive cannot be read; every finding is in the message.
        """
        # A kernel asks several times for the cell of one message.
        if self._told is None or self._told[0] is not metadata or self._told[1] != raw_cell.strip():
            self._told = None
            self._told = (metadata, raw_cell.strip(), self._resolve(raw_cell, metadata))
        return self._told[2]

    def _resolve(self, raw_cell: str, metadata: Mapping[str, Any]) -> Mapping[str, Any] | None:
        cell = self._cell(raw_cell, metadata)
        directive, findings = read_directive(cell)
        refuse([found for found in findings if found.severity == "error"])
        gone = {str(deleted) for deleted in metadata.get("deletedCells") or ()}
        for known in self._said.values():  # it may have been of another stage
            for ident in gone | ({cell.id} if cell.id else set()):
                known.pop(ident, None)
        if directive is None:
            return None
        self._ran[cell.id] = raw_cell.strip()
        said = self._said.setdefault(directive.stage, {})
        said.pop(cell.id, None)
        said[cell.id] = directive
        latest = _latest(said)
        options = {option.name: getattr(latest, option.name) for option in fields(latest)}
        continues = self._has_later_cell(directive.stage, raw_cell, cell.id)
        return {"name": directive.stage, **options, "last": None, "continues": continues}

    def stage_names(self) -> list[str]:
        """Return the stages that ran here and those in the saved notebook, sorted."""
        return sorted({*self._said, *(stage for _, stage in self._saved_stages())})

    def _has_later_cell(self, stage: str, raw_cell: str, cell_id: str) -> bool:
        """Return whether the saved notebook has a cell of `stage` below this one: tagged there, or
        run here with a tag that is not saved yet."""
        rows = self._saved_stages()
        here = self._place(cell_id, raw_cell.strip())
        if here is None:  # without ids an edited cell may be any of several
            return not self._places and [name for _, name in rows].count(stage) > 1
        ran = [self._place(ident, self._ran[ident]) for ident in self._said.get(stage, ())]
        tagged = [place for place, name in rows if name == stage]
        return any(place is not None and place > here for place in (*ran, *tagged))

    def _place(self, cell_id: str, text: str) -> int | None:
        """Return where the saved notebook has a cell; None if nobody knows.

        Before nbformat 4.5 files keep no ids, while front ends make some up: there a cell is where
        its text is, the last one of several, or was before it was edited.
        """
        if cell_id and self._places:
            return self._places.get(cell_id)
        place = self._texts.get(text, self._found.get(cell_id))
        if cell_id and place is not None:
            self._found[cell_id] = place
        return place

    def _saved_stages(self) -> list[tuple[int, str]]:
        """Return place and stage of the saved notebook's stage cells."""
        nodes = self.saved.read() if self.saved else ()
        if nodes is not self._nodes:
            cells = [cell_from(node, str(node.get("id", ""))) for node in nodes]
            found = [read_directive(cell)[0] for cell in cells]
            self._stages = [(at, said.stage) for at, said in enumerate(found) if said is not None]
            self._places = {cell.id: at for at, cell in enumerate(cells) if cell.id}
            self._texts = {cell.source.strip(): at for at, cell in enumerate(cells)}
            self._found, self._nodes = {}, nodes
        return self._stages

    def _cell(self, raw_cell: str, metadata: Mapping[str, Any]) -> Cell:
        cell_id = metadata.get("cellId")
        own = metadata
        if not sends_cell_metadata(metadata) and self.saved is not None:
            own = self.saved.metadata_of(raw_cell, cell_id)
        return cell_from({"metadata": own, "source": raw_cell}, str(cell_id or ""))


def sends_cell_metadata(metadata: Mapping[str, Any]) -> bool:
    """Return whether a message's metadata holds that of its cell."""
    return not _LAB_KEYS.isdisjoint(metadata) or "mlops_nb" in metadata or "tags" in metadata


def cell_from(node: Mapping[str, Any], cell_id: str, index: int = -1) -> Cell:
    """Return a code cell with what its directive needs; metadata of unfit shape counts as none."""
    metadata = node.get("metadata") or {}
    tags = metadata.get("tags")
    own = metadata.get("mlops_nb")
    source = node.get("source", "")
    return Cell(
        index=index,
        id=CellId(cell_id),
        type="code",
        source="".join(source) if isinstance(source, list) else source,
        tags=tuple(t for t in tags if isinstance(t, str)) if isinstance(tags, list) else (),
        metadata=own if isinstance(own, dict) else {},
    )


def refuse(findings: list[Diagnostic]) -> None:
    """Raise one `InputError` for all `findings`, if there are any."""
    if not findings:
        return
    first, *others = findings
    remedy = "\n".join([first.remedy, *(f"{f.code}: {f.message}\n{f.remedy}" for f in others)])
    raise InputError(first.code, f"line {first.line}" if first.line else "", first.message, remedy)


def _latest(said: Mapping[str, Directive]) -> StageOptions:
    """Return the stage's options: lists united, of single values the one that ran last."""
    merged: dict[str, Any] = {}
    for directive in said.values():
        for name, value in directive.options.items():
            option = OPTIONS[name]
            if option.type.is_list and option.field in merged:
                value = tuple(dict.fromkeys((*merged[option.field], *value)))
            merged[option.field] = value
    return StageOptions(**merged)

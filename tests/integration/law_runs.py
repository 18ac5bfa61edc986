"""One step of the law: a run that restores, beside a run from scratch on the same files."""

from __future__ import annotations

import difflib
import json
import os
import random
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from unittest.mock import patch

from law_cells import LawCell, Project
from running import code, write_notebook

import mlops_nb
from mlops_nb.errors import InputError
from mlops_nb.kernels.launch import KernelLaunch
from mlops_nb.kernels.stage_line import is_stage_line
from mlops_nb.pipeline.records import RunRecord

_DUMP = (Path(__file__).parent / "law_dump.py").read_text(encoding="utf-8")
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}|ipykernel_\d+/\d+|<ipython-input-\S+")
_MOST_ROWS = 300  # are compared for people; a cell may print millions
_ENDS = ("status", "error", "metrics")
# What runs leave beside what the notebook makes.
_OURS = frozenset({".mlops_nb", "nb.ipynb", "out.ipynb", "pyproject.toml", "__pycache__"})


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a person can see of a run."""

    status: str
    error: tuple[Any, ...]
    metrics: Mapping[str, Any]
    cells: list[Any]
    files: Mapping[str, str]
    restored: int = field(compare=False)
    kernels: int = field(compare=False)
    reasons: list[str] = field(compare=False)
    notes: tuple[str, ...] = field(compare=False)
    foreseen: list[str] = field(default_factory=list, compare=False)


def run_project(
    folder: Path,
    project: Project,
    *,
    cache: Literal["stages", "all", "off"],
    dumps: bool = False,
    extra: LawCell | None = None,
) -> Outcome:
    """Write the notebook of `project` to `folder`, run it and return what came of it.

    Parameters
    ----------
    folder : Path
        With the files of the project.
    project : Project
    cache : {"stages", "all", "off"}
    dumps : bool, default=False
        Whether a last cell prints all values.
    extra : LawCell, optional
        One more cell, in the middle.
    """
    path = write_law_notebook(folder, project, dumps=dumps, extra=extra)
    with environment_of(project, folder), _counted() as kernels:
        (folder / "out.ipynb").unlink(missing_ok=True)
        try:
            record = mlops_nb.run(
                path,
                folder / "out.ipynb",
                parameters=dict(project.parameters),
                track=False,
                cache=cache,
                timeout_s=120,
            )
        except InputError as error:
            return refused(folder, error)
    return _outcome(folder, record, len(kernels))


def refused(folder: Path, error: InputError) -> Outcome:
    """Return what came of a notebook that no run would begin with."""
    return Outcome(
        status="refused",
        error=(error.code,),
        metrics={},
        cells=[],
        files=files_in(folder),
        restored=0,
        kernels=0,
        reasons=[],
        notes=(),
    )


def write_law_notebook(
    folder: Path, project: Project, *, dumps: bool, extra: LawCell | None
) -> Path:
    """Write the notebook of `project` and return its path; arguments as of `run_project`."""
    cells = list(project.cells)
    if extra is not None:
        cells.insert(len(cells) // 2 + 1, extra)
    made = [_to_cell(cell) for cell in cells] + ([_DUMP] if dumps else [])
    return write_notebook(folder / "nb.ipynb", made)


def _to_cell(cell: LawCell) -> dict[str, Any]:
    source = cell.source
    if cell.kind == "stage":
        source = f"# mlops: stage {cell.stage} {cell.options}\n{source}"
    tags = ("setup",) if cell.kind == "setup" else cell.tags
    return code(source, *tags)


def write_files(folder: Path, project: Project, before: Project | None = None) -> None:
    """Write the files of a project that are not as they were before."""
    folder.mkdir(exist_ok=True)
    (folder / "pyproject.toml").touch()
    known = {} if before is None else dict(before.files)
    for name, content in project.files:
        if known.get(name) != content:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content)


def copy_project(source: Path, target: Path) -> None:
    """Copy all but what we keep ourselves."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(".mlops_nb", "__pycache__"))


def hurt_store(draw: random.Random, folder: Path) -> None:
    """Remove, cut or change some of what is kept."""
    files = sorted(p for p in (folder / ".mlops_nb" / "cache").rglob("*") if p.is_file())
    for path in draw.sample(files, k=min(len(files), draw.randint(1, 6))):
        how = draw.randrange(4)
        content = path.read_bytes()
        path.chmod(0o644)
        if how == 0 or not content:
            path.unlink()
        elif how == 1:
            path.write_bytes(content[: len(content) // 2])
        elif how == 2:
            at = draw.randrange(len(content))
            path.write_bytes(content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :])
        else:
            path.write_bytes(b"")


def differences(one: Outcome, other: Outcome) -> dict[str, str]:
    """Return what two runs do not have in common: by place, in words."""
    pairs = {what: (getattr(one, what), getattr(other, what)) for what in _ENDS}
    for name in sorted({*one.files, *other.files}):
        pairs[name] = (one.files.get(name), other.files.get(name))
    for index, cells in enumerate(zip(one.cells, other.cells, strict=True)):
        pairs[f"cell {index}"] = cells
    return {p: f"{p}: {_tell(x, y)}" for p, (x, y) in pairs.items() if x != y}


def _tell(one: Any, other: Any) -> str:
    """Return two values that are not equal, without the lines that they have in common."""
    mine, theirs = (repr(v).replace("\\n", "\n").split("\n") for v in (one, other))
    pairs = enumerate(zip(mine, theirs, strict=False))
    first = next((at for at, (own, its) in pairs if own != its), min(len(mine), len(theirs)))
    mine, theirs = (rows[first : first + _MOST_ROWS] for rows in (mine, theirs))
    # Not `ndiff`: it compares long rows letter by letter, which takes minutes.
    rows = difflib.unified_diff(theirs, mine, n=0, lineterm="")
    return "\n  ".join(row for row in rows if not row.startswith(("---", "+++", "@@")))


def _outcome(folder: Path, record: RunRecord, kernels: int) -> Outcome:
    node = json.loads((folder / "out.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in node["cells"] if cell["cell_type"] == "code"]
    told = [cell["metadata"].get("mlops_nb", {}) for cell in cells]
    error = record.error
    return Outcome(
        status=record.status,
        error=() if error is None else (error.code, _plain(error.message, folder), error.cell),
        metrics=dict(record.metrics),
        cells=[(cell["execution_count"], _shown(cell, folder)) for cell in cells],
        files=files_in(folder),
        restored=sum(t.get("status") == "restored" for t in told),
        kernels=kernels,
        reasons=[f"{t.get('status')}: {t.get('reason')}" for t in told],
        notes=record.notes,
    )


def _shown(cell: Mapping[str, Any], folder: Path) -> list[Any]:
    found: list[Any] = []
    for output in cell["outputs"]:
        if is_stage_line(output):
            continue
        kind = output["output_type"]
        if kind == "stream":
            text = _plain("".join(output["text"]), folder)
            if found and found[-1][:2] == (kind, output["name"]):
                text = found.pop()[2] + text
            found.append((kind, output["name"], text))
        elif kind == "error":
            found.append((kind, output["ename"], _plain(output["evalue"], folder)))
        else:
            shown = {k: _plain(json.dumps(v), folder) for k, v in output["data"].items()}
            found.append((kind, shown, output.get("execution_count")))
    return found


def _plain(text: str, folder: Path) -> str:
    return _ADDRESS.sub("ADDRESS", text.replace(str(folder), "FOLDER"))


def files_in(folder: Path) -> dict[str, str]:
    """Return the contents of all files in a folder that are not ours."""
    found = {}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder)
        if _OURS & set(parts.parts):
            continue
        text = "folder" if path.is_dir() else path.read_bytes().hex()
        found[str(parts)] = text[:400]
    return found


@contextmanager
def environment_of(project: Project, folder: Path) -> Iterator[None]:
    """Set the environment as the project has it, with what is installed in its folder."""
    told = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", **dict(project.environment)}
    removed = {} if "LAW_COLOUR" in told else {"LAW_COLOUR": ""}
    installed = [str(folder / "packages")] if (folder / "packages").exists() else []
    paths = [*installed, *filter(None, [os.environ.get("PYTHONPATH")])]
    told |= {"PYTHONPATH": os.pathsep.join(paths)} if installed else {}
    with (
        patch.dict(os.environ, {**told, **removed}),
        patch.object(sys, "path", [*sys.path, *installed]),
    ):
        for name in removed:
            del os.environ[name]
        yield


@contextmanager
def _counted() -> Iterator[list[int]]:
    """Count the kernels that are started."""
    started: list[int] = []
    start = KernelLaunch.start

    def counting(self: KernelLaunch) -> None:
        started.append(1)
        start(self)

    with patch.object(KernelLaunch, "start", counting):
        yield started

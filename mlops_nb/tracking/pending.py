"""Where do records go when the store cannot be reached, and how do they get there later?

One folder per run under ``.mlops_nb/record/pending/``: `entries.jsonl`, one JSON object per
line in the order they were to be written, and copies of the files. Whatever was written already
is left out, and the rest is added to the same run when the store can be reached again, by one
process at a time; what cannot be written stays. A folder may have an owner: a process that is
still writing the same, and takes the folder away when it is done.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from shutil import copyfile, rmtree

from mlops_nb.pipeline.records import RunId
from mlops_nb.tracking.entries import FinishEntry, RunEntry, StageEntry
from mlops_nb.tracking.gitinfo import strip_credentials
from mlops_nb.tracking.locks import exclusive
from mlops_nb.tracking.processes import ProcessStamp, has_vanished, read_stamp
from mlops_nb.tracking.writer import Entry, RunWriter

SCHEMA = 1
ENTRIES_FILE = "entries.jsonl"
_OWNER = ".owner"
_KINDS: dict[str, type[Entry]] = {"run": RunEntry, "stage": StageEntry, "finish": FinishEntry}


def keep_pending(
    record_dir: Path,
    entries: Sequence[Entry],
    *,
    tracking_uri: str,
    run_id: RunId | None,
    owner: ProcessStamp | None = None,
) -> Path:
    """Write the entries that a store has not taken to disk, the run's opening first.

    Parameters
    ----------
    record_dir : Path
        ``.mlops_nb/record`` of the project.
    entries : sequence of entries
        Starts with the `RunEntry` even if that was written: it names the experiment.
    tracking_uri : str
        The store they were meant for; kept without user name and password.
    run_id : RunId or None
        The run that exists in the store already.
    owner : ProcessStamp, optional
        The process without which they are written, and not before it is gone.

    Returns
    -------
    Path
        The new folder, complete.
    """
    folder = record_dir / "pending" / f"{entries_name(entries)}-{uuid.uuid4().hex[:8]}"
    draft = folder.with_name(f".{folder.name}")
    draft.mkdir(parents=True)
    place = strip_credentials(tracking_uri)
    head = {"schema": SCHEMA, "tracking_uri": place, "run_id": run_id}
    lines = [json.dumps(head), *(json.dumps(_to_json(e, draft, folder)) for e in entries)]
    (draft / ENTRIES_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    if owner is not None:
        (draft / _OWNER).write_text(str(owner), encoding="utf-8")
    draft.replace(folder)
    return folder


def entries_name(entries: Sequence[Entry]) -> str:
    """Return a folder name that a person recognises: the run's name, plain."""
    name = next((entry.name for entry in entries if isinstance(entry, RunEntry)), "run")
    return "".join(c if c.isalnum() else "-" for c in name)


def read_pending(folder: Path) -> tuple[str, RunId | None, tuple[Entry, ...]]:
    """Return the store, the run and the entries kept in `folder`.

    Raises
    ------
    ValueError
        If the folder was not written by this version of the format.
    """
    lines = (folder / ENTRIES_FILE).read_text(encoding="utf-8").splitlines()
    head = json.loads(lines[0])
    if head.get("schema") != SCHEMA:
        raise ValueError(f"pending records of format {head.get('schema')!r}")
    run_id = head["run_id"]
    entries = tuple(_from_json(json.loads(line)) for line in lines[1:])
    return str(head["tracking_uri"]), None if run_id is None else RunId(run_id), entries


def write_pending(
    record_dir: Path, *, tracking_uri: str, make_writer: Callable[[RunId | None], RunWriter]
) -> tuple[int, int]:
    """Write what is pending for a store that can be reached again.

    Parameters
    ----------
    record_dir : Path
    tracking_uri : str
        Only what was meant for this store is written.
    make_writer : callable
        Returns a writer that continues the given run, or makes one for None.

    Returns
    -------
    tuple of int
        How many runs were written, and how many stay. (0, 0) while another process is at it.
    """
    root = record_dir / "pending"
    folders = [folder for folder in sorted(root.glob("[!.]*")) if not _has_owner(folder)]
    if not folders:
        return 0, 0
    written = 0
    with exclusive(root / ".lock", wait=False) as is_mine:
        if not is_mine:
            return 0, 0
        for folder in folders:
            try:
                uri, run_id, entries = read_pending(folder)
                if uri != strip_credentials(tracking_uri):
                    continue
                _replay(folder, entries, writer=make_writer(run_id))
            except Exception:  # whatever the store raises: the records stay
                continue
            rmtree(folder)
            written += 1
    return written, len(folders) - written


def _has_owner(folder: Path) -> bool:
    try:
        owner = read_stamp((folder / _OWNER).read_text(encoding="utf-8"))
    except OSError:
        return False
    return owner is not None and not has_vanished(owner)


def _replay(folder: Path, entries: Sequence[Entry], *, writer: RunWriter) -> None:
    for position, entry in enumerate(entries):
        writer.write(_relocate(entry, folder))
        # What is written is written: a second failure must not double it.
        rest = entries[position + 1 :]
        place = strip_credentials(writer.tracking_uri)
        head = {"schema": SCHEMA, "tracking_uri": place, "run_id": writer.run_id}
        lines = [json.dumps(head), *(json.dumps(_plain(e)) for e in (entries[0], *rest))]
        draft = folder / f"{ENTRIES_FILE}.new"
        draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
        draft.replace(folder / ENTRIES_FILE)


def _to_json(entry: Entry, draft: Path, folder: Path) -> dict[str, object]:
    """Return the entry as JSON, with copies of its files in `draft` named by their place in it."""
    if not isinstance(entry, FinishEntry):
        return _plain(entry)
    files = {}
    for number, (name, path) in enumerate(entry.files.items()):
        if Path(path).is_file():
            kept = f"{number}-{Path(name).name}"
            copyfile(path, draft / kept)
            files[name] = kept
    return {**_plain(entry), "files": files}


def _relocate(entry: Entry, folder: Path) -> Entry:
    if not isinstance(entry, FinishEntry):
        return entry
    files = {name: str(folder / kept) for name, kept in entry.files.items()}
    return FinishEntry(status=entry.status, ended_ms=entry.ended_ms, tags=entry.tags, files=files)


def _plain(entry: Entry) -> dict[str, object]:
    kind = next(name for name, cls in _KINDS.items() if type(entry) is cls)
    return {"entry": kind, **asdict(entry)}


def _from_json(row: dict[str, object]) -> Entry:
    fields = {key: value for key, value in row.items() if key != "entry"}
    for key in ("measured", "shared"):
        points = fields.get(key)
        if isinstance(points, list):
            fields[key] = tuple((str(p[0]), float(p[1]), int(p[2])) for p in points)
    return _KINDS[str(row["entry"])](**fields)  # type: ignore[arg-type]  # checked by the schema

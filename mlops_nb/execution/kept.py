"""What do earlier runs leave for this one, and this one for later ones? Traces with what they need.

Traces are found by key; values, outputs and files are blobs of the store. What is kept of a cell
is written by a thread beside the run, in the order in which cells ended; a store that fails costs
later runs time and this one nothing.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mlops_nb.artifacts.blob_faults import BlobError, NotStorableError
from mlops_nb.artifacts.store import Store
from mlops_nb.artifacts.store_records import Record
from mlops_nb.pipeline.incremental.traces import Trace, parse_trace

_CLOSE_S = 600.0
# What a cell showed lies in its trace up to so many bytes: a file of its own costs as much as the
# trace itself, and most cells show little.
_SHORT_BYTES = 4096
# How long what is kept waits to know which run it is of.
_RUN_WAIT_S = 60.0
_STEP_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class CellResult:
    """What a cell showed and did beside values, as it is kept.

    Attributes
    ----------
    outputs : list of dict
        In nbformat's form, without the stage line.
    widgets : Mapping
        By model id: the state of the widgets that the outputs show.
    report : Mapping or None
        What the session said of the stage's cell.
    displays : Mapping of str to list of int
        By display id, which outputs a later cell can update.
    """

    outputs: list[dict[str, Any]]
    widgets: Mapping[str, Any]
    report: Mapping[str, Any] | None
    displays: Mapping[str, list[int]] = field(default_factory=dict)


class KeptResults:
    """The store of a project, as a run uses it.

    Parameters
    ----------
    store : Store
    stamp : str
        Of this process: what the kernel stores is kept for it.

    Attributes
    ----------
    find_run : callable
        ``find_run(timeout_s)`` returns the id of the tracked run that results are kept of, or None
        if it is not known in time.
    """

    def __init__(self, store: Store, *, stamp: str) -> None:
        self._store = store
        self.stamp = stamp
        self.find_run: Callable[[float], str | None] | None = None
        self._is_over = False
        self._run: str | None = None
        self._records: dict[str, Record] = {}
        self._found: dict[str, tuple[Trace, ...]] = {}
        self._faults: dict[str, str] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="mlops_nb kept")
        self._notes: list[str] = []

    @property
    def store(self) -> Store:
        """The store itself."""
        return self._store

    @property
    def root(self) -> Path:
        """Folder of the store."""
        return self._store.root

    @property
    def notes(self) -> list[str]:
        """What a person should know of the store."""
        return list(dict.fromkeys([*self._notes, *self._store.notes]))

    def find(self, key: str) -> tuple[Trace, ...]:
        """Return the traces of a key, newest first."""
        if key in self._found:
            return self._found[key]
        traces = []
        for record in self._store.find(key):
            try:
                trace = parse_trace(record.content)
            except (KeyError, TypeError, ValueError, AttributeError):
                continue  # of another schema: as good as none
            self._records[trace.id] = record
            traces.append(trace)
        self._found[key] = tuple(traces)
        return self._found[key]

    def is_trusted(self, trace: Trace) -> bool:
        """Return whether code in the values of a trace may run."""
        record = self._records.get(trace.id)
        return record is None or record.is_trusted

    def fetch(self, digests: Iterable[str]) -> str:
        """Make blobs available here; return why one is not to be had, or an empty text."""
        missing = self._store.fetch(digests)
        return next(iter(missing.values()), "")

    def find_fault(self, digests: Iterable[str]) -> str:
        """Return why blobs are not to be had as they were stored, or an empty text.

        They are read; what was read once in this process is known.
        """
        for digest in digests:
            if digest not in self._faults:
                self._faults[digest] = self.fetch([digest]) or self._look_into(digest)
            if self._faults[digest]:
                return self._faults[digest]
        return ""

    def _look_into(self, digest: str) -> str:
        try:
            self._store.blobs.view(digest)
        except BlobError as error:
            return error.reason
        return ""

    def read(self, trace: Trace) -> CellResult:
        """Return what the cell of a trace showed.

        Raises
        ------
        BlobError
            If it is not there any more, or damaged.
        """
        if trace.outputs is None:
            return CellResult(outputs=[], widgets={}, report=None)
        content = self._read_json(trace.outputs)
        return CellResult(
            outputs=content["outputs"],
            widgets=content["widgets"],
            report=content["report"],
            displays=content.get("displays", {}),
        )

    def read_file(self, digest: str) -> memoryview:
        """Return the content of a kept file. Raises BlobError."""
        return self._store.blobs.view(digest)

    def keep_file(self, path: Path) -> str:
        """Store a file and return its blob's digest. Raises OSError, also if it must not be."""
        try:
            with self._store.blobs.draft() as draft, path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    draft.write(chunk)
                return draft.commit().digest
        except NotStorableError as error:
            raise OSError(error.reason) from error

    def keep_bytes(self, content: bytes) -> str:
        """Store bytes and return their blob's digest. Raises OSError."""
        return self._store.blobs.put(content).digest

    def use(self, trace: Trace) -> None:
        """Note that a trace was restored: it is kept longer."""
        record = self._records.get(trace.id)
        if record is not None:
            self._thread.submit(self._store.use, record)

    def keep(self, trace: Trace, result: CellResult) -> None:
        """Keep a trace for later runs; returns at once."""
        self._found.pop(trace.key, None)
        self._thread.submit(self._keep, trace, result)

    def flush(self) -> None:
        """Wait until all that was to be kept can be found."""
        self._thread.submit(lambda: None).result()
        self._found.clear()

    def close(self) -> None:
        """Wait until everything is written, and let the store go; once."""
        if self._is_over:
            return
        self._is_over = True
        self._thread.shutdown(wait=True)
        self._store.close(_CLOSE_S)

    def _keep(self, trace: Trace, result: CellResult) -> None:
        try:
            if result.outputs or result.widgets or result.report is not None:
                content = {
                    "outputs": result.outputs,
                    "widgets": dict(result.widgets),
                    "report": result.report,
                    **({"displays": dict(result.displays)} if result.displays else {}),
                }
                trace = replace(trace, outputs=self._put(json.dumps(content)))
            trace = replace(trace, place={**trace.place, "run": self._find_run()})
            blobs = blobs_of(trace)
            for digest in blobs:
                with contextlib.suppress(OSError, BlobError):
                    self._store.blobs.bring_to_disk(digest)
            self._store.put(trace.key, trace.to_json(), blobs=blobs, about=trace.place)
        except Exception as error:  # a result that is not kept is made again; the run goes on
            self._notes.append(f"A result is not kept: {type(error).__name__}: {error}.")

    def _put(self, text: str) -> str:
        """Return what a cell showed as its trace has it: itself if it is short, else the digest of
        its blob. Raises OSError and NotStorableError."""
        content, guard = text.encode(), self._store.blobs.refuse
        if len(content) > _SHORT_BYTES:
            return self._store.blobs.put(content).digest
        if guard is not None:
            guard.refuse(content)
        return text

    def _find_run(self) -> str:
        """Return the id of this run; empty if it has none in time, which is waited for once."""
        if self._run is None:
            until, found = time.monotonic() + _RUN_WAIT_S, None
            while self.find_run is not None and found is None and time.monotonic() < until:
                asked = time.monotonic()
                found = self.find_run(_STEP_S)
                if self._is_over or time.monotonic() - asked < _STEP_S / 2:  # there will be none
                    break
            self._run = found or ""
        return self._run

    def _read_json(self, kept: str) -> dict[str, Any]:
        if is_in_trace(kept):
            text: str | bytes = kept
        else:
            self._store.fetch([kept])
            text = bytes(self._store.blobs.view(kept))
        try:
            content = json.loads(text)
            assert isinstance(content["outputs"], list)
            assert isinstance(content["widgets"], dict)
        except (ValueError, KeyError, TypeError, AssertionError) as error:
            raise BlobError(kept, "What a cell showed is not there any more.") from error
        return dict(content)


def is_in_trace(kept: str) -> bool:
    """Return whether what a cell showed lies in its trace, and not in a blob.

    Readers that know blobs only find no such blob, and run the cell.
    """
    return kept.startswith("{")


def blobs_of(trace: Trace) -> tuple[str, ...]:
    """Return the digests of all blobs that a trace needs."""
    kept = trace.outputs
    found = [] if kept is None or is_in_trace(kept) else [kept]
    for group in trace.groups:
        if group.content is not None:
            for part in json.loads(group.content)["groups"]:
                found += part["blobs"]
    for effect in trace.effects.get("facts", {}).values():
        found += [effect["blob"]] if effect.get("blob") else []
    found += trace.effects.get("handover", {}).get("files", {}).values()
    return tuple(dict.fromkeys(found))

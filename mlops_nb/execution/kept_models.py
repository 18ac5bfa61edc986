"""How does a stage that is restored hand its model over again? By the files it handed over then.

What a kernel writes for packaging is kept with the trace of its cell, folders told relative to the
project: a colleague's copy of it is somewhere else. The files are pickles, so from a store that is
not trusted they are none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mlops_nb.execution.kept import KeptResults
from mlops_nb.pipeline.incremental.traces import Trace

_META = "meta.json"


class KeptModels:
    """The models of traces.

    Parameters
    ----------
    kept : KeptResults
    key_of : callable
        What a path is called in records.
    path_of : callable
        The path that is called so here.
    """

    def __init__(
        self,
        kept: KeptResults,
        *,
        key_of: Callable[[str], str],
        path_of: Callable[[str], Path],
    ) -> None:
        self._kept = kept
        self._key_of = key_of
        self._path_of = path_of

    def keep(self, name: str, folder: Path) -> dict[str, Any]:
        """Store what was handed over in `folder`, and return what a trace keeps of it.

        Raises
        ------
        OSError, ValueError, KeyError
            If it cannot be read or stored.
        """
        files = {}
        for path in sorted(folder.rglob("*")):
            place = path.relative_to(folder).as_posix()
            if place == _META:
                meta = _moved(json.loads(path.read_bytes()), self._key_of)
                meta.pop("folder", None)
                files[place] = self._kept.keep_bytes(json.dumps(meta, sort_keys=True).encode())
            elif path.is_file():
                files[place] = self._kept.keep_file(path)
        return {"name": name, "files": files}

    def trace_with(
        self, trace: Trace, report: Mapping[str, Any] | None, handover: Path | None
    ) -> Trace | None:
        """Return the trace with what was handed over for packaging; None if that cannot be kept:
        then the stage that makes the model runs again."""
        if handover is None or report is None or not report.get("model"):
            return trace
        try:
            told = self.keep(report["model"]["name"], handover)
        except (OSError, ValueError, KeyError):
            return None
        return replace(trace, effects={**trace.effects, "handover": told})

    def fault(self, trace: Trace, report: Mapping[str, Any] | None) -> str:
        """Return why a stage that made a model cannot be restored with it; empty if it can."""
        if report is None or not report.get("model"):
            return ""
        if not trace.effects.get("handover"):
            return "its model was not kept"
        if not self._kept.is_trusted(trace):
            return "its model is a pickle, and bears no signature of ours"
        return self._kept.fetch(_files(trace).values())

    def write(self, trace: Trace, folder: Path) -> dict[str, Any]:
        """Write what was handed over into `folder`, and return what the report says of it.

        Raises
        ------
        BlobError, OSError, ValueError
            If it is not to be had, or cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        meta: dict[str, Any] = {}
        for name, digest in sorted(_files(trace).items()):
            place, content = folder / name, self._kept.read_file(digest)
            place.parent.mkdir(parents=True, exist_ok=True)
            if name != _META:
                place.write_bytes(content)
        meta = _moved(
            json.loads(bytes(self._kept.read_file(_files(trace)[_META]))),
            lambda key: str(self._path_of(key)),
        )
        meta["folder"] = str(folder)
        (folder / _META).write_text(json.dumps(meta, indent=1, sort_keys=True), encoding="utf-8")
        return {"name": trace.effects["handover"]["name"], **meta}


def _moved(meta: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """Return the description of a handover with its folders told otherwise."""
    path = meta.get("path", {})
    return {**meta, "path": {side: [change(p) for p in path[side]] for side in path}}


def _files(trace: Trace) -> dict[str, str]:
    files = trace.effects.get("handover", {}).get("files", {})
    return {str(name): str(digest) for name, digest in files.items()}

"""Is what the plan counts on really to be had? Looked up in the store before a kernel is taken."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from mlops_nb.artifacts.blob_faults import BlobError
from mlops_nb.execution.kept import KeptResults, is_in_trace
from mlops_nb.pipeline.incremental.ledger import Load
from mlops_nb.pipeline.incremental.traces import Trace


class KeptStock:
    """What a store holds (`planning.Stock`).

    Parameters
    ----------
    kept : KeptResults
    missing : callable
        Returns the files that a cell wrote and that are not as it left them, with their blobs.
    """

    def __init__(self, kept: KeptResults, *, missing: Callable[[Trace], Mapping[Any, str]]) -> None:
        self._kept = kept
        self._missing = missing

    def fault_of(self, trace: Trace) -> str:
        """Return why what a cell showed and wrote is not to be had, or an empty text."""
        try:
            blobs = [*self._missing(trace).values()]
        except BlobError as error:
            return error.reason
        shown = trace.outputs
        if shown is not None and not is_in_trace(shown):
            blobs.append(shown)
        return self._kept.find_fault(blobs)

    def fault_in(self, load: Load) -> str:
        """Return why values are not to be had, or an empty text."""
        groups = json.loads(str(load.group.content))["groups"]
        return self._kept.find_fault(digest for group in groups for digest in group["blobs"])

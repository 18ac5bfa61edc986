"""How does a live kernel get what a trace holds? All of it, or nothing.

Values are read before one is bound, files are compared before one is written. What cannot be had
leaves the kernel as it was, and the cell runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_nb.artifacts.blob_faults import BlobError
from mlops_nb.artifacts.codec_manifest import references_of
from mlops_nb.errors import InfrastructureError
from mlops_nb.execution.kept_files import KeptFiles
from mlops_nb.pipeline.incremental.facts import Fact, FactKind

if TYPE_CHECKING:
    from mlops_nb.execution.kept import CellResult, KeptResults
    from mlops_nb.kernels.cell_watch import CellWatch
    from mlops_nb.pipeline.incremental.traces import Trace


def bring_back(
    trace: Trace,
    *,
    kept: KeptResults,
    watch: CellWatch,
    space: dict[str, Any],
    look: Callable[[Fact], str | None],
    path_of: Callable[[str], str],
) -> CellResult | None:
    """Bring back values, states and files of a trace; return what its cell showed.

    Parameters
    ----------
    trace : Trace
    kept : KeptResults
    watch : CellWatch
        Of the kernel.
    space : dict
        The user's names.
    look : callable
        The digest of a fact now.
    path_of : callable
        Where a file is, by its fact's key.

    Returns
    -------
    CellResult or None
        None, with nothing changed, if not all of it is to be had.

    Raises
    ------
    InfrastructureError
        MNB460 a state of the process could not be set, others perhaps were.
    """
    if any(group.content is None for group in trace.groups):
        return None
    manifests = [json.loads(str(group.content)) for group in trace.groups]
    own = {name for group in trace.groups for name in group.names}
    if any(references_of(manifest) - own - set(space) for manifest in manifests):
        return None
    files = KeptFiles(kept, look=look, path_of=lambda key: Path(path_of(key)))
    try:
        result = kept.read(trace)
        blobs = [d for m in manifests for group in m["groups"] for d in group["blobs"]]
        if kept.fetch([*blobs, *files.missing(trace).values()]):
            return None
        if watch.facts.restore(_imports(trace)):  # values are of these modules, wherever they were
            return None
        values, fault = watch.values.read(manifests, trusted=kept.is_trusted(trace))
        if fault:
            return None
        files.write(trace)
    except (BlobError, OSError):
        return None
    _set_states(trace, watch)
    written = [fact.key for fact in trace.writes if fact.kind is FactKind.NAME]
    for name in written:
        space.pop(name, None)
    space.update(values)
    watch.names.changed(written)
    return result


def _imports(trace: Trace) -> dict[str, Any]:
    effects = trace.effects.get("facts", {})
    return {fact: e for fact, e in effects.items() if fact.startswith("import:")}


def _set_states(trace: Trace, watch: CellWatch) -> None:
    effects = trace.effects.get("facts", {})
    states = {fact: effect for fact, effect in effects.items() if not fact.startswith("file:")}
    failed = watch.facts.restore(states)
    if failed:
        raise InfrastructureError(
            "MNB460",
            f"stage {trace.place.get('stage', '')!r}",
            f"what it set in the process cannot be brought back: {', '.join(failed)}.",
            "Restart the kernel, and give the stage --no-cache.",
        )

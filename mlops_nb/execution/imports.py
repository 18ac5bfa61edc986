"""How is papermill imported in half a second instead of two?

Nine tenths of `import nbformat` build a grammar for URIs (rfc3987_syntax, since nbformat pulls in
jsonschema's format checks) that no notebook needs. jsonschema takes its absence for an extra that
is not installed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

_GRAMMAR = "rfc3987_syntax"


@dataclass(frozen=True, slots=True, kw_only=True)
class Papermill:
    """What a run uses of papermill."""

    engines: Any
    nbformat: Any
    version: str


def import_papermill() -> Papermill:
    """Return papermill's engines with ours among them."""
    import nbformat
    import papermill
    from papermill.engines import papermill_engines

    from mlops_nb.execution.engine import PipelineEngine

    if "mlops_nb" not in papermill_engines._engines:  # a checkout that was not installed
        papermill_engines.register("mlops_nb", PipelineEngine)
    return Papermill(
        engines=papermill_engines, nbformat=nbformat, version=str(papermill.__version__)
    )


def import_lightly() -> None:
    """Import papermill without the URI grammar, in a process that is ours alone.

    jsonschema then does not check formats ``uri`` and ``iri`` for the life of the process, which
    is why only the command line calls this. Does nothing where jsonschema or the grammar is there
    already.
    """
    if _GRAMMAR in sys.modules or "jsonschema" in sys.modules:
        return
    sys.modules[_GRAMMAR] = None  # type: ignore[assignment]  # the import system's word for "absent"
    try:
        import nbformat  # noqa: F401
    finally:
        del sys.modules[_GRAMMAR]

"""How is papermill imported in half a second instead of two? Without what no notebook needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlops_nb.notebook.light_import import without_grammar, without_storages


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


def import_lightly(*, has_address: bool) -> None:
    """Import papermill without the URI grammar, in a process that is ours alone; and without the
    libraries of storages, unless notebook or output have an address in one.

    Only the command line calls this, before a thread imports anything: see `without_grammar` and
    `without_storages`.
    """
    with without_grammar():
        import nbformat  # noqa: F401
    if not has_address:
        with without_storages():
            import papermill.iorw  # noqa: F401

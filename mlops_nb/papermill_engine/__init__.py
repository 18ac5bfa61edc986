"""Which engine does papermill find under our name? One that loads nothing until it is used.

papermill loads the engines of every installed package while it is imported itself, in any process
that uses it; and our own modules import papermill. So this one imports nothing: it has the methods
of papermill's `Engine` without its base class.
"""

from __future__ import annotations

from typing import Any


class MlopsNbEngine:
    """papermill's entry point: ``papermill in out --engine mlops_nb``, and ``mlops-nb run``."""

    @classmethod
    def execute_notebook(
        cls,
        nb: Any,
        kernel_name: str,
        output_path: str | None = None,
        progress_bar: bool | dict[str, Any] = True,
        log_output: bool = False,
        autosave_cell_every: int = 30,
        **options: Any,
    ) -> Any:
        """Run `nb` and return it; an ``assignment`` among the options is a run of our own."""
        from mlops_nb.execution.engine import PipelineEngine
        from mlops_nb.papermill_engine.door import execute

        run = PipelineEngine.execute_notebook if "assignment" in options else execute
        return run(
            nb, kernel_name, output_path, progress_bar, log_output, autosave_cell_every, **options
        )

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> Any:
        """Return the kernel's name as papermill's own engine does."""
        from papermill.engines import Engine

        return Engine.nb_kernel_name(nb, name)

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> Any:
        """Return the notebook's language as papermill's own engine does."""
        from papermill.engines import Engine

        return Engine.nb_language(nb, language)

"""What does every door call? One object that knows root, settings and how the floors fit."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mlops_nb.notebook.addresses import is_url, name_in, to_local
from mlops_nb.notebook.stars import star_names
from mlops_nb.pipeline.stages import Pipeline
from mlops_nb.project.roots import Layout, find_root
from mlops_nb.project.settings import (
    Settings,
    command_line_layer,
    environment_layer,
    file_layer,
    merge_layers,
    notebook_layer,
)

if TYPE_CHECKING:
    from mlops_nb.execution.events import RunObserver
    from mlops_nb.notebook.files import NotebookFile
    from mlops_nb.pipeline.checked import CheckedNotebook
    from mlops_nb.pipeline.records import RunRecord
    from mlops_nb.project.checking import CheckOptions
    from mlops_nb.project.plan_diff import PlanDiff
    from mlops_nb.project.planning import PlanReport
    from mlops_nb.project.verified import VerifyReport
    from mlops_nb.tracking.store import TrackingStore


@dataclass(frozen=True)
class Project:
    """The folder a notebook belongs to, with its settings; the one object a door talks to."""

    layout: Layout

    @classmethod
    def find(cls, path: Path | str | None = None) -> Project:
        """Return the project of a notebook or folder; of the working directory without `path`."""
        is_here = path is None or is_url(path)
        start = Path.cwd() if path is None or is_here else Path(to_local(path))
        return cls(layout=Layout(root=find_root(start)))

    @property
    def root(self) -> Path:
        return self.layout.root

    @cached_property
    def settings(self) -> Settings:
        """Settings without a notebook's own."""
        return self._merge({}, {})

    def settings_for(
        self, notebook: Path | NotebookFile, command_line: Mapping[str, Any] | None = None
    ) -> Settings:
        """Return the settings that hold for `notebook`, under what the command line says."""
        from mlops_nb.notebook.files import NotebookFile, read_cells

        file = notebook if isinstance(notebook, NotebookFile) else read_cells(notebook)
        return self._merge(file.node.get("metadata", {}), command_line or {})

    def _merge(self, metadata: Mapping[str, Any], command_line: Mapping[str, Any]) -> Settings:
        return merge_layers(
            [
                command_line_layer(command_line),
                environment_layer(os.environ),
                notebook_layer(metadata),
                file_layer(self.root),
            ]
        )

    def store(self, settings: Settings | None = None) -> TrackingStore:
        """Return the tracking store, made ready; MLflow is not imported."""
        from mlops_nb.tracking.store import open_store

        self.layout.create()
        uri = (settings or self.settings).tracking_uri
        return open_store(self.layout.record, tracking_uri=uri)

    def experiment_name(self, notebook: Path | str, settings: Settings | None = None) -> str:
        """Return the MLflow experiment of `notebook`: as set, else project folder and path."""
        chosen = (settings or self.settings).experiment
        if chosen is not None:
            return chosen
        if is_url(notebook):
            stem = Path(name_in(str(notebook))).stem
            return "/".join(part for part in (self.root.name, stem) if part)
        path = Path(notebook).absolute().with_suffix("")
        inside = path.relative_to(self.root) if path.is_relative_to(self.root) else Path(path.name)
        return "/".join(part for part in (self.root.name, inside.as_posix()) if part)

    def read_pipeline(self, notebook: Path | str) -> Pipeline:
        """Return the stages of `notebook` and the edges between them, with its diagnostics."""
        from mlops_nb.notebook.files import read_cells

        return self.build(read_cells(notebook))

    def check(
        self, notebook: Path | str, *, raw: bytes | None = None, options: CheckOptions | None = None
    ) -> CheckedNotebook:
        """Return what is found in `notebook`, or in `raw` under that name: its pipeline's findings,
        probable secrets and habits, as comments and settings let them be told.

        Raises
        ------
        InputError
            ``MNB8xx`` if the settings cannot be used. A notebook that cannot be read is told in the
            outcome.
        """
        from mlops_nb.project.checking import CheckOptions, check_notebook

        return check_notebook(self, str(notebook), raw=raw, options=options or CheckOptions())

    def runnable_pipeline(
        self,
        notebook: Path | str,
        *,
        register: str | None = None,
        gates: Sequence[str] = (),
        promote_if_passed: bool = False,
    ) -> Pipeline:
        """Return the pipeline of `notebook` if a run with these options would start.

        Raises
        ------
        InputError
            As `mlops_nb.run`.
        """
        from mlops_nb.notebook.files import read_cells
        from mlops_nb.project.prepared import RunOptions, check_runnable

        file = read_cells(notebook)
        pipeline = self.build(file)
        settings = self.settings_for(file, {"register": register})
        options = RunOptions(register=register, gates=gates, promote_if_passed=promote_if_passed)
        check_runnable(pipeline, settings, options)
        return pipeline

    def build(self, file: NotebookFile) -> Pipeline:
        """Return the pipeline of a notebook that was read."""
        from mlops_nb.pipeline.build import build_pipeline

        return build_pipeline(file.cells, name=file.path, star_names=star_names)

    def run(
        self, notebook: Path | str, output: Path | str | None = None, **options: Any
    ) -> RunRecord:
        """Run `notebook` headless and return its record; options as in `mlops_nb.run`."""
        from mlops_nb.project.headless import run_headless
        from mlops_nb.project.prepared import RunOptions

        return run_headless(self, notebook, output, options=RunOptions(**options))

    def plan(self, notebook: Path | str, **options: Any) -> PlanReport:
        """Return what `run` with the same options would do; nothing is executed."""
        from mlops_nb.project.planning import plan_notebook
        from mlops_nb.project.prepared import RunOptions

        return plan_notebook(self, notebook, options=RunOptions(**options))

    def diff(self, notebook: Path | str, run: str, **options: Any) -> PlanDiff:
        """Return how `run` with the same options would differ from a past run."""
        from mlops_nb.project.plan_diff import diff_plan
        from mlops_nb.project.prepared import RunOptions

        return diff_plan(self, notebook, run=run, options=RunOptions(**options))

    def verify(
        self,
        notebook: Path | str,
        *,
        skip: Collection[str] = (),
        on_pass: Callable[[str], None] = lambda name: None,
        **options: Any,
    ) -> VerifyReport:
        """Run `notebook` in four ways and return where they differ; see `verify_notebook`."""
        from mlops_nb.project.prepared import RunOptions
        from mlops_nb.project.verifying import verify_notebook

        made = RunOptions(**options)
        return verify_notebook(self, notebook, options=made, skip=skip, on_pass=on_pass)


def read_pipeline(path: Path | str) -> Pipeline:
    """Return the stages of a notebook and the edges between them.

    Parameters
    ----------
    path : Path or str
        The notebook.

    Returns
    -------
    Pipeline
        What is wrong with the notebook's stages is in its `diagnostics`.

    Raises
    ------
    InputError
        ``MNB1xx`` if the file cannot be read as a notebook.
    """
    return Project.find(path).read_pipeline(path)


def run(
    path: Path | str,
    output: Path | str | None = None,
    *,
    parameters: Mapping[str, Any] | None = None,
    stages: Sequence[str] = (),
    until: str | None = None,
    timeout_s: float | None = None,
    cwd: Path | str | None = None,
    kernel: str | None = None,
    register: str | None = None,
    gates: Sequence[str] = (),
    promote_if_passed: bool = False,
    secrets: Sequence[str] = (),
    output_limit: str | int | None = None,
    track: bool | None = None,
    cache: Literal["stages", "all", "off"] | None = None,
    force: Sequence[str] = (),
    isolate: bool = False,
    observers: Sequence[RunObserver] = (),
) -> RunRecord:
    """Run a notebook headless, as ``mlops-nb run`` does, and return its record.

    Parameters
    ----------
    path : Path or str
        The notebook; it is never written.
    output : Path or str, optional
        Where the executed notebook goes; ``.mlops_nb/record/runs/`` if not given.
    parameters : Mapping, optional
        Values by parameter name.
    stages : sequence of str
        Run these stages and what they need; all if empty.
    until : str, optional
        Run everything up to this stage.
    timeout_s : float, optional
        Seconds the run may take.
    cwd : Path or str, optional
        The kernel's working directory; the notebook's folder if not given.
    kernel : str, optional
        Name of the kernel specification to run with; the notebook's own if not given.
    register : str, optional
        Registered model that the run's model becomes a version of.
    gates : sequence of str
        What must hold besides the gates of notebook and settings: ``"accuracy >= 0.9"``.
    promote_if_passed : bool, default=False
        Whether the registered version becomes the champion if all gates hold.
    secrets : sequence of str
        Environment variables, beside those the settings name, whose values are masked in all that
        the run writes and tells.
    output_limit : str or int, optional
        What the executed notebook keeps of a cell's outputs: bytes, a size such as ``"20MB"``, or
        ``"off"``; as set if not given.
    track : bool, optional
        Whether the run is written to MLflow; as set if not given.
    cache : {"stages", "all", "off"}, optional
        What is restored when nothing it depends on changed; as set if not given.
    force : sequence of str
        Stages that run though they could be restored.
    isolate : bool, default=False
        Whether each stage has a kernel of its own, given only what the stages before it stored.
    observers : sequence of RunObserver
        Told what happens while it runs.

    Returns
    -------
    RunRecord
        Also of a run that failed: see its `status` and `error`; `gates` says how they turned out.

    Raises
    ------
    InputError
        If notebook, parameters or settings cannot be used; no kernel was started.
    InfrastructureError
        If the kernel would not start or the output cannot be written.
    """
    return Project.find(path).run(
        path,
        output,
        parameters=parameters or {},
        stages=stages,
        until=until,
        timeout_s=timeout_s,
        cwd=cwd,
        kernel=kernel,
        register=register,
        gates=gates,
        promote_if_passed=promote_if_passed,
        secrets=secrets,
        output_limit=output_limit,
        track=track,
        cache=cache,
        force=force,
        isolate=isolate,
        observers=observers,
    )

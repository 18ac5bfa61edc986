"""A run of a notebook without Jupyter: the loop over cells in short, all below it as it is."""

from __future__ import annotations

import os
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from law_cells import LawCell, Project
from law_kernel import Nursery
from law_runs import Outcome, environment_of, files_in, refused, write_law_notebook

from mlops_nb.artifacts.store import Store
from mlops_nb.errors import InputError
from mlops_nb.execution.cellplan import plan_cells
from mlops_nb.execution.incremental import IncrementalRun
from mlops_nb.execution.injection import inject_parameters
from mlops_nb.execution.kept import CellResult, KeptResults
from mlops_nb.execution.planning import incremental_run
from mlops_nb.execution.runcells import CacheRequest
from mlops_nb.notebook.files import read_cells
from mlops_nb.notebook.stars import star_names
from mlops_nb.pipeline.build import build_pipeline
from mlops_nb.pipeline.parameters import resolve_parameters
from mlops_nb.pipeline.secrets import Masker
from mlops_nb.project.problems import refuse_broken

_KEY = b"law" * 11


class _AgainError(Exception):
    pass


def run_quick(
    nursery: Nursery,
    folder: Path,
    project: Project,
    *,
    cache: Any,
    dumps: bool = False,
    extra: LawCell | None = None,
) -> Outcome:
    """As `law_runs.run_project`."""
    path = write_law_notebook(folder, project, dumps=dumps, extra=extra)
    with environment_of(project, folder):
        try:
            return _QuickRun(nursery, folder, path, project, cache).run()
        except InputError as error:
            return refused(folder, error)


class _QuickRun:
    def __init__(
        self, nursery: Nursery, folder: Path, path: Path, project: Project, cache: Any
    ) -> None:
        file = read_cells(path)
        pipeline = build_pipeline(file.cells, name=file.path, star_names=star_names)
        refuse_broken(pipeline)
        values = resolve_parameters(file.cells, dict(project.parameters), notebook=file.path)
        self.node = {"cells": [dict(cell) for cell in file.node["cells"]]}
        request: Any = SimpleNamespace(
            source=file,
            pipeline=pipeline,
            parameters=values,
            kernel_environment={},
            masker=Masker({}),
            cache=None,
        )
        plans = plan_cells(pipeline, None)
        if values:
            plans = inject_parameters(self.node, plans, request)
        self.plans = plans
        self.nursery, self.folder = nursery, folder
        self.kept: KeptResults | None = None
        if cache != "off":
            store = Store(folder / ".mlops_nb" / "cache", stamp="law", has_vanished=lambda _: True)
            self.kept = KeptResults(store, stamp="law")
            request.cache = CacheRequest(kept=self.kept, mode=cache, root=folder, key=_KEY)
            launch: Any = SimpleNamespace(
                cwd=folder,
                find_python=lambda: sys.executable,
                find_environment=lambda: dict(os.environ),
            )
            self.begin = incremental_run(request, plans, launch=launch)
        self.missing: dict[int, str] = {}
        self.connection: Connection | None = None
        self.kernels = 0
        self.foreseen: list[str] = []

    def run(self) -> Outcome:
        try:
            before: IncrementalRun | None = None
            while True:
                run = None if self.kept is None else self.begin({**self.missing})
                if run is not None and before is None:
                    self.foreseen = [step.action for step in run.plan()]
                if before is not None and run is not None:
                    run.load_as(before)
                self.cells: list[Any] = []
                self.reasons: list[str] = []
                self.restored = 0
                try:
                    error = self._run_cells(run)
                    break
                except _AgainError:
                    assert run is not None
                    before = run
                    self.missing = {**run.refused, **self.missing}
                    self._finish(run)
                    self._leave()
                    assert not run.images.put_back()
            self._finish(run)
        finally:
            self._leave()
            if self.kept is not None:
                self.kept.close()
        return Outcome(
            status="completed" if error is None else "failed",
            error=() if error is None else tuple(error),
            metrics={},
            cells=self.cells + [None] * (len(self.plans) - len(self.cells)),
            files=files_in(self.folder),
            restored=self.restored,
            kernels=self.kernels,
            reasons=self.reasons,
            notes=(),
            foreseen=self.foreseen,
        )

    def _run_cells(self, run: IncrementalRun | None) -> list[str] | None:
        count = 0
        for position, plan in enumerate(self.plans):
            if plan.action != "run":
                self.cells.append(None)
                continue
            count += 1
            if run is not None:
                while True:
                    step = run.step()
                    reason = run.explain(step)
                    result = run.fetch(step) if step.action == "restore" else None
                    if step.action == "run" or result is not None:
                        break
                self.reasons.append(f"{step.action}: {reason}")
                if result is not None:
                    run.restored(step)
                    self.restored += 1
                    self.cells.append(result.outputs[0])
                    continue
                self._prepare(run, count)
            elif self.connection is None:
                self._take(None)
            spec = None if run is None else run.watch(position)
            source = self.node["cells"][position]["source"]
            try:
                told = self._ask("run", source=source, count=count, spec=spec)
            except EOFError:
                self._leave()
                return ["the kernel died"]
            error = told["error"]
            if run is not None:
                run.images.hear(told["told"].get("cell"))
                if error and error[0] == "NameError" and run.lacks(position, error[1]):
                    raise _AgainError
                if missing := run.makers_lacking(told["told"].get("cell")):
                    self.missing |= missing
                    raise _AgainError
                result = CellResult(outputs=[told["shown"]], widgets={}, report=None)
                run.ran(
                    position,
                    told["told"].get("cell"),
                    result=None if error else result,
                    handover=None,
                    seconds=0.0,
                )
            self.cells.append(told["shown"])
            if error:
                return list(error)
        return None

    def _prepare(self, run: IncrementalRun, count: int) -> None:
        if self.connection is None:
            assert self.kept is not None
            watch = {"root": str(self.folder), "store": str(self.kept.root), "stamp": "law"}
            self._take({**watch, "key": _KEY.hex()})
            for position in run.boot():
                if self._ask("execute", source=self.node["cells"][position]["source"]):
                    self.missing[position] = "it does not run in a new kernel"
                    raise _AgainError
        order = run.order(count=count)
        missing = order.missing or run.supplied(order, self._ask("supply", order=order.text))
        if missing:
            self.missing |= missing
            raise _AgainError

    def _take(self, watch: dict[str, str] | None) -> None:
        self.kernels += 1
        self.connection = self.nursery.kernel(
            cwd=str(self.folder), environment=dict(os.environ), watch=watch
        )

    def _ask(self, what: str, **given: Any) -> Any:
        assert self.connection is not None
        self.connection.send((what, given))
        return self.connection.recv()

    def _finish(self, run: IncrementalRun | None) -> None:
        if run is not None and run.is_storing and self.connection is not None:
            run.stored(self._ask("drain"))
        if self.kept is not None:
            self.kept.flush()

    def _leave(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

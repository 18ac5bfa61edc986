"""What is one headless run to do, and can it be done? Nothing has started yet.

Everything that can be refused is refused here: notebook, parameters, options, settings.
"""

from __future__ import annotations

import ast
import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_nb.errors import InputError
from mlops_nb.notebook.addresses import is_url, name_in, tell_address, to_local
from mlops_nb.notebook.files import NotebookFile, read_cells
from mlops_nb.pipeline.parameters import declared_parameters, resolve_parameters
from mlops_nb.pipeline.secrets import Masker
from mlops_nb.pipeline.selection import Selection, find_stage, select_cells
from mlops_nb.pipeline.stages import Pipeline
from mlops_nb.project.gatekeeping import RunGates, check_gate_options, collect_gates
from mlops_nb.project.problems import refuse_broken
from mlops_nb.project.run_promotion import refuse_uncommitted
from mlops_nb.project.secrecy import read_secrets, refuse_secret_names, told_without
from mlops_nb.project.settings import Settings

if TYPE_CHECKING:
    from mlops_nb.execution.events import RunObserver
    from mlops_nb.pipeline.records import RunRecord
    from mlops_nb.project.project import Project
    from mlops_nb.tracking.entries import RunSource


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What a door asked of one run; None is "not said" (see `mlops_nb.run`).

    `is_own_process` says that nothing else lives in this process, so that imports may be cut short
    (see `import_lightly`). `on_broken` is told the record of a run that an error ends, before that
    is raised.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    stages: Sequence[str] = ()
    until: str | None = None
    timeout_s: float | None = None
    cwd: Path | str | None = None
    kernel: str | None = None
    register: str | None = None
    gates: Sequence[str] = ()
    promote_if_passed: bool = False
    sanitize_html: bool | None = None
    output_limit: str | int | None = None
    secrets: Sequence[str] = ()
    track: bool | None = None
    cache: str | None = None
    force: Sequence[str] = ()
    isolate: bool = False
    observers: Sequence[RunObserver] = ()
    on_broken: Callable[[RunRecord], None] | None = None
    is_own_process: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedRun:
    """A run whose every part was checked."""

    file: NotebookFile
    pipeline: Pipeline
    selection: Selection | None
    values: Mapping[str, Any]
    secrets: Mapping[str, str]
    masker: Masker
    settings: Settings
    cwd: Path
    output: str
    observers: tuple[RunObserver, ...]
    on_broken: Callable[[RunRecord], None] | None
    is_own_process: bool
    must_register: bool
    gates: RunGates
    must_promote: bool
    force: frozenset[str]
    isolate: bool

    def defaults(self) -> dict[str, Any]:
        """Return what the notebook declares for parameters that were not given.

        A default that is no literal is given as its source text.
        """
        declared: dict[str, Any] = {}
        for parameter in declared_parameters(self.file.cells):
            if parameter.name in self.values or not parameter.default:
                continue
            try:
                declared[parameter.name] = ast.literal_eval(parameter.default)
            except (ValueError, SyntaxError):
                declared[parameter.name] = parameter.default
        return declared

    def used_parameters(self) -> dict[str, Any]:
        """Return the parameters as the notebook uses them: given values and declared defaults;
        secrets are masked."""
        return self.masker.parameters({**self.defaults(), **self.values})


def prepare_run(
    project: Project,
    notebook: Path | str | NotebookFile,
    output: Path | str | None,
    options: RunOptions,
    *,
    will_run: bool = True,
) -> PreparedRun:
    """Read and check everything `mlops_nb.run` was given.

    Parameters
    ----------
    project : Project
    notebook : path-like or NotebookFile
        The latter as somebody edits it, saved or not.
    output : path-like or None
    options : RunOptions
    will_run : bool, default=True
        False: nothing is made on the disk.

    Raises
    ------
    InputError
        If notebook, parameters, options or settings cannot be used.
    """
    file = notebook if isinstance(notebook, NotebookFile) else read_cells(notebook)
    settings = project.settings_for(
        file,
        {
            "timeout": options.timeout_s,
            "kernel": options.kernel,
            "register": options.register,
            "sanitize_html": options.sanitize_html,
            "output_limit": options.output_limit,
            "secrets": options.secrets or None,
            "track": options.track,
            "cache": options.cache,
        },
    )
    secrets = read_secrets(settings.secrets, os.environ)
    masker = Masker(secrets)
    with told_without(masker):
        pipeline = project.build(file)
        selection = check_runnable(pipeline, settings, options)
        values = resolve_parameters(file.cells, options.parameters, notebook=file.path)
        cwd = _working_directory(file, options)
        place = _default_output(project, file) if output is None else _plain_path(to_local(output))
        _refuse_secret_names(masker, settings, file=file, output=place, cwd=cwd)
    if options.promote_if_passed and not is_url(file.path):
        refuse_uncommitted(Path(file.path).absolute())
    if will_run and (settings.track or output is None):
        project.layout.create()
    return PreparedRun(
        file=file,
        pipeline=pipeline,
        selection=selection,
        values=values,
        secrets=secrets,
        masker=masker,
        settings=settings,
        cwd=cwd,
        output=place,
        observers=tuple(options.observers),
        on_broken=options.on_broken,
        is_own_process=options.is_own_process,
        must_register=options.register is not None,
        gates=RunGates(
            gates=collect_gates(pipeline, settings, asked=options.gates),
            root=project.root,
            notebook=file.path,
            allow=settings.trusted_types,
            is_asked=bool(options.gates),
            is_partial=selection is not None,
        ),
        must_promote=options.promote_if_passed,
        force=frozenset(options.force),
        isolate=options.isolate,
    )


def _refuse_secret_names(
    masker: Masker, settings: Settings, *, file: NotebookFile, output: str, cwd: Path
) -> None:
    names = {
        "the notebook's path": file.path if is_url(file.path) else str(Path(file.path).absolute()),
        "the output's path": tell_address(output),
        "the working directory": str(cwd),
        "experiment": settings.experiment,
        "register": settings.register,
    }
    refuse_secret_names(masker, names)


def _select(pipeline: Pipeline, options: RunOptions) -> Selection | None:
    if not options.stages and options.until is None:
        return None
    return select_cells(pipeline, stages=options.stages, until=options.until)


def run_source(file: NotebookFile, *, root: Path) -> RunSource:
    """Return what tracking is to know of the notebook."""
    from mlops_nb.tracking.entries import RunSource

    if is_url(file.path):
        path = Path(name_in(file.path) or "notebook")
        return RunSource(
            notebook=path, root=root, digest=file.digest, address=file.path, raw=file.raw
        )
    return RunSource(notebook=Path(file.path).absolute(), root=root, digest=file.digest)


def _working_directory(file: NotebookFile, options: RunOptions) -> Path:
    if options.cwd is not None:
        return Path(options.cwd).absolute()
    return Path.cwd() if is_url(file.path) else Path(file.path).absolute().parent


def _plain_path(output: str) -> str:
    """Return a local path without ``.`` and ``..``, where it still names the same place.

    A folder (``out/``) and what is no path stay, to be refused as what they are.
    """
    if is_url(output) or output.endswith("/") or "\0" in output:
        return output
    plain = os.path.normpath(output)
    return plain if os.path.realpath(plain) == os.path.realpath(output) else output


def _default_output(project: Project, file: NotebookFile) -> str:
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    name = Path(name_in(file.path) if is_url(file.path) else file.path).stem[:80]
    return str(project.layout.runs / f"{moment}-{uuid.uuid4().hex[:6]}-{name}.ipynb")


def check_runnable(pipeline: Pipeline, settings: Settings, options: RunOptions) -> Selection | None:
    """Return the cells to run, all if None; refuse what could only come to nothing.

    Raises
    ------
    InputError
        The notebook's own findings; MNB611, MNB805 and MNB806 for a model that cannot be
        registered; MNB701 to MNB705 and MNB743 to MNB745 for gates that cannot be decided; MNB807
        and MNB808 for stages that cannot be selected or forced.
    """
    refuse_broken(pipeline)
    for name in options.force:
        find_stage(pipeline, name, "--force")
    selection = _select(pipeline, options)
    _check_model_options(settings, pipeline, options, selection)
    check_gate_options(
        settings,
        collect_gates(pipeline, settings, asked=options.gates),
        asked=bool(options.gates),
        must_promote=options.promote_if_passed,
    )
    return selection


def _check_model_options(
    settings: Settings, pipeline: Pipeline, options: RunOptions, selection: Selection | None
) -> None:
    if settings.register is not None:
        from mlops_nb.packaging.publication import check_registered_name

        check_registered_name(settings.register)
    if options.register is None:
        return
    if not settings.track:
        raise InputError(
            "MNB806",
            "--register",
            "a run that is not tracked registers no model.",
            "Leave out --no-track.",
        )
    if not any(stage.options.model for stage in pipeline.stages):
        raise InputError(
            "MNB805",
            f"--register {options.register}",
            f"no stage of {pipeline.name} names a model.",
            "Add --model NAME to the stage that makes it.",
        )
    if selection is not None and not any(
        stage.options.model and selection.run.issuperset(stage.cells) for stage in pipeline.stages
    ):
        raise InputError(
            "MNB805",
            f"--register {options.register}",
            "no stage that is to run names a model.",
            "Choose stages up to the one that makes it, or leave out --register.",
        )

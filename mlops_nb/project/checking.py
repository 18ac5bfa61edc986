"""What is found in a notebook, and what of it is told? All findings, comments that accept some,
settings, and which of them a machine can mend.

A pipeline's errors keep a notebook from running whatever comments and settings say of `check`:
those decide about what is told here, not about what can work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_nb.errors import MlopsNbError
from mlops_nb.notebook.edits import write_edited
from mlops_nb.notebook.files import NotebookFile, parse_notebook, read_bytes
from mlops_nb.notebook.output_texts import metadata_texts, output_texts
from mlops_nb.notebook.source_lines import source_lines
from mlops_nb.notebook.stars import star_names
from mlops_nb.pipeline.build import build_pipeline
from mlops_nb.pipeline.check_rules import CheckRules
from mlops_nb.pipeline.checked import CheckedNotebook
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.fixes.edits import Fix
from mlops_nb.pipeline.habits import habit_diagnostics
from mlops_nb.pipeline.ignores import apply_ignores
from mlops_nb.pipeline.secret_findings import secret_diagnostics
from mlops_nb.pipeline.stages import Pipeline
from mlops_nb.pipeline.stripping import stripping_findings
from mlops_nb.project.explain import explained_codes
from mlops_nb.project.fixing import Fixable, FixedNotebook, fix_all, prove_fixes
from mlops_nb.project.strippers import project_strippers

if TYPE_CHECKING:
    from mlops_nb.project.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """What a door asks of a check.

    Attributes
    ----------
    select, ignore : tuple of str
        As in `CheckSettings.rules_for`.
    with_fixes : bool
        Whether to find out what can be mended; it costs a second look where something may be.
    with_file_lines : bool
        Whether to find the lines of the file where findings are.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    with_fixes: bool = True
    with_file_lines: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All that was found in a notebook: what is told, what comments accept, and by which rules."""

    file: NotebookFile
    pipeline: Pipeline
    every: tuple[Diagnostic, ...]
    told: tuple[Diagnostic, ...]
    n_ignored: int


def check_notebook(
    project: Project, name: str, *, raw: bytes | None = None, options: CheckOptions
) -> CheckedNotebook:
    """Return what is told of a notebook; one that cannot be read has its fault as finding.

    Parameters
    ----------
    project : Project
    name : str
        Its path; with `raw`, what it is called.
    raw : bytes, optional
        Its content, if it is not to be read from `name`.
    options : CheckOptions

    Raises
    ------
    InputError
        If the project's settings cannot be used.
    """
    project.settings  # noqa: B018  # a fault in the settings is not one of the notebook
    try:
        content = read_bytes(name) if raw is None else raw
        found = look_through(project, content, name, options=options)
    except MlopsNbError as error:
        return CheckedNotebook(
            name=name, findings=(fault_finding(error, name),), is_unreadable=True
        )
    fixes: dict[int, Fix] = {}
    if options.with_fixes:
        fixes = prove_fixes(
            content,
            fixable_notebook(found),
            look=lambda changed: look_through(project, changed, name, options=options).every,
        )
    cells = {f.cell for f in found.told} | {p.cell for f in found.told for p in f.related}
    return CheckedNotebook(
        name=name,
        findings=found.told,
        cells=found.pipeline.cells,
        stages={i: directive.stage for i, directive in found.pipeline.directives.items()},
        fixes=fixes,
        file_lines=source_lines(content, cells, name=name) if options.with_file_lines else {},
        n_ignored=found.n_ignored,
    )


def fix_notebook(
    project: Project, name: str, *, raw: bytes | None = None, options: CheckOptions
) -> FixedNotebook:
    """Return what becomes of a notebook when all is mended that can be; nothing is written.

    Raises
    ------
    InputError
        As `look_through`; MNB108 for a notebook of format 1 to 3.
    """
    return fix_all(
        read_bytes(name) if raw is None else raw,
        name=name,
        examine=lambda raw: fixable_notebook(look_through(project, raw, name, options=options)),
        look=lambda raw: look_through(project, raw, name, options=options).every,
    )


def write_fixed(name: str, raw: bytes, fixed: FixedNotebook) -> None:
    """Write what `fixed` changes in the notebook that was `raw` when it was looked at.

    Raises
    ------
    InputError
        MNB109 if the file is another now.
    InfrastructureError
        MNB113 if it cannot be written. The file is then as it was.
    """
    write_edited(parse_notebook(raw, name=name), fixed.changes)


def fixable_notebook(found: Found) -> Fixable:
    """Return what was found as those who mend it take it."""
    return Fixable(pipeline=found.pipeline, every=found.every, told=found.told, known=known_codes())


def look_through(project: Project, raw: bytes, name: str, *, options: CheckOptions) -> Found:
    """Return all that is found in the notebook `raw`.

    Raises
    ------
    InputError
        MNB1xx if it cannot be read as a notebook; MNB8xx for settings that cannot be used.
    """
    file = parse_notebook(raw, name=name)
    rules = project.settings_for(file).check.rules_for(
        name, root=project.root, select=options.select, ignore=options.ignore
    )
    pipeline = build_pipeline(file.cells, name=name, star_names=star_names)
    lost = stripping_findings(pipeline, project_strippers(project.root))
    return judge(pipeline, [*find_diagnostics(file, pipeline), *lost], file=file, rules=rules)


def find_diagnostics(file: NotebookFile, pipeline: Pipeline) -> list[Diagnostic]:
    """Return every finding in a notebook: its pipeline's, probable secrets, and habits."""
    counts = {
        index: cell.get("execution_count")
        for index, cell in enumerate(file.node["cells"])
        if cell["cell_type"] == "code"
    }
    secrets = secret_diagnostics(
        file.cells, outputs=output_texts(file.node), metadata=metadata_texts(file.node)
    )
    return [*secrets, *pipeline.diagnostics, *habit_diagnostics(pipeline, counts=counts)]


def judge(
    pipeline: Pipeline, found: Sequence[Diagnostic], *, file: NotebookFile, rules: CheckRules
) -> Found:
    """Return `found` with what comments accept and what `rules` leave out taken away."""
    told, accepted = apply_ignores(found, pipeline.cells, known=known_codes())
    about = [finding for finding in told if finding.code in ("MNB260", "MNB261")]
    return Found(
        file=file,
        pipeline=pipeline,
        every=_in_order([*found, *about]),
        told=_in_order(rules.apply(told)),
        n_ignored=len(accepted),
    )


def known_codes() -> frozenset[str]:
    """Return every code of a finding."""
    return frozenset(explained_codes())


def _in_order(found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(sorted(found, key=lambda d: (d.cell, d.line, d.column, d.code)))


def fault_finding(error: MlopsNbError, name: str) -> Diagnostic:
    """Return an error about the notebook `name` as a finding."""
    place = error.place.removeprefix(name).lstrip(", ")
    message = f"{place}: {error.fault}" if place else error.fault
    return Diagnostic(
        code=error.code, severity="error", cell=-1, message=message, remedy=error.remedy
    )

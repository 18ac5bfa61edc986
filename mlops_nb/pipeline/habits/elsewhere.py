"""What ties a notebook to this machine, or hides from those who look? MNB232-MNB235."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.diagnostics import Diagnostic, Severity
from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.habits.calls import Call, ParsedCell
from mlops_nb.pipeline.habits.network import hidden_deed, named_texts, starts_process
from mlops_nb.pipeline.stages import Pipeline, StageOptions
from mlops_nb.pipeline.trees import nodes_of

_HOME = re.compile(r"(?:/home/|/Users/|/root/|[A-Za-z]:[\\/]Users[\\/]|~[\\/])[\w.]")
_ABSOLUTE = re.compile(
    r"(?:/(?:data|datasets?|mnt|media|var|opt|srv|content|kaggle|workspace|work|scratch|Volumes|dbfs|"
    r"nfs|shared?|storage|projects?|lustre|gpfs)/|[A-Za-z]:[\\/])[\w.][^:?*<>|]*$"
)
_INSTALL = re.compile(
    r"^\s*(?:[%!]{1,2})\s*(?:(?:\S*python3?|\{sys\.executable\}) -m )?"
    r"(?:pip3?|conda|mamba|uv)\s.*\binstall\b"
)
_BODY_INSTALL = re.compile(
    r"^\s*(?:-m )?(?:\S*python3?(?: -m)? )?(?:-m )?(?:pip3?|conda|mamba|uv)\s(?:.*\s)?install\b"
)
_SHELL_CELL = re.compile(
    r"(?:[ \t]*(?:#.*|%%mlops_stage.*)?\n)*[ \t]*%%(?:bash|sh|script|system|sx|!)\b"
)
_SHELL_LINE = re.compile(
    r"^\s*(?P<kept>[\w, ]+=\s*)?(?:!{1,2}|%sx |%system )\s*(?P<rest>(?P<command>[\w./-]+).*)"
)
_BODY_LINE = re.compile(r"^(?P<kept>)\s*(?P<rest>(?P<command>[\w./-]+).*)")
_SHELLS = frozenset({"!", "!!", "%sx", "%system", "%%bash", "%%sh", "%%script", "%%system", "%%sx"})
_FETCHING = word_set("wget curl git aws gsutil gcloud kaggle scp ssh rsync gdown")
_LOOKING = word_set("ls head tail cat wc du df which date free uname whoami tree file")
_HARMLESS = word_set("echo pwd mkdir set cd pip pip3 conda nvidia-smi")


def elsewhere_findings(
    pipeline: Pipeline, cells: Sequence[ParsedCell], calls: Sequence[Call]
) -> Iterator[Diagnostic]:
    """Yield star imports, home paths, installations, and what stages do out of sight."""
    installing = {c.cell: c.node.lineno for c in reversed(calls) if _is_installation(c)}
    for cell, tree in cells:
        nodes = nodes_of(tree)
        yield from _star_imports(cell, nodes)
        yield from _paths(cell, nodes)
        yield from _installations(pipeline, cell, installing.get(cell.index, 0))
        yield from _shell_lines(pipeline, cell)
    for call in calls:
        if call.name == "pathlib.Path.home":
            told = "the path is in the home folder of whoever runs the notebook."
            yield _path(call.cell, call.node, told, "info")
    yield from _out_of_sight(pipeline, calls, named_texts(cells))


def _star_imports(cell: Cell, nodes: Sequence[ast.AST]) -> Iterator[Diagnostic]:
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and any(name.name == "*" for name in node.names):
            yield Diagnostic(
                code="MNB232",
                severity="info",
                cell=cell.index,
                line=node.lineno,
                column=node.col_offset,
                message=f"the cell imports all names of {node.module!r}.",
                remedy="Import the names that are used, or the module.",
            )


def _paths(cell: Cell, nodes: Sequence[ast.AST]) -> Iterator[Diagnostic]:
    for node in nodes:
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        told = f"the path {node.value[:80]!r} is"
        if "\n" in node.value:
            continue
        if _HOME.match(node.value):
            yield _path(cell.index, node, f"{told} in somebody's home folder.", "warning")
        elif _ABSOLUTE.match(node.value):
            absolute = f"{told} absolute: another machine need not have it."
            yield _path(cell.index, node, absolute, "info")


def _path(cell: int, node: ast.expr, message: str, severity: Severity) -> Diagnostic:
    return Diagnostic(
        code="MNB233",
        severity=severity,
        cell=cell,
        line=node.lineno,
        column=node.col_offset,
        message=message,
        remedy="Use a path beside the notebook, a parameter, or an environment variable.",
    )


def _installations(pipeline: Pipeline, cell: Cell, called_in: int) -> Iterator[Diagnostic]:
    lines = cell.source.splitlines()
    install = _BODY_INSTALL if _SHELL_CELL.match(cell.source) else _INSTALL
    line = next((n for n, text in enumerate(lines, start=1) if install.match(text)), called_in)
    if line:
        yield Diagnostic(
            code="MNB234",
            severity="warning" if cell.index in pipeline.directives else "info",
            cell=cell.index,
            line=line,
            message="the cell installs packages while it runs.",
            remedy="Install them in the environment (pyproject.toml, requirements.txt).",
        )


def _is_installation(call: Call) -> bool:
    """Return whether a process that is started is a ``pip install``."""
    if not starts_process(call):
        return False
    words = [n.value for n in nodes_of(call.node) if isinstance(n, ast.Constant)]
    said = " ".join(word for word in words if isinstance(word, str))
    return _BODY_INSTALL.match(said) is not None


def _shell_lines(pipeline: Pipeline, cell: Cell) -> Iterator[Diagnostic]:
    """Yield one finding for the first line of a stage that a shell runs, and may tell news."""
    stage = pipeline.stage_of(cell.index)
    if stage is None or is_answered(stage.options) or cell.code is None:
        return
    if stage.options.deps or not _SHELLS.intersection(cell.code.magics):
        return
    pattern = _BODY_LINE if _SHELL_CELL.match(cell.source) else _SHELL_LINE
    for number, line in enumerate(cell.source.splitlines(), start=1):
        match = pattern.match(line)
        if match is None or match["command"] in _HARMLESS or _BODY_INSTALL.match(match["rest"]):
            continue
        command = match["command"]
        if command in _LOOKING and not match["kept"]:
            continue
        does = "uses the network" if command in _FETCHING else "starts a process"
        yield _hidden(cell.index, stage.name, f"{does} ({command})", number, match.start("rest"))
        return


def _out_of_sight(
    pipeline: Pipeline, calls: Sequence[Call], texts: Mapping[str, str]
) -> Iterator[Diagnostic]:
    told: set[tuple[int, str]] = set()
    for call in calls:
        stage = pipeline.stage_of(call.cell)
        what = hidden_deed(call, texts)
        if stage is None or is_answered(stage.options) or not what:
            continue
        if stage.options.deps and starts_process(call):
            continue
        if (call.cell, what) in told or _is_installation(call):
            continue
        told.add((call.cell, what))
        node, deed = call.node, f"{what} ({call.name})"
        yield _hidden(call.cell, stage.name, deed, node.lineno, node.col_offset)


def _hidden(cell: int, stage: str, deed: str, line: int, column: int) -> Diagnostic:
    return Diagnostic(
        code="MNB235",
        severity="info",
        cell=cell,
        line=line,
        column=column,
        message=f"stage {stage!r} {deed}: what comes back may change without anything in the "
        "notebook changing, so the stage is not restored.",
        remedy="Give it a stage of its own that says how long the answer holds: --fresh 12h, "
        "--version-of EXPR or --cache.",
    )


def is_answered(options: StageOptions) -> bool:
    """Return whether a stage says itself when what it got from outside holds no more."""
    return options.cache is not None or bool(options.fresh_s or options.version_of)

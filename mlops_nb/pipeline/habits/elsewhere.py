"""What ties a notebook to this machine, or hides from those who look? MNB232-MNB235."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.habits.calls import Call, ParsedCell
from mlops_nb.pipeline.stages import Pipeline

_HOME = re.compile(r"(?:/home/|/Users/|/root/|[A-Za-z]:[\\/]Users[\\/]|~[\\/])[\w.]")
_INSTALL = re.compile(
    r"^\s*(?:[%!]{1,2})\s*(?:pip3?|conda|mamba|uv|python3? -m pip)\s.*\binstall\b"
)
_URL = re.compile(r"(?:https?|ftp)://")
_NETWORK = (
    "requests.",
    "httpx.",
    "urllib.request.",
    "urllib3.",
    "aiohttp.",
    "boto3.",
    "ftplib.",
    "paramiko.",
    "sklearn.datasets.fetch_",
)
_READERS = ("pandas.read_", "polars.read_", "polars.scan_")
_PROCESSES = ("subprocess.", "os.system", "os.popen", "os.spawn", "os.exec")


def elsewhere_findings(
    pipeline: Pipeline, cells: Sequence[ParsedCell], calls: Sequence[Call]
) -> Iterator[Diagnostic]:
    """Yield star imports, home paths, installations, and what stages do out of sight."""
    for cell, tree in cells:
        nodes = list(ast.walk(tree))
        yield from _star_imports(cell, nodes)
        yield from _home_paths(cell, nodes)
        yield from _installations(pipeline, cell)
    yield from _out_of_sight(pipeline, calls)


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


def _home_paths(cell: Cell, nodes: Sequence[ast.AST]) -> Iterator[Diagnostic]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if not _HOME.match(node.value) or "\n" in node.value:
                continue
            yield Diagnostic(
                code="MNB233",
                severity="warning",
                cell=cell.index,
                line=node.lineno,
                column=node.col_offset,
                message=f"the path {node.value[:80]!r} is in somebody's home folder.",
                remedy="Use a path beside the notebook, a parameter, or an environment variable.",
            )


def _installations(pipeline: Pipeline, cell: Cell) -> Iterator[Diagnostic]:
    for number, line in enumerate(cell.source.splitlines(), start=1):
        if _INSTALL.match(line):
            yield Diagnostic(
                code="MNB234",
                severity="warning" if cell.index in pipeline.directives else "info",
                cell=cell.index,
                line=number,
                message="the cell installs packages while it runs.",
                remedy="Install them in the environment (pyproject.toml, requirements.txt).",
            )
            return


def _out_of_sight(pipeline: Pipeline, calls: Sequence[Call]) -> Iterator[Diagnostic]:
    told: set[tuple[int, str]] = set()
    for call in calls:
        stage = pipeline.stage_of(call.cell)
        what = _hidden_deed(call)
        if stage is None or not what or (call.cell, what) in told:
            continue
        told.add((call.cell, what))
        yield Diagnostic(
            code="MNB235",
            severity="info",
            cell=call.cell,
            line=call.node.lineno,
            column=call.node.col_offset,
            message=f"stage {stage.name!r} {what} ({call.name}): what comes back may change "
            "without anything in the notebook changing.",
            remedy="Fetch it in a stage of its own and keep it as a file, or accept it.",
        )


def _hidden_deed(call: Call) -> str:
    if call.name.startswith(_PROCESSES):
        return "starts a process"
    if call.name.startswith(_NETWORK):
        return "uses the network"
    first = call.node.args[0] if call.node.args else None
    given = first.value if isinstance(first, ast.Constant) else None
    is_url = isinstance(given, str) and _URL.match(given) is not None
    return "uses the network" if is_url and call.name.startswith(_READERS) else ""

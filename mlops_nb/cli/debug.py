"""``mlops-nb debug``: a kernel where a run failed, with the inputs of the cell that did."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlops_nb.cli.printing import print_out

if TYPE_CHECKING:
    from mlops_nb.execution.debug_kernel import DebugKernel, Prepared
    from mlops_nb.execution.past_values import PastCell

_NAMES_SHOWN = 20


@click.command(
    help="Open a run that failed where it failed. RUN is its executed notebook or the first "
    "characters of its id; the newest run if not given."
)
@click.argument("run", required=False)
@click.option("--at", metavar="STAGE", help="Open it before this stage instead.")
@click.option(
    "-c", "--code", "codes", multiple=True, metavar="CODE", help="Execute this there, and end."
)
@click.option(
    "--cwd", type=click.Path(path_type=Path), metavar="DIR", help="Working directory of the kernel."
)
@click.option("--kernel", metavar="NAME", help="Use this kernel instead of the notebook's.")
def debug(
    run: str | None, at: str | None, codes: Sequence[str], cwd: Path | None, kernel: str | None
) -> int:
    """Prepare the kernel, say what it has, and give it to the person."""
    from mlops_nb.project.debugging import make_debugger
    from mlops_nb.project.past_runs import find_past_run

    debugger = make_debugger(find_past_run(run), at=at, cwd=cwd, kernel=kernel)
    opened = debugger.kernel
    try:
        opened.open()
        prepared = opened.prepare(debugger.cell.position)
        click.echo(describe(debugger.cell, prepared), err=True)
        if codes:
            ended = [_execute(opened, code) for code in codes]
            return 0 if all(ended) else 1
        _give(opened)
    finally:
        opened.close()
    return 0


def describe(cell: PastCell, prepared: Prepared) -> str:
    """Return what a person has to know: where they are, what is there and what is not."""
    stage = f", stage '{cell.stage}'" if cell.stage else ""
    lines = [f"Before cell {cell.position}{stage} ({cell.status or 'not run'})."]
    if cell.error:
        lines.append(f"It failed: {cell.error}")
    if prepared.restored:
        names = sorted(set(prepared.restored))
        more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
        lines.append(f"As in that run: {', '.join(names[:_NAMES_SHOWN])}{more}")
    if prepared.executed:
        cells = ", ".join(map(str, prepared.executed))
        lines.append(f"Executed again, as set-up or of no stage: cells {cells}")
    lines += [f"Not there: {name}: {why}" for name, why in sorted(prepared.missing.items())]
    code = "\n".join(f"    {line}" for line in cell.source.splitlines())
    return "\n".join([*lines, "The cell:", code])


def _execute(kernel: DebugKernel, code: str) -> bool:
    from mlops_nb.execution.outputs_text import render_output

    def show(output: dict[str, Any]) -> None:
        text = render_output(output)
        print_out(text.removesuffix("\n"), err=output["output_type"] == "error")

    return kernel.execute(code, show)


def _give(kernel: DebugKernel) -> None:
    """Let the person use the kernel: in a console, a prompt of ours, or from elsewhere."""
    import importlib.util
    import subprocess

    if sys.stdin is None or not sys.stdin.isatty():
        file = kernel.leave_to_others()
        click.echo(f"Connect to it: jupyter console --existing {file}", err=True)
        click.echo("It ends with this command (Ctrl-C).", err=True)
        kernel.wait()
    elif importlib.util.find_spec("jupyter_console") is not None:
        file = kernel.leave_to_others()
        command = [sys.executable, "-m", "jupyter_console", "--existing", file]
        subprocess.run(command, check=False)
    else:
        file = kernel.connection_file
        click.echo(f"Ctrl-D ends it. Elsewhere: jupyter console --existing {file}", err=True)
        while (code := _read_code()) is not None:
            _execute(kernel, code)


def _read_code() -> str | None:
    """Return what was typed, one or several lines; None at the end of the input."""
    from IPython.core.inputtransformer2 import TransformerManager

    manager, lines = TransformerManager(), list[str]()
    while True:
        try:
            lines.append(input("...  " if lines else "debug> "))
        except EOFError:
            return None
        state, _ = manager.check_complete("\n".join(lines) + "\n")
        if state != "incomplete" or not lines[-1].strip():
            return "\n".join(lines)

"""What does a cell show for a promotion? A panel with buttons, and its static twin beside it.

The twin is what remains where no kernel is: a reopened or exported notebook, nbviewer. While the
panel is on the page it hides the twin. In a headless run there is the twin alone, made of what is
on record: nothing is judged, and nothing can be promoted.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from mlops_nb.errors import InputError, MlopsNbError
from mlops_nb.project.live_document import find_document
from mlops_nb.registry.promotion.versions import parse_reference
from mlops_nb.widgets.desk_link import DeskLink
from mlops_nb.widgets.panel import Panel

# What front ends show in the place of a panel whose kernel is gone.
_LEFT = '<p style="opacity:.75;margin:.2em 0">Run the cell for the panel; this is what it told.</p>'


class PromoteWidget:
    """A panel to promote a version of a registered model, and to take that back.

    Parameters
    ----------
    model : str
        ``"churn"`` (the newest version), ``"churn@4"`` or ``"churn@challenger"``.
    to : str, default="champion"
        The alias the version gets.
    gates : sequence of str
        What must hold besides what settings and the version's run say.
    notebook : Path or str, optional
        What "Run headless" runs; by default the notebook of this kernel, as it is saved.

    Raises
    ------
    InputError
        MNB766 if `model` is empty.

    Notes
    -----
    The panel calls what ``mlops-nb promote`` and ``mlops-nb rollback`` call, in a process beside
    the kernel. In a headless run it promotes nothing.
    """

    def __init__(
        self,
        model: str,
        *,
        to: str = "champion",
        gates: Sequence[str] = (),
        notebook: Path | str | None = None,
    ) -> None:
        self._name, _ = parse_reference(model)
        if not self._name.strip():
            raise InputError(
                "MNB766", "PromoteWidget", f"{model!r} names no model.", "Name one: 'churn'."
            )
        self._model = model
        self._to = to
        self._shell = _shell()
        found = find_document(self._shell) if notebook is None and self._shell else notebook
        self._notebook = None if found is None else Path(found)
        folder = Path.cwd() if self._notebook is None else self._notebook.absolute().parent
        self._link = DeskLink(folder, model, to=to, gates=tuple(gates))
        self._panel: Panel | None = None

    def __repr__(self) -> str:
        return f"PromoteWidget({self._model!r}, to={self._to!r})"

    def _ipython_display_(self) -> None:
        from IPython.display import DisplayHandle, display

        if not is_live(self._shell):
            display(self._recorded(), raw=True)
            return
        handle = DisplayHandle()
        self._panel = self._open(lambda view, line: handle.update(self._twin(view, line), raw=True))
        shown = self._panel.controls.box._repr_mimebundle_()
        display({**shown, "text/plain": repr(self), "text/html": _LEFT}, raw=True)
        handle.display(self._twin(None, ""), raw=True)
        self._panel.start()

    def _open(self, told: Callable[[Any, str], None]) -> Panel:
        return Panel(
            self._link,
            model=self._name,
            to=self._to,
            notebook=self._notebook,
            run_notebook=run_and_register,
            told=told,
            hidden=self._hidden,
        )

    @property
    def _hidden(self) -> str:
        """The twin's class: the same in every session, so that saved notebooks do not change."""
        told = f"{self._model}\n{self._to}"
        return f"mlops-nb-twin-{hashlib.sha256(told.encode()).hexdigest()[:10]}"

    def _recorded(self) -> dict[str, str]:
        """Return what is on record, as a cell's output; a fault is shown in its place."""
        try:
            view = self._link.ask("recall")
        except MlopsNbError as error:
            text = f"{self!r}\n{error}"
            return {"text/plain": text, "text/html": f"<pre>{escape(text)}</pre>"}
        finally:
            self._link.close()
        return {"text/plain": view["text"], "text/html": view["twin"]}

    def _twin(self, view: Any, line: str) -> dict[str, str]:
        html, text = (view["twin"], view["text"]) if view else ("", repr(self))
        said = f"<p>{'<br>'.join(map(escape, line.splitlines()))}</p>" if line else ""
        return {
            "text/plain": f"{text}\n{line}".strip(),
            "text/html": f'<div class="{self._hidden}">{html}{said}</div>',
        }


def run_and_register(notebook: Path, model: str, tell: Callable[[str], None]) -> Mapping[str, Any]:
    """Run a notebook headless, register its model, and return the run's record."""
    from mlops_nb.project.headless_process import run_beside

    words = ["--register", model]
    record, _ = run_beside(notebook, words, tell=tell, place="PromoteWidget")
    return record


def is_live(shell: Any) -> bool:
    """Return whether somebody sits at this kernel who could press a button."""
    from mlops_nb.kernels.session import current_session

    kernel = getattr(shell, "kernel", None)
    if kernel is None or importlib.util.find_spec("ipywidgets") is None:
        return False
    session = current_session()
    if session is not None and session.door == "headless":
        return False
    # A front end that takes no input executes notebooks: papermill, nbclient, nbconvert.
    return bool(getattr(kernel, "_allow_stdin", True))


def _shell() -> Any:
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return None
    return get_ipython()

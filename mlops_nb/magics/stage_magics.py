"""Which magics does a person type? ``%%mlops_stage``, ``%mlops_check``, ``%mlops_gate``,
``%mlops_graph``, ``%mlops_promote`` and ``%mlops_run``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import no_var_expand

from mlops_nb.errors import InputError
from mlops_nb.kernels.session import current_session
from mlops_nb.magics.check import LiveChecker
from mlops_nb.magics.gates import LiveGates
from mlops_nb.magics.help import stage_help
from mlops_nb.project.live_document import find_document

_KINDS = {
    "mlops_stage": "cell",
    "mlops_check": "line",
    "mlops_gate": "line",
    "mlops_graph": "line",
    "mlops_promote": "line",
    "mlops_run": "line",
}


class StageMagics:
    """The magics of mlops_nb; stage cells themselves run through the session."""

    def __init__(
        self, shell: Any, checker: LiveChecker | None = None, gates: LiveGates | None = None
    ) -> None:
        self.shell = shell
        self._checker = checker
        self._gates = gates or LiveGates()

    def register(self) -> None:
        """Add the magics to the shell."""
        for name, kind in _KINDS.items():
            self.shell.register_magic_function(getattr(self, name), kind, name)

    def unregister(self) -> None:
        """Take them away."""
        for name, kind in _KINDS.items():
            self.shell.magics_manager.magics[kind].pop(name, None)

    def mlops_stage(self, line: str, cell: str) -> None:
        # The session turns the directive of a cell into a comment before IPython sees it: this runs
        # only for help, and where the directive is not what the cell starts with.
        if {"-h", "--help"} & set(line.split()):
            print(stage_help())
            return
        raise UsageError("%%mlops_stage must be the first line of its cell, above other magics.")

    mlops_stage.__doc__ = stage_help()

    def mlops_check(self, line: str) -> None:
        """Tell what is wrong with this notebook, or with another.

        %mlops_check              this notebook: as saved, with the cells that ran as they ran
        %mlops_check other.ipynb  that notebook, as saved

        What lies in saved outputs and execution counts, and what can be mended, `mlops-nb check`
        tells of the saved file.
        """
        from IPython.display import display

        checker = self._checker or LiveChecker(find_document(self.shell))
        display(checker.report(line))

    @no_var_expand  # type: ignore[untyped-decorator]  # IPython is untyped
    def mlops_gate(self, line: str) -> None:
        """Demand something of the notebook's model before it may be promoted.

        %mlops_gate accuracy >= 0.9                          a metric that a stage logs
        %mlops_gate auc >= champion - 0.005 (ci 95%)         a scorer, on the data of --eval
        %mlops_gate recall >= 0.8 by sex (min 30 rows)       for each slice of it
        %mlops_gate fairness selection_rate difference <= 0.1 by sex
        %mlops_gate latency_p95 <= 20 ms                     also: size <= 50 MB, drift psi <= 0.2,
                                                             schema compatible, clean_run

        Here it shows what is known; a headless run decides it. It is read before anything runs, so
        no $name or {name} in it is filled in.
        """
        session = current_session()
        if session is None or session.door != "headless":
            self._gates.show(line, cell=self.shell.execution_count)

    def mlops_graph(self, line: str) -> None:
        """Draw the stages of a notebook and the edges between them.

        %mlops_graph              the notebook of this kernel, as saved; else the cells that ran
        here %mlops_graph other.ipynb  that notebook
        """
        from IPython.display import display

        from mlops_nb.magics.graph import read_history, read_saved

        path = self._notebook(line.strip())
        display(read_history(self.shell) if path is None else read_saved(path))

    @no_var_expand  # type: ignore[untyped-decorator]  # IPython is untyped
    def mlops_promote(self, line: str) -> None:
        """Show a panel to promote a version of a registered model, and to take that back.

        %mlops_promote churn                                  the newest version, to champion
        %mlops_promote churn@4 --to challenger
        %mlops_promote churn --gate "auc >= champion - 0.005"  besides the gates of the settings

        In a headless run it shows what is on record, and promotes nothing.
        """
        from IPython.display import display

        from mlops_nb.magics.promote_line import parse_promote_line
        from mlops_nb.widgets.promote_widget import PromoteWidget

        display(PromoteWidget(**parse_promote_line(line)))

    def mlops_run(self, line: str) -> None:
        """Run a notebook headless in a kernel of its own, from top to bottom; tracked and packaged.

        %mlops_run [NOTEBOOK] [OUTPUT] [-p NAME VALUE]... [--stage S]... [--until S] [--timeout 10m]

        Without NOTEBOOK it runs the one of this kernel, as it was last saved. The options are those
        of `mlops-nb run`. A run that fails fails this cell.
        """
        from mlops_nb.magics.headless_run import run_notebook

        words = shlex.split(line)
        given = words.pop(0) if words and words[0].endswith(".ipynb") else ""
        path = self._notebook(given)
        if path is None:
            raise InputError(
                "MNB820",
                "%mlops_run",
                "The notebook of this kernel is not known: it was never saved, "
                "or the front end does not say which it is.",
                "Save it and name it: %mlops_run my_notebook.ipynb.",
            )
        run_notebook(path, words)

    def _notebook(self, given: str) -> Path | None:
        return Path(shlex.split(given)[0]) if given else find_document(self.shell)

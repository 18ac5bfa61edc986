"""What did cells do, when they were run, that the analysis does not say?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tracing import run_cells

from mlops_nb.notebook.stars import star_names
from mlops_nb.pipeline.dataflow import analyse_notebook
from notebooks import cells_of


def missed_by_analysis(sources: Sequence[str]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return (cell, kind of fact, names) for all that a run shows and the analysis does not say.

    "stays unbound" are names that a cell is said to bind on every path and did not.
    """
    missed = []
    analyses = analyse_notebook(cells_of(sources), star_names=star_names).values()
    for source, analysis, seen in zip(sources, analyses, run_cells(sources), strict=False):
        flow = analysis.flow
        changed = {*flow.mutates, *flow.may_mutate, *flow.binds}
        # What Python binds past the namespace, to the object it was, looks as if it was read.
        untraced = set(re.findall(r"\w+", " ".join(re.findall(r"global (.*)", source))))
        read = seen.read - (untraced & set(flow.binds))
        facts = {"reads": read - set(flow.reads), "changes": seen.changed - changed}
        if seen.completed:
            if not analysis.rebinds:
                facts["binds"] = seen.bound - set(flow.binds)
                facts["deletes"] = seen.deleted - set(flow.deletes)
            sure = set(flow.binds) - set(flow.conditional)
            facts["stays unbound"] = frozenset(sure - seen.values.keys())
        missed += [(source, kind, tuple(sorted(names))) for kind, names in facts.items() if names]
    return missed

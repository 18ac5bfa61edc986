"""Which values does a stage compute at a cost that nothing reads? MNB247.

Told where a statement does nothing but compute the value, by functions of pandas, NumPy, SciPy and
scikit-learn, and its name occurs nowhere else in the notebook, or is bound anew before it is read.
The last stage is left alone: its values are what people look at.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from mlops_nb.pipeline.binding_sites import Site
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.flow_findings.view import FlowView
from mlops_nb.pipeline.import_names import path_of

# Methods that take time on data of any size and do nothing else.
_COSTLY_METHODS = word_set(
    """
    merge join groupby agg aggregate apply applymap pivot pivot_table melt resample rolling
    sort_values drop_duplicates transform predict predict_proba decision_function corr cov
    value_counts explode get_dummies interpolate describe dot
    """
)
_COSTLY_FUNCTIONS = (
    "pandas.read_",
    "pandas.merge",
    "pandas.concat",
    "pandas.get_dummies",
    "pandas.pivot_table",
    "pandas.crosstab",
    "polars.read_",
    "numpy.linalg.",
    "numpy.dot",
    "numpy.corrcoef",
    "numpy.loadtxt",
    "numpy.genfromtxt",
    "scipy.linalg.",
    "scipy.optimize.",
    "scipy.integrate.",
    "scipy.spatial.distance.",
    "sklearn.model_selection.cross_",
    "sklearn.model_selection.learning_curve",
    "sklearn.model_selection.validation_curve",
    "sklearn.inspection.permutation_importance",
    "sklearn.datasets.fetch_",
    "sklearn.metrics.pairwise",
)
_CHEAP_METHODS = word_set(
    """
    astype fillna dropna reset_index set_index rename round head tail copy sum mean median min max
    count std var unique size nunique to_frame to_numpy tolist to_list drop assign filter query
    isna notna unstack stack sort_index first last cumsum diff shift between isin clip reshape
    ravel T items keys values lower upper strip split replace
    """
)
_CHEAP_ROOTS = ("numpy.", "pandas.", "math.", "os.path.", "pathlib.")
_BUILTINS = word_set(
    "len range list dict set tuple sorted sum min max zip enumerate abs round str int float"
)


def unread_findings(view: FlowView) -> Iterator[Diagnostic]:
    """Yield one finding for each name."""
    if not view.stage_of:
        return
    last = view.stage_of[max(view.stage_of)]
    words = _Words(view)
    for cell, stage in view.stage_of.items():
        if stage == last or cell not in view.trees:
            continue
        for site in view.sites[cell]:
            if site.name.startswith("_") or site.value is None or site.is_in_loop:
                continue
            if (site.name, cell) in view.unseen:
                continue
            cost = _cost(site.value, view.modules)
            if cost and (words.count(site.name) == 1 or _is_replaced(view, cell, site)):
                yield _tell(view, cell, site, cost)


def _is_replaced(view: FlowView, cell: int, site: Site) -> bool:
    """Return whether another cell binds the name anew before anything has read it."""
    name = site.name
    later = [c for c in view.binders[name] if c > cell]
    if not later or site.around or view.readers.get((name, cell)):
        return False
    if name in view.pipeline.flows[later[0]].conditional:
        return False
    return not any(
        isinstance(part, ast.Name) and part.id == name and isinstance(part.ctx, ast.Load)
        for part in ast.walk(view.trees[cell])
    )


class _Words:
    """How often does a word occur in the sources of a notebook?"""

    def __init__(self, view: FlowView) -> None:
        said = [repr(d.options) for d in view.pipeline.directives.values()]
        cells = view.pipeline.cells
        sources = [cell.source for cell in cells if cell.type == "code"]
        self._counts: dict[str, int] = {}
        # The attribute in ``corr = table.corr()`` is no use of the name.
        for word in re.findall(r"(?<![\w.])\w+|(?<=\.\.)\w+", "\n".join([*sources, *said])):
            self._counts[word] = self._counts.get(word, 0) + 1

    def count(self, word: str) -> int:
        return self._counts.get(word, 0)


def _tell(view: FlowView, cell: int, site: Site, cost: str) -> Diagnostic:
    return view.finding(
        "MNB247",
        cell,
        site.node,
        message=f"stage {view.stage_of[cell]!r} computes {site.name!r} by {cost}, and "
        "nothing reads it.",
        remedy=f"Remove the line, or say what {site.name!r} is for: --outputs {site.name}, or "
        "--metrics.",
        severity="info",
    )


def _cost(node: ast.expr, modules: Mapping[str, str]) -> str:
    """Return the call that costs most in words; ``""`` if there is none, or more than cost."""
    costly = ""
    for part in ast.walk(node):
        if isinstance(part, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom | ast.Lambda):
            return ""
        if not isinstance(part, ast.Call):
            continue
        path = path_of(part.func, modules)
        if path.startswith(_COSTLY_FUNCTIONS):
            costly = costly or path
        elif path:
            if not path.startswith(_CHEAP_ROOTS):
                return ""
        elif isinstance(part.func, ast.Attribute):
            if part.func.attr in _COSTLY_METHODS:
                costly = costly or f".{part.func.attr}()"
            elif part.func.attr not in _CHEAP_METHODS:
                return ""
        elif not isinstance(part.func, ast.Name) or part.func.id not in _BUILTINS:
            return ""
    return costly

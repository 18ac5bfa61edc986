"""Which metrics and which model does a stage surely have?

A metric is a name that a score is bound to. A model is an estimator that a cell fits and that is
asked to predict or to score; of several that fit that, none is said: which one is shipped is not
in the code.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.habits.calls import ParsedCell, find_calls
from mlops_nb.pipeline.habits.learning import LEARNERS
from mlops_nb.pipeline.scores import Sureness, find_scores

_NO_MODELS = (
    "sklearn.preprocessing.",
    "sklearn.impute.",
    "sklearn.feature_extraction.",
    "sklearn.compose.",
    "sklearn.model_selection.",
    "sklearn.decomposition.",
    "sklearn.manifold.",
    "sklearn.feature_selection.",
    "category_encoders.",
    "imblearn.over_sampling.",
    "imblearn.under_sampling.",
)
_SEARCHES = word_set("GridSearchCV RandomizedSearchCV HalvingGridSearchCV HalvingRandomSearchCV")
_USES = word_set("predict predict_proba score decision_function")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """An estimator in a name, fitted in a cell with rows that have a name, or none."""

    name: str
    cell: int
    rows: str


def metrics_of(cells: Sequence[ParsedCell]) -> Mapping[int, tuple[str, ...]]:
    """Return the names of scores by the cell that binds them, in order of the code."""
    found: dict[int, list[str]] = {}
    for name, held in find_scores(cells).items():
        if held.sureness is Sureness.SCORE and not name.startswith("_"):
            found.setdefault(held.cell, []).append(name)
    return {cell: tuple(names) for cell, names in found.items()}


def find_fitted(cells: Sequence[ParsedCell]) -> list[Fitted]:
    """Return the fitted estimators that are used, by name once: where they were fitted last."""
    dotted = {id(call.node): call.name for call in find_calls(cells)}
    made: set[str] = set()
    fitted: dict[str, Fitted] = {}
    used: set[str] = set()
    for cell, tree in cells:
        for statement in tree.body:
            _read_statement(statement, dotted, made, fitted, cell.index)
            used |= _used_names(statement)
    return [one for name, one in fitted.items() if name in used]


def _read_statement(
    statement: ast.stmt,
    dotted: Mapping[int, str],
    made: set[str],
    fitted: dict[str, Fitted],
    cell: int,
) -> None:
    """Follow estimators through one statement."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
            made.discard(name)
            fitted.pop(name, None)
            if _is_estimator(call, dotted):
                made.add(name)
            elif isinstance(call.func, ast.Attribute) and call.func.attr == "fit":
                owner = call.func.value
                is_made = isinstance(owner, ast.Name) and owner.id in made
                if is_made or (isinstance(owner, ast.Call) and _is_estimator(owner, dotted)):
                    made.add(name)
                    fitted[name] = Fitted(name=name, cell=cell, rows=_rows(call))
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="fit")) as call
        ) if name in made:
            fitted[name] = Fitted(name=name, cell=cell, rows=_rows(call))
        case ast.Assign() | ast.Delete() | ast.For() | ast.With() | ast.AugAssign():
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                    made.discard(node.id)
                    fitted.pop(node.id, None)


def _is_estimator(call: ast.Call, dotted: Mapping[int, str]) -> bool:
    """Return whether a call makes something that learns and then predicts."""
    path = dotted.get(id(call), "")
    word = path.rpartition(".")[2]
    if word in _SEARCHES:
        return True
    if path == "sklearn.pipeline.make_pipeline" or word == "Pipeline":
        return True
    return path.startswith(LEARNERS) and not path.startswith(_NO_MODELS) and word[:1].isupper()


def _rows(call: ast.Call) -> str:
    first = call.args[0] if call.args else None
    return first.id if isinstance(first, ast.Name) else ""


def _used_names(statement: ast.stmt) -> set[str]:
    return {
        node.func.value.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _USES
        and isinstance(node.func.value, ast.Name)
    }

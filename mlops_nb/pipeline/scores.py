"""Which names surely hold a number, and which of these judge a model?

Only what the code shows is said: a call of a scoring function, ``model.score(X, y)``, arithmetic of
such. A name that might hold an array is not said, since a metric that is none fails its stage.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.habits.calls import ParsedCell, find_calls

# Functions of sklearn.metrics that return one float, whatever the shape of what they compare...
_SCALAR = word_set(
    """
    accuracy_score balanced_accuracy_score cohen_kappa_score hamming_loss matthews_corrcoef
    zero_one_loss log_loss hinge_loss brier_score_loss average_precision_score roc_auc_score
    max_error median_absolute_error explained_variance_score auc ndcg_score dcg_score
    silhouette_score adjusted_rand_score adjusted_mutual_info_score normalized_mutual_info_score
    mutual_info_score homogeneity_score completeness_score v_measure_score
    fowlkes_mallows_score calinski_harabasz_score davies_bouldin_score label_ranking_loss
    mean_squared_error root_mean_squared_error mean_absolute_error mean_squared_log_error
    mean_absolute_percentage_error r2_score mean_pinball_loss mean_poisson_deviance
    mean_gamma_deviance d2_absolute_error_score
    f1_score fbeta_score precision_score recall_score jaccard_score
    """
)
# ... unless they are told to keep parts apart.
_APART = {"average": (None,), "multioutput": ("raw_values",), "normalize": ()}
_CROSS = "sklearn.model_selection.cross_val_score"
_NUMBERS = word_set("float int len round abs sum")
_ROOTS = ("numpy.sqrt", "math.sqrt", "numpy.log", "math.log", "numpy.abs", "numpy.round")
_MEANS = word_set("mean std min max")


class Sureness(IntEnum):
    """What is known of a value."""

    NOTHING = 0
    NUMBER = 1
    SCORE = 2


@dataclass(frozen=True, slots=True)
class Held:
    """What a name holds since it was bound in `cell`."""

    cell: int
    sureness: Sureness


def find_scores(cells: Sequence[ParsedCell]) -> Mapping[str, Held]:
    """Return what is surely known of names after the last of `cells`, by their last binding."""
    dotted = {id(call.node): call.name for call in find_calls(cells)}
    held: dict[str, Held] = {}
    crossed: set[str] = set()
    for cell, tree in cells:
        for statement in tree.body:
            _forget(statement, held, crossed)
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    held[name] = Held(cell.index, _judge(value, dotted, held, crossed))
                    if isinstance(value, ast.Call) and dotted.get(id(value)) == _CROSS:
                        crossed.add(name)
    return {name: known for name, known in held.items() if known.sureness}


def _forget(statement: ast.stmt, held: dict[str, Held], crossed: set[str]) -> None:
    """Drop what a statement may bind anew, unless it is seen to be."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]):
            crossed.discard(name)
            return
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            held.pop(node.id, None)
            crossed.discard(node.id)


def _judge(
    node: ast.expr,
    dotted: Mapping[int, str],
    held: Mapping[str, Held],
    crossed: set[str],
) -> Sureness:
    """Return what is known of the value of an expression."""

    def judge(inner: ast.expr) -> Sureness:
        return _judge(inner, dotted, held, crossed)

    match node:
        case ast.Constant(value=bool() | str() | bytes() | None):
            return Sureness.NOTHING
        case ast.Constant(value=int() | float()):
            return Sureness.NUMBER
        case ast.Name(id=name):
            return held[name].sureness if name in held else Sureness.NOTHING
        case ast.UnaryOp(operand=operand):
            return judge(operand)
        case ast.BinOp(left=left, right=right):
            return _united(judge(left), judge(right))
        case ast.Dict(values=values) if values and None not in node.keys:
            return _united(*(judge(value) for value in values))
        case ast.Call(func=ast.Name(id=word), args=[argument, *_]) if word in _NUMBERS - {"sum"}:
            return max(Sureness.NUMBER, judge(argument)) if word != "len" else Sureness.NUMBER
        case ast.Call(func=ast.Attribute(value=owner, attr=attribute)) if attribute in _MEANS:
            is_cross = isinstance(owner, ast.Call) and dotted.get(id(owner)) == _CROSS
            is_known = isinstance(owner, ast.Name) and owner.id in crossed
            if (is_cross or is_known) and not node.args:
                return Sureness.SCORE
            return Sureness.NOTHING
        case ast.Call(func=ast.Attribute(attr="score"), args=[_, _, *_]):
            return Sureness.SCORE
        case ast.Call(args=[argument, *_]) if dotted.get(id(node)) in _ROOTS:
            return judge(argument)
        case ast.Call():
            return Sureness.SCORE if _is_score(node, dotted) else Sureness.NOTHING
    return Sureness.NOTHING


def _united(*parts: Sureness) -> Sureness:
    """Return what is known of what is made of `parts`: nothing if one of them is unknown."""
    return Sureness.NOTHING if Sureness.NOTHING in parts else max(parts)


def _is_score(node: ast.Call, dotted: Mapping[int, str]) -> bool:
    module, _, function = dotted.get(id(node), "").rpartition(".")
    if module != "sklearn.metrics" or function not in _SCALAR:
        return False
    for keyword in node.keywords:
        if keyword.arg is None:
            return False
        apart = _APART.get(keyword.arg)
        if apart is None:
            continue
        if not isinstance(keyword.value, ast.Constant) or keyword.value.value in apart:
            return False
    return True

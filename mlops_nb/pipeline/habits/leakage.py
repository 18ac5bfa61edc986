"""Does a model learn from the rows it is judged by? MNB240, MNB241, MNB256.

Rows are followed from where they are read through splits, transformations and fits, top to bottom,
through the notebook's own functions (Yang, Brower-Sinning, Lewis, Kästner: *Data Leakage in
Notebooks*, ASE 2022, name the kinds: preprocessing, overlap, multi-test; of the last only what is
chosen by the notebook itself, not by who reads its scores). What is not understood makes no
finding: a value of an unknown function has the rows of its arguments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.habits.calls import ParsedCell
from mlops_nb.pipeline.habits.row_walk import RowWalk
from mlops_nb.pipeline.habits.rows import Leak

# Nothing leaks where nothing is fitted, and without the libraries that divide and judge: of these
# words, one is in the text then.
_WORDS = ("fit", "sklearn", "imblearn", "xgboost", "lightgbm", "catboost", "category_encoders")


def leakage_findings(
    cells: Sequence[ParsedCell], *, starred: Mapping[int, Mapping[str, str]] | None = None
) -> Iterator[Diagnostic]:
    """Yield what was fitted on rows of the test part, before or after the split.

    `starred` are the names that a star import of a cell may bind, with what they are.
    """
    if not any(word in cell.code.python for cell, _ in cells if cell.code for word in _WORDS):
        return
    walk = RowWalk()
    for cell, tree in cells:
        try:
            walk.run(cell.index, tree.body, starred=(starred or {}).get(cell.index, {}))
        except RecursionError:  # an expression nested too deeply: the rest is not looked at
            break
    told: set[tuple[str, int, int]] = set()
    for leak in walk.learning.judging.leaks:
        if leak.kind == "chosen" and not walk.learning.judging.is_last_word(leak.lesson.rows):
            continue
        key = (leak.kind, leak.lesson.cell, leak.cell)
        if key in told:
            continue
        told.add(key)
        yield Diagnostic(
            code=_CODES.get(leak.kind, "MNB241"),
            severity="warning",
            cell=leak.cell,
            line=leak.node.lineno,
            column=leak.node.col_offset,
            message=_message(leak),
            remedy=_remedy(leak),
        )


def _message(leak: Leak) -> str:
    what = leak.lesson.what
    where = "above" if leak.lesson.cell == leak.cell else f"in cell {leak.lesson.cell}"
    made = "taken of" if leak.lesson.how in ("statistic", "group") else "fitted on"
    if leak.kind == "early" and leak.lesson.how == "copies":
        return (
            f"the rows are divided after {what} was put beside them {where}: the test rows are "
            "among the training rows."
        )
    if leak.kind == "early":
        return (
            f"the rows are divided after {what} was {made} all of them {where}: "
            "the training rows know the test rows."
        )
    if leak.kind == "chosen":
        return (
            f"one of several {what}s is chosen by how it did on the test rows {where}: what it "
            "scores there is too good."
        )
    if leak.kind == "stopped":
        return f"{leak.judged} is judged by the test rows that ended its training {where}."
    if leak.kind == "test":
        return f"{what} is {made} test rows."
    if leak.lesson.how == "copies":
        return f"{leak.judged} is judged by test rows that {what} was made of {where}."
    return f"{leak.judged} is judged by test rows that {what} was {made} {where}."


def _remedy(leak: Leak) -> str:
    if leak.kind in ("early", "overlap") and leak.lesson.how == "copies":
        return "Divide first, and copy rows of the training part only."
    if leak.kind in ("early", "test") and leak.lesson.how in ("statistic", "group"):
        return "Divide first, compute it from the training rows, and use that for both parts."
    return _REMEDIES[leak.kind]


_CODES = {"early": "MNB240", "chosen": "MNB256", "stopped": "MNB256"}
_REMEDIES = {
    "chosen": "Choose by cross-validation on the training rows, or divide off rows to choose by, "
    "and use the test rows once.",
    "stopped": "Divide off rows of the training part for 'eval_set', and use the test rows once.",
    "early": "Divide first and fit on the training rows, best in a Pipeline.",
    "overlap": "Fit on the training rows alone, and use the test rows once, at the end.",
    "test": "Fit on the training rows, and only transform or predict the test rows.",
}

"""Does a model learn from the rows it is judged by? MNB240, MNB241, MNB256.

Rows are followed from where they are read through splits, transformations and fits, top to bottom,
through the notebook's own functions (Yang, Brower-Sinning, Lewis, Kästner: *Data Leakage in
Notebooks*, ASE 2022, name the kinds: preprocessing, overlap, multi-test; of the last only what is
chosen by the notebook itself, not by who reads its scores). What is not understood makes no
finding: a value of an unknown function has the rows of its arguments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.habits.calls import ParsedCell
from mlops_nb.pipeline.habits.learning import Leak
from mlops_nb.pipeline.habits.row_walk import RowWalk


def leakage_findings(cells: Sequence[ParsedCell]) -> Iterator[Diagnostic]:
    """Yield what was fitted on rows of the test part, before or after the split."""
    walk = RowWalk()
    for cell, tree in cells:
        try:
            walk.run(cell.index, tree.body)
        except RecursionError:  # an expression nested too deeply: the rest is not looked at
            break
    told: set[tuple[str, int, int]] = set()
    for leak in walk.learning.leaks:
        if leak.kind == "chosen" and not walk.learning.is_last_word(leak.lesson.rows):
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
            remedy=_REMEDIES[leak.kind],
        )


def _message(leak: Leak) -> str:
    what = leak.lesson.what
    where = "above" if leak.lesson.cell == leak.cell else f"in cell {leak.lesson.cell}"
    if leak.kind == "early":
        return (
            f"the rows are divided after {what} was fitted on all of them {where}: "
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
        return f"{what} is fitted on test rows."
    return f"{leak.judged} is judged by test rows that {what} was fitted on {where}."


_CODES = {"early": "MNB240", "chosen": "MNB256", "stopped": "MNB256"}
_REMEDIES = {
    "chosen": "Choose by cross-validation on the training rows, or divide off rows to choose by, "
    "and use the test rows once.",
    "stopped": "Divide off rows of the training part for 'eval_set', and use the test rows once.",
    "early": "Divide first and fit on the training rows, best in a Pipeline.",
    "overlap": "Fit on the training rows alone, and use the test rows once, at the end.",
    "test": "Fit on the training rows, and only transform or predict the test rows.",
}

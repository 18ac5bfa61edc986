"""What does ``%%mlops_stage?`` tell? How to write a directive, from the one table of options."""

from __future__ import annotations

from mlops_nb.pipeline.options import OPTIONS

_HEAD = """Make this cell (a part of) a stage of the notebook's pipeline.

    %%mlops_stage NAME [options]
    ... the cell, which runs like any other ...

Cells with one NAME form one stage, in notebook order; options may stand on any of them.
The same can be said with a comment, a tag or metadata:

    # mlops: stage NAME [options]           first line of the cell
    stage:NAME                              a cell tag
    {"mlops_nb": {"stage": "NAME", ...}}    cell metadata, options in snake_case

Options:
"""
_TAIL = """
Example:

    %%mlops_stage train --metrics accuracy --model clf --eval X_test,y_test
    clf = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    accuracy = clf.score(X_test, y_test)

See also: %mlops_graph draws the stages, %mlops_check tells what is wrong with them, %mlops_gate
says what the model must hold, %mlops_run runs the notebook headless.
"""


def stage_help() -> str:
    """Return the help of ``%%mlops_stage``."""
    rows = [
        (f"{option.flag} {option.type.metavar}".rstrip(), option.help)
        for option in OPTIONS.values()
        if option.is_supported
    ]
    width = max(len(left) for left, _ in rows) + 2
    table = "\n".join(f"    {left:<{width}}{right}" for left, right in rows)
    return f"{_HEAD}{table}\n{_TAIL}"

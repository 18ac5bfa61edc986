"""The notebooks of the journeys in JupyterLab, as sources of code cells and their metadata."""

from __future__ import annotations

from typing import Any

Cells = list[tuple[str, dict[str, Any]]]

TRAIN = """%%mlops_stage train --metrics accuracy scores loss --model clf --eval X,y
clf = LogisticRegression(max_iter=500).fit(X, y)
accuracy = clf.score(X, y)
scores = {"f1": 0.96123, "recall": 0.95}
loss = [0.9, 0.5, 0.31]"""
STAGES: Cells = [
    (
        "%load_ext mlops_nb\n"
        "from sklearn.datasets import load_iris\n"
        "from sklearn.linear_model import LogisticRegression",
        {},
    ),
    (
        "X, y = load_iris(return_X_y=True, as_frame=True)\nX.head(2)",
        {"mlops_nb": {"stage": "load"}},
    ),
    ("size = len(X)", {"tags": ["stage:measure"]}),
    (TRAIN, {}),
    ("%%mlops_stage report --metrics acuracy\nsummary = f'{accuracy:.1%}'\nprint(summary)", {}),
    ("%%mlops_stage broken\n1 / 0", {}),
    ("ran_anyway = True", {}),
]

UNTAGGED: Cells = [
    ("%load_ext mlops_nb\nimport math", {}),
    ("factor = 2  # by how much", {"tags": ["parameters"]}),
    ("rows = [1, 2, 3]", {}),
    ("# mlops: stage train --metrics score\nscore = factor * sum(rows)", {}),
    ("%%mlops_stage report\ntext = f'{score:.1f}'\nprint(text)", {}),
]

PAYLOAD = "<img src=x onerror='window.hacked=1'>"
HOSTILE: Cells = [
    ("%load_ext mlops_nb", {}),
    (
        "# mlops: stage train --metrics score\n"
        f"score = {{{PAYLOAD!r}: 1.0}}\nraise OSError({PAYLOAD!r})",
        {},
    ),
    ("bad = 1", {"mlops_nb": {"stage": PAYLOAD}}),
    (f"worse = {PAYLOAD!r}\nprint(undefined_name)", {"tags": [f"stage:{PAYLOAD}"]}),
]

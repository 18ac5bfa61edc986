"""Whatever a notebook holds, it can be checked, shown in every format, and mended once."""

from __future__ import annotations

import json
from pathlib import Path

from checked_notebooks import notebook_bytes
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_nb.export.check_html import render_html
from mlops_nb.export.check_json import check_rows
from mlops_nb.export.code_frames import Look, render_finding
from mlops_nb.export.github_annotations import render_annotations
from mlops_nb.export.sarif import render_sarif
from mlops_nb.project import Project
from mlops_nb.project.checking import CheckOptions, check_notebook, fix_notebook
from mlops_nb.project.explain import explain, explained_codes

PROJECT = Project.find(Path("/nowhere/at/all"))
PAGES = {code: explain(code) for code in explained_codes()}
FRAGMENTS = (
    "# mlops: stage é",
    "# mlops: stage t",
    "# mlops stage t\n",
    "%%mlops_stage a --metrics",
    "%%mlops_stage t --metircs a\n",
    "# mlops: ignore[MNB236]",
    "# mlops: ignore[",
    "# mlops: ignore\n",
    "np.random.rand()",
    "import numpy as np\n",
    "from math import *\n",
    "%%time\n",
    "!ls $x\n",
    "数据 = f(",
    "if x:\n  ",
    "lambda: 0",
    "'''",
    "x = 1\r\n",
    "\r",
    "\n",
    "\t",
    "\x0c",
    "\u2028",
    "\\\n",
    ";",
    "\ue000error\ue001x\ue002",
    "\x1b[31m",
)
TAGS = ("stage = x", "Stage:a", "stage:", "params", "skip", "parameters", "stage: a")


@settings(deadline=None, max_examples=60)
@given(
    sources=st.lists(st.lists(st.sampled_from(FRAGMENTS), max_size=7).map("".join), max_size=4),
    tags=st.lists(st.sampled_from(TAGS), max_size=2),
)
def test_nothing_in_a_notebook_keeps_it_from_being_checked(
    sources: list[str], tags: list[str]
) -> None:
    raw = notebook_bytes(*sources, tags={0: tags})
    options = CheckOptions(with_file_lines=True)
    checked = check_notebook(PROJECT, "n.ipynb", raw=raw, options=options)
    assert not checked.is_unreadable
    for position in range(len(checked.findings)):
        for width in (None, 40, 80):
            assert render_finding(checked, position, look=Look(width=width))
    assert "<script" not in render_html(checked)
    json.dumps(check_rows([checked]))
    annotations = render_annotations([checked], folder=Path.cwd()).split("\n")[:-1]
    assert len(annotations) == len(checked.findings)
    log = render_sarif([checked], pages=PAGES, folder=Path.cwd())
    assert len(log["runs"][0]["results"]) == len(checked.findings)
    fixed = fix_notebook(PROJECT, "n.ipynb", raw=raw, options=options)
    assert not fix_notebook(PROJECT, "n.ipynb", raw=fixed.raw, options=options).changes

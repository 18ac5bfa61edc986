"""The directive becomes a comment: the body keeps its lines, and asking twice changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from mlops_nb.kernels.session import Session
from mlops_nb.notebook.transform import transform_source


class FakeShell:
    """A shell without a kernel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    source: str
    expected: str


CASES = [
    Case(source="x = 1\n", expected="x = 1\n"),
    Case(source="%%mlops_stage t\nx = 1\n", expected="# %%mlops_stage t\nx = 1\n"),
    Case(source="  %%mlops_stage t\n  x\n", expected="  # %%mlops_stage t\n  x\n"),
    Case(source="\n# c\n%%mlops_stage t\nx\n", expected="\n# c\n# %%mlops_stage t\nx\n"),
    Case(source="# mlops: stage t\nx\n", expected="# mlops: stage t\nx\n"),
    Case(source="# mlops: stage t\n%%time\nx\n", expected="%%time\nx\n"),
    Case(source="%%mlops_stage t\n\n%%time\nx\n", expected="%%time\nx\n"),
    Case(
        source="%%mlops_stage t\n# c\n%%time\nx\n", expected="# %%mlops_stage t\n# c\n%%time\nx\n"
    ),
    Case(source="%%mlops_stage t\n", expected="# %%mlops_stage t\n"),
    Case(source="%%mlops_stage\n", expected="# %%mlops_stage\n"),
    Case(source="%%mlops_stage?\n", expected="%%mlops_stage?\n"),
    Case(source="%%mlops_stages t\n", expected="%%mlops_stages t\n"),
    Case(source="%%time\n%%mlops_stage t\n", expected="%%time\n%%mlops_stage t\n"),
    Case(source="s = '''\n%%mlops_stage t\n'''\n", expected="s = '''\n%%mlops_stage t\n'''\n"),
    Case(
        source="%%mlops_stage t --help\nx\n",
        expected="get_ipython().run_cell_magic('mlops_stage', '--help', 'pass')\n",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case.source))
def test_the_directive_is_neutralised_and_nothing_else(case: Case) -> None:
    session = Session(FakeShell())
    lines = case.source.splitlines(keepends=True)
    assert "".join(session.transform(lines)) == case.expected
    assert lines == case.source.splitlines(keepends=True)


@given(st.text(alphabet="ax= \n#%'\"m", max_size=60))
def test_a_body_keeps_its_lines(body: str) -> None:
    lines = ["%%mlops_stage t\n", *(body + "\n").splitlines(keepends=True)]
    made = Session(FakeShell()).transform(lines)
    if not body.lstrip().startswith("%%"):
        assert made[1:] == lines[1:]


@pytest.mark.parametrize(
    ("source", "magics"),
    [
        ("x = 1\n", []),
        ("%%mlops_stage t\nx = 1\n", []),
        ("%%mlops_stage t\n%%time\nx = 1\n", ["%%time"]),
        ("%%mlops_stage t\n\n%%bash\nls\n", ["%%bash"]),
        ("# mlops: stage t\n%%time\nx = 1\n", ["%%time"]),
        ("# mlops: stage t\n\n%%bash\nls\n", ["%%bash"]),
        ("# mlops: stage t\nx = 1\n", []),
    ],
)
def test_what_the_session_runs_as_a_cell_magic_is_what_the_analysis_reads_as_one(
    source: str, magics: list[str]
) -> None:
    made = Session(FakeShell()).transform(source.splitlines(keepends=True))
    runs = "run_cell_magic" in TransformerManager().transform_cell("".join(made))
    code = transform_source(source)
    assert runs == bool(magics)
    assert [m for m in code.magics if m != "%%mlops_stage"] == magics
    assert code.error is None

"""Cells become Python line by line in step with their source."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.notebook.transform import transform_source


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`python` is the whole transformed source, or a line of it."""

    name: str
    source: str
    python: str
    magics: str = ""
    binds: str = ""
    reads: str = ""


CASES = (
    Case(name="plain Python is left alone", source="x = 1\n\ny = 2 \n", python="x = 1\n\ny = 2 \n"),
    Case(
        name="a directive becomes a comment",
        source="# note\n\n%%mlops_stage a --metrics m\nx = 1",
        python="# note\n\n# %%mlops_stage a --metrics m\nx = 1",
        magics="%%mlops_stage",
    ),
    Case(
        name="a comment directive is one already",
        source="# mlops: stage a\nx = 1",
        python="# mlops: stage a\nx = 1",
    ),
    Case(
        name="nested magics are unwrapped",
        source="%%mlops_stage a\n%%capture out\n%%time\nx = 1",
        python="# %%mlops_stage a\n# %%capture out\n# %%time \nx = 1",
        magics="%%mlops_stage %%capture %%time",
        binds="out",
    ),
    Case(
        name="line magics and shell lines below a directive",
        source="%%mlops_stage a\nif x:\n    files = !ls {d} \\\n       -l\n"
        "    %time y = f(x)\nz = 1",
        python="    get_ipython().run_line_magic('time', 'y = f(x)')",
        magics="%%mlops_stage ! %time",
    ),
    Case(
        name="other languages are text",
        source="%%bash --out listing\nls $x\nif",
        python="get_ipython().run_cell_magic('bash', '--out listing', 'ls $x\\nif')\n\n",
        magics="%%bash",
        binds="listing",
    ),
    Case(
        name="timeit keeps its names to itself",
        source="%%timeit -n 3 x = 1\nf(x)",
        python="def __mlops_nb_timeit__(x=(1)):\n f(x)\n__mlops_nb_timeit__()",
        magics="%%timeit",
    ),
    Case(
        name="names in the line of an unwrapped magic",
        source="%%timeit -n {count}\nf()",
        python=" f()",
        magics="%%timeit",
        reads="count",
    ),
    Case(
        name="leading blank lines count",
        source="\n\n%%time\nx = 1",
        python="\n\n# %%time \nx = 1",
        magics="%%time",
    ),
    Case(name="indented cells", source="  x = 1\n  y = 2", python="x = 1\ny = 2"),
    Case(name="prompts are stripped", source=">>> x = 1\n>>> y = 2", python="x = 1\ny = 2"),
    Case(name="IPython prompts are stripped", source="In [3]: x = 1", python="x = 1"),
    Case(
        name="automagic",
        source="pip install a",
        python="get_ipython().run_line_magic('pip', 'install a')",
        magics="%pip",
    ),
    Case(
        name="a name that is also a magic",
        source="time = 3",
        python="time = 3",
    ),
    Case(
        name="help",
        source="x = 1\nx?",
        python="get_ipython().run_line_magic('pinfo', 'x')",
        magics="%pinfo",
    ),
    Case(
        name="a per cent sign that continues a line", source="x = (7\n% 3)", python="x = (7\n% 3)"
    ),
    Case(name="top-level await", source="x = await f()", python="x = await f()"),
    Case(
        name="Windows line ends", source="x = 1\r\n%time y = 2\r\n", python="x = 1", magics="%time"
    ),
    Case(name="nothing", source="", python=""),
    Case(
        name="a directive and nothing else",
        source="%%mlops_stage a",
        python="# %%mlops_stage a",
        magics="%%mlops_stage",
    ),
    Case(name="a magic and nothing else", source="%%time", python="# %%time \n", magics="%%time"),
    Case(
        name="a bad escape is no warning",
        source="%time x = '\\d'",
        python="get_ipython().run_line_magic('time', \"x = '\\\\d'\")",
        magics="%time",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_cells_become_python(case):
    code = transform_source(case.source)
    assert code.error is None
    assert code.python == case.python or case.python in code.python.split("\n")
    assert code.magics == tuple(case.magics.split())
    assert code.binds == tuple(case.binds.split())
    assert code.reads == tuple(case.reads.split())


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_lines_stay_in_step(case):
    n_lines = case.source.replace("\r\n", "\n").count("\n")
    more = transform_source(case.source).python.count("\n") - n_lines
    assert more == (1 if "%%timeit" in case.source or case.source == "%%time" else 0)


def test_a_line_after_joined_shell_lines_keeps_its_number():
    source = "%%mlops_stage a\nfiles = !ls \\\n   -l\n%time y = 2\nlast = 1"
    tree = ast.parse(transform_source(source).python)
    assert tree.body[-1].lineno == 5


@pytest.mark.parametrize(
    ("source", "line"), [("x = (", 1), ("%%time\nx = 1\ny = = 2", 3), ("\n\n!ls\nif", 4)]
)
def test_what_is_no_python_says_why_and_where(source, line):
    code = transform_source(source)
    assert code.error is not None
    assert f"line {line}" in code.error
    assert code.error_line == line


@given(
    st.lists(
        st.sampled_from(
            ["x = 1", "%time y = 1", "!ls", "z = !ls \\\n  -l", "", "# c", "if x:\n    %pwd"]
        )
    )
)
def test_a_statement_stands_where_its_source_stands(parts):
    source = "\n".join([*parts, "last = 1"])
    code = transform_source(source)
    assert code.error is None
    assert ast.parse(code.python).body[-1].lineno == source.count("\n") + 1


@pytest.mark.filterwarnings("ignore:.*invalid escape sequence")  # of `ast.parse` here
@given(st.text(alphabet="%! ?x=()\n'\"\\{}#", max_size=30))
def test_any_text_gives_python_or_a_reason(source):
    code = transform_source(source)
    assert (code.error is None) == (code.error_line == 0 and code.error is None)
    if code.error is None:
        ast.parse(code.python)


def test_plain_python_does_not_load_ipython():
    script = (
        "import sys; from mlops_nb.notebook.transform import transform_source as t;"
        "t('x = 1'); t('%%mlops_stage a\\ny = 2'); sys.exit('IPython' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0

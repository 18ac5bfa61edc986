"""Faults of data flow that a run in order does not show: found where they are, and only there."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from notebook_strategies import notebooks

from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.flow_findings import flow_diagnostics
from mlops_nb.pipeline.habits.calls import running_cells
from notebooks import pipeline_of


def found(*sources: str, tags: dict[int, tuple[str, ...]] | None = None) -> list[Diagnostic]:
    """Return the findings of a notebook; a source that begins with ``NAME| `` is a stage's."""
    cells = []
    for source in sources:
        stage, bar, body = source.partition("| ")
        is_stage = bool(bar) and stage.isidentifier()
        cells.append(f"# mlops: stage {stage}\n{body}" if is_stage else source)
    pipeline = pipeline_of(*cells, tags=tags)
    return flow_diagnostics(pipeline, running_cells(pipeline))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    sources: tuple[str, ...]
    codes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


LOAD = "load| rows = [1, 2]\ntable = {'a': 1}"
PANDAS = "import pandas as pd\nimport numpy as np"

CASES = {
    # bound on some paths only
    "partly: an if": Case(
        sources=("import os\nif os.sep == '/':\n    n = 1", "print(n)"), codes=("MNB242",)
    ),
    "partly: an else": Case(
        sources=("import os\nif os.sep:\n    pass\nelse:\n    n = 1", "b| print(n)"),
        codes=("MNB242",),
    ),
    "partly: an import that is caught": Case(
        sources=("try:\n    import foo\nexcept ImportError:\n    print('no foo')", "b| foo.run()"),
        codes=("MNB242",),
    ),
    "partly: a case": Case(
        sources=("mode = input()", "match mode:\n    case 'a':\n        n = 1", "b| n + 1"),
        codes=("MNB242",),
    ),
    "partly: in the cell itself": Case(
        sources=("import os", "a| if os.sep:\n    n = 1\nprint(n)"), codes=("MNB242",)
    ),
    "partly: a parameter decides": Case(
        sources=("fast = True", "if fast:\n    n = 1", "b| print(n)"),
        tags=("parameters",),
        codes=("MNB242",),
    ),
    "partly: in the cell itself, and read there": Case(
        sources=("import os", "a| if os.sep:\n    n = 1\nif os.sep:\n    print(n)")
    ),
    "partly: both paths": Case(
        sources=("import os\nif os.sep:\n    n = 1\nelse:\n    n = 2", "b| print(n)")
    ),
    "partly: bound before": Case(
        sources=("import os\nn = 0\nif os.sep:\n    n = 1", "b| print(n)")
    ),
    "partly: the other path raises": Case(
        sources=("import os\nif os.sep:\n    n = 1\nelse:\n    raise OSError", "b| print(n)")
    ),
    "partly: read on that path only": Case(
        sources=("import os\nif os.sep:\n    n = 1", "b| if os.sep:\n    print(n)")
    ),
    "partly: a loop": Case(sources=("for n in open('a'):\n    last = n", "b| print(n, last)")),
    "partly: a loop that asks": Case(
        sources=("for n in open('a'):\n    if 'x' in n:\n        last = n", "b| print(last)"),
        codes=("MNB242",),
    ),
    "partly: a loop that asks, bound before": Case(
        sources=("last = ''\nfor n in open('a'):\n    if 'x' in n:\n        last = n", "b| last")
    ),
    "partly: a loop that keeps the best": Case(
        sources=(
            "best = 0\nfor n in f():\n    if n > best:\n        best, m = n, str(n)",
            "b| print(m)",
        )
    ),
    "partly: a loop that counts": Case(
        sources=("for n in range(9):\n    if n % 3 == 0:\n        m = n", "b| print(m)")
    ),
    "partly: a switch of the notebook": Case(
        sources=("FAST = True", "if FAST:\n    n = 1", "b| print(n)")
    ),
    "partly: a default": Case(
        sources=("a| try:\n    n\nexcept NameError:\n    n = 1\nprint(n)", "b| print(n)")
    ),
    "partly: a caught read": Case(
        sources=(
            "import os\nif os.sep:\n    n = 1",
            "b| try:\n    print(n)\nexcept NameError:\n    pass",
        )
    ),
    "partly: a function that is not called": Case(
        sources=("import os\nif os.sep:\n    n = 1", "b| def f():\n    return n")
    ),
    # changed in place
    "changed: read before": Case(
        sources=(LOAD, "mean| half = len(rows) / 2", "sort| rows.sort()"), codes=("MNB244",)
    ),
    "changed: adds up, read after": Case(
        sources=(LOAD, "grow| rows.append(3)", "mean| half = len(rows) / 2"), codes=("MNB244",)
    ),
    "changed: a column of itself": Case(
        sources=(
            PANDAS,
            "load| t = pd.read_csv('a')",
            "scale| t['a'] = t['a'] * 2",
            "fit| m = t['a'].sum()",
        ),
        codes=("MNB244",),
    ),
    "changed: in place of a frame, read before": Case(
        sources=(
            PANDAS,
            "load| t = pd.read_csv('a')",
            "stats| n = len(t)",
            "tidy| t.dropna(inplace=True)",
        ),
        codes=("MNB244",),
    ),
    "changed: adds up, and is printed": Case(
        sources=(LOAD, "grow| rows.append(3)", "tell| print(len(rows))"), codes=("MNB244",)
    ),
    "changed: adds up, and is looked at": Case(
        sources=(
            PANDAS,
            "load| t = pd.read_csv('a')",
            "scale| t['a'] *= 2",
            "look| t.a.describe()\nt.shape",
        )
    ),
    "changed: by a function": Case(
        sources=(
            PANDAS + "\ndef half(t, *, by='a'):\n    t[by] /= 2",
            "load| t = pd.read_csv('a')",
            "scale| half(t)",
            "tell| print(t)",
        ),
        codes=("MNB244",),
    ),
    "changed: by a function, in a copy": Case(
        sources=(
            PANDAS + "\ndef half(t):\n    t = t.copy()\n    t['a'] /= 2\n    return t",
            "load| t = pd.read_csv('a')",
            "scale| u = half(t)",
            "tell| print(t, u)",
        )
    ),
    "changed: by its own stage": Case(
        sources=(LOAD, "load| rows.append(3)", "mean| half = len(rows) / 2")
    ),
    "changed: a new column": Case(
        sources=(
            PANDAS,
            "load| t = pd.read_csv('a')",
            "stats| n = len(t)",
            "add| t['b'] = t['a'] * 2",
            "fit| m = t['b'].sum()",
        )
    ),
    "changed: the same twice": Case(
        sources=(
            PANDAS,
            "load| t = pd.read_csv('a')",
            "tidy| t['a'] = t['a'].astype(int)",
            "fit| m = t['a'].sum()",
        )
    ),
    "changed: nobody else reads": Case(sources=(LOAD, "grow| rows.append(3)\nprint(rows)")),
    "changed: a copy": Case(
        sources=(LOAD, "grow| more = rows.copy()\nmore.append(3)", "mean| n = len(rows)")
    ),
    "changed: made in the cell itself": Case(
        sources=("a| t = {'a': 1}", "b| t = {'a': 2}\nt['a'] *= 2", "c| n = t['a']")
    ),
    # changed under another name
    "alias: a plain one": Case(
        sources=(LOAD, "b| other = rows", "c| other[0] = 9", "d| n = rows[0]"),
        codes=("MNB245",),
    ),
    "alias: changed by the old name": Case(
        sources=(LOAD, "b| other = rows", "c| rows[0] = 9", "d| n = other[0]"),
        codes=("MNB245",),
    ),
    "alias: a slice of an array": Case(
        sources=(
            PANDAS,
            "a| x = np.zeros(9)",
            "b| head = x[:3]",
            "c| head[0] = 1",
            "d| n = x.sum()",
        ),
        codes=("MNB245",),
    ),
    "alias: a list's slice is a copy": Case(
        sources=(LOAD, "b| head = rows[:1]", "c| head.append(9)", "d| n = rows[0]")
    ),
    "alias: a slice of who knows what": Case(
        sources=("a| x = f()", "b| head = x[:3]", "c| head[0] = 1", "d| n = x[0]")
    ),
    "alias: a copy": Case(
        sources=(LOAD, "b| other = list(rows)", "c| other[0] = 9", "d| n = rows[0]")
    ),
    "alias: made where it is changed": Case(
        sources=(LOAD, "c| other = rows\nother[0] = 9", "d| n = rows[0]"), codes=("MNB245",)
    ),
    "alias: made where it is changed, of its own": Case(
        sources=("c| rows = [1]\nother = rows\nother[0] = 9", "d| n = rows[0]")
    ),
    "alias: made where it is changed, and copied": Case(
        sources=(LOAD, "c| other = rows\nother = list(other)\nother[0] = 9", "d| n = rows[0]")
    ),
    "alias: changed before it is made": Case(
        sources=(LOAD, "c| rows[0] = 9\nother = rows", "d| n = rows[0]")
    ),
    "alias: made where it is changed, never read": Case(
        sources=(LOAD, "c| other = rows\nother[0] = 9", "d| n = other[0]")
    ),
    "alias: the old name is not read again": Case(
        sources=(LOAD, "b| other = rows", "c| other[0] = 9", "d| n = other[0]")
    ),
    # one name for two things
    "anew: two tables": Case(
        sources=("a| t = [1]", "b| n = len(t)", "c| t = [2]", "d| m = len(t)"), codes=("MNB246",)
    ),
    "anew: unpacked": Case(
        sources=("a| X, y = f(1)", "b| g(X, y)", "c| X, y = f(2)", "d| g(X, y)"),
        codes=("MNB246",),
    ),
    "anew: a loop's name": Case(
        sources=("a| n = 1", "b| m = n", "c| for n in [2]:\n    pass", "d| k = n"),
        codes=("MNB246",),
    ),
    "anew: made of the first": Case(
        sources=("a| t = [1]", "b| n = len(t)", "c| t = t + [2]", "d| m = len(t)")
    ),
    "anew: made of the first in two cells": Case(
        sources=("a| t = [1]", "b| n = len(t)", "c| u = t + [2]", "c| t = u", "d| m = len(t)")
    ),
    "anew: for itself alone": Case(
        sources=("a| fig = f()\nfig.show()", "b| fig = f()\nfig.show()", "c| fig = f()")
    ),
    "anew: the first is read by all means": Case(
        sources=("a| t = [1]", "b| eval('f' + 'g')", "c| t = [2]", "d| m = len(t)"),
        codes=("MNB248",),
    ),
    "anew: the same constant": Case(
        sources=("a| n = [50, 1]", "b| m = n", "c| n = [50, 1]", "d| k = n")
    ),
    "anew: a function": Case(
        sources=("a| def f(): pass", "b| f()", "c| def f(): return 1", "d| f()")
    ),
    # computed and not read
    "unread: a slip": Case(
        sources=(
            PANDAS,
            "a| t = pd.read_csv('a')\nclean = t.drop_duplicates()",
            "b| n = len(t)",
        ),
        codes=("MNB247",),
    ),
    "unread: called like its method": Case(
        sources=(PANDAS, "a| t = pd.read_csv('a')\ncorr = t.corr()", "b| n = len(t)"),
        codes=("MNB247",),
    ),
    "unread: bound anew": Case(
        sources=(
            PANDAS,
            "a| t = pd.read_csv('a')",
            "b| t = pd.read_csv('b')",
            "c| n = len(t)",
        ),
        codes=("MNB247",),
    ),
    "unread: predictions": Case(
        sources=("a| guess = model.predict(X)[:10]", "b| n = 1"), codes=("MNB247",)
    ),
    "unread: of the last stage": Case(sources=(PANDAS, "a| n = 1", "b| t = pd.read_csv('a')")),
    "unread: shown": Case(
        sources=(PANDAS, "a| t = pd.read_csv('a')\nt", "b| n = 1"),
    ),
    "unread: in a text": Case(
        sources=(PANDAS, "a| t = pd.read_csv('a')", "b| n = u.query('x in @t')"),
    ),
    "unread: a metric": Case(
        sources=(
            PANDAS,
            "# mlops: stage a --metrics t\nt = pd.read_csv('a')",
            "b| n = 1",
        ),
    ),
    "unread: it does something besides": Case(
        sources=("a| done = t.groupby('a').to_csv('b.csv')", "b| n = 1"),
    ),
    "unread: perhaps out of sight": Case(
        sources=(PANDAS, "a| t = pd.read_csv('a')", "b| print(globals())", "c| n = 1"),
        codes=("MNB248",),
    ),
    "unread: it costs nothing": Case(sources=("a| n = len(t)", "b| m = 1")),
    # names made at run time
    "names: exec of a made text": Case(
        sources=("a| exec(open('a.py').read())",), codes=("MNB248",)
    ),
    "names: globals": Case(sources=("n = 1", "a| d = dict(globals())"), codes=("MNB248",)),
    "names: getattr by variable": Case(
        sources=("o = f()", "a| for k in 'ab':\n    print(getattr(o, k))"), codes=("MNB248",)
    ),
    "names: through a function": Case(
        sources=("def f(t):\n    return eval(t)", "a| f('1')"), codes=("MNB248",)
    ),
    "names: through one function in three stages": Case(
        sources=("def f(t):\n    return eval(t)", "a| f('1')", "b| f('2')", "c| f('3')"),
        codes=("MNB248",),
    ),
    "names: eval of a text that is written out": Case(sources=("n = 1", "a| m = eval('n + 1')")),
    "names: one of globals": Case(sources=("n = 1", "a| m = globals()['n']")),
    "names: getattr of an attribute": Case(sources=("o = f()", "a| getattr(o, 'x', None)")),
    "names: outside stages": Case(sources=("exec(open('a.py').read())",)),
    # imports
    "import: used elsewhere": Case(
        sources=("a| import math\nx = math.pi", "b| y = math.e"), codes=("MNB249",)
    ),
    "import: two statements": Case(
        sources=("a| import math, os\nfrom sys import path", "b| y = math.e, os.sep, path"),
        codes=("MNB249", "MNB249"),
    ),
    "import: besides values": Case(
        sources=("a| import math\nx = math.pi", "b| y = math.e * x"), codes=("MNB249",)
    ),
    "import: its own": Case(sources=("a| import math\nx = math.pi", "b| y = x")),
    "import: each its own": Case(
        sources=("a| import math\nx = math.pi", "b| import math\ny = math.e")
    ),
    "import: in set-up": Case(sources=("import math", "a| x = math.pi", "b| y = math.e")),
    # what cannot be stored
    "stored: a file": Case(sources=("a| f = open('a')", "b| n = f.read()"), codes=("MNB250",)),
    "stored: a connection": Case(
        sources=("from sqlite3 import connect", "a| db = connect('a')", "b| db.close()"),
        codes=("MNB250",),
    ),
    "stored: a generator": Case(
        sources=("a| squares = (n * n for n in range(9))", "b| total = sum(squares)"),
        codes=("MNB250",),
    ),
    "stored: of a generator function": Case(
        sources=("def f():\n    yield 1", "a| ones = f()", "b| total = sum(ones)"),
        codes=("MNB250",),
    ),
    "stored: a session of Spark": Case(
        sources=(
            "from pyspark.sql import SparkSession",
            "a| spark = SparkSession.builder.appName('x').getOrCreate()",
            "b| spark.sql('select 1')",
        ),
        codes=("MNB250",),
    ),
    "stored: a file of its own": Case(sources=("a| f = open('a')\nt = f.read()", "b| n = t")),
    "stored: what was read": Case(sources=("a| t = open('a').read()", "b| n = len(t)")),
    "stored: a list": Case(sources=("a| t = list(n for n in range(9))", "b| n = len(t)")),
    "stored: in set-up": Case(
        sources=("db = open('a')", "a| n = db.read()", "b| m = db.read()"), tags=("setup",)
    ),
    "stored: a context manager": Case(
        sources=(
            "import contextlib\n@contextlib.contextmanager\ndef f():\n    yield 1",
            "a| c = f",
            "b| with c():\n    n = 1",
        )
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_fault_is_found_where_it_is_and_only_there(case: Case) -> None:
    diagnostics = found(*case.sources, tags={0: case.tags})
    assert tuple(sorted(diagnostic.code for diagnostic in diagnostics)) == case.codes


def test_the_function_behind_a_construct_is_shown() -> None:
    (finding,) = found("def f(t):\n    return eval(t)", "a| f('1')", "b| f('2')")
    assert finding.message.startswith("stage 'a' (and 1 more) uses eval through a function it")
    assert [(place.cell, place.line) for place in finding.related] == [(0, 2)]


def test_both_places_of_a_change_are_shown() -> None:
    (finding,) = found(LOAD, "mean| half = len(rows) / 2", "sort| rows.sort()")
    assert (finding.cell, finding.line) == (2, 2)
    assert finding.message == (
        "stage 'sort' changes 'rows' in place, which stage 'mean' (cell 1) has read as stage "
        "'load' (cell 0) left it: executed again, that reads another value."
    )
    places = [(place.cell, place.line, place.label) for place in finding.related]
    assert places == [
        (0, 2, "'rows' is bound here"),
        (1, 2, "'rows' is read here before the change"),
    ]


@given(notebooks())
@settings(max_examples=60, deadline=None)
def test_every_finding_is_at_a_place_there_is(sources: list[str]) -> None:
    cells = [f"# mlops: stage s{i // 2}\n{source}" for i, source in enumerate(sources)]
    pipeline = pipeline_of(*cells)
    diagnostics = flow_diagnostics(pipeline, running_cells(pipeline))
    assert diagnostics == flow_diagnostics(pipeline, running_cells(pipeline))
    for place in [p for d in diagnostics for p in (d, *d.related)]:
        lines = cells[place.cell].split("\n")
        assert 0 <= place.line <= len(lines)
        assert place.line == 0 or 0 <= place.column <= len(lines[place.line - 1])

"""What a cell changes in place, what calls lead to, and what strings and magics hide."""

from __future__ import annotations

import pytest
from flow_case import Case, check

from notebooks import flows_of

IMPORTS = "import numpy as np\nimport pandas as pd\nfrom sklearn.metrics import accuracy_score"
FRAME = (IMPORTS, "df = pd.read_csv(path)\nX = df[['a']]")

CHANGES = (
    Case(name="nested item", cell="d['a'][0].b = 1", reads="d", mutates="d"),
    Case(name="augmented item", cell="d['a'] += s", reads="d s", mutates="d"),
    Case(name="deleted item", cell="del df['a'], obj.b", reads="df obj", mutates="df obj"),
    Case(name="loc", cell="df.loc[mask, 'a'] = 1", reads="df mask", mutates="df"),
    Case(
        name="inplace",
        before=FRAME,
        cell="df.drop(columns='a', inplace=True)",
        reads="df",
        mutates="df",
    ),
    Case(
        name="not inplace",
        before=FRAME,
        cell="clean = df.drop(columns='a', inplace=False).dropna()",
        reads="df",
        binds="clean",
    ),
    Case(
        name="inplace by variable",
        cell="df.dropna(inplace=really)",
        reads="df really",
        may_mutate="df",
    ),
    Case(
        name="column method in place",
        before=FRAME,
        cell="df['a'].fillna(0, inplace=True)",
        reads="df",
        mutates="df",
    ),
    Case(
        name="out",
        before=(IMPORTS, "a = np.zeros(3)"),
        cell="np.add(a, 1, out=a)",
        reads="a np",
        mutates="a",
    ),
    Case(
        name="out by position",
        before=(IMPORTS, "a, b = np.zeros(3), np.zeros(3)"),
        cell="np.multiply(a, 2, a)\nnp.sqrt(a, b)",
        reads="a b np",
        mutates="a b",
    ),
    Case(
        name="a generator that shuffles",
        before=(IMPORTS, "rng, a = np.random.default_rng(0), np.zeros(3)"),
        cell="rng.shuffle(a)",
        reads="a rng",
        mutates="a rng",
    ),
    Case(
        name="update, pop, setdefault",
        cell="d.update(e)\nx = d.pop('a')",
        reads="d e",
        binds="x",
        mutates="d",
    ),
    Case(
        name="partial_fit in a loop",
        cell="for b in batches: model.partial_fit(b)",
        reads="batches model",
        binds="b",
        conditional="b",
        mutates="model",
    ),
    Case(
        name="fit that is chained",
        cell="score = model.fit(X).score(X)",
        reads="model X",
        binds="score",
        mutates="model",
    ),
    Case(name="a new object is not a change", cell="rows = []\nrows.append(1)", binds="rows"),
    Case(
        name="np.append is a function",
        before=(IMPORTS,),
        cell="b = np.append(a, 1)",
        reads="np a",
        binds="b",
    ),
    Case(
        name="random.shuffle",
        before=("import random",),
        cell="random.shuffle(xs)",
        reads="random xs",
        mutates="xs",
    ),
    Case(name="setattr", cell="setattr(obj, 'a', 1)", reads="obj", mutates="obj"),
    Case(
        name="sys.path",
        before=("import sys",),
        cell="sys.path.append('..')",
        reads="sys",
        mutates="sys",
    ),
    Case(
        name="rcParams",
        before=("import matplotlib.pyplot as plt",),
        cell="plt.rcParams['a'] = 1",
        reads="plt",
        mutates="plt",
    ),
    Case(
        name="known pure functions",
        before=FRAME,
        cell="print(len(df), sorted(df), np.mean(df), accuracy_score(df, X))",
        reads="df np accuracy_score X",
    ),
    Case(name="pure methods", before=FRAME, cell="df.head()\ndf.describe().T", reads="df"),
    Case(name="constants cannot change", before=("n = 3",), cell="f(n, 'a')", reads="f n"),
    Case(
        name="a generator is used up",
        before=("rows = (r for r in [1])",),
        cell="first = next(rows)",
        reads="rows",
        binds="first",
        mutates="rows",
    ),
    Case(
        name="a random generator moves on",
        before=(IMPORTS, "rng = np.random.default_rng(0)"),
        cell="x = rng.normal()",
        reads="rng",
        binds="x",
        mutates="rng",
    ),
    Case(
        name="tensor methods that end in _",
        cell="weights.zero_()",
        reads="weights",
        mutates="weights",
    ),
    Case(
        name="unknown function whose result is used",
        cell="y = clean(df)",
        reads="clean df",
        binds="y",
        may_mutate="df",
    ),
    Case(
        name="unknown method",
        cell="trainer.run(data)",
        reads="trainer data",
        may_mutate="data trainer",
    ),
)

ALIASES = (
    Case(
        name="another name of the object",
        before=("a = [1]\nb = a",),
        cell="b.append(2)",
        reads="b",
        mutates="a b",
    ),
    Case(
        name="a copy is another object",
        before=("a = [1]\nb = a.copy()",),
        cell="b.append(2)",
        reads="b",
        mutates="b",
    ),
    Case(
        name="a rebound name has left it",
        before=("a = [1]\nb = a", "b = [2]"),
        cell="b.append(2)",
        reads="b",
        mutates="b",
    ),
    Case(
        name="what holds it is changed too",
        before=(*FRAME, "tables = {'raw': df}"),
        cell="df['b'] = 1",
        reads="df",
        mutates="df tables",
    ),
    Case(
        name="what is held is changed through its holder",
        before=(*FRAME, "tables = {'raw': df}"),
        cell="tables['raw']['b'] = 1",
        reads="tables",
        mutates="df tables",
    ),
    Case(
        name="an element by computed index",
        before=("a = [1]\nrows = (*a, a)\nlast = rows[-1]\nfirst = rows[n - 1]\nn = 1",),
        cell="last.append(1)",
        reads="last",
        mutates="last",
        may_mutate="a first rows",
    ),
    Case(
        name="a list grows by what an object of the notebook gives",
        before=(
            "class Box:\n    def __iter__(self): return iter([z])\nrows, box, z = [], Box(), 1",
        ),
        cell="rows += box",
        reads="box rows z",
        binds="rows",
    ),
    Case(
        name="except* after except*",
        before=("def g(): pass\nz = 1",),
        cell="try:\n    run()\nexcept* ValueError:\n    def g(): return z\n"
        "except* KeyError:\n    g()",
        reads="g run z",
        binds="g",
        conditional="g",
    ),
    Case(
        name="an attribute of a class that may be a function or a list",
        before=(
            "from functools import reduce\nr = [[1]]",
            "class Box:\n    parts = reduce(lambda x, y: x, r)\nbox = Box()",
        ),
        cell="box.parts.append(1)",
        reads="box",
        mutates="box",
        may_mutate="Box r",
    ),
    Case(
        name="augmented assignment of an alias",
        before=("a = [1]\nb = a",),
        cell="b += [2]",
        reads="b",
        binds="b",
        mutates="a",
    ),
    Case(
        name="columns picked by list are a copy",
        before=FRAME,
        cell="X['b'] = 1",
        reads="X",
        mutates="X",
    ),
    Case(
        name="a pipeline fits its steps",
        before=(
            "from sklearn.pipeline import Pipeline",
            "m = make()\np = Pipeline([('scale', s), ('m', m)])",
        ),
        cell="p.fit(X)",
        reads="p X",
        mutates="p",
        may_mutate="m s",
    ),
    Case(
        name="a slice is a view",
        before=(IMPORTS, "a = np.zeros(3)\nhead = a[:2]"),
        cell="head[0] = 1",
        reads="head",
        mutates="head",
        may_mutate="a",
    ),
)

HELPERS = "limit = 3\ndef scale(x):\n    return x * limit\n"
CALLS = (
    Case(
        name="globals are read at the call",
        before=(HELPERS,),
        cell="y = scale(2)",
        reads="limit scale",
        binds="y",
    ),
    Case(
        name="bound in the cell before the call",
        before=(HELPERS,),
        cell="limit = 4\ny = scale(2)",
        reads="scale",
        binds="limit y",
    ),
    Case(
        name="helper calling helper",
        before=(HELPERS, "def twice(x): return scale(scale(x))"),
        cell="twice(1)",
        reads="limit scale twice",
    ),
    Case(
        name="recursion",
        before=("def down(n):\n    return n and down(n - step)\nstep = 1",),
        cell="down(3)",
        reads="down step",
    ),
    Case(
        name="mutual recursion",
        before=("def a(n): return n and b(n - 1)\ndef b(n): return n and a(n - s)\ns = 1",),
        cell="a(3)",
        reads="a b s",
    ),
    Case(
        name="recursion that only looks",
        before=(
            "def total(t):\n    return t if t == 1 else sum(total(x) for x in t)\ntree = [1, [1]]",
        ),
        cell="n = total(tree)",
        reads="total tree",
        binds="n",
    ),
    Case(
        name="recursion that changes what it finds deep down",
        before=(
            "def tidy(t):\n    for x in t.parts:\n        tidy(x)\n    t.name = 1",
            "class Tree: pass\nleaf, root = Tree(), Tree()\nroot.parts = [leaf]",
        ),
        cell="tidy(root)",
        reads="root tidy",
        mutates="root",
        may_mutate="leaf",
    ),
    Case(
        name="recursion that hands on what it is given by name",
        before=(
            "def a(x, seen):\n    seen.append(x)\n    return b(x - 1, seen)",
            "def b(x, seen):\n    return a(x, seen) if x else seen",
            "seen = []",
        ),
        cell="c = a(3, seen)",
        reads="a b seen",
        binds="c",
        mutates="seen",
    ),
    Case(
        name="redefined later",
        before=("def f(): return old", "def g(): return f()", "def f(): return new"),
        cell="g()",
        reads="f g new",
    ),
    Case(name="alias of a function", before=(HELPERS, "h = scale"), cell="h(1)", reads="h limit"),
    Case(name="lambda", before=("f = lambda x: x + z",), cell="f(1)", reads="f z"),
    Case(
        name="partial",
        before=(HELPERS, "from functools import partial\nh = partial(scale, 2)"),
        cell="h()",
        reads="h limit",
    ),
    Case(
        name="passed to map",
        before=(HELPERS,),
        cell="ys = list(map(scale, xs))",
        reads="limit scale xs",
        binds="ys",
    ),
    Case(
        name="passed to apply",
        before=(*FRAME, HELPERS),
        cell="df['b'] = df['a'].apply(scale)",
        reads="df limit scale",
        mutates="df",
    ),
    Case(
        name="lambda in apply",
        before=(*FRAME, "k = 1"),
        cell="s = df.apply(lambda r: r + k)",
        reads="df k",
        binds="s",
    ),
    Case(
        name="kept in a dict",
        before=(HELPERS, "steps = {'s': scale}"),
        cell="steps['s'](1)",
        reads="limit steps",
    ),
    Case(
        name="closure",
        before=("def make(n):\n    def add(x): return x + n + z\n    return add", "add = make(1)"),
        cell="add(2)",
        reads="add z",
    ),
    Case(
        name="decorated by a notebook function",
        before=(
            "def log(f):\n    def inner(*a): return f(*a, prefix)\n    return inner",
            "@log\ndef f(*a): return z",
        ),
        cell="f()",
        reads="f prefix z",
    ),
    Case(
        name="an argument is changed",
        before=("def clean(t):\n    t['a'] = 1\n    return t",),
        cell="y = clean(df)",
        reads="clean df",
        binds="y",
        mutates="df",
    ),
    Case(
        name="an argument by keyword, changed two calls down",
        before=("def add(*, to): to.append(1)", "def both(a, b):\n    add(to=b)"),
        cell="both(p, q)",
        reads="add both p q",
        mutates="q",
    ),
    Case(
        name="a global is changed",
        before=("log = []\ndef note(x): log.append(x)",),
        cell="note(1)",
        reads="log note",
        mutates="log",
    ),
    Case(
        name="a global is bound",
        before=("n = 0\ndef count():\n    global n\n    n += 1",),
        cell="count()",
        reads="count n",
        binds="n",
    ),
    Case(
        name="a default is changed",
        before=("acc = []\ndef put(x, to=acc): to.append(x)",),
        cell="put(1)",
        reads="put",
        mutates="acc",
    ),
    Case(
        name="a method",
        before=(
            "class Box:\n    def __init__(self): self.rows = []\n"
            "    def put(self, r): self.rows.append(r * k)",
            "k = 1\nbox = Box()",
        ),
        cell="box.put(1)",
        reads="box k",
        mutates="box",
    ),
    Case(
        name="a constructor",
        before=("class Box:\n    size = 1\n    def __init__(self, n=d): self.n = n + z",),
        cell="b = Box()",
        reads="Box z",
        binds="b",
    ),
    Case(
        name="an inherited method",
        before=("class A:\n    def run(self): return z", "class B(A): pass\nb = B()"),
        cell="b.run()",
        reads="b z",
    ),
    Case(
        name="super",
        before=(
            "class A:\n    def run(self): return z",
            "class B(A):\n    def run(self): return super().run() + y\nb = B()",
        ),
        cell="b.run()",
        reads="b y z",
    ),
    Case(
        name="a property",
        before=("class A:\n    @property\n    def half(self): return z / 2\na = A()",),
        cell="h = a.half",
        reads="a z",
        binds="h",
    ),
    Case(
        name="call and operators",
        before=(
            "class A:\n    def __call__(self): return y\n"
            "    def __add__(self, o): return z\na = A()",
        ),
        cell="a() + 1\na + 1",
        reads="a y z",
    ),
    Case(
        name="an estimator of the notebook passed on",
        before=(
            "from sklearn.model_selection import cross_val_score\n"
            "class M:\n    def fit(self, X): return depth\nm = M()",
        ),
        cell="cross_val_score(m, X)",
        reads="X cross_val_score depth m",
    ),
    Case(
        name="a generator function runs when it is used",
        before=("def rows():\n    yield z\ng = rows()",),
        cell="list(g)",
        reads="g z",
        mutates="g",
    ),
    Case(
        name="async",
        before=("async def load(): return url",),
        cell="d = await load()",
        reads="load url",
        binds="d",
    ),
)

CARRIERS = (
    Case(
        name="query",
        before=FRAME,
        cell="y = df.query('a > @limit and b < 3')",
        reads="df limit",
        binds="y",
    ),
    Case(
        name="frame eval",
        before=FRAME,
        cell="df.eval('c = a + @k', inplace=True)",
        reads="df k",
        mutates="df",
    ),
    Case(
        name="pd.eval",
        before=(*FRAME, "u = 1\nv = 2"),
        cell="y = pd.eval('u + v')",
        reads="pd u v",
        binds="y",
    ),
    Case(
        name="formula",
        before=(*FRAME, "import statsmodels.formula.api as smf\nz = 1"),
        cell="m = smf.ols('y ~ x + np.log(z)', data=df)",
        reads="df np smf z",
        binds="m",
    ),
    Case(
        name="a design without an answer",
        before=(*FRAME, "from patsy import dmatrix\nz = 1\ndef tr(v):\n    return v + k"),
        cell="m = dmatrix('x + tr(z)', df)",
        reads="df dmatrix k tr z",
        binds="m",
    ),
    Case(
        name="an expression of numexpr",
        before=("import numexpr as ne", "u = 1\nv = 2"),
        cell="y = ne.evaluate('u + sin(v)')",
        reads="ne u v",
        binds="y",
    ),
    Case(
        name="a frame named in DuckDB's SQL",
        before=("import duckdb", "sales = 1"),
        cell="y = duckdb.sql('SELECT * FROM sales JOIN shops USING (id)')",
        reads="duckdb sales",
        binds="y",
    ),
    Case(
        name="a frame named in the SQL of a connection to DuckDB",
        before=("import duckdb", "con = duckdb.connect('a.db')", "sales = 1"),
        cell="y = con.execute(f'SELECT * FROM sales WHERE a > {lowest}').df()",
        reads="con lowest sales",
        binds="y",
        may_mutate="con",
    ),
    Case(
        name="SQL of DuckDB that is not written out",
        before=("import duckdb", "sales = 1"),
        cell="y = duckdb.sql(text)",
        reads="duckdb sales text",
        binds="y",
        opaque="duckdb.sql",
    ),
    Case(
        name="a frame named in polars' SQL",
        before=("import polars as pl", "sales = 1"),
        cell="y = pl.sql('select * from sales')",
        reads="pl sales",
        binds="y",
    ),
    Case(
        name="a frame named in the SQL of a magic",
        before=("sales = 1",),
        cell="y = %sql select * from sales where a > {{lowest}}",
        reads="sales",
        binds="y",
    ),
    Case(name="what a cell has shown by its number", cell="y = _12 + len(_i3)", binds="y"),
    Case(
        name="braces and dollars",
        before=("p = 1\nq = 2",),
        cell="!cp {p} $q $HOME ${UNSET}",
        reads="p q UNSET",
    ),
    Case(
        name="line magic with a statement",
        cell="%time y = f(x)",
        reads="f x",
        binds="y",
        may_mutate="x",
    ),
    Case(name="timeit binds nothing", cell="%timeit y = g(x)", reads="g x", may_mutate="x"),
    Case(name="timeit of a cell binds nothing", cell="%%timeit n = 3\ny = n + x", reads="x"),
    Case(name="capture binds", cell="%%capture out\ny = 1", binds="out y"),
    Case(name="bash is not Python", cell="%%bash --out listing\nls $x", binds="listing"),
    Case(name="html is not Python", cell="%%html\n<b>x</b>"),
    Case(name="help", before=("x = 1",), cell="x?", reads="x"),
    Case(name="store", cell="%store -r raw", binds="raw"),
    Case(name="exec of a literal", cell="exec('y = x')", reads="x", binds="y"),
    Case(
        name="exec of anything else",
        before=("a = 1",),
        cell="exec(code)",
        reads="a code",
        opaque="exec",
    ),
    Case(name="globals", before=("a = 1",), cell="print(globals())", reads="a", opaque="globals"),
    Case(
        name="locals inside a function are its own",
        cell="def f(a): return locals()\nf(1)",
        binds="f",
    ),
    Case(name="globals item", cell="globals()['y'] = x", reads="x", binds="y"),
    Case(
        name="getattr by variable",
        before=("a = 1",),
        cell="v = getattr(obj, name)",
        reads="a name obj",
        binds="v",
        opaque="getattr",
    ),
    Case(name="getattr written out", cell="v = getattr(obj, 'name', None)", reads="obj", binds="v"),
)


@pytest.mark.parametrize("case", CHANGES, ids=lambda c: c.name)
def test_changes_in_place_are_seen(case):
    check(case)


@pytest.mark.parametrize("case", ALIASES, ids=lambda c: c.name)
def test_changes_are_seen_under_every_name(case):
    check(case)


@pytest.mark.parametrize("case", CALLS, ids=lambda c: c.name)
def test_calls_are_followed_into_the_notebook(case):
    check(case)


@pytest.mark.parametrize("case", CARRIERS, ids=lambda c: c.name)
def test_names_in_strings_and_magics_are_read(case):
    check(case)


def test_very_long_chains_of_helpers_are_followed_without_recursion_errors():
    chain = ["base = 1\ndef f0(x): return x + base"]
    chain += [f"def f{n}(x): return f{n - 1}(x)" for n in range(1, 300)]
    assert "base" in flows_of(*chain, "f299(1)")[-1].reads


def test_deeply_nested_source_is_analysed_or_said_not_to_parse():
    flows_of(
        "x = " + "(" * 80 + "1" + ")" * 80,
        "y = " + "+".join(["a"] * 2000),
        "z = " + "a if a else " * 900 + "a",
    )

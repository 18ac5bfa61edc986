"""What objects that libraries have made do: read, fitted, drawn on, handed on."""

from __future__ import annotations

import pytest
from flow_case import Case, check

SM = ("import statsmodels.api as sm", "y, X = load()", "mod = sm.OLS(y, X)\nres = mod.fit()")
AXES = ("import matplotlib.pyplot as plt", "fig, ax = plt.subplots()")
SKLEARN = (
    "from sklearn.pipeline import Pipeline, make_pipeline\n"
    "from sklearn.model_selection import GridSearchCV\n"
    "from sklearn.linear_model import LogisticRegression",
    "lr, grid = LogisticRegression(), {'C': [1, 2]}",
)
FRAME = ("import pandas as pd", "df = pd.read_csv('a.csv')", "s = df['a']")
BASE = "from statsmodels.base.model import GenericLikelihoodModel as G"

CASES = (
    Case(
        name="results of a model are another object",
        before=SM[:2],
        cell="res = sm.OLS(y, X).fit()",
        reads="X sm y",
        binds="res",
    ),
    Case(name="to ask results is no change", before=SM, cell="res.summary()", reads="res"),
    Case(
        name="what results are asked for is left alone",
        before=SM,
        cell="res.get_prediction(X).summary_frame(y)",
        reads="X res y",
    ),
    Case(name="a part of results", before=SM, cell="res.model.family.variance(X)", reads="X res"),
    Case(
        name="axes are drawn on, and so is their figure",
        before=AXES,
        cell="ax.legend(loc=place)",
        reads="ax place",
        mutates="ax",
        may_mutate="fig",
    ),
    Case(
        name="what is drawn is left alone",
        before=AXES,
        cell="ax.scatter3D(x, y, z, c=z)",
        reads="ax x y z",
        mutates="ax",
        may_mutate="fig",
    ),
    Case(
        name="to look at a drawing", before=AXES, cell="t = ax.get_title()", reads="ax", binds="t"
    ),
    Case(
        name="a subplot draws on its figure",
        before=(AXES[0], "fig = plt.figure()\nax = fig.add_subplot(1, 1, 1)"),
        cell="ax.plot(x)",
        reads="ax x",
        mutates="ax",
        may_mutate="fig",
    ),
    Case(
        name="a pipeline fits its very steps",
        before=(*SKLEARN, "p = make_pipeline(lr)"),
        cell="p.fit(X)",
        reads="X p",
        mutates="p",
        may_mutate="lr",
    ),
    Case(
        name="a search fits copies",
        before=(*SKLEARN, "p = GridSearchCV(lr, grid)"),
        cell="p.fit(X)",
        reads="X p",
        mutates="p",
    ),
    Case(name="accessors of frames", before=FRAME, cell="s.str.len(df)", reads="df s"),
    Case(
        name="what is computed of frames is a frame",
        before=(*FRAME, "t = -(s + 1) > 2"),
        cell="t.any_method(df)",
        reads="df t",
    ),
    Case(
        name="a file is read on",
        before=("import io\nimport pandas as pd", "raw = io.StringIO(text)"),
        cell="df = pd.read_csv(raw)",
        reads="pd raw",
        binds="df",
        mutates="raw",
    ),
    Case(
        name="lines of a file",
        before=("lines = open(p)",),
        cell="for line in lines: pass",
        reads="lines",
        binds="line",
        mutates="lines",
        conditional="line",
    ),
    Case(
        name="a library's method calls what a class of the notebook defines",
        before=(BASE, "class M(G):\n    def loglike(self, p): return z", "mod = M(y, X)\nz = 1"),
        cell="mod.estimate()",
        reads="mod z",
    ),
    Case(
        name="a library's object calls what it was made with",
        before=(
            "from statsmodels.tsa.deterministic import DeterministicProcess as D",
            "class Term:\n    def in_sample(self, i): return z",
            "z, terms = 1, [Term()]\nprocess = D(index, terms=terms)",
        ),
        cell="process.range(5)",
        reads="process z",
    ),
    Case(
        name="to predict does not fit",
        before=(
            "from sklearn.base import BaseEstimator",
            "class C(BaseEstimator):\n    def fit(self, X): self.a = X\n"
            "    def decide(self, X): return z",
            "c, z = C(), 1",
        ),
        cell="c.predict_all(X)",
        reads="X c z",
    ),
    Case(
        name="a library of models that nobody knows",
        before=("from mylib import Model", "m = Model(data)"),
        cell="m.run(X)",
        reads="X m",
        may_mutate="X data m",
    ),
    Case(name="%xdel", before=("a = 1",), cell="%xdel a", reads="a", deletes="a"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_objects_of_libraries_do_what_their_library_does(case):
    check(case)

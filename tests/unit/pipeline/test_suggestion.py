"""Which stages an untagged notebook suggests, and what a suggestion never does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from migrating import Pairs, cells_from

from mlops_nb.notebook.transform import transform_source
from mlops_nb.pipeline.build import build_pipeline
from mlops_nb.pipeline.carrying import CARRIERS
from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.stages import Pipeline
from mlops_nb.pipeline.suggestion import Suggestion, changes_of, suggest

IMPORTS = (
    "import pandas as pd\nimport matplotlib.pyplot as plt\n"
    "from sklearn.linear_model import LogisticRegression\nfrom sklearn.svm import SVC\n"
    "from sklearn.metrics import accuracy_score\n"
    "from sklearn.model_selection import train_test_split"
)
CHURN: Pairs = (
    ("", IMPORTS + "\nplt.rcParams['figure.dpi'] = 90\npd.set_option('display.width', 80)"),
    ("", "path = 'churn.csv'\ntest_size = 0.2"),
    ("", "df = pd.read_csv(path)"),
    ("", "df.head()"),
    ("", "df = df.dropna()\ndf['half'] = df['a'] / 2"),
    ("", "df.plot()"),
    ("", "X, y = df[['half']], df['y']"),
    ("", "X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=test_size)"),
    ("", "clf = LogisticRegression()\nclf.fit(X_train, y_train)"),
    ("", "accuracy = accuracy_score(y_test, clf.predict(X_test))\nprint(accuracy)"),
    ("", "plt.plot(y_test)"),
)


def suggested(pairs: Pairs, seconds: dict[int, float] | None = None) -> Suggestion:
    return suggest(
        cells_from(pairs), name="a.ipynb", star_names=lambda module: None, seconds=seconds
    )


def stages(suggestion: Suggestion) -> dict[str, tuple[int, ...]]:
    return {stage.name: stage.cells for stage in suggestion.stages}


def test_a_notebook_without_headings_is_cut_where_its_work_changes():
    found = suggested(CHURN)
    assert stages(found) == {
        "load": (2,),
        "features": (4, 6),
        "split": (7,),
        "train": (8,),
        "evaluate": (9,),
    }
    assert [(t.cell, t.tag) for t in found.tags] == [(0, "setup"), (1, "parameters")]
    said = {stage.name: dict(stage.options) for stage in found.stages if stage.options}
    assert said == {
        "train": {8: {"model": "clf", "example": "X_train"}},
        "evaluate": {9: {"metrics": ("accuracy",)}},
    }


CASES: tuple[tuple[str, Pairs, dict[str, tuple[int, ...]]], ...] = (
    (
        "a switch of a library makes no column, and goes with what uses it",
        (
            ("", IMPORTS),
            ("", "plt.rcParams['figure.figsize'] = (12, 8)"),
            ("", "fit = SVC().fit([1])\nplt.plot([1])\nplt.ylabel('x')"),
        ),
        {"train": (1, 2)},
    ),
    (
        "sections are stages, and one training each is called as its heading",
        (
            ("", IMPORTS),
            ("markdown", "# Churn"),
            ("markdown", "## Load the data"),
            ("", "df = pd.read_csv('a.csv')"),
            ("", "X, y = df[['a']], df.y"),
            ("markdown", "## Logistic regression"),
            ("", "a = LogisticRegression().fit(X, y)\nprint(a.score(X, y))"),
            ("markdown", "## Step 3: A Support Vector Machine"),
            ("", "b = SVC().fit(X, y)\nprint(b.score(X, y))"),
        ),
        {"load": (3, 4), "logistic_regression": (6,), "support_vector_machine": (8,)},
    ),
    (
        "a look between two changes of what it looks at is drawn with them",
        (
            ("", IMPORTS),
            ("", "df = pd.read_csv('a.csv')"),
            ("", "df = df.dropna()"),
            ("", "df.describe()"),
            ("", "df['b'] = df['a']"),
            ("", "SVC().fit(df, df.b)"),
        ),
        {"load": (1,), "features": (2, 3, 4), "train": (5,)},
    ),
    (
        "a function that rests on a stage and is called by it is drawn with it",
        (
            ("", IMPORTS),
            ("", "df = pd.read_csv('a.csv')"),
            ("", "b = df.dropna()"),
            ("", "def share(rows, of=b):\n    return rows / of"),
            ("", "c = share(df).fillna(0)"),
            ("", "SVC().fit(b, c)"),
        ),
        {"load": (1,), "clean": (2, 3, 4), "train": (5,)},
    ),
    (
        "functions of the notebook do what they do where they are called",
        (
            ("", IMPORTS),
            ("", "def get():\n    return pd.read_csv('a.csv')"),
            ("", "def fit_model(d):\n    return SVC().fit(d, d)"),
            ("", "data = get()"),
            ("", "model = fit_model(data)"),
        ),
        {"load": (3,), "train": (4,)},
    ),
    (
        "an analysis without a model is cut where it loads and shapes",
        (
            ("", IMPORTS),
            ("", "x = [1, 2]\nx.append(3)"),
            ("", "users = pd.read_csv('u.csv')"),
            ("", "by_age = users.dropna().assign(n=1)"),
            ("", "by_age.plot()"),
        ),
        {"load": (2,), "features": (3,)},
    ),
    (
        "what is tagged already stays, and nothing spans it",
        (
            ("", IMPORTS),
            ("", "df = pd.read_csv('a.csv')"),
            ("stage:clean", "df = df.dropna()"),
            ("", "more = pd.read_csv('b.csv')"),
            ("stage:load", "more = more.dropna()"),
            ("", "m = SVC().fit(df, more)"),
        ),
        {"load_df": (1,), "load_more": (3,), "train": (5,)},
    ),
    (
        "a tutorial is no pipeline",
        (("", "import numpy as np"), ("", "x = np.arange(3)"), ("", "y = x + 1"), ("", "x + y")),
        {},
    ),
    (
        "imports with settings of plots are no stage",
        (
            ("markdown", "# Required packages"),
            (
                "",
                "%matplotlib inline\nimport pandas as pd\nimport matplotlib.pyplot as plt\n"
                "params = {'figure.figsize': (30, 10)}\nplt.rcParams.update(params)",
            ),
            ("markdown", "# Data"),
            ("", "df = pd.read_csv('a.csv')"),
            ("markdown", "# Model"),
            ("", "from sklearn.svm import SVC\nmodel = SVC().fit(df[['a']], df.b)"),
        ),
        {"load": (3,), "train": (5,)},
    ),
    ("nothing is nothing", (), {}),
    ("cells that are no Python stay out", (("", "df = ("), ("", "%%bash\nls")), {}),
)


@pytest.mark.parametrize(("cells", "found"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_stages_are_what_a_person_would_see(cells, found):
    suggestion = suggested(cells)
    assert stages(suggestion) == found
    assert bool(suggestion.why_not) == (not found)


def test_what_takes_long_is_a_stage():
    cells: Pairs = (("", "import simulation as s"), ("", "path = s.walk()"), ("", "s.show(path)"))
    assert stages(suggested(cells)) == {}
    found = suggested(cells, {1: 40.0, 2: 0.2})
    assert (stages(found), found.stages[0].seconds) == ({"prepare": (1,)}, 40.0)
    assert stages(suggested(cells, {1: 0.4})) == {}


def test_of_two_models_none_is_said():
    cells = (*CHURN, ("", "svc = SVC()\nsvc.fit(X_train, y_train)\nsvc.score(X_test, y_test)"))
    options = [said for s in suggested(cells).stages for said in s.options.values()]
    assert [said for said in options if "model" in said] == []


@pytest.mark.parametrize(
    "change",
    [
        ("", "path = 'other.csv'"),
        ("", "test_size += 1"),
        ("parameters", "n = 3"),
    ],
)
def test_parameters_are_not_what_is_bound_again(change):
    found = suggested((*CHURN[:2], change, *CHURN[2:]))
    assert [t.tag for t in found.tags] == ["setup"]


def after(cells: list[Cell], suggestion: Suggestion, carrier: Any) -> list[Cell]:
    changes = {c.cell: c for c in changes_of(cells, suggestion, carrier=carrier)}
    found = []
    for cell in cells:
        change = changes.get(cell.index)
        if change is not None:
            source = cell.source if change.source is None else change.source
            cell = replace(
                cell,
                source=source,
                tags=cell.tags if change.tags is None else change.tags,
                metadata=cell.metadata if change.metadata is None else change.metadata,
                code=None if cell.code is None else transform_source(source),
            )
        found.append(cell)
    return found


def built(cells: list[Cell]) -> Pipeline:
    return build_pipeline(cells, name="a.ipynb", star_names=lambda module: None)


LINES = st.sampled_from(
    [
        "df = pd.read_csv('a')",
        "df = df.dropna()",
        "df['b'] = n",
        "df.head()",
        "df.plot()",
        "X, y = df, df",
        "X_train, X_test = X, y",
        "m = SVC()",
        "m.fit(X, y)",
        "s = m.score(X, y)",
        "s",
        "n = 3",
        "n += 1",
        "fig = plt.figure()",
        "fig.savefig('a')",
        "df.to_csv('b')",
        "del df",
        "exec(code)",
        "def f(d):\n    return d.dropna()",
        "df = f(df)",
        "# nothing",
    ]
)
SOME_TAGS = st.sampled_from(["", "", "", "", "stage:old", "skip", "setup", "hide-input"])
HEADINGS = st.sampled_from(["# A", "## Train", "## 2D", "## 3D plots", "text"])
NOTEBOOKS = st.lists(
    st.tuples(SOME_TAGS, st.lists(LINES, min_size=1, max_size=3).map("\n".join))
    | st.tuples(
        st.just("markdown"), st.sampled_from(["# A", "## Train", "## 2D", "## 3D plots", "text"])
    ),
    max_size=9,
)


@settings(max_examples=50)
@given(pairs=NOTEBOOKS, carrier=st.sampled_from(CARRIERS))
def test_a_suggestion_adds_tags_and_no_error(pairs, carrier):
    cells = cells_from([("", IMPORTS), *pairs])
    suggestion = suggest(cells, name="a.ipynb", star_names=lambda module: None)
    again = suggest(cells, name="a.ipynb", star_names=lambda module: None)
    assert suggestion == again
    changed = after(cells, suggestion, carrier)
    known = {(d.code, d.cell) for d in built(cells).diagnostics if d.severity == "error"}
    new = [d for d in built(changed).diagnostics if d.severity == "error"]
    assert [d for d in new if (d.code, d.cell) not in known] == []
    named = {index for stage in suggestion.stages for index in stage.cells}
    for old, now in zip(cells, changed, strict=True):
        assert set(old.tags) <= set(now.tags)
        if old.index not in named or carrier in ("tag", "metadata"):
            assert now.source == old.source
        else:
            assert now.source.split("\n", 1)[1] == old.source
    drawn = {s.name: s.cells for s in built(changed).stages}
    assert {stage.name: stage.cells for stage in suggestion.stages}.items() <= drawn.items()

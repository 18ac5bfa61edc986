"""Leakage, on planted cases: what leaks is found, what does not is left alone.

Recall and precision over the table are what the last test states.
"""

from __future__ import annotations

import pytest

from mlops_nb.notebook.files import cells_of
from mlops_nb.pipeline.build import build_pipeline
from mlops_nb.pipeline.habits import habit_diagnostics

HEAD = """\
import numpy as np, pandas as pd
from imblearn.over_sampling import SMOTE
from sklearn import metrics, preprocessing
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.neighbors import KNeighborsClassifier
from xgboost import XGBClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score, train_test_split, GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, OneHotEncoder, StandardScaler
"""
READ = "df = pd.read_csv('d.csv')\nX, y = df.drop('y', axis=1), df['y']"
SPLIT = "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)"
FIT = "model = LogisticRegression().fit(X_train, y_train)"
SCORE = "model.score(X_test, y_test)"
TRY = "    m = KNeighborsClassifier(n_neighbors=k).fit(X_train, y_train)\n"
STOPPED = "m.fit(X_train, y_train, eval_set=[(X_test, y_test)])\nm.score(X_test, y_test)"
# name -> (cells after the imports, codes)
LEAKY: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "columns encoded and scaled before the split": (
        (
            READ,
            "from sklearn.compose import ColumnTransformer",
            "t = ColumnTransformer([('h', OneHotEncoder(), 'a'), ('s', StandardScaler(), 'b')])",
            "X = t.fit_transform(X)",
            SPLIT,
        ),
        ("MNB240",),
    ),
    "columns encoded and filled in a pipeline before the split": (
        (
            READ,
            "from sklearn.compose import make_column_transformer",
            "fill = make_pipeline(SimpleImputer(), OneHotEncoder())",
            "X = make_column_transformer((fill, ['a']), ('drop', ['b'])).fit_transform(X)",
            SPLIT,
        ),
        ("MNB240",),
    ),
    "scaled before the split": (
        (READ, "X = StandardScaler().fit_transform(X)", SPLIT, FIT, SCORE),
        ("MNB240",),
    ),
    "scaled before the split, in two steps": (
        (READ, "s = StandardScaler()\ns.fit(X)\nX = s.transform(X)", SPLIT, FIT, SCORE),
        ("MNB240",),
    ),
    "scaled into a frame": (
        (
            READ,
            "s = StandardScaler()\nX = pd.DataFrame(s.fit_transform(X), index=X.index)",
            SPLIT,
        ),
        ("MNB240",),
    ),
    "a column scaled in place": (
        (
            "df = pd.read_csv('d.csv')",
            "df[['a']] = preprocessing.MinMaxScaler().fit_transform(df[['a']])",
            "train, test = train_test_split(df, random_state=0)",
        ),
        ("MNB240",),
    ),
    "features chosen before the split": (
        (READ, "X = SelectKBest(k=3).fit_transform(X, y)", SPLIT, FIT, SCORE),
        ("MNB240",),
    ),
    "components before the split": (
        ("X, y = load_iris(return_X_y=True)", "X = PCA(2).fit_transform(X)", SPLIT),
        ("MNB240",),
    ),
    "imputed before the split": (
        (READ, "X = SimpleImputer().fit_transform(X)", SPLIT, FIT, SCORE),
        ("MNB240",),
    ),
    "oversampled before the split": (
        (READ, "X, y = SMOTE(random_state=0).fit_resample(X, y)", SPLIT, FIT, SCORE),
        ("MNB240",),
    ),
    "words counted before the split": (
        (READ, "X = TfidfVectorizer().fit_transform(df['text'])", SPLIT),
        ("MNB240",),
    ),
    "scaled before cross-validation": (
        (
            READ,
            "X = StandardScaler().fit_transform(X)",
            "cross_val_score(LogisticRegression(), X, y)",
        ),
        ("MNB240",),
    ),
    "in a function of the notebook": (
        (
            "def prepare(table):\n    return StandardScaler().fit_transform(table)",
            READ,
            "X = prepare(X)",
            SPLIT,
        ),
        ("MNB240",),
    ),
    "the split in a function": (
        (
            "def divide(a, b):\n    return train_test_split(a, b, random_state=0)",
            READ,
            "X = StandardScaler().fit_transform(X)",
            "X_train, X_test, y_train, y_test = divide(X, y)",
        ),
        ("MNB240",),
    ),
    "fitted on everything": (
        (READ, SPLIT, "model = LogisticRegression().fit(X, y)", SCORE),
        ("MNB241",),
    ),
    "fitted on everything, judged by a metric": (
        (
            READ,
            SPLIT,
            "model = RandomForestClassifier(random_state=0)\nmodel.fit(X, y)",
            "metrics.accuracy_score(y_test, model.predict(X_test))",
        ),
        ("MNB241",),
    ),
    "a scaler fitted on everything after the split": (
        (
            READ,
            SPLIT,
            "s = StandardScaler().fit(X)\nX_train = s.transform(X_train)",
            "X_test = s.transform(X_test)",
            FIT,
            SCORE,
        ),
        ("MNB241",),
    ),
    "a scaler fitted on the test rows": (
        (
            READ,
            SPLIT,
            "s = StandardScaler()\nX_train = s.fit_transform(X_train)\n"
            "X_test = s.fit_transform(X_test)",
            FIT,
            SCORE,
        ),
        ("MNB241",),
    ),
    "tuned on everything": (
        (
            READ,
            SPLIT,
            "search = GridSearchCV(LogisticRegression(), {'C': [1, 2]}).fit(X, y)",
            "search.score(X_test, y_test)",
        ),
        ("MNB241",),
    ),
    "train and test joined": (
        (
            READ,
            SPLIT,
            "both = pd.concat([X_train, X_test])\nlabels = pd.concat([y_train, y_test])",
            "model = LogisticRegression().fit(both, labels)",
            SCORE,
        ),
        ("MNB241",),
    ),
    "searched on the test rows": (
        (
            READ,
            SPLIT,
            "from sklearn.model_selection import GridSearchCV\n"
            "search = GridSearchCV(LogisticRegression(), {'C': [1, 2]}).fit(X_test, y_test)",
            "model = LogisticRegression(**search.best_params_).fit(X_train, y_train)",
            SCORE,
        ),
        ("MNB241",),
    ),
    "chosen in a loop by the test rows": (
        (
            READ,
            SPLIT,
            "best = 0\nfor k in range(9):\n" + TRY + "    s = m.score(X_test, y_test)\n"
            "    if s > best:\n        best, best_k = s, k\n        final = m",
        ),
        ("MNB256",),
    ),
    "chosen in a loop by the test rows, in one line": (
        (
            READ,
            SPLIT,
            "best = 0\nfor k in range(9):\n" + TRY + "    s = m.score(X_test, y_test)\n"
            "    if s > best:\n        best, best_k = s, k",
        ),
        ("MNB256",),
    ),
    "chosen in a loop by the test rows, in a dict": (
        (
            READ,
            SPLIT,
            "best = {'s': 0}\nfor k in range(9):\n" + TRY + "    s = m.score(X_test, y_test)\n"
            "    if s > best['s']:\n        best = {'s': s, 'k': k}",
        ),
        ("MNB256",),
    ),
    "chosen after a loop, by a metric": (
        (
            READ,
            SPLIT,
            "scores = []\nfor k in range(9):\n" + TRY + "    p = m.predict(X_test)\n"
            "    scores.append(metrics.f1_score(y_test, p))",
            "k = np.argmax(scores)",
        ),
        ("MNB256",),
    ),
    "chosen by errors counted by hand": (
        (
            READ,
            SPLIT,
            "errors = []\nfor k in range(9):\n" + TRY + "    p = m.predict(X_test)\n"
            "    errors.append(np.mean(p != y_test))",
            "k = errors.index(min(errors))",
        ),
        ("MNB256",),
    ),
    "chosen from a dict": (
        (
            READ,
            SPLIT,
            "scores = {}\nfor k in range(9):\n" + TRY + "    scores[k] = m.score(X_test, y_test)",
            "k = max(scores, key=scores.get)",
        ),
        ("MNB256",),
    ),
    "chosen from a list made at once": (
        (
            READ,
            SPLIT,
            "scores = [KNeighborsClassifier(k).fit(X_train, y_train).score(X_test, y_test) "
            "for k in range(9)]",
            "k = np.argmax(scores)",
        ),
        ("MNB256",),
    ),
    "chosen through a function": (
        (
            READ,
            SPLIT,
            "def judge(k):\n" + TRY + "    return m.score(X_test, y_test)",
            "scores = []\nfor n in range(9):\n    scores.append(judge(n))",
            "n = np.argmax(scores)",
        ),
        ("MNB256",),
    ),
    "stopped by the test rows": (
        (READ, SPLIT, "m = XGBClassifier(early_stopping_rounds=5)", STOPPED),
        ("MNB256",),
    ),
    "stopped by the test rows, as told to fit": (
        (
            READ,
            SPLIT,
            "m = XGBClassifier()",
            STOPPED.replace(")])", ")], early_stopping_rounds=5)"),
        ),
        ("MNB256",),
    ),
    "in a branch": (
        (READ, "if True:\n    X = StandardScaler().fit_transform(X)", SPLIT),
        ("MNB240",),
    ),
    "with a pipeline fitted on everything": (
        (
            READ,
            SPLIT,
            "pipe = make_pipeline(StandardScaler(), LogisticRegression())\npipe.fit(X, y)",
            "pipe.score(X_test, y_test)",
        ),
        ("MNB241",),
    ),
}
CLEAN: dict[str, tuple[str, ...]] = {
    "split, fit, score": (READ, SPLIT, FIT, SCORE),
    "scaled after the split": (
        READ,
        SPLIT,
        "s = StandardScaler()\nX_train = s.fit_transform(X_train)\nX_test = s.transform(X_test)",
        FIT,
        SCORE,
    ),
    "a pipeline": (
        READ,
        SPLIT,
        "pipe = make_pipeline(StandardScaler(), LogisticRegression()).fit(X_train, y_train)",
        "pipe.score(X_test, y_test)",
    ),
    "a pipeline in cross-validation": (
        READ,
        "cross_val_score(make_pipeline(StandardScaler(), LogisticRegression()), X, y)",
    ),
    "labels encoded before the split": (READ, "y = LabelEncoder().fit_transform(y)", SPLIT, FIT),
    "categories encoded before the split": (READ, "X = OneHotEncoder().fit_transform(X)", SPLIT),
    "categories of columns encoded before the split": (
        READ,
        "from sklearn.compose import ColumnTransformer\nhot = OneHotEncoder()\n"
        "t = ColumnTransformer([('hot', hot, ['a', 'b'])], remainder='passthrough')\n"
        "X = t.fit_transform(X)",
        SPLIT,
    ),
    "categories of columns encoded in short before the split": (
        READ,
        "from sklearn.compose import make_column_transformer\n"
        "t = make_column_transformer((OneHotEncoder(), ['a']), ('passthrough', ['b']))\n"
        "X = t.fit_transform(X)",
        SPLIT,
    ),
    "scaled, and split what was not": (
        READ,
        "Z = StandardScaler().fit_transform(X)\nZ.plot()",
        SPLIT,
        FIT,
        SCORE,
    ),
    "judged by the rows it learnt from": (
        READ,
        "m = LogisticRegression().fit(X, y)\nm.score(X, y)",
    ),
    "fitted again on everything at the end": (
        READ,
        SPLIT,
        FIT,
        SCORE,
        "final = LogisticRegression().fit(X, y)",
    ),
    "a validation part": (
        READ,
        SPLIT,
        "X_tr, X_val, y_tr, y_val = train_test_split(X_train, y_train, random_state=1)",
        "m = LogisticRegression().fit(X_tr, y_tr)\nm.score(X_val, y_val)",
        "m = LogisticRegression().fit(X_train, y_train)\nm.score(X_test, y_test)",
    ),
    "tuned on the training rows": (
        READ,
        SPLIT,
        "s = GridSearchCV(LogisticRegression(), {'C': [1]}).fit(X_train, y_train)",
        "s.score(X_test, y_test)",
    ),
    "two data sets": (
        READ,
        "Z = pd.read_csv('other.csv')\ns = StandardScaler().fit(Z)",
        "X = s.transform(X)",
        SPLIT,
    ),
    "two splits of one table": (
        READ,
        SPLIT,
        FIT,
        SCORE,
        "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)",
        FIT,
        SCORE,
    ),
    "chosen by validation rows": (
        READ,
        SPLIT,
        "X_train, X_val, y_train, y_val = train_test_split(X_train, y_train, random_state=1)",
        "scores = []\nfor k in range(9):\n" + TRY + "    scores.append(m.score(X_val, y_val))",
        "k = np.argmax(scores)",
    ),
    "chosen by cross-validation": (
        READ,
        SPLIT,
        "scores = []\nfor k in range(9):\n    m = KNeighborsClassifier(k)\n"
        "    scores.append(cross_val_score(m, X_train, y_train).mean())",
        "m = KNeighborsClassifier(np.argmax(scores)).fit(X_train, y_train)",
        "m.score(X_test, y_test)",
    ),
    "chosen by training rows": (
        READ,
        SPLIT,
        "scores = []\nfor k in range(9):\n" + TRY + "    scores.append(m.score(X_train, y_train))",
        "k = np.argmax(scores)",
    ),
    "judged many times and only shown": (
        READ,
        SPLIT,
        "scores = []\nfor k in range(9):\n" + TRY + "    scores.append(m.score(X_test, y_test))",
        "print(scores, max(scores), min(scores))",
    ),
    "chosen, and judged by another table": (
        READ,
        SPLIT,
        "scores = []\nfor k in range(9):\n" + TRY + "    scores.append(m.score(X_test, y_test))",
        "k = np.argmax(scores)",
        "other = pd.read_csv('test.csv')\nm.predict(other)",
    ),
    "classes by the highest probability": (
        READ,
        SPLIT,
        "for k in range(9):\n" + TRY + "    p = m.predict_proba(X_test).argmax(axis=1)\n"
        "    q = np.argmax(m.predict_proba(X_test), axis=1)",
    ),
    "one model in a loop over parts": (
        READ,
        SPLIT,
        FIT,
        "scores = []\nfor part in range(3):\n"
        "    scores.append(model.score(X_test[part:], y_test[part:]))",
        "worst = np.argmin(scores)",
    ),
    "watched and not stopped": (READ, SPLIT, "m = XGBClassifier()", STOPPED),
    "watched by a callback that only logs": (
        READ,
        SPLIT,
        "m = XGBClassifier()",
        STOPPED.replace(")])", ")], callbacks=[log_evaluation(10)])"),
    ),
    "stopped by rows of the training part": (
        READ,
        SPLIT,
        "X_tr, X_val, y_tr, y_val = train_test_split(X_train, y_train, random_state=1)",
        "m = XGBClassifier(early_stopping_rounds=5)\n"
        "m.fit(X_tr, y_tr, eval_set=[(X_val, y_val)])\nm.score(X_test, y_test)",
    ),
    "polynomial features": (READ, "X = preprocessing.PolynomialFeatures().fit_transform(X)", SPLIT),
    "components for a picture": (READ, "P = PCA(2).fit_transform(X)", SPLIT, FIT, SCORE),
    "a model in a function": (
        READ,
        SPLIT,
        "def train(a, b):\n    return LogisticRegression().fit(a, b)",
        "train(X_train, y_train).score(X_test, y_test)",
    ),
    "no scikit-learn at all": ("fit = lambda X: X", "X = fit([1])", "print(X)"),
    "columns dropped and filled": (READ, "X = X.fillna(0).drop(columns=['a'])", SPLIT, FIT, SCORE),
    "predictions for the test rows": (READ, SPLIT, FIT, "p = model.predict(X_test)\np.mean()"),
    "both halves in turn": (
        READ,
        SPLIT,
        FIT,
        SCORE,
        "model = LogisticRegression().fit(X_test, y_test)\nmodel.score(X_train, y_train)",
    ),
    "a scaler for the target": (
        READ,
        SPLIT,
        "s = StandardScaler().fit(y_train)\ny_train = s.transform(y_train)",
        FIT,
    ),
}


def leaks(cells: tuple[str, ...]) -> tuple[str, ...]:
    sources = [HEAD, *cells]
    plain = [{"cell_type": "code", "metadata": {}, "source": source} for source in sources]
    pipeline = build_pipeline(cells_of({"cells": plain}), name="n", star_names=lambda _: None)
    found = habit_diagnostics(pipeline, counts={})
    return tuple(sorted({d.code for d in found if d.code in ("MNB240", "MNB241", "MNB256")}))


@pytest.mark.parametrize("name", LEAKY)
def test_a_leak_is_found(name: str) -> None:
    cells, codes = LEAKY[name]
    assert leaks(cells) == codes


@pytest.mark.parametrize("name", CLEAN)
def test_what_does_not_leak_is_left_alone(name: str) -> None:
    assert leaks(CLEAN[name]) == ()


def test_what_a_star_import_binds_is_followed() -> None:
    starred = ("sklearn.preprocessing", "sklearn.model_selection", "sklearn.linear_model")
    names = dict(
        zip(
            starred,
            ({"StandardScaler"}, {"train_test_split"}, {"LogisticRegression"}),
            strict=True,
        )
    )
    head = "import pandas as pd\n" + "".join(f"from {module} import *\n" for module in starred)
    cells = [head, READ, "X = StandardScaler().fit_transform(X)", SPLIT, FIT, SCORE]
    plain = [{"cell_type": "code", "source": cell, "metadata": {}} for cell in cells]
    pipeline = build_pipeline(
        cells_of({"cells": plain}), name="n", star_names=lambda m: frozenset(names.get(m, ()))
    )
    found = {d.code for d in habit_diagnostics(pipeline, counts={})}
    assert "MNB240" in found

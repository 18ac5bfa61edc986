"""From a live object to a package that MLflow's own API loads, for what notebooks hold."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import mlflow.sklearn
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from mlops_nb.errors import InputError
from mlops_nb.packaging import (
    ModelPackage,
    PackageRequest,
    build_package,
    verify_package,
)
from mlops_nb.packaging.golden import read_golden_rows
from mlops_nb.packaging.metadata import read_metadata, read_package
from mlops_nb.packaging.rows import read_rows

RNG = np.random.default_rng(0)
CUSTOMERS = pd.DataFrame(
    {
        "age": RNG.integers(18, 80, 120),
        "income": np.where(RNG.random(120) < 0.1, np.nan, RNG.random(120)),
        "city": RNG.choice(["a", "b", "c"], 120),
        "plan": pd.Categorical(RNG.choice(["basic", "pro"], 120)),
        "paid": RNG.random(120) < 0.5,
    }
)
CHURNED = pd.Series(RNG.choice(["no", "yes"], 120), name="churned")
TEXTS = ["good film", "bad film", "nice one", "awful thing"] * 10
FEELINGS = ["good", "bad"] * 20


def columns() -> Any:
    return make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), ["age", "income"]),
        (OneHotEncoder(), ["city", "plan"]),
        ("passthrough", ["paid"]),
    )


def package(model: Any, tmp_path: Path, **said: Any) -> ModelPackage:
    evaluation = said.get("evaluation", ())
    request = PackageRequest(
        variable="clf",
        stage="train",
        evaluation_names=("X_test", "y_test", "slices")[: len(evaluation)],
        **said,
    )
    return build_package(model, tmp_path / "package", request=request)


def notebook(source: str) -> dict[str, Any]:
    """Return the names a notebook's cells bind; what they define belongs to ``__main__``."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(textwrap.dedent(source), namespace)
    return namespace


def test_a_table_of_mixed_columns_is_described_and_reproduced(tmp_path: Path) -> None:
    model = make_pipeline(columns(), RandomForestClassifier(5, random_state=0))
    model.fit(CUSTOMERS, CHURNED)

    made = package(model, tmp_path, evaluation=(CUSTOMERS, CHURNED))

    loaded = mlflow.pyfunc.load_model(str(made.directory))
    types_ = {spec["name"]: spec["type"] for spec in loaded.metadata.signature.inputs.to_dict()}
    assert types_ == {
        "age": "long",
        "income": "double",
        "city": "string",
        "plan": "any",
        "paid": "boolean",
    }
    assert loaded.predict(CUSTOMERS).tolist() == model.predict(CUSTOMERS).tolist()
    assert made.serialization == "skops"
    assert made.notes == ()
    assert loaded.input_example.shape == (5, 5)


def test_texts_predict_the_same_however_they_come(tmp_path: Path) -> None:
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, FEELINGS)

    made = package(model, tmp_path, example=TEXTS)

    loaded = mlflow.pyfunc.load_model(str(made.directory))
    expected = model.predict(TEXTS).tolist()
    for rows in (np.array(TEXTS, dtype=object), pd.Series(TEXTS), pd.DataFrame({"text": TEXTS})):
        assert loaded.predict(rows).tolist() == expected


@pytest.mark.parametrize(
    ("model", "example"),
    [
        (LogisticRegression().fit(sparse.eye(8, format="csr"), [0, 1] * 4), sparse.eye_array(8)),
        (LinearRegression().fit(np.eye(4), np.eye(4)), np.eye(4)),
        (RandomForestClassifier(3).fit(np.eye(4), np.eye(4, dtype=int)), np.eye(4)),
        (LinearRegression().fit([[1], [2]], [1, 2]), [[1], [2]]),
        (
            GridSearchCV(LogisticRegression(), {"C": [1, 2]}, cv=2).fit(np.eye(8), [0, 1] * 4),
            np.eye(8),
        ),
        (
            HistGradientBoostingClassifier(max_iter=2, categorical_features="from_dtype").fit(
                CUSTOMERS[["age", "plan"]], CHURNED
            ),
            CUSTOMERS[["age", "plan"]],
        ),
    ],
    ids=["sparse", "two targets", "two classes to tell", "lists", "a search", "categories"],
)
def test_every_common_shape_of_input_and_answer_packages_as_skops(
    model: Any, example: Any, tmp_path: Path
) -> None:
    made = package(model, tmp_path, example=example)

    assert (made.serialization, made.notes) == ("skops", ())
    assert verify_package(made.directory).problems == ()


@pytest.mark.slow
def test_a_notebook_function_inside_makes_it_a_pickle_with_a_mark(tmp_path: Path) -> None:
    halve = notebook("def halve(X):\n    return X / 2")["halve"]
    model = make_pipeline(FunctionTransformer(halve), LogisticRegression())
    model.fit(np.eye(8), [0, 1] * 4)

    made = package(model, tmp_path, example=np.eye(8))

    assert made.is_pickle
    assert made.tags()["mlops_nb.serialization"] == "cloudpickle"
    assert "__main__.halve" in made.tags()["mlops_nb.serialization_reason"]
    assert any("runs code" in note for note in made.notes)
    assert verify_package(made.directory, fresh_process=True).problems == ()
    loaded = mlflow.sklearn.load_model(str(made.directory))
    assert loaded.predict(np.eye(8)).tolist() == model.predict(np.eye(8)).tolist()


@pytest.mark.slow
def test_any_object_that_predicts_packages_without_needing_mlops_nb(tmp_path: Path) -> None:
    model = notebook("""
        class Threshold:
            def __init__(self, limit):
                self.limit = limit
            def predict(self, rows):
                return ["high" if value > self.limit else "low" for value in rows["age"]]
        model = Threshold(40)
    """)["model"]

    made = package(model, tmp_path, evaluation=(CUSTOMERS, CHURNED))

    assert (made.flavour, made.is_pickle) == ("pyfunc", True)
    script = "import sys, mlflow.pyfunc; sys.modules['mlops_nb'] = None; "
    script += f"m = mlflow.pyfunc.load_model({str(made.directory)!r}); "
    script += "import pandas as pd; print(m.predict(pd.DataFrame(m.input_example)))"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == str(model.predict(CUSTOMERS.iloc[:5])), done.stderr


def test_a_model_that_wants_texts_as_a_series_gets_them_so(tmp_path: Path) -> None:
    model = notebook("""
        class Shout:
            def predict(self, texts):
                return texts.str.upper().to_numpy()
        model = Shout()
    """)["model"]

    made = package(model, tmp_path, evaluation=(pd.Series(TEXTS), pd.Series(FEELINGS)))

    assert any("no signature" in note for note in made.notes)
    loaded = mlflow.pyfunc.load_model(str(made.directory))
    assert loaded.predict(pd.Series(["a"])).tolist() == ["A"]


@pytest.mark.slow
def test_local_modules_travel_with_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "project"
    (home / "shop").mkdir(parents=True)
    (home / "shop" / "__init__.py").write_text("")
    (home / "shop" / "rates.py").write_text("RATE = 3.0\n")
    (home / "features.py").write_text(
        "from shop.rates import RATE\ndef scale(X):\n    return X * RATE\n"
    )
    monkeypatch.syspath_prepend(str(home))
    from features import scale  # type: ignore[import-not-found]  # written above

    model = make_pipeline(FunctionTransformer(scale), LogisticRegression())
    model.fit(np.eye(8), [0, 1] * 4)

    made = package(model, tmp_path, example=np.eye(8))

    for name in ("features", "shop", "shop.rates"):
        del sys.modules[name]  # for good: another test has modules of these names
    assert read_metadata(made.directory)["code"] == ["features.py", "shop"]
    assert verify_package(made.directory, fresh_process=True).problems == ()


def test_a_trusted_project_type_stays_out_of_pickle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clipping.py").write_text("def clip(X):\n    return X.clip(0, 1)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    from clipping import clip  # type: ignore[import-not-found]  # written above

    model = make_pipeline(FunctionTransformer(clip), LogisticRegression())
    model.fit(np.eye(8), [0, 1] * 4)

    made = package(model, tmp_path, example=np.eye(8), allow=("clipping.",))

    assert made.serialization == "skops"
    assert verify_package(made.directory, allow=("clipping.",)).ok
    assert verify_package(made.directory).problems == (
        "MLmodel trusts types that are not on the list: clipping.clip.",
    )
    monkeypatch.delitem(sys.modules, "clipping")


def test_pins_are_what_the_model_needs_and_no_more(tmp_path: Path) -> None:
    model = LogisticRegression().fit(CUSTOMERS[["age"]], CHURNED)

    made = package(model, tmp_path, example=CUSTOMERS[["age"]])

    names = [line.split("==")[0] for line in made.requirements]
    assert names == ["mlflow", "numpy", "pandas", "scikit-learn", "scipy", "skops"]
    written = (made.directory / "requirements.txt").read_text().split()
    assert sorted(written, key=str.lower) == list(made.requirements)


def test_requirements_of_ones_own_replace_the_pins(tmp_path: Path) -> None:
    model = LogisticRegression().fit(np.eye(2), [0, 1])

    made = package(model, tmp_path, example=np.eye(2), requirements=("scikit-learn>=1.4",))

    assert made.requirements == ("scikit-learn>=1.4",)
    with pytest.raises(InputError, match=r"MNB610 .*'scikit learn'"):
        package(model, tmp_path / "b", example=np.eye(2), requirements=("scikit learn",))


def test_a_model_without_rows_packages_and_says_what_it_lacks(tmp_path: Path) -> None:
    made = package(LogisticRegression().fit(np.eye(2), [0, 1]), tmp_path)

    assert "no signature and no golden predictions" in made.notes[0]
    checked = verify_package(made.directory)
    assert (checked.ok, checked.golden) == (True, False)


def test_evaluation_data_are_kept_with_roles_and_digests(tmp_path: Path) -> None:
    model = make_pipeline(columns(), LogisticRegression()).fit(CUSTOMERS, CHURNED)
    slices = CUSTOMERS[["city"]]

    made = package(model, tmp_path, evaluation=(CUSTOMERS, CHURNED, slices))

    assert [(e.name, e.role, e.n_rows) for e in made.evaluation] == [
        ("X_test", "features", 120),
        ("y_test", "target", 120),
        ("slices", "slices", 120),
    ]
    folder = made.directory / "mlops_nb" / "evaluation"
    pd.testing.assert_frame_equal(read_rows(folder, made.evaluation[0].stored), CUSTOMERS)
    pd.testing.assert_series_equal(read_rows(folder, made.evaluation[1].stored), CHURNED)
    assert len(read_golden_rows(made.directory)) == 50


def test_a_package_is_read_as_it_was_built(tmp_path: Path) -> None:
    model = LogisticRegression().fit(np.eye(2), [0, 1])

    made = package(model, tmp_path, evaluation=(np.eye(2), np.array([0, 1])))

    assert read_package(made.directory) == made


def test_nothing_but_the_package_is_left_in_the_directory_or_on_the_path(tmp_path: Path) -> None:
    before = list(sys.path)

    package(LogisticRegression().fit(np.eye(2), [0, 1]), tmp_path, example=np.eye(2))

    assert [path.name for path in tmp_path.iterdir()] == ["package"]
    assert sys.path == before


ROWS = np.eye(4)


@pytest.mark.parametrize(
    ("source", "code", "says"),
    [
        ("StandardScaler().fit(ROWS)", "MNB601", "StandardScaler, which has no method predict"),
        ("LogisticRegression", "MNB601", "is the class sklearn.linear_model"),
        ("{'weights': [1]}", "MNB601", "is a builtins.dict, which has no method predict"),
        ("LogisticRegression()", "MNB602", "LogisticRegression that is not fitted"),
        ("Held(threading.Lock())", "MNB603", "attribute 'thing' holds a _thread.lock"),
        ("Random()", "MNB606", "predict differs in 4 of the golden rows, first in row 0"),
        ("Picky()", "MNB605", "cannot predict on the example: KeyError: 'age'"),
        ("Fitted()", "MNB605", "ValueError: Names should match. Unseen at fit time: - price"),
    ],
)
def test_what_cannot_be_packaged_says_why_and_leaves_nothing(
    source: str, code: str, says: str, tmp_path: Path
) -> None:
    names = notebook("""
        import numpy as np
        class Held:
            def __init__(self, thing): self.thing = thing
            def predict(self, rows): return [0] * len(rows)
        class Random:
            def predict(self, rows): return np.random.default_rng().random(len(rows))
        class Picky:
            def predict(self, rows): raise KeyError("age")
        class Fitted:
            def predict(self, rows):
                raise ValueError("Names should match.\\nUnseen at fit time:\\n- price\\n")
    """)
    model = eval(source, {**globals(), **names, "threading": threading})

    with pytest.raises(InputError, match=code) as caught:
        package(model, tmp_path, example=ROWS)

    assert caught.value.place == "stage 'train', model 'clf'"
    assert says in caught.value.fault
    assert list(tmp_path.iterdir()) == []


def test_evaluation_data_of_different_length_are_an_error(tmp_path: Path) -> None:
    model = LogisticRegression().fit(np.eye(4), [0, 1] * 2)

    with pytest.raises(InputError, match=r"MNB605 .*'X_test' has 4, 'y_test' has 3"):
        package(model, tmp_path, evaluation=(np.eye(4), np.zeros(3)))


def test_a_directory_in_use_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "thesis.txt").write_text("mine")

    with pytest.raises(InputError, match=r"MNB609 .*not empty"):
        package(LogisticRegression().fit(np.eye(2), [0, 1]), tmp_path, example=np.eye(2))

    assert [path.name for path in (tmp_path / "package").iterdir()] == ["thesis.txt"]


def test_metadata_have_a_schema(tmp_path: Path) -> None:
    made = package(LogisticRegression().fit(np.eye(2), [0, 1]), tmp_path, example=np.eye(2))

    document = json.loads((made.directory / "mlops_nb" / "metadata.json").read_text())

    assert document["schema"] == 1
    assert document["class"] == "sklearn.linear_model._logistic.LogisticRegression"
    assert (document["stage"], document["variable"]) == ("train", "clf")
    assert document["methods"] == ["predict", "predict_proba", "decision_function"]

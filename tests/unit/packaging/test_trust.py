from __future__ import annotations

import pytest

from mlops_nb.packaging.trust import untrusted


@pytest.mark.parametrize(
    "name",
    [
        "sklearn.tree._tree.Tree",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "numpy.random.mtrand.RandomState",
        "scipy.interpolate._interpolate.interp1d",
        "xgboost.sklearn.XGBClassifier",
        "lightgbm.basic.Booster",
        "collections.OrderedDict",
    ],
)
def test_types_that_models_are_made_of_are_trusted(name: str) -> None:
    assert untrusted([name]) == ()


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "builtins.eval",
        "posix.system",
        "subprocess.Popen",
        "__main__.clean",
        "sklearnx.Model",
        "sklearn",
        "numpy.testing._private.utils.runstring",
        "numpy.f2py.os.system",
        "scipy._lib._testutils.tests.run",
        "sklearn.utils._testing.raises",
        "sklearn.externals.conftest.run",
        "xgboost.spark.core._SparkXGBModel",
        "xgboost.sklearn.os.system",
    ],
)
def test_what_runs_code_or_comes_from_elsewhere_is_not(name: str) -> None:
    assert untrusted([name]) == (name,)


def test_the_project_may_add_names_and_prefixes() -> None:
    names = ["churn.Clip", "churn.deep.Scale", "churning.Other"]

    assert untrusted(names, allow=["churn."]) == ("churning.Other",)
    assert untrusted(names, allow=["churn.Clip"]) == ("churn.deep.Scale", "churning.Other")

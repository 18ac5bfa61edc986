"""From a kernel's process to the runner's: what another process handed over becomes a package."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pandas as pd
import pytest

from mlops_nb.errors import InputError
from mlops_nb.packaging import kernel_imports, load_handover, package_handover, verify_package

TABLE = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": [1.0, 0.0, 1.0, 0.0]})

NOTEBOOK = """
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer
    from helpers import scale

    X = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": [1.0, 0.0, 1.0, 0.0]})
    y = pd.Series([0, 1, 0, 1])
    def shift(X):
        return X + OFFSET
    OFFSET = 1
    clf = make_pipeline(FunctionTransformer(shift), FunctionTransformer(scale),
                        LogisticRegression()).fit(X, y)
    said = {"model": "clf", "example": "X", "eval": ["X", "y"]}
"""


def hand_over(home: Path, *, factor: float = 2.0, source: str = NOTEBOOK) -> Path:
    """Run `source` as the ``__main__`` of another process in `home`; return the stage's folder."""
    home.mkdir(exist_ok=True)
    (home / "helpers.py").write_text(f"def scale(X):\n    return X * {factor}\n")
    script = textwrap.dedent(source) + (
        "\nfrom mlops_nb.kernels.handover import write_handover\n"
        "write_handover('handover', 'train', names=said, namespace=globals())\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=home, check=True)
    return home / "handover" / "train"


@pytest.fixture(autouse=True)
def forgotten_imports() -> Iterator[None]:
    """Undo what MLflow leaves behind when it loads a model with code of its own."""
    path = list(sys.path)
    yield
    sys.path[:] = path
    sys.modules.pop("helpers", None)


@pytest.fixture(scope="module")
def handover(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hand_over(tmp_path_factory.mktemp("notebook") / "home")


def change(handover: Path, tmp_path: Path, **changes: Any) -> Path:
    """Return a copy of the handover with other entries in ``meta.json``."""
    copy = tmp_path / "changed"
    copy.mkdir()
    for file in handover.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    meta = json.loads((copy / "meta.json").read_text())
    (copy / "meta.json").write_text(json.dumps({**meta, **changes}))
    return copy


@pytest.mark.slow
def test_functions_of_the_notebook_and_modules_beside_it_come_along(
    handover: Path, tmp_path: Path
) -> None:
    path, modules = list(sys.path), set(sys.modules)

    made = package_handover(handover, tmp_path / "package", cwd=handover.parents[1])

    assert made.is_pickle
    assert [entry.name for entry in made.evaluation] == ["X", "y"]
    assert (made.directory / "code" / "helpers.py").exists()
    assert sys.path == path
    assert "helpers" not in set(sys.modules) - modules
    assert verify_package(made.directory, fresh_process=True).problems == ()


def test_two_notebooks_with_a_module_of_one_name_keep_their_own(
    handover: Path, tmp_path: Path
) -> None:
    other = hand_over(tmp_path / "other", factor=-5.0)

    first = package_handover(handover, tmp_path / "first", cwd=handover.parents[1])
    second = package_handover(other, tmp_path / "second", cwd=other.parents[1])

    assert "2.0" in (first.directory / "code" / "helpers.py").read_text()
    assert "-5.0" in (second.directory / "code" / "helpers.py").read_text()
    predictions = mlflow.pyfunc.load_model(str(second.directory)).predict(TABLE)
    assert len(predictions) == 4


@pytest.mark.parametrize("call", ["append({})", "insert(0, {})"])
def test_folders_that_user_code_added_to_the_path_are_searched(tmp_path: Path, call: str) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "steps.py").write_text("def scale(X):\n    return X * 2\n")
    added = "import sys\nsys.path." + call.format(repr("../src"))
    source = added + textwrap.dedent(NOTEBOOK).replace("from helpers", "from steps")
    handover = hand_over(tmp_path / "home", source=source)
    path = list(sys.path)

    made = package_handover(handover, tmp_path / "package", cwd=handover.parents[1])

    assert (made.directory / "code" / "steps.py").exists()
    assert sys.path == path
    assert "steps" not in sys.modules


def test_objects_come_as_the_kernel_had_them(handover: Path) -> None:
    with kernel_imports(handover.parents[1]):
        given = load_handover(handover)

    assert (given.stage, given.variable) == ("train", "clf")
    assert given.evaluation_names == ("X", "y")
    pd.testing.assert_frame_equal(given.evaluation[0], TABLE)
    assert given.versions["scikit-learn"]


def test_another_python_in_the_kernel_is_refused_before_anything_is_unpickled(
    handover: Path, tmp_path: Path
) -> None:
    changed = change(handover, tmp_path, python="3.9.1")
    (changed / "model.pkl").write_bytes(b"not read")

    with pytest.raises(InputError, match=r"MNB607 .*made by Python 3\.9\.1"):
        load_handover(changed)


def test_another_version_of_a_library_the_model_needs_is_refused(
    handover: Path, tmp_path: Path
) -> None:
    changed = change(handover, tmp_path, versions={"scikit-learn": "0.1", "matplotlib": "0.1"})

    with pytest.raises(InputError, match=r"MNB607 .*with scikit-learn 0\.1"):
        package_handover(changed, tmp_path / "package", cwd=handover.parents[1])


def test_a_version_the_model_does_not_depend_on_may_differ(handover: Path, tmp_path: Path) -> None:
    changed = change(handover, tmp_path, versions={"matplotlib": "0.1"})

    assert package_handover(changed, tmp_path / "package", cwd=handover.parents[1]).digest


def test_what_cannot_be_unpickled_here_names_the_variable_and_the_versions(
    handover: Path, tmp_path: Path
) -> None:
    changed = change(handover, tmp_path, versions={"scikit-learn": "0.1"})

    with pytest.raises(InputError, match=r"MNB608 .*'clf'.*helpers") as caught:
        load_handover(changed)

    assert "scikit-learn 0.1 in the kernel" in caught.value.fault


@pytest.mark.parametrize("content", [None, "", "{}", '{"schema": 9}'])
def test_a_folder_without_readable_meta_is_no_handover(
    handover: Path, tmp_path: Path, content: str | None
) -> None:
    changed = change(handover, tmp_path)
    (changed / "meta.json").unlink()
    if content is not None:
        (changed / "meta.json").write_text(content)

    with pytest.raises(InputError, match="MNB608"):
        load_handover(changed)

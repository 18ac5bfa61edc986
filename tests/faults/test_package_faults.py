"""Tampered files, a killed build, a full disk: what then passes for a package."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import yaml
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from mlops_nb.errors import InputError
from mlops_nb.packaging import ModelPackage, PackageRequest, build_package, verify_package
from mlops_nb.packaging.manifest import seal

X = np.eye(8)
y = [0, 1] * 4


def build(directory: Path) -> ModelPackage:
    request = PackageRequest(
        variable="clf", stage="train", evaluation=(X, np.array(y)), evaluation_names=("X", "y")
    )
    return build_package(LogisticRegression().fit(X, y), directory, request=request)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    root = build(tmp_path_factory.mktemp("pattern") / "package").directory
    return sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())


def test_one_flipped_bit_in_any_file_is_found_and_named(files: list[str], tmp_path: Path) -> None:
    root = build(tmp_path / "package").directory
    for name in files:
        raw = (root / name).read_bytes()
        (root / name).write_bytes(bytes([raw[0] ^ 1]) + raw[1:])
        if name == "mlops_nb/manifest.json":
            with pytest.raises(InputError, match="MNB613"):
                verify_package(root)
        else:
            problems = verify_package(root).problems
            assert [problem.split(" was changed")[0] for problem in problems] == [repr(name)]
        (root / name).write_bytes(raw)
    assert verify_package(root).ok


def test_a_package_that_was_changed_and_sealed_again_has_another_digest(tmp_path: Path) -> None:
    package = build(tmp_path / "package")
    (package.directory / "requirements.txt").write_text("evil==1.0")
    seal(package.directory)

    (problem,) = verify_package(package.directory, digest=package.digest).problems

    assert problem.startswith("The manifest is sha256:")


def test_a_model_that_trusts_itself_is_not_loaded(tmp_path: Path) -> None:
    root = build(tmp_path / "package").directory
    description = yaml.safe_load((root / "MLmodel").read_text())
    description["flavors"]["sklearn"]["skops_trusted_types"] = ["posix.system"]
    (root / "MLmodel").write_text(yaml.safe_dump(description))
    seal(root)

    assert verify_package(root).problems == (
        "MLmodel trusts types that are not on the list: posix.system.",
    )


def test_another_model_in_its_place_answers_otherwise_and_the_rows_are_named(
    tmp_path: Path,
) -> None:
    root = build(tmp_path / "package").directory
    other = build_package(
        LogisticRegression().fit(X, [0, 0, 1, 1, 0, 1, 0, 1]),
        tmp_path / "other",
        request=PackageRequest(variable="clf", stage="train", example=X),
    )
    (root / "model.skops").write_bytes((other.directory / "model.skops").read_bytes())
    seal(root)

    checked = verify_package(root)

    assert checked.differing["predict"] == (1, 2)
    assert "predict answers otherwise in golden rows 1, 2." in checked.problems


@pytest.mark.slow
def test_a_model_that_does_not_load_fails_here_and_in_a_fresh_process(
    tmp_path: Path,
) -> None:
    root = build(tmp_path / "package").directory
    (root / "model.skops").write_bytes(b"no archive")
    seal(root)

    (here,) = verify_package(root).problems
    (elsewhere,) = verify_package(root, fresh_process=True).problems

    assert here.startswith("It does not load: ")
    assert elsewhere.startswith("It does not load: ")


KILLED = """
    import os, signal, sys
    from pathlib import Path
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from mlops_nb.packaging import PackageRequest, build_package
    import mlops_nb.packaging.model as steps

    step = sys.argv[2]
    def die(*args, **kwargs):
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(steps, step, die)
    X = np.eye(8)
    request = PackageRequest(variable="clf", stage="train", example=X)
    build_package(LogisticRegression().fit(X, [0, 1] * 4), Path(sys.argv[1]), request=request)
"""


@pytest.mark.slow
@pytest.mark.parametrize("step", ["record_golden", "seal"])
def test_a_build_that_is_killed_leaves_nothing_that_passes_for_a_package(
    step: str, tmp_path: Path
) -> None:
    target = tmp_path / "package"

    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(target), step], check=False
    )

    assert done.returncode == -signal.SIGKILL
    assert not target.exists()
    left = list(tmp_path.rglob("MLmodel"))
    assert left, "the build was to die with files written"
    for description in left:
        with pytest.raises(InputError, match="MNB613"):
            verify_package(description.parent)
    assert build(target).digest


FULL = """
    import sys, resource, signal
    from pathlib import Path
    import numpy as np
    from sklearn.ensemble import RandomForestClassifier
    from mlops_nb.errors import MlopsNbError
    from mlops_nb.packaging import PackageRequest, build_package, warm_up

    warm_up()
    X = np.random.default_rng(0).random((200, 4))
    model = RandomForestClassifier(50, random_state=0).fit(X, X[:, 0] > 0.5)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    request = PackageRequest(variable="clf", stage="train", example=X)
    for limit in map(int, sys.argv[2:]):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            build_package(model, Path(sys.argv[1]), request=request)
        except MlopsNbError as error:
            print(type(error).__name__, error.code, error.place, error.exit_code)
"""


@pytest.mark.slow
def test_a_disk_that_takes_no_more_is_an_infrastructure_error_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    """Simulated by a limit on file sizes: MLflow's, skops's and our own writes run into it."""
    target = tmp_path / "package"
    limits = ["0", "100", "4000", "200000"]

    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FULL), str(target), *limits],
        capture_output=True,
        text=True,
        env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
        check=False,
    )

    expected = f"InfrastructureError MNB609 {target} 5"
    assert done.stdout.splitlines() == [expected] * len(limits), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_may_not_be_written_is_an_infrastructure_error(tmp_path: Path) -> None:
    model = RandomForestClassifier(2).fit(X, y)
    (tmp_path / "file").write_text("")
    request = PackageRequest(variable="clf", stage="train", example=X)

    with pytest.raises(Exception, match="MNB609"):
        build_package(model, tmp_path / "file" / "package", request=request)

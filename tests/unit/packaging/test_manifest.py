from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.errors import InputError
from mlops_nb.packaging.manifest import MANIFEST_FILE, check_manifest, seal


def package(root: Path) -> Path:
    (root / "mlops_nb").mkdir(parents=True)
    (root / "code").mkdir()
    (root / "MLmodel").write_text("flavors: {}")
    (root / "code" / "helpers.py").write_text("x = 1")
    return root


def test_a_sealed_directory_holds(tmp_path: Path) -> None:
    digest = seal(package(tmp_path / "p"))

    assert check_manifest(tmp_path / "p") == (digest, ())


def test_the_digest_depends_on_names_and_contents_only(tmp_path: Path) -> None:
    assert seal(package(tmp_path / "a")) == seal(package(tmp_path / "b"))


def test_a_changed_file_is_named(tmp_path: Path) -> None:
    root = package(tmp_path / "p")
    seal(root)
    (root / "MLmodel").write_text("flavors: []")

    _, problems = check_manifest(root)

    assert [problem.split(":")[0] for problem in problems] == ["'MLmodel' was changed"]


def test_a_file_more_and_a_file_less_are_named(tmp_path: Path) -> None:
    root = package(tmp_path / "p")
    seal(root)
    (root / "code" / "helpers.py").rename(root / "code" / "sitecustomize.py")

    _, problems = check_manifest(root)

    assert problems == (
        "'code/helpers.py' is missing.",
        "'code/sitecustomize.py' is not in the manifest.",
    )


def test_a_link_in_place_of_a_directory_is_seen(tmp_path: Path) -> None:
    root = package(tmp_path / "p")
    seal(root)
    (root / "more").symlink_to(root / "code", target_is_directory=True)

    assert check_manifest(root)[1] == ("'more' is not in the manifest.",)


def test_what_python_and_mlflow_add_later_is_no_change(tmp_path: Path) -> None:
    root = package(tmp_path / "p")
    seal(root)
    (root / "code" / "__pycache__").mkdir()
    (root / "code" / "__pycache__" / "helpers.cpython-311.pyc").write_bytes(b"x")
    (root / "registered_model_meta").write_text("model_name: churn")

    assert check_manifest(root)[1] == ()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "does not exist"),
        ("", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"schema": 2, "files": {}}', "has schema 2, and this version reads 1"),
    ],
)
def test_a_directory_without_a_readable_manifest_is_no_package(
    tmp_path: Path, content: str | None, reason: str
) -> None:
    root = package(tmp_path / "p")
    if content is not None:
        (root / MANIFEST_FILE).write_text(content)

    with pytest.raises(InputError, match=f"MNB613 .*{reason}"):
        check_manifest(root)


@given(before=st.binary(max_size=50), after=st.binary(max_size=50))
def test_it_holds_exactly_if_nothing_changed(
    tmp_path_factory: pytest.TempPathFactory, before: bytes, after: bytes
) -> None:
    root = package(tmp_path_factory.mktemp("law") / "p")
    (root / "model.skops").write_bytes(before)
    seal(root)
    (root / "model.skops").write_bytes(after)

    assert (check_manifest(root)[1] == ()) == (before == after)

"""The front end that is shipped is the one its sources describe, and reaches the right folders."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
FRONT_END = ROOT / "mlops_nb" / "lab" / "frontend"
SHARED = "share/jupyter/labextensions/mlops-nb"
_OF_A_MACHINE = re.compile(r"https?://(?!\S*licen)\S+|(?:^|[\"' ])/(?:home|tmp|root|work)/", re.I)


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"front_end_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BUILD = _load(FRONT_END / "build.py")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    front_end = tmp_path / "frontend"
    shutil.copytree(
        FRONT_END, front_end, ignore=shutil.ignore_patterns("node_modules", ".yarn", "lib")
    )
    return front_end


def test_the_committed_bundle_was_built_from_the_sources_beside_it() -> None:
    assert BUILD.is_fresh(), "run: python mlops_nb/lab/frontend/build.py"


@pytest.mark.parametrize(
    ("name", "is_fresh"),
    [
        ("src/index.ts", False),
        ("src/a_new_one.ts", False),
        ("style/base.css", False),
        ("package.json", False),
        ("yarn.lock", False),
        ("src/tests/of_a_part.test.ts", True),
        ("build.py", True),
    ],
)
def test_a_bundle_is_out_of_date_after_a_change_of(copied: Path, name: str, is_fresh: bool) -> None:
    assert BUILD.is_fresh(copied)
    path = copied / name
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        file.write("\n")
    assert BUILD.is_fresh(copied) is is_fresh


def test_ends_of_lines_and_folders_make_no_difference(copied: Path) -> None:
    for path in BUILD.source_files(copied):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert BUILD.is_fresh(copied)


def test_without_a_bundle_there_is_none_to_trust(copied: Path) -> None:
    shutil.rmtree(copied / "dist")
    assert BUILD.bundled_digest(copied) is None
    assert not BUILD.is_fresh(copied)


def test_without_node_a_build_says_what_is_missing(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BUILD, "_search_path", lambda: str(copied))
    with pytest.raises(BUILD.BuildError, match=r"no command 'jlpm'.*Install Node\.js"):
        BUILD.build(copied)


def test_what_locks_and_bundles_hold_names_no_host_and_no_folder_of_a_machine() -> None:
    texts = [FRONT_END / "yarn.lock", *(FRONT_END / "dist").rglob("*.json")]
    for path in texts:
        found = re.findall(
            r"https?://[^\s\"]+|(?:^|[\"' ])/(?:home|tmp|root|work)/", path.read_text()
        )
        assert not [text for text in found if "licen" not in text.lower()], path


def test_what_javascript_the_bundle_starts_with_is_there() -> None:
    built = json.loads((FRONT_END / "dist" / "package.json").read_text())["jupyterlab"]["_build"]
    assert (FRONT_END / "dist" / built["load"]).is_file()
    assert built["extension"] == "./extension"


def test_a_wheel_carries_extension_schema_and_server_setting_and_no_sources(
    tmp_path: Path,
) -> None:
    from hatchling.builders.wheel import WheelBuilder

    (built,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(built) as wheel:
        names = [name.partition(".data/data/")[2] or name for name in wheel.namelist()]
    for path in (FRONT_END / "dist").rglob("*"):
        if path.is_file():
            assert f"{SHARED}/{path.relative_to(FRONT_END / 'dist').as_posix()}" in names
    assert "etc/jupyter/jupyter_server_config.d/mlops_nb.json" in names
    assert "mlops_nb/lab/__init__.py" in names
    assert not [name for name in names if "frontend" in name or "node_modules" in name]

"""Which distribution offers a name to import, read from the few lines that say so."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_nb.artifacts.installed import offered_names, read_pin


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    offered_names.cache_clear()
    yield tmp_path
    offered_names.cache_clear()


def _install(folder: Path, name: str, **files: str) -> None:
    home = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    home.mkdir()
    (home / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n\nText.\n")
    for file, text in files.items():
        (home / file.replace("__", ".")).write_text(text)


def test_what_a_record_lists_is_offered(folder: Path) -> None:
    record = (
        "alone.py,sha256=x,1\npack/__init__.py,,\npack/data/table.csv,,\n../../bin/tool,,\n"
        "data_only/table.csv,,\nfast.cpython-311-x86_64-linux-gnu.so,,\n"
        '"odd, name/inner.py",,\nsome_list-1.0.dist-info/METADATA,,\n'
    )
    _install(folder, "some-list", RECORD=record)
    found = {top for top, names in offered_names().items() if "some-list" in names}
    assert found == {"alone", "pack", "fast"}


def test_what_a_distribution_declares_is_offered_and_nothing_else(folder: Path) -> None:
    _install(folder, "one", top_level__txt="shared\nown\n", RECORD="other.py,,\n")
    _install(folder, "two", top_level__txt="shared\n")
    assert sorted(offered_names()["shared"]) == ["one", "two"]
    assert offered_names()["own"] == ("one",)
    assert "other" not in offered_names()


def test_metadata_that_cannot_be_read_offer_nothing(folder: Path) -> None:
    _install(folder, "whole", top_level__txt="whole")
    (folder / "torn-1.0.dist-info").mkdir()
    (folder / "torn-1.0.dist-info" / "METADATA").write_bytes(b"\xff\xfe")
    assert offered_names()["whole"] == ("whole",)


def test_it_knows_what_python_finds_in_this_environment() -> None:
    offered_names.cache_clear()
    slow = importlib.metadata.packages_distributions()
    known = offered_names()
    assert {top: set(names) for top, names in slow.items()}.items() <= {
        top: set(names) for top, names in known.items()
    }.items()


def test_name_and_version_are_those_of_the_metadata() -> None:
    every = [one for one in importlib.metadata.distributions() if one.metadata["Name"]]
    assert [read_pin(one) for one in every] == [(d.metadata["Name"], d.version) for d in every]


@pytest.mark.parametrize("file", ["METADATA", "PKG-INFO"])
def test_what_a_description_says_of_versions_is_not_the_version(tmp_path: Path, file: str) -> None:
    folder = tmp_path / ("old.egg-info" if file == "PKG-INFO" else "old-1.0.dist-info")
    folder.mkdir()
    text = "Metadata-Version: 2.1\r\nName: old\r\nversion: 1.0\r\n\r\nName: new\r\nVersion: 2.0\r\n"
    (folder / file).write_bytes(text.encode())
    assert read_pin(importlib.metadata.Distribution.at(folder)) == ("old", "1.0")
    (folder / file).write_text("Metadata-Version: 2.1\n\nName: new\nVersion: 2.0\n")
    assert read_pin(importlib.metadata.Distribution.at(folder)) == ("", "")

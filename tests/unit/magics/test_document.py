"""The saved notebook: found where the front end says, read again only when it changed."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mlops_nb.magics.document import SavedCells
from mlops_nb.project.live_document import find_document


def write(path: Path, *cells: tuple[str, dict[str, Any]]) -> None:
    nodes = [
        {"cell_type": "code", "id": f"c{n}", "source": source, "metadata": metadata}
        for n, (source, metadata) in enumerate(cells)
    ]
    path.write_text(json.dumps({"cells": nodes}))


def shell(**names: Any) -> Any:
    return SimpleNamespace(user_ns=names)


@pytest.mark.parametrize("name", ["__session__", "__vsc_ipynb_file__"])
def test_a_notebook_is_found_among_the_names_of_the_front_end(name: str, tmp_path: Path) -> None:
    write(tmp_path / "nb.ipynb")
    assert find_document(shell(**{name: str(tmp_path / "nb.ipynb")})) == tmp_path / "nb.ipynb"


def test_a_notebook_is_found_in_the_environment_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "nb.ipynb"))
    assert find_document(shell()) is None
    write(tmp_path / "nb.ipynb")
    assert find_document(shell()) == tmp_path / "nb.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", "5b9ad2a9-console")
    assert find_document(shell()) is None


def test_metadata_is_found_by_id_else_by_source(tmp_path: Path) -> None:
    path = tmp_path / "nb.ipynb"
    write(path, ("x", {"tags": ["a"]}), ("y", {"tags": ["b"]}), ("x", {"tags": ["c"]}))
    saved = SavedCells(path)
    assert saved.metadata_of("anything", "c1") == {"tags": ["b"]}
    assert saved.metadata_of("y\n", None) == {"tags": ["b"]}
    assert saved.metadata_of("x", None) == {}
    assert saved.metadata_of("z", "c9") == {}


def test_a_changed_file_is_read_again_and_a_broken_one_keeps_what_was_known(tmp_path: Path) -> None:
    path = tmp_path / "nb.ipynb"
    write(path, ("x", {"tags": ["a"]}))
    saved = SavedCells(path)
    assert saved.metadata_of("x", None) == {"tags": ["a"]}
    write(path, ("x", {"tags": ["longer"]}))
    assert saved.metadata_of("x", None) == {"tags": ["longer"]}
    path.write_text('{"cells": [{')
    assert saved.metadata_of("x", None) == {"tags": ["longer"]}
    path.unlink()
    assert saved.metadata_of("x", None) == {"tags": ["longer"]}

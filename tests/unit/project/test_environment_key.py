"""The key for digests of the environment is the project's own, and made again where it is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_nb.project.cache import environment_key
from mlops_nb.project.roots import Layout


def test_a_project_keeps_the_key_it_made(tmp_path: Path) -> None:
    layout = Layout(root=tmp_path)
    key = environment_key(layout, {})
    assert len(key) == 32
    assert environment_key(layout, {}) == key
    assert environment_key(Layout(root=tmp_path / "other"), {}) != key


def test_a_team_has_one_key(tmp_path: Path) -> None:
    one, other = ({"MLOPS_NB_STORE_KEY": letter * 32} for letter in "kz")
    key = environment_key(Layout(root=tmp_path), one)
    assert environment_key(Layout(root=tmp_path / "other"), one) == key
    assert environment_key(Layout(root=tmp_path), other) != key


@pytest.mark.parametrize("content", [b"", b"\xc0\xff", b"no hex", b"ab12"])
def test_a_damaged_key_is_made_anew(tmp_path: Path, content: bytes) -> None:
    layout = Layout(root=tmp_path)
    environment_key(layout, {})
    path = layout.cache / "environment.key"
    path.write_bytes(content)
    key = environment_key(layout, {})
    assert len(key) == 32
    assert path.read_text(encoding="ascii") == key.hex()
    assert [entry.name for entry in layout.cache.iterdir()] == [path.name]

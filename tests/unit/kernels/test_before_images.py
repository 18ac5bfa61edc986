"""Files that a run changed are put back as they were when it began."""

from __future__ import annotations

import os
from pathlib import Path

from mlops_nb.kernels.before_images import BeforeImages, put_back


def test_files_and_folders_come_back_as_they_were(tmp_path: Path) -> None:
    old, gone, new = (tmp_path / name for name in ("old", "gone", "made/new"))
    old.write_text("one")
    old.chmod(0o640)
    gone.write_text("two")
    (tmp_path / "copies").mkdir()
    images = BeforeImages(str(tmp_path / "copies"))
    for path in (old, gone, new.parent, new):
        images.take(str(path))
    old.write_text("changed")
    images.take(str(old))
    gone.unlink()
    new.parent.mkdir()
    new.write_text("three")
    assert put_back(images.since()) == []
    assert (old.read_text(), gone.read_text(), new.parent.exists()) == ("one", "two", False)
    assert old.stat().st_mode & 0o777 == 0o640


def test_each_file_is_told_once(tmp_path: Path) -> None:
    images = BeforeImages(str(tmp_path))
    images.take(str(tmp_path / "a"))
    assert [path for path, _ in images.since()] == [str(tmp_path / "a")]
    images.take(str(tmp_path / "a"))
    images.take(str(tmp_path / "b"))
    assert [path for path, _ in images.since()] == [str(tmp_path / "b")]


def test_what_could_not_be_copied_cannot_be_put_back(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    images = BeforeImages(str(tmp_path / "nowhere"))
    images.take(str(tmp_path / "a"))
    assert put_back(images.since()) == [str(tmp_path / "a")]


def test_a_link_is_put_back_and_not_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("one")
    (tmp_path / "link").symlink_to("target")
    images = BeforeImages(str(tmp_path))
    images.take(str(tmp_path / "link"))
    (tmp_path / "link").unlink()
    assert put_back(images.since()) == []
    assert os.readlink(tmp_path / "link") == "target"  # noqa: PTH115

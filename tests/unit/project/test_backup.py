from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.project.backup import back_up
from mlops_nb.project.roots import Layout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    found = Layout(root=tmp_path / "project")
    found.runs.mkdir(parents=True)
    (found.runs / "a.ipynb").write_text("{}", encoding="utf-8")
    (found.record / "running").mkdir()
    (found.record / "running" / "sheet.json").write_text("{}", encoding="utf-8")
    (found.record / "pending").mkdir()
    (found.record / "pending" / ".lock").touch()
    with closing(sqlite3.connect(found.record / "mlflow.db")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE tags (key TEXT, value INTEGER)")
        database.execute("INSERT INTO tags VALUES ('mlops_nb.notebook', 1)")
        database.commit()
    return found


def names(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_all_that_outlives_a_process_is_copied(layout: Layout, tmp_path: Path) -> None:
    made = back_up(layout, tmp_path / "copy")
    assert names(tmp_path / "copy") == ["mlflow.db", "runs/a.ipynb"]
    assert (made.files, made.runs) == (2, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "project"]


def test_what_is_written_meanwhile_is_in_it_whole_or_not_at_all(
    layout: Layout, tmp_path: Path
) -> None:
    is_over = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(layout.record / "mlflow.db", timeout=30)) as database:
            number = 0
            while not is_over.is_set():
                number += 1
                with database:
                    database.execute("INSERT INTO tags VALUES ('first', ?)", (number,))
                    database.execute("INSERT INTO tags VALUES ('second', ?)", (number,))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            back_up(layout, tmp_path / f"copy{number}")
    finally:
        is_over.set()
        writer.join()
    for number in range(5):
        with closing(sqlite3.connect(tmp_path / f"copy{number}" / "mlflow.db")) as database:
            counts = dict(database.execute("SELECT key, count(*) FROM tags GROUP BY key"))
        assert counts.get("first", 0) == counts.get("second", 0)


def test_a_folder_that_is_there_and_one_inside_are_refused(layout: Layout, tmp_path: Path) -> None:
    for place in (layout.root, layout.record / "copy"):
        with pytest.raises(InputError, match="MNB861"):
            back_up(layout, place)
    with pytest.raises(InputError, match="MNB860"):
        back_up(Layout(root=tmp_path / "nothing"), tmp_path / "copy")


def test_a_backup_that_is_broken_off_leaves_nothing(layout: Layout, tmp_path: Path) -> None:
    (layout.record / "mlflow.db").write_bytes(b"no database" * 1000)
    with pytest.raises(InfrastructureError, match="MNB862"):
        back_up(layout, tmp_path / "copy")
    assert [path.name for path in tmp_path.iterdir()] == ["project"]

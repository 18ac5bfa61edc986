"""A run that finds that a cell lacks a restored name begins again, from the files as they were."""

from __future__ import annotations

import json
from pathlib import Path

from running import write_notebook

import mlops_nb

# Nobody can see from the cell that it reads `a`.
_SPY = "def look(shell):\n    open('looks.txt', 'a').write('x')\n    return shell.ev('a')\n"


def _run(folder: Path, *, text: str, factor: int) -> str:
    cells = [
        "# mlops: stage values\na = 21",
        f"# mlops: stage log\nwith open('log.txt', 'a') as file:\n    file.write('{text}')",
        f"import spy\nprint(spy.look(get_ipython()) * {factor})",
    ]
    path = write_notebook(folder / "nb.ipynb", cells)
    record = mlops_nb.run(path, folder / "out.ipynb", track=False)
    assert record.status == "completed"
    shown = json.loads((folder / "out.ipynb").read_text())["cells"][2]["outputs"]
    return "".join(shown[0]["text"])


def test_what_cells_appended_is_there_once_when_the_run_began_again(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "spy.py").write_text(_SPY)
    (tmp_path / "log.txt").write_text("-")
    assert _run(tmp_path, text="one", factor=1) == "21\n"
    assert _run(tmp_path, text="two", factor=2) == "42\n"
    assert (tmp_path / "log.txt").read_text() == "-onetwo"
    assert (tmp_path / "looks.txt").read_text() == "xx"

"""What `migrate` and `tag --suggest` wrote runs, and puts out what the untouched notebook does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import mlops_nb
from mlops_nb.cli.migrate import migrate
from mlops_nb.cli.tag import tag

GOLDEN = Path(__file__).parents[1] / "golden" / "rewrites"
ROWS = [{"a": number, "b": 2 * number + number % 3} for number in range(9)]


def texts(path: Path) -> list[list[str]]:
    """Return what each code cell put out as text; the line under a stage is none of the cell's."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [
        ["".join(o.get("text") or o["data"]["text/plain"]) for o in cell["outputs"] if is_own(o)]
        for cell in cells
        if cell["cell_type"] == "code"
    ]


def is_own(output: dict[str, Any]) -> bool:
    html = "".join(output.get("data", {}).get("text/html", ""))
    return "display:flex;flex-wrap" not in html


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "rows.json").write_text(json.dumps(ROWS))
    for case in ("kale", "plain"):
        shutil.copy(GOLDEN / case / "input.ipynb", tmp_path / f"{case}.ipynb")
    return tmp_path


def test_a_notebook_with_suggested_stages_puts_out_the_same(folder: Path):
    result = CliRunner().invoke(
        tag, [str(folder / "plain.ipynb"), "--suggest", "--yes", "-o", str(folder / "tagged.ipynb")]
    )
    assert result.exit_code == 0
    plain = mlops_nb.run(folder / "plain.ipynb", folder / "a.ipynb", track=False)
    tagged = mlops_nb.run(folder / "tagged.ipynb", folder / "b.ipynb", track=False)
    assert (plain.error, tagged.error) == (None, None)
    assert (plain.status, tagged.status) == ("completed", "completed")
    assert texts(folder / "a.ipynb") == texts(folder / "b.ipynb")
    assert [stage.name for stage in tagged.stages] == ["load", "features", "train", "evaluate"]
    assert tagged.metrics["r2"] == pytest.approx(float(texts(folder / "b.ipynb")[-1][0]))


def test_a_notebook_of_kales_runs_and_logs_its_metrics(folder: Path):
    out = folder / "ours.ipynb"
    result = CliRunner().invoke(migrate, [str(folder / "kale.ipynb"), str(out)])
    assert result.exit_code == 0
    record = mlops_nb.run(out, folder / "done.ipynb", track=False, parameters={"depth": 2})
    assert (record.status, record.error) == ("completed", None)
    assert [stage.name for stage in record.stages] == [
        "load",
        "split",
        "notify",
        "train",
        "evaluate",
    ]
    assert set(record.metrics) == {"accuracy", "held_out"}
    assert record.parameters["depth"] == 2

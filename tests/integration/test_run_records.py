"""A run's record tells all that was used and made, alike wherever it is shown."""

from __future__ import annotations

import json
from pathlib import Path

from running import code, write_notebook

from mlops_nb.cli.run import summarise
from mlops_nb.pipeline.records import ModelRecord, RunRecord
from mlops_nb.project import Project

CELLS = [
    code("rows = 10\nname: str = 'a'\nhalf = rows / 2", "parameters"),
    "# mlops: stage fit --metrics acc loss\nacc = 0.91234567\nloss = [0.5, 0.25]",
]


def test_defaults_and_last_values_of_curves_are_in_the_record(tmp_path: Path) -> None:
    write_notebook(tmp_path / "nb.ipynb", CELLS)
    (tmp_path / "a").mkdir()
    record = Project.find(tmp_path).run(
        tmp_path / "nb.ipynb",
        tmp_path / "a" / ".." / "out.ipynb",
        parameters={"rows": 20},
        track=False,
    )

    assert record.parameters == {"name": "a", "half": "rows / 2", "rows": 20}
    assert record.metrics == {"acc": 0.91234567, "loss": 0.25}
    assert record.output == str(tmp_path / "out.ipynb")
    metadata = json.loads((tmp_path / "out.ipynb").read_text())["metadata"]
    assert metadata["mlops_nb"]["run"] == record.to_json()
    assert metadata["papermill"]["parameters"] == {"rows": 20}
    assert metadata["papermill"]["default_parameters"] == {"name": "a", "half": "rows / 2"}


def test_what_a_cell_put_out_beyond_the_limit_is_kept_with_the_run(tmp_path: Path) -> None:
    write_notebook(tmp_path / "nb.ipynb", ["print('x' * 5000)"])
    record = Project.find(tmp_path).run(
        tmp_path / "nb.ipynb", tmp_path / "out.ipynb", output_limit=1000, track=True
    )
    (kept,) = tmp_path.glob(f".mlops_nb/record/artifacts/*/{record.run_id}/artifacts/outputs/*")
    assert kept.name == "out.cell-0.txt"
    assert kept.read_text() == (tmp_path / "out.cell-0.txt").read_text()


def test_the_summary_has_metrics_as_lists_have_them_and_the_registered_version() -> None:
    record = RunRecord(
        run_id="r",
        notebook="nb.ipynb",
        output="out.ipynb",
        status="completed",
        metrics={"acc": 0.91234567},
        model=ModelRecord(name="forest", version=2, uri="models:/m-1"),
        seconds=2.0,
    )
    assert summarise(record).splitlines() == [
        "completed in 2.0 s",
        "metrics  acc 0.912346",
        "model    forest version 2  models:/forest/2  models:/m-1",
        "run      r",
        "output   out.ipynb",
    ]

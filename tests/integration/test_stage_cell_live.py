"""Stages in a live kernel: carriers, wrong directives, help, completion, timeouts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from live_kernel import LiveKernel, live_kernel

pytestmark = pytest.mark.xdist_group("stage_cell_live")
LAB = {"deletedCells": [], "recordTiming": False}


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKernel]:
    with live_kernel(cwd=str(tmp_path_factory.mktemp("kernel"))) as started:
        assert started.run("%load_ext mlops_nb").status == "ok"
        yield started


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    code: str
    metadata: dict[str, Any] = field(default_factory=dict)


CARRIED = [
    Carried(code="%%mlops_stage train --metrics auc\nauc = 0.93456"),
    Carried(code="# mlops: stage train --metrics auc\nauc = 0.93456"),
    Carried(
        code="auc = 0.93456", metadata={**LAB, "mlops_nb": {"stage": "train", "metrics": ["auc"]}}
    ),
    Carried(
        code="auc = 0.93456",
        metadata={**LAB, "tags": ["stage:train"], "mlops_nb": {"metrics": ["auc"]}},
    ),
]


@pytest.mark.parametrize("carried", CARRIED, ids=lambda c: c.code + str(c.metadata))
def test_every_carrier_makes_a_stage(kernel: LiveKernel, carried: Carried) -> None:
    kernel.run("%reset_selective -f auc")
    executed = kernel.run(carried.code, metadata=carried.metadata)
    assert executed.status == "ok"
    assert executed.stage_line == "stage train · < 1 s · binds auc · auc 0.9346"


WRONG = [
    Carried(code="%%mlops_stage t --metircs a\nran = 1"),
    Carried(code="# mlops: stage\nran = 1"),
    Carried(code="%%mlops_stage t --resources gpu=1\nran = 1"),
    Carried(code="%%mlops_stage\nran = 1"),
    Carried(code="ran = 1", metadata={**LAB, "mlops_nb": {"stage": "t", "metrcs": []}}),
    Carried(code="ran = 1", metadata={**LAB, "tags": ["stage:a b"]}),
    Carried(code="# mlops: stage a\nran = 1", metadata={**LAB, "tags": ["stage:b"]}),
    Carried(code="%%time\n%%mlops_stage t\nran = 1"),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda c: c.code + str(c.metadata))
def test_a_wrong_directive_fails_the_cell_in_two_lines_and_runs_nothing(
    kernel: LiveKernel, wrong: Carried
) -> None:
    executed = kernel.run(wrong.code, metadata=wrong.metadata)
    assert executed.status == "error"
    assert [o.kind for o in executed.outputs] == ["error"]
    code, remedy = executed.text.split("\n")
    assert code.startswith("MNB21")
    assert remedy.endswith(".")
    assert "NameError" in kernel.run("ran").text


def test_an_unknown_option_is_told_with_the_nearest_one(kernel: LiveKernel) -> None:
    text = kernel.run("%%mlops_stage t --metircs a").text
    assert text == "MNB211 line 1: there is no option '--metircs'.\n" + (
        "The nearest valid word is '--metrics'."
    )


def test_options_said_on_one_cell_hold_on_the_others_of_its_stage(kernel: LiveKernel) -> None:
    kernel.run("%%mlops_stage split --metrics gain loss\nloss = 2", metadata={"cellId": "a", **LAB})
    executed = kernel.run("%%mlops_stage split\ngain = 1", metadata={"cellId": "b", **LAB})
    assert executed.stage_line == "stage split · < 1 s · binds gain · gain 1"
    kernel.run("%%mlops_stage split\nloss = 2", metadata={"cellId": "a", **LAB})
    executed = kernel.run("%%mlops_stage split\ngain = 3", metadata={"cellId": "b", **LAB})
    assert executed.stage_line == "stage split · < 1 s · binds gain"


def test_a_metric_that_is_not_bound_yet_is_a_note_with_the_nearest_name(kernel: LiveKernel) -> None:
    executed = kernel.run("%%mlops_stage t --metrics acuracy\naccuracy = 1")
    assert executed.status == "ok"
    assert "'--metrics acuracy' names no variable yet." in str(executed.stage_line)


def test_help_is_shown_and_the_body_does_not_run(kernel: LiveKernel) -> None:
    executed = kernel.run("%%mlops_stage t -h\nran = 1")
    assert executed.status == "ok"
    assert "--metrics NAME" in executed.text
    assert "NameError" in kernel.run("ran").text
    paged = kernel.run("%%mlops_stage?").reply["payload"][0]["data"]["text/plain"]
    assert "--metrics NAME" in paged
    assert "%%mlops_stage NAME [options]" in paged


def test_the_help_stands_in_the_tooltip(kernel: LiveKernel) -> None:
    reply = kernel.ask("inspect", "%%mlops_stage train", 6, 0)
    assert reply["found"]
    assert "--metrics NAME" in reply["data"]["text/plain"]


COMPLETIONS = [
    ("%%mlops_stage train --met", ["--metrics"]),
    ("# mlops: stage train --mo", ["--model"]),
    ("%%mlops_stage tra", ["train"]),
    ("%%mlops_stage x --needs trai", ["train"]),
    ("%%mlops_stage x --metrics sco", ["score_new", "score_old"]),
    ("%%mlops_stage x --eval score_new,sco", ["score_new", "score_old"]),
]


@pytest.mark.parametrize(("line", "expected"), COMPLETIONS)
def test_completion_offers_what_can_come_next_and_nothing_else(
    kernel: LiveKernel, line: str, expected: list[str]
) -> None:
    kernel.run("%%mlops_stage train\nscore_old = 1")
    reply = kernel.ask("complete", line + "\nscore_new = 2", len(line))
    assert reply["matches"] == expected


def test_plain_code_completes_as_before(kernel: LiveKernel) -> None:
    kernel.run("unusual_name = 1")
    assert kernel.ask("complete", "unusual_na", 10)["matches"] == ["unusual_name"]


def test_a_timeout_stops_the_stage_at_its_own_line(kernel: LiveKernel) -> None:
    executed = kernel.run("%%mlops_stage slow --timeout 0.3s\nimport time\ntime.sleep(30)")
    assert [o.content["ename"] for o in executed.outputs] == ["StageTimeoutError"]
    assert "took longer than its --timeout of 0.3 s" in executed.text
    assert "----> 3 time.sleep(30)" in executed.text
    assert "alarm.py" not in executed.text


def test_a_timeout_passes_an_except_exception(kernel: LiveKernel) -> None:
    code = "import time\ntry:\n    time.sleep(30)\nexcept Exception:\n    pass"
    executed = kernel.run("%%mlops_stage slow --timeout 0.3s\n" + code)
    assert [o.content["ename"] for o in executed.outputs] == ["StageTimeoutError"]


def test_a_timeout_stops_a_stage_that_awaits(kernel: LiveKernel) -> None:
    executed = kernel.run(
        "%%mlops_stage slow --timeout 0.3s\nimport asyncio\nawait asyncio.sleep(30)"
    )
    assert executed.status == "error"
    assert "took longer than its --timeout of 0.3 s" in executed.text


def test_a_stage_within_its_timeout_leaves_no_alarm(kernel: LiveKernel) -> None:
    kernel.run("%%mlops_stage quick --timeout 1s\n1")
    assert kernel.run("import time; time.sleep(1.2); 'slept'").text == "'slept'"
    taken = kernel.run("import signal\nsignal.signal(signal.SIGALRM, lambda *a: None)\n")
    assert taken.status == "ok"
    noted = kernel.run("%%mlops_stage quick --timeout 9s\n1").stage_line
    kernel.run("signal.signal(signal.SIGALRM, signal.SIG_DFL)")
    assert "is not enforced" in str(noted)


def test_mlflow_runs_that_a_stage_leaves_open_end_with_it(
    kernel: LiveKernel, tmp_path: Path
) -> None:
    kernel.run(f"import mlflow\nmlflow.set_tracking_uri('sqlite:///{tmp_path}/m.db')")
    kernel.run("%%mlops_stage a\nmine = mlflow.start_run()")
    kernel.run("%%mlops_stage a\nmlflow.log_metric('x', 1)")
    same = "mlflow.active_run() is not None and mlflow.active_run().info.run_id"
    assert kernel.run(f"%%mlops_stage a\n{same} == mine.info.run_id").text == "True"
    assert kernel.run("%%mlops_stage b\nmlflow.active_run()").text == ""
    assert kernel.run("mlflow.get_run(mine.info.run_id).info.status").text == "'FINISHED'"


def test_a_run_opened_outside_a_stage_stays_open(kernel: LiveKernel, tmp_path: Path) -> None:
    kernel.run(f"import mlflow\nmlflow.set_tracking_uri('sqlite:///{tmp_path}/m.db')")
    kernel.run("outer = mlflow.start_run()")
    kernel.run("%%mlops_stage a\ninner = mlflow.start_run(nested=True)")
    kernel.run("%%mlops_stage b\n1")
    assert kernel.run("mlflow.active_run().info.run_id == outer.info.run_id").text == "True"
    kernel.run("mlflow.end_run()")


def test_unloading_makes_cells_plain_again_and_loading_twice_does_no_harm(
    tmp_path: Path,
) -> None:
    with live_kernel(cwd=str(tmp_path)) as kernel:
        kernel.run("%load_ext mlops_nb")
        kernel.run("%load_ext mlops_nb")
        kernel.run("%reload_ext mlops_nb")
        once = kernel.run("%%mlops_stage t\n1")
        assert len([o for o in once.outputs if o.kind == "display_data"]) == 1
        kernel.run("%unload_ext mlops_nb")
        assert kernel.run("# mlops: stage t\n1").stage_line is None
        assert "not found" in kernel.run("%%mlops_stage t\n1").text


def test_a_front_end_that_sends_no_metadata_is_served_from_the_saved_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "nb.ipynb"
    cells = [
        {"cell_type": "code", "id": "a", "source": ["x = 1"], "metadata": {"tags": ["stage:s"]}},
        {"cell_type": "code", "id": "b", "source": "y = 1", "metadata": {}},
    ]
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    with live_kernel(cwd=str(tmp_path)) as kernel:
        assert kernel.run("%load_ext mlops_nb", answers=[]).outputs == ()
        assert kernel.run("x = 1").stage_line == "stage s · < 1 s · binds x"
        assert kernel.run("y = 1").stage_line is None
        cells[1]["metadata"] = {"mlops_nb": {"stage": "u"}}
        path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
        assert kernel.run("y = 2", metadata={"cellId": "b"}).stage_line == (
            "stage u · < 1 s · binds y"
        )


def test_where_tags_cannot_be_seen_loading_says_so_in_one_line(
    tmp_path: Path,
) -> None:
    with live_kernel(cwd=str(tmp_path)) as kernel:
        told = kernel.run("%load_ext mlops_nb", answers=[])
    assert told.text.count("\n") == 1
    assert "run as plain cells here" in told.text
    assert "%%mlops_stage NAME" in told.text


def test_loading_says_nothing_to_a_tool_or_where_metadata_comes(
    tmp_path: Path,
) -> None:
    with live_kernel(cwd=str(tmp_path)) as kernel:
        assert kernel.run("%load_ext mlops_nb").outputs == ()
        kernel.run("%unload_ext mlops_nb")
        assert kernel.run("%load_ext mlops_nb", answers=[], metadata=LAB).outputs == ()

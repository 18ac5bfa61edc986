"""The session as a runner injects it, with and without mlops_nb in the kernel."""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live_kernel import Executed, LiveKernel, live_kernel

from mlops_nb.kernels.bundle import session_source
from mlops_nb.kernels.headless import read_told

pytestmark = pytest.mark.xdist_group("stage_cell_headless")
# Makes a kernel of this environment one where mlops_nb is not installed.
WITHOUT_PACKAGE = """
import pathlib, sys
sys.path[:] = [p for p in sys.path if not pathlib.Path(p, 'mlops_nb').is_dir()]
sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in repr(f)]
del pathlib, sys
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("handover")


@pytest.fixture(scope="module")
def kernel(folder: Path) -> Iterator[LiveKernel]:
    with live_kernel(cwd=str(folder)) as started:
        inject(started, folder)
        yield started


def inject(kernel: LiveKernel, folder: Path, *, before: str = "") -> None:
    call = f"_m.install_headless(get_ipython(), handover_dir={str(folder)!r})"
    done = kernel.run(
        f"{before}\n{session_source()}\nimport _mlops_nb_session as _m\n{call}\ndel _m", silent=True
    )
    assert done.status == "ok"
    assert [o.kind for o in done.outputs] == ["comm_open"]


def spec(name: str = "train", **options: Any) -> dict[str, Any]:
    said = {"metrics": [], "model": None, "example": None, "eval": [], "timeout_s": None}
    return {"mlops_nb_stage": {"name": name, **said, "last": True, **options}}


def report_of(executed: Executed) -> dict[str, Any]:
    told = [read_told(o.content) for o in executed.outputs if o.kind == "comm_msg"]
    reports = [kinds["report"] for kinds in told if "report" in kinds]
    assert len(reports) == 1
    json.dumps(reports[0])
    return reports[0]


def test_injecting_binds_no_name_and_counts_no_cell(kernel: LiveKernel) -> None:
    assert kernel.run("[n for n in dir() if 'mlops' in n]").text == "[]"


def test_a_report_tells_what_the_cell_did(kernel: LiveKernel) -> None:
    kernel.run("gone = 1\nkept = [1]")
    executed = kernel.run(
        "%%mlops_stage train\nimport numpy as np\nkept.append(2)\n"
        "del gone\nnew = np.ones(3)\n_own = 1",
        metadata=spec(),
    )
    report = report_of(executed)
    assert (report["schema"], report["stage"], report["ok"], report["last"]) == (
        1,
        "train",
        True,
        True,
    )
    assert report["bound"] == ["new", "np"]
    assert report["deleted"] == ["gone"]
    assert 0 < report["seconds"] < 60
    assert report["peak_memory_bytes"] > 10_000_000
    assert executed.stage_line is not None
    assert executed.stage_line.endswith("binds new")


def test_peak_memory_is_that_of_the_stage(kernel: LiveKernel) -> None:
    big = report_of(kernel.run("b = bytearray(300_000_000)\ndel b", metadata=spec()))
    small = report_of(kernel.run("1", metadata=spec()))
    assert big["peak_memory_bytes"] - small["peak_memory_bytes"] > 200_000_000


def test_metrics_of_every_shape_are_reported(kernel: LiveKernel) -> None:
    executed = kernel.run(
        "import numpy as np, pandas as pd\n"
        "acc = np.float32(0.5); flag = True; bad = float('nan')\n"
        "scores = {'f1': 1, 'by class': {'a/b': 2, 'ü*': np.int64(3)}}\n"
        "loss = [3, 2.5]; curve = pd.Series([1.0, 2.0]); named = pd.Series({'r2': 0.25})",
        metadata=spec(metrics=["acc", "flag", "bad", "scores", "loss", "curve", "named"]),
    )
    report = report_of(executed)
    assert report["ok"]
    assert math.isnan(report["metrics"].pop("bad"))
    assert report["metrics"] == {
        "acc": 0.5,
        "flag": 1.0,
        "scores.f1": 1.0,
        "scores.by class.a/b": 2.0,
        "scores.by class.ü_": 3.0,
        "named.r2": 0.25,
    }
    assert report["series"] == {"loss": [3.0, 2.5], "curve": [1.0, 2.0]}


BROKEN = [
    (spec(metrics=["acuracy"]), "accuracy = 1", "MNB451", "'accuracy'"),
    (spec(metrics=["text"]), "text = 'high'", "MNB452", "builtins.str"),
    (spec(metrics=["grid"]), "import numpy\ngrid = numpy.eye(2)", "MNB452", "numpy.ndarray"),
    (spec(metrics=["none"]), "none = {}", "MNB452", "builtins.dict"),
    (spec(metrics=["two"]), "two = {'a*': 1, 'a+': 2}", "MNB452", "twice"),
    (spec(model="clf"), "other = 1", "MNB451", "--model clf"),
    (spec(model="clf", eval=["X", "y"]), "clf = 1; X = 2", "MNB451", "--eval y"),
    (spec(model="lock"), "import threading; lock = threading.Lock()", "MNB453", "_thread.lock"),
]


@pytest.mark.parametrize(("metadata", "body", "code", "says"), BROKEN, ids=lambda v: str(v)[:40])
def test_a_stage_that_does_not_keep_its_word_fails_its_cell(
    kernel: LiveKernel, metadata: dict[str, Any], body: str, code: str, says: str
) -> None:
    kernel.run("%reset -f in out\n%reset_selective -f .*")
    executed = kernel.run("%%mlops_stage train\n" + body, metadata=metadata)
    assert executed.status == "error"
    assert [o.content["ename"] for o in executed.body] == ["StageOutcomeError"]
    assert executed.text.startswith(f"{code} stage 'train': ")
    assert says in executed.text
    report = report_of(executed)
    assert not report["ok"]
    assert [p["code"] for p in report["problems"]] == [code]


def test_only_the_last_cell_of_a_stage_is_asked_for_metrics(kernel: LiveKernel) -> None:
    first = kernel.run("early = 1", metadata=spec(metrics=["late"], last=False))
    assert report_of(first)["metrics"] == {}
    last = kernel.run("late = 2", metadata=spec(metrics=["late"]))
    assert report_of(last)["metrics"] == {"late": 2.0}


def test_a_model_is_handed_over_with_what_describes_it(kernel: LiveKernel, folder: Path) -> None:
    executed = kernel.run(
        "from sklearn.linear_model import LogisticRegression\nimport pandas as pd\n"
        "X = pd.DataFrame({'a': [0.0, 1.0]}); y = [0, 1]\n"
        "clf = LogisticRegression().fit(X, y); sample = X[:1]",
        metadata=spec("fit-it", model="clf", example="sample", eval=["X", "y"]),
    )
    meta = report_of(executed)["model"]
    place = folder / "fit-it"
    assert meta == json.loads((place / "meta.json").read_text()) | {"name": "clf"}
    assert meta["class"] == "sklearn.linear_model._logistic.LogisticRegression"
    assert {"pandas", "scikit-learn"} <= set(meta["versions"])
    assert {"pandas", "sklearn"} <= set(meta["imported"])
    model = pickle.loads((place / "model.pkl").read_bytes())
    X, y = pickle.loads((place / "eval.pkl").read_bytes())
    assert list(model.predict(X)) == y
    assert pickle.loads((place / "example.pkl").read_bytes()).shape == (1, 1)


def test_a_failing_stage_reports_and_hands_nothing_over(kernel: LiveKernel, folder: Path) -> None:
    executed = kernel.run("clf = 1\n1 / 0", metadata=spec("broken", model="clf", metrics=["clf"]))
    report = report_of(executed)
    assert (report["ok"], report["model"], report["metrics"]) == (False, None, {})
    assert not (folder / "broken").exists()
    assert [o.content["ename"] for o in executed.body] == ["ZeroDivisionError"]


def test_loading_the_extension_under_a_runner_adds_magics_and_keeps_the_session(
    kernel: LiveKernel,
) -> None:
    assert kernel.run("%load_ext mlops_nb").outputs == ()
    assert kernel.run("__import__('_mlops_nb_session').current.door").text == "'headless'"
    assert len(kernel.run("1", metadata=spec()).outputs) == 3


def test_a_kernel_without_the_package_runs_stages(folder: Path) -> None:
    with live_kernel(cwd=str(folder)) as kernel:
        kernel.run(WITHOUT_PACKAGE, silent=True)
        inject(kernel, folder)
        assert "No module" in kernel.run("import mlops_nb.magics").text
        assert kernel.run("%load_ext mlops_nb").status == "ok"
        executed = kernel.run("%%mlops_stage a\nx = 1\nx", metadata=spec(metrics=["x"]))
        assert report_of(executed)["metrics"] == {"x": 1.0}
        assert executed.text == "1"
        refused = kernel.run("import mlops_nb\nmlops_nb.run").text
        assert "mlops_nb is not installed in this kernel" in refused
        assert "not installed" in kernel.run("%mlops_graph").text


def test_injecting_twice_keeps_one_session(folder: Path) -> None:
    with live_kernel(cwd=str(folder)) as kernel:
        inject(kernel, folder)
        again = f"_mlops_nb_session.install_headless(get_ipython(), handover_dir={str(folder)!r})"
        source = f"{session_source()}\nimport _mlops_nb_session\n{again}"
        assert kernel.run(source, silent=True).outputs == ()
        assert report_of(kernel.run("1", metadata=spec()))["ok"]

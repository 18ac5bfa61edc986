"""What runs keep survives what can happen: other folders and users, two runs at once, kill -9, a
full disk, a store that is no folder or goes away. The run completes, and nothing is ever stale.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")

KEY = "0123456789abcdef0123456789abcdef"
CELLS = [
    "import os\nimport sys\nfrom pathlib import Path\nimport numpy as np\n"
    "sys.path.append('src')\nimport helper",
    "# mlops: stage load\nrows = [int(n) for n in Path('data.txt').read_text().split()]",
    "# mlops: stage clean\nkept = helper.clean(rows)\nmode = os.environ.get('MODE')",
    "# mlops: stage spread\nbig = np.arange(2_000_000) % (kept[-1] + 1)\n"
    "written = Path('sum.txt').write_text(str(big.sum()))",
    "# mlops: stage tell\nprint(mode, kept, int(big.sum()), Path('sum.txt').read_text())",
]
STAGES = ["load", "clean", "spread", "tell"]


def make_project(folder: Path, settings: str = "", data: str = "3 1 2") -> Path:
    (folder / "src").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(f"[tool.mlops_nb]\n{settings}\n", encoding="utf-8")
    (folder / "data.txt").write_text(data, encoding="utf-8")
    (folder / "src" / "helper.py").write_text(
        "def clean(rows):\n    return sorted(rows)\n", encoding="utf-8"
    )
    cells = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for number, source in enumerate(CELLS)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    node = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "nb.ipynb").write_text(json.dumps(node), encoding="utf-8")
    return folder


def start(folder: Path, *options: str, before: Any = None, **variables: str) -> Any:
    command = [sys.executable, "-m", "mlops_nb", "run", "nb.ipynb", *options]
    return subprocess.Popen(
        [*command, "--json", "-q", "--no-track"],
        cwd=folder,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=before,
        start_new_session=True,
    )


def finish(process: Any) -> dict[str, Any]:
    with process:
        out, err = process.communicate(timeout=120)
    assert out, err
    record: dict[str, Any] = json.loads(out)
    assert record["status"] == "completed", (record["error"], err)
    return record


def run(folder: Path, *options: str, **variables: str) -> dict[str, Any]:
    return finish(start(folder, *options, **variables))


def statuses(record: dict[str, Any]) -> dict[str, str]:
    return {stage["name"]: stage["status"] for stage in record["stages"]}


def told(record: dict[str, Any], folder: Path = Path()) -> str:
    node = json.loads((folder / record["output"]).read_bytes())
    outputs = [o for o in node["cells"][-1]["outputs"] if o["output_type"] == "stream"]
    return "".join("".join(output["text"]) for output in outputs)


RESTORED = dict.fromkeys(STAGES, "restored")
EXPECTED = "m [1, 2, 3] 3000000 3000000\n"


def test_a_colleague_elsewhere_restores_every_stage(tmp_path: Path) -> None:
    shared = f'shared_cache = "file://{tmp_path}/shared"\n'
    anna = make_project(tmp_path / "anna" / "project", shared + 'shared_cache_role = "readwrite"')
    ben = make_project(tmp_path / "ben" / "deep" / "work", shared)
    for person in ("anna", "ben"):
        (tmp_path / f"home_{person}").mkdir()
    first = run(
        anna, HOME=str(tmp_path / "home_anna"), USER="anna", MODE="m", MLOPS_NB_STORE_KEY=KEY
    )
    assert told(first) == EXPECTED
    second = run(ben, HOME=str(tmp_path / "home_ben"), USER="ben", MODE="m", MLOPS_NB_STORE_KEY=KEY)
    assert statuses(second) == RESTORED
    assert told(second) == EXPECTED
    assert (ben / "sum.txt").read_text(encoding="utf-8") == "3000000"
    for path in (tmp_path / "shared").rglob("*.json"):
        assert b"anna" not in path.read_bytes(), path

    # Another value of a variable, then a changed module: only what depends on it runs.
    other = run(ben, MODE="n", MLOPS_NB_STORE_KEY=KEY)
    assert statuses(other) == {**RESTORED, "clean": "completed", "tell": "completed"}
    assert told(other) == EXPECTED.replace("m [", "n [")
    (ben / "src" / "helper.py").write_text("def clean(rows):\n    return [9]\n", encoding="utf-8")
    changed = run(ben, MODE="n", MLOPS_NB_STORE_KEY=KEY)
    assert statuses(changed)["load"] == "restored"
    assert told(changed).startswith("n [9] ")


def test_without_the_key_nothing_that_others_pickled_is_read(tmp_path: Path) -> None:
    shared = f'shared_cache = "file://{tmp_path}/shared"\n'
    anna = make_project(tmp_path / "anna", shared + 'shared_cache_role = "readwrite"')
    ben = make_project(tmp_path / "ben", shared)
    run(anna, MODE="m", MLOPS_NB_STORE_KEY=KEY)
    for path in (tmp_path / "shared").rglob("*.json"):  # forged: signed by nobody
        path.write_bytes(path.read_bytes().replace(b"hmac-sha256:", b"hmac-sha256:0"))
    second = run(ben, MODE="m", MLOPS_NB_STORE_KEY=KEY)
    assert "restored" not in statuses(second).values()
    assert any("signature" in note for note in second["notes"])
    assert told(second) == EXPECTED


def test_two_runs_at_once_and_tidying_beside_them_change_nothing(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project")
    both = [start(folder, f"out{number}.ipynb", MODE="m") for number in range(2)]
    tidy = [sys.executable, "-m", "mlops_nb", "cache"]
    while any(process.poll() is None for process in both):
        for what in (["gc", "--limit", "0"], ["verify"], ["ls"]):
            done = subprocess.run([*tidy, *what], cwd=folder, capture_output=True, check=False)
            assert done.returncode == 0, done.stderr
    for process in both:
        assert told(finish(process), folder) == EXPECTED
    assert told(run(folder, MODE="m")) == EXPECTED


@pytest.mark.parametrize("delay_s", [0.0, 0.15, 0.4])
def test_a_run_that_is_killed_while_it_stores_leaves_nothing_wrong(
    tmp_path: Path, delay_s: float
) -> None:
    folder = make_project(tmp_path / "project")
    process = start(folder, MODE="m")
    until = time.monotonic() + 60
    while not (folder / "sum.txt").exists() and time.monotonic() < until:
        time.sleep(0.01)  # until the stage whose value is large is about to end
    time.sleep(delay_s)
    with process:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    record = run(folder, MODE="m")
    assert told(record) == EXPECTED
    verify = [sys.executable, "-m", "mlops_nb", "cache", "verify"]
    assert subprocess.run(verify, cwd=folder, capture_output=True, check=False).returncode == 0


def _no_large_files() -> None:
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))


def test_a_disk_that_takes_no_large_files_costs_a_run_again(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project")
    record = finish(start(folder, before=_no_large_files, MODE="m"))
    assert told(record) == EXPECTED
    again = run(folder, MODE="m")
    assert told(again) == EXPECTED
    assert statuses(again)["load"] == "restored"


def test_a_store_that_cannot_be_made_is_told_and_the_run_completes(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project")
    (folder / ".mlops_nb").mkdir()
    (folder / ".mlops_nb" / "cache").write_text("in the way", encoding="utf-8")
    record = run(folder, MODE="m")
    assert told(record) == EXPECTED
    assert any("Nothing is kept of this run" in note for note in record["notes"])


def test_a_store_that_vanishes_while_a_run_goes_on_is_told(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project")
    run(folder, MODE="m")
    node = json.loads((folder / "nb.ipynb").read_bytes())
    # Renamed first: what the run still writes there must not fail the cell that removes it.
    node["cells"][2]["source"] += (
        "\nimport os, shutil\nos.rename('.mlops_nb/cache', '.mlops_nb/gone')"
        "\nshutil.rmtree('.mlops_nb/gone', ignore_errors=True)"
    )
    (folder / "nb.ipynb").write_text(json.dumps(node), encoding="utf-8")
    (folder / "data.txt").write_text("5 4", encoding="utf-8")
    assert told(run(folder, MODE="m")).startswith("m [4, 5] ")
    shutil.rmtree(folder / ".mlops_nb", ignore_errors=True)

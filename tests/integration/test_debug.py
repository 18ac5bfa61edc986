from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from running import code, write_notebook

import mlops_nb
from mlops_nb.cli.debug import debug
from mlops_nb.errors import InputError

GROUP = pytest.mark.xdist_group("debug")
CELLS = [
    "import random\ndef scale(x):\n    return x * factor",
    code("n = 1", "parameters"),
    "# mlops: stage prep\nrandom.seed(n)\nfactor = 3\nrows = list(range(5))\n"
    "made = open('made.txt', 'w').write('once')\nlines = (i for i in range(3))",
    "glue = sum(rows)\nrows.append(99)",
    "# mlops: stage fail\ndrawn = random.random()\nassert scale(glue) == 0, n",
]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("debug")
    (folder / "pyproject.toml").touch()
    path = write_notebook(folder / "nb.ipynb", CELLS)
    record = mlops_nb.run(path, folder / "out.ipynb", track=False, parameters={"n": 7})
    assert record.error is not None
    assert record.error.stage == "fail"
    (folder / "made.txt").write_text("by hand", encoding="utf-8")
    return folder / "out.ipynb"


@GROUP
def test_a_failed_run_opens_with_the_inputs_of_the_cell_that_failed(out: Path) -> None:
    look = "print(n, factor, glue, rows, scale(2), random.random())"
    result = CliRunner().invoke(debug, [str(out), "-c", look, "-c", "print('drawn' in dir())"])
    expected = "7 3 10 [0, 1, 2, 3, 4, 99] 6 0.32383276483316237\nFalse\n"
    assert result.stdout == expected
    assert "Before cell 5, stage 'fail' (failed)." in result.stderr
    assert "AssertionError: 7" in result.stderr
    assert "Not there: lines: " in result.stderr
    assert (out.parent / "made.txt").read_text(encoding="utf-8") == "by hand"


@GROUP
def test_code_that_fails_there_fails_the_command(out: Path) -> None:
    result = CliRunner().invoke(
        debug, [str(out), "--at", "prep", "-c", "factor"], standalone_mode=False
    )
    assert result.return_value == 1
    assert "NameError" in result.stderr


@GROUP
def test_another_front_end_can_connect_and_ends_the_command(out: Path) -> None:
    from jupyter_client.blocking.client import BlockingKernelClient

    command = [sys.executable, "-m", "mlops_nb", "debug", str(out)]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        found = None
        while found is None:
            line = process.stderr.readline()
            assert line
            found = re.search(r"--existing (\S+)", line)
        client = BlockingKernelClient(connection_file=found[1])
        client.load_connection_file()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        reply = client.execute_interactive("assert glue == 10", timeout=60)
        client.shutdown()
        client.stop_channels()
        assert reply["content"]["status"] == "ok"
        assert process.wait(60) == 0


@GROUP
def test_a_stage_that_is_not_there_and_a_run_that_did_not_fail_are_told(
    out: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"MNB851 [\s\S]*nearest valid word is 'prep'"):
        CliRunner().invoke(debug, [str(out), "--at", "perp"], catch_exceptions=False)
    fine = tmp_path / "fine.ipynb"
    fine.write_text(
        out.read_text(encoding="utf-8").replace('"failed"', '"completed"'), encoding="utf-8"
    )
    with pytest.raises(InputError, match="MNB853"):
        CliRunner().invoke(debug, [str(fine)], catch_exceptions=False)

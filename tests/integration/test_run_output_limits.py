"""Output in any amount and any form: kept as it looks, limited where it is too much, never silent.

The cells run once, in one kernel; each test looks at one of them.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import pytest
from running import run_cells, text_of

from mlops_nb.execution import RunOutcome
from mlops_nb.execution.overflow import remove_overflow

LIMIT = 1_000_000
CELLS = {
    "unwritable": "print('a\\ud800b', 'c\\x00d')\ndisplay('e\\udcfff')",
    "bar": "from tqdm import tqdm\nfor i in tqdm(range(10_000), mininterval=0, ncols=70): pass",
    "overwritten": "for i in range(3000):\n    print(i, end='\\r', flush=True)\nprint('done')",
    "colours": "print('\\x1b[31mred\\x1b[0m')",
    "widget": (
        "import ipywidgets\nwidget = ipywidgets.Output(); display(widget)\n"
        "with widget:\n    for i in range(20_000): print(i, flush=True)"
    ),
    "widget read": "print(len(widget.outputs), len(widget.outputs[0]['text'].splitlines()))",
    "long": "for i in range(30_000): print(f'{i:099}')",
    "large": "from IPython.display import HTML\nHTML('<p>' + 'x' * 3_000_000)",
    "updated": (
        "handle = display('small', display_id=True)\nfor n in (10, 3_000_000, 20):\n"
        "    handle.update({'text/html': 'h' * n, 'text/plain': str(n)}, raw=True)"
    ),
    "flood": "for i in range(100_000): print(str(i) * 200)",
    "kernel": "print(next(l for l in open('/proc/self/status') if 'VmHWM' in l).split()[1])",
    "error": (
        "import threading, time\n"
        "def talk():\n    time.sleep(0.5); print('last words')\n"
        "threading.Thread(target=talk).start()\n"
        "print('x' * 2_000_000)\nraise ValueError('y' * 3_000_000)"
    ),
}


class Ran(NamedTuple):
    """The run, its file, and its cells by the names above."""

    outcome: RunOutcome
    folder: Path
    saved: Mapping[str, Any]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("limits")
    outcome = run_cells(folder, *CELLS.values(), output_limit=LIMIT)
    nbformat.validate(nbformat.read(folder / "out.ipynb", as_version=4))
    node = json.loads((folder / "out.ipynb").read_bytes())
    for cell in node["cells"]:
        for output in cell["outputs"]:
            if "text" in output:
                output["text"] = "".join(output["text"])
    return Ran(outcome, folder, dict(zip(CELLS, node["cells"], strict=True)))


pytestmark = pytest.mark.xdist_group("output limits")


def test_half_a_surrogate_pair_is_written_as_python_writes_it(ran: Ran) -> None:
    outputs = ran.saved["unwritable"]["outputs"]
    assert outputs[0]["text"] == "a\\ud800b c\x00d\n"
    assert "udcff" in outputs[1]["data"]["text/plain"][0]
    assert len(outputs) == 2


def test_a_bar_of_ten_thousand_updates_is_one_line(ran: Ran) -> None:
    (output,) = ran.saved["bar"]["outputs"]
    assert output["name"] == "stderr"
    assert output["text"].startswith("100%|")
    assert len(output["text"].splitlines()) == 1


def test_overwritten_text_is_what_stays(ran: Ran) -> None:
    assert text_of(ran.saved["overwritten"]) == "done\n"


def test_colours_are_kept(ran: Ran) -> None:
    assert text_of(ran.saved["colours"]) == "\x1b[31mred\x1b[0m\n"


def test_an_output_widget_takes_many_lines_and_the_kernel_sees_them(ran: Ran) -> None:
    assert text_of(ran.saved["widget read"]) == "1 20000\n"
    states = ran.outcome.node["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]
    captured = [s["state"].get("outputs") for s in states["state"].values()]
    assert any(o and len(o[0]["text"].splitlines()) == 20_000 for o in captured)


def test_beyond_the_limit_beginning_and_end_stay_and_the_rest_is_beside(ran: Ran) -> None:
    first, notice, last = ran.saved["long"]["outputs"]
    left_out = (ran.folder / "out.cell-6.txt").read_text()
    assert first["text"] + left_out + last["text"] == "".join(f"{i:099}\n" for i in range(30_000))
    assert LIMIT - 1000 < len(first["text"]) < LIMIT
    assert len(last["text"]) >= LIMIT // 10
    assert (
        "1.9 MB of output left out: output_limit is 1 MB; its text is in out.cell-6.txt."
        in (notice["text"])
    )


def test_a_large_display_keeps_its_text(ran: Ran) -> None:
    *_, output = ran.saved["large"]["outputs"]
    assert list(output["data"]) == ["text/plain"]


def test_a_display_that_was_too_large_for_a_while_shows_its_last_form(ran: Ran) -> None:
    assert ran.saved["updated"]["outputs"][0]["data"]["text/html"] == ["h" * 20]


def test_what_was_left_out_is_in_the_notes_of_the_record(ran: Ran) -> None:
    cells = [note.split(":")[0] for note in ran.outcome.record.notes]
    assert cells == [f"cell {[*CELLS].index(name)}" for name in _shortened()]


def _shortened() -> list[str]:
    return ["long", "large", "updated", "flood", "error"]


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")
def test_the_kernel_holds_nothing_of_what_it_has_printed(ran: Ran) -> None:
    assert int(text_of(ran.saved["kernel"])) < 170_000  # kB; it printed 100 MB


def test_what_an_exit_handler_prints_is_saved(tmp_path: Path) -> None:
    source = "import atexit\natexit.register(lambda: print('bye', flush=True))\nprint('x')"
    run_cells(tmp_path, source)
    saved = json.loads((tmp_path / "out.ipynb").read_bytes())
    assert saved["cells"][0]["outputs"][0]["text"] == ["x\n", "bye\n"]


def test_what_the_kernel_says_of_its_own_end_is_no_output_of_a_cell(tmp_path: Path) -> None:
    source = """
import atexit, zmq
class Kernel:
    def close(self): raise zmq.ZMQError(88)
class Own:
    def close(self): raise zmq.ZMQError(89)
Kernel.close.__module__ = "ipykernel.kernelapp"
atexit.register(Kernel().close), atexit.register(Own().close)
print("x")
"""
    run_cells(tmp_path, source)
    saved = json.loads((tmp_path / "out.ipynb").read_bytes())
    told = str([output["text"] for output in saved["cells"][0]["outputs"]])
    assert "Own.close" in told, "what fails at the end in a handler of the notebook's is shown"
    assert "Kernel.close" not in told


def test_what_a_thread_prints_while_the_kernel_ends_is_saved(ran: Ran) -> None:
    assert text_of(ran.saved["error"]).endswith("last words\n")


def test_an_error_after_too_much_output_is_there_and_short(ran: Ran) -> None:
    errors = [o for o in ran.saved["error"]["outputs"] if o["output_type"] == "error"]
    assert errors[0]["ename"] == "ValueError"
    assert len(json.dumps(errors)) < LIMIT
    assert ran.outcome.record.status == "failed"


def test_the_notebook_is_no_larger_than_its_limits(ran: Ran) -> None:
    assert (ran.folder / "out.ipynb").stat().st_size < 1.3 * LIMIT * len(_shortened()) + LIMIT


def test_a_run_goes_on_where_what_is_left_out_cannot_be_kept(tmp_path: Path) -> None:
    for suffix in ("", *(f"-{number}" for number in range(2, 10))):
        (tmp_path / f"out.cell-0{suffix}.txt").touch()
    outcome = run_cells(tmp_path, "print('x' * 5000)", "1", output_limit=1000)
    assert outcome.record.status == "completed"
    assert "its text is lost: File exists" in outcome.record.notes[0]


def test_what_an_earlier_run_left_out_goes_and_what_others_wrote_stays(tmp_path: Path) -> None:
    theirs = tmp_path / "out.cell-1.txt"
    theirs.write_text("a person's own")
    long = "print('x' * 5000)"
    run_cells(tmp_path, long, long, output_limit=1000)
    left = tmp_path / "out.cell-0.txt", tmp_path / "out.cell-1-2.txt"
    assert [path.stat().st_size > 3000 for path in left] == [True, True]
    saved = json.loads((tmp_path / "out.ipynb").read_bytes())
    assert saved["metadata"]["mlops_nb"]["overflow"] == [path.name for path in left]
    run_cells(tmp_path, "1", long, output_limit=1000)
    assert [path.exists() for path in left] == [False, True]
    run_cells(tmp_path, "1")
    assert [path.name for path in tmp_path.glob("*.txt")] == [theirs.name]
    assert theirs.read_text() == "a person's own"
    saved = json.loads((tmp_path / "out.ipynb").read_bytes())
    assert "overflow" not in saved["metadata"]["mlops_nb"]


@pytest.mark.parametrize("content", ["", "[]", '{"metadata": {"mlops_nb": {"overflow": 3}}}'])
def test_what_is_no_notebook_of_ours_names_nothing_to_remove(content: str, tmp_path: Path) -> None:
    (tmp_path / "out.ipynb").write_text(content)
    (tmp_path / "out.cell-0.txt").touch()
    remove_overflow(tmp_path / "out.ipynb")
    assert (tmp_path / "out.cell-0.txt").exists()

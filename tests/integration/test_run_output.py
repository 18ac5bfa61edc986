"""Outputs: all there, in order, as nbclient would have them."""

import json
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest
from running import run_cells, text_of, write_notebook


def test_twenty_thousand_log_lines_arrive(tmp_path: Path) -> None:
    logs = (
        "import logging, sys\nlogging.basicConfig(stream=sys.stdout, level=20)\n"
        "for i in range(20_000):\n    logging.info('line %d', i)"
    )
    cell = run_cells(tmp_path, logs).node["cells"][0]
    assert text_of(cell) == "".join(f"INFO:root:line {i}\n" for i in range(20_000))
    assert len(cell["outputs"]) == 1


def test_fifty_thousand_flushed_prints_arrive(tmp_path: Path) -> None:
    outcome = run_cells(tmp_path, "for i in range(50_000):\n    print(i, flush=True)")
    assert text_of(outcome.node["cells"][0]) == "".join(f"{i}\n" for i in range(50_000))


def test_flushed_streams_and_displays_keep_their_order(tmp_path: Path) -> None:
    source = (
        "import sys\nfrom IPython.display import display\n"
        "for i in range(200):\n    print('o', flush=True)\n"
        "    print('e', file=sys.stderr, flush=True)\n    display(i)"
    )
    outputs = run_cells(tmp_path, source).node["cells"][0]["outputs"]
    assert [output.get("name", "display") for output in outputs] == [
        "stdout",
        "stderr",
        "display",
    ] * 200


def test_output_that_a_thread_sends_late_reaches_its_cell(tmp_path: Path) -> None:
    late = (
        "import threading, time\n"
        "def talk():\n    time.sleep(0.5); print('late', flush=True)\n"
        "thread = threading.Thread(target=talk); thread.start()"
    )
    outcome = run_cells(tmp_path, late, "thread.join()\nimport time; time.sleep(0.3)")
    everything = "".join(text_of(cell) for cell in outcome.node["cells"])
    assert everything == "late\n"


_SAME = {
    "values and streams": ["x = 1", "x", "print(x); x + 1", "import sys; sys.stderr.write('e')"],
    "rich display": [
        "from IPython.display import HTML, Image, JSON, display",
        "HTML('<b>x</b>')",
        "JSON({'a': [1, {'b': None}]})",
        "display(1, 2); 3",
    ],
    "display ids": [
        "from IPython.display import display",
        "h = display('a', display_id='d'); display('b', display_id='d')",
        "h.update('c')",
    ],
    "clear output": [
        "from IPython.display import clear_output",
        "print(1); clear_output(); print(2)",
        "print(1); clear_output(wait=True); print(2)",
        "print(1); clear_output(wait=True)",
    ],
    "errors": ["def f():\n    1 / 0", "f()"],
    "await, magics and shell": [
        "import asyncio; await asyncio.sleep(0)\n'done'",
        "%%capture out\nprint(1)",
        "out.stdout",
        "!echo shell",
        "files = !echo a\nfiles",
    ],
    "widgets": [
        "import ipywidgets as w",
        "o = w.Output(); display(o)",
        "with o:\n    print('inside')",
        "w.IntSlider(value=3)",
    ],
}


@pytest.mark.parametrize("cells", _SAME.values(), ids=_SAME)
def test_outputs_are_those_of_nbclient(cells: list[str], tmp_path: Path) -> None:
    ours = run_cells(tmp_path, *cells).node
    theirs = _by_nbclient(write_notebook(tmp_path / "theirs.ipynb", cells))
    assert _comparable(ours) == _comparable(theirs)
    assert ("widgets" in ours["metadata"]) == ("widgets" in theirs["metadata"])


def _by_nbclient(path: Path) -> Any:
    """Return a notebook that nbclient executed; where it waits for a message that was lost, in its
    second try."""
    options = {"allow_errors": True, "coalesce_streams": False, "timeout": 60}
    node = nbformat.read(path, as_version=4)
    try:
        return nbclient.NotebookClient(node, **options).execute()
    except nbclient.exceptions.CellTimeoutError:
        return nbclient.NotebookClient(nbformat.read(path, as_version=4), **options).execute()


def _comparable(node: Any) -> list[Any]:
    """Return counts and outputs without what differs from process to process."""
    cells = json.loads(json.dumps(node))["cells"]
    found = []
    for cell in cells:
        for output in cell["outputs"]:
            output.pop("traceback", None)
            if "text" in output:  # what a terminal writes: a carriage return moves nothing there
                output["text"] = output["text"].replace("\r\n", "\n")
            data = output.get("data", {})
            data.pop("application/vnd.jupyter.widget-view+json", None)
        found.append((cell["execution_count"], cell["outputs"]))
    return found


@pytest.mark.parametrize("attempt", range(3))
def test_a_flood_of_displays_arrives(attempt: int, tmp_path: Path) -> None:
    source = "from IPython.display import display\nfor i in range(5000):\n    display(i)"
    outputs = run_cells(tmp_path, source).node["cells"][0]["outputs"]
    assert [output["data"]["text/plain"] for output in outputs] == [*map(str, range(5000))]

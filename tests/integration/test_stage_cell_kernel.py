"""What a kernel keeps of a stage cell, and how it is stopped: as with a plain cell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from live_kernel import LiveKernel, live_kernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from mlops_nb.kernels.bundle import session_source

pytestmark = pytest.mark.xdist_group("stage_cell_kernel")


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKernel]:
    with live_kernel(cwd=str(tmp_path_factory.mktemp("kernel"))) as started:
        assert started.run("%load_ext mlops_nb").status == "ok"
        yield started


def test_raw_history_holds_what_was_typed_and_the_parsed_one_runs(kernel: LiveKernel) -> None:
    typed = "%%mlops_stage hist\nseven = 7"
    number = kernel.run(typed).reply["execution_count"]
    assert kernel.run("print(_i)").text.strip() == typed
    assert kernel.run(f"%history {number}").text.strip() == typed
    assert kernel.run(f"In[{number}] == _ih[{number}]").text == "True"
    assert kernel.run(f"exec(In[{number}]); seven").text == "7"
    recalled = kernel.run(f"%recall {number}").reply["payload"]
    assert recalled[0]["text"] == typed
    again = kernel.run(f"%rerun {number}")
    assert again.status == "ok"
    assert "seven = 7" in again.text


def test_out_and_underscore_hold_the_last_value(kernel: LiveKernel) -> None:
    number = kernel.run("%%mlops_stage t\n6 * 7").reply["execution_count"]
    assert kernel.run("_").text == "42"
    assert kernel.run(f"Out[{number}]").text == "42"


def test_a_cell_outside_history_is_a_stage_too(kernel: LiveKernel) -> None:
    before = kernel.run("1").reply["execution_count"]
    executed = kernel.run("%%mlops_stage t\n5", store_history=False)
    assert executed.stage_line is not None
    assert kernel.run("1").reply["execution_count"] == before + 1


def test_a_silent_cell_is_watched_by_nobody(kernel: LiveKernel) -> None:
    assert kernel.run("%%mlops_stage t\nquiet = 1", silent=True).outputs == ()
    assert kernel.run("quiet").text == "1"


def test_an_interrupt_stops_a_stage_with_one_error(kernel: LiveKernel) -> None:
    msg_id = kernel.send("%%mlops_stage t\nprint('begun', end='')\nimport time\ntime.sleep(600)")
    while kernel.client.get_iopub_msg(timeout=60)["msg_type"] != "stream":
        pass
    kernel.manager.interrupt_kernel()
    executed = kernel.collect(msg_id)
    assert [o.content["ename"] for o in executed.outputs] == ["KeyboardInterrupt"]
    assert "time.sleep(600)" in executed.text
    assert kernel.run("%%mlops_stage t\n1").stage_line is not None


def test_an_interrupt_stops_a_stage_that_awaits(kernel: LiveKernel) -> None:
    # The kernel catches interrupts of awaiting cells once it is back in its loop, which says so.
    begun = "asyncio.get_running_loop().call_soon(sys.stdout.write, 'begun')"
    awaiting = f"%%mlops_stage t\nimport asyncio, sys\n{begun}\nawait asyncio.sleep(600)"
    msg_id = kernel.send(awaiting)
    while kernel.client.get_iopub_msg(timeout=60)["msg_type"] != "stream":
        pass
    kernel.manager.interrupt_kernel()
    kernel.client.kernel_info()  # a sleeping loop sees the interrupt when something wakes it
    executed = kernel.collect(msg_id)
    assert [o.content["ename"] for o in executed.body] == ["CancelledError"]


def test_post_mortem_debugging_is_at_the_line_that_failed(kernel: LiveKernel) -> None:
    assert kernel.run("%%mlops_stage t\ndef f(n):\n    return 1 / n\nf(0)").status == "error"
    executed = kernel.run("%debug", answers=["p n + 100", "up", "q"])
    assert "100" in executed.text
    assert "3     return 1 / n" in executed.text


def test_a_debugger_finds_the_code_under_the_name_it_computes(kernel: LiveKernel) -> None:
    typed = "%%mlops_stage t\ndef marked():\n    return 1"
    kernel.run(typed)
    name = kernel.run(
        "import inspect\n"
        f"wanted = get_ipython().compile.get_code_name({typed!r}, '', 0)\n"
        "marked.__code__.co_filename == wanted, marked.__code__.co_firstlineno"
    )
    assert name.text == "(True, 2)"


@pytest.mark.parametrize("end", ["1 / 0", "result = 1"], ids=["raises", "breaks its word"])
def test_a_failing_stage_aborts_what_was_queued_behind_it(tmp_path: Path, end: str) -> None:
    queued = tmp_path / "queued"
    wait = f"import os, time\nwhile not os.path.exists({str(queued)!r}): time.sleep(0.05)\n"
    spec = {"name": "t", "metrics": ["missing"], "last": True}
    with live_kernel(cwd=str(tmp_path)) as headless:
        headless.run(f"{session_source()}\nimport _mlops_nb_session as _m", silent=True)
        headless.run("_m.install_headless(get_ipython())", silent=True)
        first = headless.send(f"{wait}{end}", metadata={"mlops_nb_stage": spec})
        second = headless.send("ran_anyway = 1")
        queued.touch()
        assert headless.collect(first).status == "error"
        assert headless.collect(second).status == "aborted"
        assert "NameError" in headless.run("ran_anyway").text


def test_events_of_the_user_see_the_cell_as_typed(kernel: LiveKernel) -> None:
    kernel.run(
        "seen = []\n"
        "def note(info): seen.append(info.raw_cell)\n"
        "get_ipython().events.register('pre_run_cell', note)"
    )
    kernel.run("%%mlops_stage t\n1")
    kernel.run("get_ipython().events.unregister('pre_run_cell', note)")
    assert kernel.run("seen[0]").text == repr("%%mlops_stage t\n1")


def test_widgets_work_from_a_stage(kernel: LiveKernel) -> None:
    executed = kernel.run(
        "%%mlops_stage t\nimport ipywidgets\nbox = ipywidgets.Text('a')\n"
        "log = []\nbox.observe(lambda change: log.append(change.new), 'value')\n"
        "box.value = 'b'\nbox"
    )
    kinds = [o.kind for o in executed.outputs]
    assert "comm_open" in kinds
    assert "comm_msg" in kinds
    view = next(o for o in executed.outputs if o.kind == "execute_result")
    assert "application/vnd.jupyter.widget-view+json" in view.content["data"]
    assert kernel.run("log").text == "['b']"


def test_a_display_of_a_stage_is_updated_from_a_later_cell(kernel: LiveKernel) -> None:
    kernel.run("from IPython.display import display")
    kernel.run("%%mlops_stage t\nh = display(1, display_id='k')")
    updated = kernel.run("h.update(2)").outputs
    assert [(o.kind, o.text) for o in updated] == [("update_display_data", "2")]


def test_input_is_answered_in_a_stage(kernel: LiveKernel) -> None:
    executed = kernel.run("%%mlops_stage t\nname = input('who? ')\nname", answers=["me"])
    assert executed.text == "'me'"


def test_nbclient_stops_at_a_failing_stage(tmp_path: Path) -> None:
    cells = [
        "%load_ext mlops_nb",
        "%%mlops_stage good\nx = 1",
        "%%mlops_stage bad\n1 / 0",
        "open('ran_anyway', 'w')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        NotebookClient(
            notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
        ).execute()
    outputs = [[o["output_type"] for o in cell["outputs"]] for cell in notebook.cells]
    assert outputs == [[], ["display_data"], ["error"], []]

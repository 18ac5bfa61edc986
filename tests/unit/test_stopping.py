"""A stop is noted before it is raised, and whatever comes first decides."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import types
from typing import Any

import pytest

from mlops_nb.stopping import (
    StopRequests,
    Terminated,
    ignore,
    number_of,
    raise_stop,
    taking_stops,
)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_noted_and_raised(signum: int) -> None:
    with taking_stops(passes_on=False) as stops:
        with pytest.raises(KeyboardInterrupt) as caught:
            signal.raise_signal(signum)
        assert (stops.asked, number_of(caught.value)) == (signum, signum)
        with pytest.raises(KeyboardInterrupt):
            stops.check()


def test_the_first_signal_decides() -> None:
    stops = StopRequests()
    stops.note(signal.SIGTERM)
    stops.note(signal.SIGINT)
    assert (stops.settle(), stops.asked, stops.count) == (signal.SIGTERM, signal.SIGTERM, 2)


def test_a_signal_after_it_was_settled_decides_nothing() -> None:
    stops = StopRequests()
    assert stops.settle() is None
    stops.note(signal.SIGINT)
    assert (stops.settle(), stops.asked, stops.last) == (None, None, signal.SIGINT)
    stops.check()


def test_a_signal_is_heard_while_somebody_listens_and_only_noted_afterwards() -> None:
    stops, heard = StopRequests(), []
    with stops.listening(heard.append):
        stops.take(signal.SIGINT)
    stops.take(signal.SIGTERM)
    assert (heard, stops.count) == ([signal.SIGINT], 2)
    with stops.breaking_off(), pytest.raises(Terminated):
        stops.take(signal.SIGTERM)


def test_an_import_is_not_broken_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / "module_with_signal.py").write_text(
        "import signal; signal.raise_signal(signal.SIGINT); done = True"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    with taking_stops(passes_on=False) as stops:
        module: types.ModuleType = __import__("module_with_signal")
        assert module.done
        with pytest.raises(KeyboardInterrupt):
            stops.check()


def test_an_import_that_hangs_is_broken_off_by_the_third_signal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "module_that_hangs.py").write_text(
        "import signal\nfor _ in range(3): signal.raise_signal(signal.SIGINT)\nraise SystemExit"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    with taking_stops(passes_on=False) as stops:
        with pytest.raises(KeyboardInterrupt):
            __import__("module_that_hangs")
        assert stops.count == 3


def test_signals_are_given_back_and_one_that_came_too_late_is_passed_on() -> None:
    before = signal.getsignal(signal.SIGTERM)
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored

    def late() -> None:
        with taking_stops() as stops, stops.listening(ignore):
            stops.settle()
            signal.raise_signal(signal.SIGINT)

    try:
        with pytest.raises(KeyboardInterrupt):
            late()
    finally:
        signal.signal(signal.SIGINT, inherited)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_block_within_another_takes_nothing_away() -> None:
    with taking_stops() as outer, taking_stops() as inner:
        assert inner is outer


def test_a_second_signal_ends_a_process_whose_run_has_ended_with_the_code_that_is_true(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    stops = StopRequests()
    stops.leave_with(3)
    stops.take(signal.SIGTERM)
    assert codes == []
    stops.take(signal.SIGTERM)
    assert codes == [3]


def test_what_is_raised_is_what_event_loops_let_pass() -> None:
    with pytest.raises(KeyboardInterrupt):
        raise_stop(signal.SIGTERM)


_EARLY = """
import builtins, signal, sys
real, sent = builtins.__import__, []
def importing(name, *args, **kwargs):
    if name == {module!r} and not sent:
        sent.append(signal.raise_signal(signal.{signum}))
    return real(name, *args, **kwargs)
from mlops_nb.__main__ import main
builtins.__import__ = importing
sys.argv = ["mlops-nb", "run", "nb.ipynb", "--json"]
main()
"""


@pytest.mark.parametrize(("signum", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
@pytest.mark.parametrize("module", ["click", "mlops_nb.project", "json"])
def test_a_signal_while_the_command_is_loaded_is_told_without_a_traceback(
    module: str, signum: str, code: int
) -> None:
    source = _EARLY.format(module=module, signum=signum)
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert f'"status": "{"interrupted" if code == 130 else "terminated"}"' in done.stdout
    assert done.stdout.count('"schema"') == 1


def test_signals_are_taken_before_anything_heavy_is_loaded() -> None:
    source = "import sys, mlops_nb.__main__; print('click' in sys.modules, 'json' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False"]

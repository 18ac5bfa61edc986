"""The command line tells a fault in one place: message on stderr, exit code by kind."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from mlops_nb import __version__, cli
from mlops_nb.errors import (
    InfrastructureError,
    InputError,
    MlopsNbError,
    NotebookFailedError,
    RunInterruptedError,
    RunTerminatedError,
)


def _exit_code(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    code = caught.value.code
    assert isinstance(code, int)
    return code


def _replace_doctor(monkeypatch: pytest.MonkeyPatch, outcome: BaseException | int) -> None:
    @click.command()
    def fake() -> int:
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    class FakeModule:
        doctor = fake

    monkeypatch.setattr(cli, "import_module", lambda name: FakeModule)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotebookFailedError, 1),
        (InputError, 2),
        (InfrastructureError, 5),
        (RunInterruptedError, 130),
        (RunTerminatedError, 143),
    ],
)
def test_each_kind_of_error_has_its_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: type[MlopsNbError],
    code: int,
) -> None:
    _replace_doctor(monkeypatch, error("MNB999", "here", "It broke.", "Mend it."))
    assert _exit_code("doctor") == code
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err == "MNB999 here: It broke.\nMend it.\n"


def test_an_interrupt_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    _replace_doctor(monkeypatch, KeyboardInterrupt())
    assert _exit_code("doctor") == 130


def test_what_a_command_returns_is_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    _replace_doctor(monkeypatch, 1)
    assert _exit_code("doctor") == 1


def test_an_unknown_command_names_the_nearest_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert _exit_code("docter") == 2
    assert "'doctor'" in capsys.readouterr().err


def test_an_unknown_option_is_a_usage_error() -> None:
    assert _exit_code("doctor", "--no-such-option") == 2


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert _exit_code("--version") == 0
    assert __version__ in capsys.readouterr().out


@pytest.mark.parametrize("command", list(cli.COMMANDS))
def test_every_command_has_a_help_page_that_names_its_options(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _exit_code(command, "--help") == 0
    assert "Usage: mlops-nb " + command in capsys.readouterr().out


def test_a_reader_that_goes_away_is_no_fault() -> None:
    doctor = f"{sys.executable} -m mlops_nb doctor --json"
    script = f"{doctor} | head -c 1 >/dev/null; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.strip() in {"0", "1"}
    assert "BrokenPipe" not in done.stderr


@pytest.mark.parametrize("error", [ZeroDivisionError("ours"), BrokenPipeError("not stdout")])
def test_a_fault_of_ours_is_not_told_as_the_notebooks(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**options: object) -> None:
        raise error

    monkeypatch.setattr(cli.cli, "main", fail)
    monkeypatch.setattr(cli, "_has_lost_its_reader", lambda: False)
    with pytest.raises(SystemExit) as caught:
        cli.main([])
    assert caught.value.code == 5
    assert "MNB899" in capsys.readouterr().err


def test_a_closed_stdout_is_no_fault() -> None:
    command = f"{sys.executable} -m mlops_nb --version >&-"
    assert subprocess.run(command, shell=True, check=False).returncode == 0

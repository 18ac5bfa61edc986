"""`run --json` prints one record and `--junit` is written, also where no run came about."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from mlops_nb import cli
from mlops_nb.errors import InfrastructureError


@dataclass(frozen=True, kw_only=True)
class Case:
    arguments: tuple[str, ...]
    code: str
    exit_code: int = 2
    status: str = "failed"
    says: str = ""
    notebook: str = "nb.ipynb"


CASES = {
    "no such notebook": Case(arguments=("no.ipynb",), code="MNB101", notebook="no.ipynb"),
    "no notebook": Case(arguments=(), code="MNB822", says="NOTEBOOK", notebook=""),
    "an unknown option": Case(arguments=("nb.ipynb", "--nope"), code="MNB822", says="--nope"),
    "too many words": Case(arguments=("nb.ipynb", "o.ipynb", "x"), code="MNB822", says="x"),
    "no duration": Case(arguments=("nb.ipynb", "--timeout", "soon"), code="MNB804", says="soon"),
    "an unknown parameter": Case(arguments=("nb.ipynb", "-p", "rte", "1"), code="MNB3"),
    "an unknown kernel": Case(arguments=("nb.ipynb", "--kernel", "no"), code="MNB401"),
    "the notebook as output": Case(arguments=("nb.ipynb", "nb.ipynb"), code="MNB110"),
    "an output that cannot be": Case(
        arguments=("nb.ipynb", "nb.ipynb/o.ipynb"), code="MNB421", exit_code=5, status="died"
    ),
    "a cell that is wrong": Case(arguments=("wrong.ipynb",), code="MNB2", notebook="wrong.ipynb"),
}


@pytest.fixture(autouse=True)
def _notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, source in (("nb", "rate = 1"), ("wrong", "%%mlops_stage a --no-such-option\n1")):
        cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": source}
        cells = [{**cell, "outputs": [], "execution_count": None}]
        node = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
        (tmp_path / f"{name}.ipynb").write_text(json.dumps(node))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_keeps_a_run_from_coming_about_is_a_record(
    case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["run", *case.arguments, "--junit", "r.xml", "--no-track", "--json"])
    assert caught.value.code == case.exit_code
    streams = capsys.readouterr()
    record = json.loads(streams.out)
    assert (record["status"], record["notebook"]) == (case.status, case.notebook)
    assert record["error"]["code"].startswith(case.code)
    assert case.says in record["error"]["message"]
    assert set(record["error"]) == {"code", "message", "cell", "stage"}
    assert record["error"]["code"] in Path("r.xml").read_text()
    assert streams.err != ""


def test_the_cell_that_is_wrong_is_in_the_record(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["run", "wrong.ipynb", "--json"])
    assert json.loads(capsys.readouterr().out)["error"]["cell"] == 0


def test_an_error_while_the_notebook_runs_leaves_the_record_that_was_known(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*args: object, **kwargs: object) -> None:
        raise InfrastructureError("MNB405", "kernel 'python3'", "It broke.", "Mend it.")

    monkeypatch.setattr("mlops_nb.execution.seat.meet_kernel", broken)
    with pytest.raises(SystemExit) as caught:
        cli.main(["run", "nb.ipynb", "out.ipynb", "--no-track", "--json", "--junit", "r.xml"])
    assert caught.value.code == 5
    record = json.loads(capsys.readouterr().out)
    saved = json.loads(Path("out.ipynb").read_text())["metadata"]["mlops_nb"]["run"]
    assert (record["status"], record["output"]) == ("died", "out.ipynb")
    assert record["error"] == saved["error"]
    assert record["error"]["code"] == "MNB405"
    assert "MNB405" in Path("r.xml").read_text()


def test_without_json_only_people_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["run", "nb.ipynb", "--nope"])
    streams = capsys.readouterr()
    assert streams.out == ""
    assert "--nope" in streams.err

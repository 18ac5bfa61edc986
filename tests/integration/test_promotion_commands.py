"""The commands of promotion as a person in a terminal and a CI job see them."""

from __future__ import annotations

import itertools
import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from near_desk import NearDesk
from promotion_world import RUN_TAGS

import mlops_nb
from mlops_nb.cli import main
from mlops_nb.errors import NotBlessedError
from mlops_nb.lab.answers import Answer
from mlops_nb.lab.requests import Request
from mlops_nb.lab.tasks import Counter
from mlops_nb.project.promotions import Promotions
from mlops_nb.registry import gating
from mlops_nb.registry.infra import InfraReport
from mlops_nb.registry.promotion import planning, promoting
from mlops_nb.registry.promotion.history import history
from mlops_nb.registry.promotion.judging import Judged, gate_obstacles
from mlops_nb.registry.report import GateOutcome, GateReport
from mlops_nb.tracking.store import DATABASE, open_store

Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Return what runs a command in a project whose model ``churn`` has three versions."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_USERNAME", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.mlops_nb]\n")
    _register(tmp_path / ".mlops_nb" / "record", n_versions=3)
    monkeypatch.setattr(planning, "judge_package", _judge)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([*arguments, *(["--as", "ann"] if arguments[0] != "history" else [])])
        told = capsys.readouterr()
        return int(left.value.code or 0), told.out, told.err

    return run


def _register(record: Path, *, n_versions: int) -> None:
    open_store(record)
    with sqlite3.connect(record / DATABASE) as database:
        database.execute("INSERT INTO registered_models (name) VALUES ('churn')")
        for number in range(1, n_versions + 1):
            run = f"{number}" * 32
            database.execute(
                "INSERT INTO runs (run_uuid, status, start_time, lifecycle_stage) VALUES"
                " (?, 'FINISHED', 0, 'active')",
                (run,),
            )
            database.executemany(
                "INSERT INTO tags (run_uuid, key, value) VALUES (?, ?, ?)",
                [(run, *pair) for pair in RUN_TAGS.items()],
            )
            database.execute(
                "INSERT INTO model_versions (name, version, run_id, current_stage, source, status,"
                " creation_time) VALUES ('churn', ?, ?, 'None', 'file:///m', 'READY', 0)",
                (number, run),
            )
            database.execute(
                "INSERT INTO model_version_tags (name, version, key, value) VALUES"
                " ('churn', ?, 'mlops_nb.digest', ?)",
                (number, f"sha256:{number}"),
            )
    database.close()


def _judge(registry: Any, candidate: Any, yardstick: Any, rules: Any) -> Judged:
    """Judge as gates do that the third version fails."""
    passed = candidate.version != 3
    verdict, reason = ("passed", "") if passed else ("failed", "0.7 is not >= 0.9.")
    outcome = GateOutcome(gate="accuracy >= 0.9", verdict=verdict, reason=reason, value=0.7)
    report = GateReport(candidate=candidate.label, outcomes=(outcome,))
    obstacles = gate_obstacles(report, rules, label=candidate.label)
    return Judged(
        report=report, infra=InfraReport(digest="", load_seconds=0.5), obstacles=obstacles
    )


@pytest.fixture(autouse=True)
def _no_report_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gating, "record_report", lambda *_: None)


def test_the_road_from_a_first_promotion_to_an_audit(ask: Ask) -> None:
    code, out, _ = ask("promote", "churn@1", "--dry-run")
    assert code == 0
    assert "Promote churn@1 to champion (now: nothing yet)" in out
    assert "Nothing was moved: a dry run." in out
    assert "It was never promoted" in ask("history", "churn")[1]

    assert ask("promote", "churn@1", "--reason", "first")[0] == 0
    code, out, err = ask("promote", "churn")
    assert (code, "0.7 is not >= 0.9." in out) == (3, True)
    assert "Not promoted (MNB720). --force --reason TEXT goes past it" in err
    code, out, _ = ask("promote", "churn", "--force", "--reason", "demo")
    assert code == 0
    assert "churn@3 is champion; it was churn@1. By ann, entry 3.  [forced past MNB720]" in out
    assert "champion already" in ask("promote", "churn")[1]
    assert ask("rollback", "churn", "--reason", "null scores")[1].startswith(
        "churn@1 is champion again; it was churn@3."
    )

    code, out, _ = ask("history", "churn")
    assert out.splitlines()[0] == "churn: champion is churn@1"
    assert "rolled back: champion 3 -> 1  by ann" in out
    assert "promoted: champion 1 -> 3  by ann  [FORCED past MNB720]" in out
    assert "why: null scores" in out
    assert "is whole: 6 entries" in ask("history", "churn", "--verify")[1]
    assert "nothing is known of a champion then" in ask("history", "churn", "--at", "2020-01-01")[1]


def test_answers_as_json_have_plan_outcome_and_error(ask: Ask) -> None:
    code, out, _ = ask("promote", "churn@3", "--json")
    told = json.loads(out)
    assert (code, told["schema"], told["promotion"]) == (3, 1, None)
    assert told["error"]["code"] == "MNB720"
    assert told["plan"]["blessed"] is False
    assert told["plan"]["obstacles"][0]["overridable"] is True

    told = json.loads(ask("promote", "churn@2", "--json")[1])
    assert told["promotion"]["version"] == 2
    assert told["error"] is None
    told = json.loads(ask("history", "churn", "--json")[1])
    assert (told["champion"], told["intact"], len(told["events"])) == (2, True, 1)


def test_a_missing_approval_is_4_until_somebody_approves(ask: Ask, tmp_path: Path) -> None:
    table = "[tool.mlops_nb.promotion]\napprovals = 1\n"
    (tmp_path / "pyproject.toml").write_text(table)

    code, out, _ = ask("promote", "churn@1")
    assert (code, "MNB726" in out, "approvals  0 of 1: nobody yet" in out) == (4, True, True)
    assert ask("approve", "churn")[0] == 2
    told = ask("approve", "churn@1")[1]
    assert "churn@1 is approved by ann (--as, asserted)" in told
    assert "It has 1 of 1 approvals." in told

    assert ask("promote", "churn@1")[0] == 0


def test_a_changed_history_is_told_by_history_and_verify(ask: Ask, tmp_path: Path) -> None:
    ask("promote", "churn@1")
    (file,) = (tmp_path / ".mlops_nb" / "record" / "history").glob("*.jsonl")
    file.write_text(file.read_text().replace("ann", "eve"))

    code, out, _ = ask("history", "churn", "--verify")
    assert (code, "Entry 1 was changed" in out) == (1, True)
    code, _, err = ask("history", "churn")
    assert (code, "Entry 1 was changed" in err) == (0, True)
    code, out, _ = ask("promote", "churn@2")
    assert (code, "MNB728" in out) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("promote", "chrun"), "MNB711 chrun: there is no registered model 'chrun'"),
        (("promote", "churn@9"), "MNB712"),
        (("promote", "churn@1", "--to", "latest"), "MNB734"),
        (("promote", "churn@1", "--gate", "accuracy > "), "MNB70"),
        (("promote", "churn@3", "--force"), "MNB732"),
        (("rollback", "churn", "--reason", "x"), "MNB731"),
        (("rollback", "churn"), "MNB732"),
        (("history", "churn", "--at", "soon"), "is no time"),
        (("approve", "churn@7"), "MNB712"),
    ],
)
def test_what_cannot_be_used_is_2_and_told(ask: Ask, arguments: tuple[str, ...], said: str) -> None:
    code, _, err = ask(*arguments)

    assert code == 2
    assert said in err


def test_nothing_is_made_where_nothing_was_ever_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    for arguments in (
        ["promote", "churn"],
        ["history", "churn"],
        ["rollback", "c", "--reason", "x"],
    ):
        with pytest.raises(SystemExit) as left:
            main(arguments)
        assert left.value.code == 2
        assert "nothing was ever tracked here" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_same_is_there_in_python(ask: Ask, tmp_path: Path) -> None:
    assert mlops_nb.promote("churn@1", actor="ann").version == 1
    assert mlops_nb.promote("churn@2", actor="ann", folder=tmp_path).before == 1
    with pytest.raises(NotBlessedError, match="MNB720"):
        mlops_nb.promote("churn@3")
    assert mlops_nb.rollback("churn", reason="worse", actor="ann").version == 1


def test_of_a_command_and_a_panel_at_once_one_wins_and_the_other_is_told(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forced = ("--force", "--reason", "race")
    for version in (1, 2):
        ask("promote", f"churn@{version}", *forced)
    both_planned, carry_out = threading.Barrier(2), promoting.carry_out

    def carry_out_together(*given: Any, **words: Any) -> Any:
        both_planned.wait(60)
        return carry_out(*given, **words)

    monkeypatch.setattr(promoting, "carry_out", carry_out_together)
    counter = Counter(NearDesk)
    registry = Promotions.find(tmp_path).registry
    for kind in ("promote", "rollback") * 3:
        aliases = registry.model("churn").aliases
        before, target = aliases["champion"], aliases["previous"]
        said = {"version": target, "to": "champion"} if kind == "promote" else {"to": target}
        if kind == "promote":
            shown = _finished(counter, counter.plan(_request(tmp_path, version=target)))
            said["digest"] = shown["result"]["digest"]
        begun = getattr(counter, kind)(_request(tmp_path, **said, force=True, reason="race"))
        code, _, err = ask("promote", f"churn@{6 - before - target}", *forced)
        task = _finished(counter, begun)

        panel_won = registry.alias("churn", "champion") == target
        assert (task["status"], code) == (("completed", 5) if panel_won else ("failed", 0))
        assert "MNB716" in (err if panel_won else task["error"]["code"])

    found = history(registry, "churn")
    moves = [event.entry for event in found.events]
    assert not found.problems
    assert len(moves) == 2 + 6
    assert {event.outcome for event in found.events} == {"done"}
    assert all(one.after == other.before for one, other in itertools.pairwise(moves))


def _request(root: Path, **body: Any) -> Request:
    return Request(root=root, raw=json.dumps(body).encode(), parts=("churn",))


def _finished(counter: Counter, begun: Answer) -> dict[str, Any]:
    """Return what became of a task that was begun."""
    for thread in threading.enumerate():
        if thread.name.startswith("mlops-nb "):
            thread.join(60)
    return counter.show(Request(root=Path(), parts=(json.loads(begun.content)["id"],)))


def test_rollback_and_history_load_neither_mlflow_nor_numbers(ask: Ask, tmp_path: Path) -> None:
    ask("promote", "churn@1")
    ask("promote", "churn@2")

    script = (
        "import sys\nfrom mlops_nb.cli import main\n"
        "try: main(sys.argv[1:])\nfinally: print([m for m in ('mlflow', 'numpy', 'pandas')"
        " if m in sys.modules])"
    )
    for arguments in (["rollback", "churn", "--reason", "x"], ["history", "churn"]):
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == "[]", done.stdout

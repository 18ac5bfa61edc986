"""What may be promoted, by whom, and what does the history say afterwards?"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from promotion_world import ANN, MODEL, RUN_TAGS, Killed, World, approving

from mlops_nb.errors import (
    ApprovalMissingError,
    InfrastructureError,
    InputError,
    MlopsNbError,
    NotBlessedError,
)
from mlops_nb.registry.infra import InfraReport
from mlops_nb.registry.promotion.actor import Actor
from mlops_nb.registry.promotion.approving import approve, withdraw
from mlops_nb.registry.promotion.judging import Judged, gate_obstacles
from mlops_nb.registry.promotion.past_champion import likely_target
from mlops_nb.registry.promotion.promoting import promote
from mlops_nb.registry.promotion.rules import PromotionRules, parse_promotion_table
from mlops_nb.registry.promotion.versions import RunInfo
from mlops_nb.registry.report import GateOutcome, GateReport

TWO = PromotionRules(approvals=2, approvers=("bob", "cy", "dee"))
FAILED = GateReport(
    candidate="churn@2",
    outcomes=(GateOutcome(gate="auc >= 0.9", verdict="failed", reason="0.8 is not >= 0.9."),),
)


@pytest.fixture(params=[pytest.param(True, id="embedded"), pytest.param(False, id="server")])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    return World(tmp_path, embedded=request.param)


def failing(registry: Any, candidate: Any, yardstick: Any, rules: PromotionRules) -> Judged:
    obstacles = gate_obstacles(FAILED, rules, label=candidate.label)
    return Judged(report=FAILED, infra=InfraReport(digest=""), obstacles=obstacles)


def test_a_promotion_moves_the_alias_and_keeps_the_old_champion(world: World) -> None:
    world.promote(1)
    done = world.promote(2, reason="  better\n on recall ")

    assert world.aliases == {"champion": 2, "previous": 1}
    assert (done.before, done.version, done.blessed) == (1, 2, True)
    event = world.history().events[-1]
    assert (event.entry.actor, event.entry.reason) == ("ann@shop", "better on recall")
    assert event.entry.evidence["notebook"] == "nb/churn.ipynb"
    assert world.tags[2]["mlops_nb.blessed"] == "true"
    assert world.tags[2]["mlops_nb.promoted"].startswith("promoted to champion 20")


def test_promoting_the_champion_does_nothing(world: World) -> None:
    world.promote(1)
    before = world.history()

    assert world.promote(1).already
    assert world.history() == before


def test_the_newest_version_is_promoted_by_default(world: World) -> None:
    assert world.plan().version == 4


def test_failed_gates_stop_a_promotion_unless_it_is_forced_with_a_reason(world: World) -> None:
    plan = world.plan(2, judge=failing)
    assert not plan.blessed
    with pytest.raises(NotBlessedError, match=r"MNB720(.|\n)*0\.8 is not >= 0\.9") as caught:
        promote(plan, actor=ANN)
    assert caught.value.exit_code == 3
    with pytest.raises(InputError, match="MNB732"):
        promote(plan, actor=ANN, force=True, reason="  ")

    assert not world.aliases
    done = promote(plan, actor=ANN, force=True, reason="demo")
    assert (done.forced, done.blessed) == (("MNB720",), False)
    assert world.tags[2]["mlops_nb.blessed"] == "false"
    assert world.tags[2]["mlops_nb.forced"] == "MNB720"


def test_a_report_without_gates_is_no_blessing_unless_the_settings_say_so() -> None:
    empty = GateReport(candidate="churn@1")

    assert [one.code for one in gate_obstacles(empty, PromotionRules(), label="c")] == ["MNB721"]
    assert gate_obstacles(empty, PromotionRules(require_gates=False), label="c") == ()


ORIGINS = {
    "headless and committed": ({}, "FINISHED", ""),
    "live": ({"mlops_nb.door": "interactive"}, "FINISHED", "MNB724"),
    "no run of ours": ({"mlops_nb.door": None}, "FINISHED", "MNB724"),
    "failed": ({}, "FAILED", "MNB724"),
    "going on": ({}, "RUNNING", "MNB724"),
    "dirty": (
        {"mlops_nb.dirty": "true", "mlops_nb.changed": "a.py, b.py"},
        "FINISHED",
        "MNB725",
    ),
    "no repository": ({"mlflow.source.git.commit": None}, "FINISHED", "MNB725"),
}


@pytest.mark.parametrize("case", ORIGINS)
def test_only_what_a_headless_run_of_a_committed_notebook_made_is_promoted(
    world: World, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes, status, code = ORIGINS[case]
    tags = {name: value for name, value in (RUN_TAGS | changes).items() if value is not None}
    monkeypatch.setattr(world, "run", lambda run_id: RunInfo(run_id="r", status=status, tags=tags))

    plan = world.plan(1)

    assert [obstacle.code for obstacle in plan.obstacles] == ([code] if code else [])
    if code:
        with pytest.raises(InputError, match=code):
            promote(plan, actor=ANN)
        promote(plan, actor=ANN, force=True, reason="urgent")
        entry = world.history().events[-1].entry
        assert entry.forced == (code,)
        assert entry.live is (case == "live")
        assert (world.tags[1].get("mlops_nb.live") == "true") is (case == "live")


def test_approvals_are_of_persons_who_may_and_did_not_make_the_model(world: World) -> None:
    def plan() -> Any:
        return world.plan(1, rules=TWO)

    for actor in ("eve", "bob", "cy", "cy"):
        approve(world, MODEL, 1, actor=Actor(name=actor))
    with pytest.raises(ApprovalMissingError, match=r"MNB726(.|\n)*1 of 2") as caught:
        promote(plan(), actor=ANN)
    assert caught.value.exit_code == 4
    assert "eve does not count: they are not among" in str(caught.value)
    assert "bob does not count: they made the model" in str(caught.value)
    with pytest.raises(ApprovalMissingError):
        promote(plan(), actor=ANN, force=True, reason="no time")
    approve(world, MODEL, 1, actor=Actor(name="dee"), reason="looked at slices")

    done = promote(plan(), actor=ANN)

    assert not done.forced
    assert world.history().events[-1].entry.evidence["approved_by"] == "cy, dee"


def test_an_approval_can_be_withdrawn_also_after_the_plan_was_made(world: World) -> None:
    rules, cy = PromotionRules(approvals=1), Actor(name="cy")
    with pytest.raises(InputError, match=r"MNB736 churn@1: cy has no approval"):
        withdraw(world, MODEL, 1, actor=cy, reason="never gave one")
    approve(world, MODEL, 1, actor=cy)
    with pytest.raises(InputError, match="MNB732"):
        withdraw(world, MODEL, 1, actor=cy, reason=" ")
    plan = world.plan(1, rules=rules)
    assert plan.ready

    withdraw(world, MODEL, 1, actor=cy, reason="saw the slices")

    with pytest.raises(ApprovalMissingError, match=r"MNB726(.|\n)*0 of 1"):
        promote(plan, actor=ANN)
    assert world.aliases == {}
    assert [event.entry.kind for event in world.history().events] == ["approve", "withdraw"]
    assert not world.history().problems
    given = approve(world, MODEL, 1, actor=cy)
    assert approve(world, MODEL, 1, actor=cy) == given
    promote(plan, actor=ANN)
    assert world.aliases == {"champion": 1}


def test_an_approval_is_bound_to_what_was_approved(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = PromotionRules(approvals=1)
    approve(world, MODEL, 1, actor=Actor(name="cy"))
    assert not world.plan(1, rules=rules).obstacles

    version = world.version
    monkeypatch.setattr(world, "version", lambda n, v: replace(version(n, v), digest="sha256:x"))

    plan = world.plan(1, rules=rules)
    assert [one.code for one in plan.obstacles] == ["MNB726"]
    assert "the version was another one then" in plan.obstacles[0].reason


def test_the_names_of_one_person_are_one_person(world: World) -> None:
    approve(world, MODEL, 1, actor=Actor(name="bob@shop", names=("bob",)))

    assert world.plan(1, rules=PromotionRules(approvals=1)).approvals.missing == 1


def test_each_rollback_goes_one_champion_further_back(world: World) -> None:
    for version in (1, 2, 3):
        world.promote(version)

    assert world.rollback().version == 2
    assert world.aliases == {"champion": 2, "previous": 3}
    assert world.rollback().version == 1
    with pytest.raises(InputError, match="MNB731"):
        world.rollback()
    assert world.rollback(to=3).version == 3
    world.promote(4)
    assert world.rollback().version == 3, "somebody chose it again"


def test_a_person_is_told_beforehand_what_a_rollback_goes_back_to(world: World) -> None:
    told = []
    for version in (1, 2, 3):
        world.promote(version)
    for _ in range(2):
        told.append(likely_target(world, MODEL))
        assert world.rollback().version == told[-1]

    assert (told, likely_target(world, MODEL)) == ([2, 1], None)
    assert world.aliases["previous"] == 2, "which is not where a rollback goes"


def test_a_rollback_to_what_was_never_blessed_needs_force(world: World) -> None:
    world.promote(1)
    world.move_in_mlflow("champion", 3)
    world.promote(2)

    with pytest.raises(NotBlessedError, match=r"MNB729(.|\n)*churn@3") as caught:
        world.rollback()
    assert caught.value.exit_code == 3
    assert world.aliases["champion"] == 2
    assert world.rollback(to=1).version == 1
    assert world.rollback(to=3, force=True).forced == ("MNB729",)
    with pytest.raises(InputError, match="MNB732"):
        world.rollback(reason="")


def test_a_rollback_to_an_archived_version_needs_force(world: World) -> None:
    world.promote(1)
    world.promote(2)
    world.tags[1]["mlops_nb.archived"] = "trained on the wrong year"

    with pytest.raises(InputError, match=r"MNB727(.|\n)*the wrong year"):
        world.rollback()
    assert world.rollback(force=True).forced == ("MNB727",)


def test_a_history_is_found_where_mlflow_has_cleared_what_was_deleted(tmp_path: Path) -> None:
    world = World(tmp_path, embedded=False)
    world.promote(1)
    del world.server.experiments[f"mlops_nb history of {MODEL}"]

    world.promote(2)

    assert [event.entry.after for event in world.history().events] == [1, 2]
    assert len(world.server.params) == 1


def test_moves_by_other_tools_appear_as_external(world: World) -> None:
    world.promote(1)
    world.move_in_mlflow("champion", 3)
    seen = world.history()
    assert [(e.entry.kind, e.outcome) for e in seen.events][-1] == ("external", "not noted yet")
    assert seen.champion == 3

    world.promote(2)

    kinds = [
        (event.entry.kind, event.entry.before, event.entry.after)
        for event in world.history().events
    ]
    assert kinds == [("promote", None, 1), ("external", 1, 3), ("promote", 3, 2)]
    assert world.aliases == {"champion": 2, "previous": 3}


def test_a_champion_that_was_there_before_the_history_is_told(world: World) -> None:
    world.move_in_mlflow("champion", 2)
    world.promote(3)

    first = world.history().events[0].entry
    assert (first.kind, first.before, first.after) == ("external", None, 2)


def test_a_champion_that_was_deleted_leaves_an_earlier_one_to_go_back_to(world: World) -> None:
    for version in (1, 2, 3):
        world.promote(version)
    world.move_in_mlflow("champion", None)
    del world.tags[3]

    assert world.rollback().version == 2


def test_a_plan_is_not_carried_out_once_the_champion_has_moved(world: World) -> None:
    world.promote(1)
    plan = world.plan(2)
    world.promote(3)

    with pytest.raises(InfrastructureError, match=r"MNB716(.|\n)*named version 1(.|\n)*3 now"):
        promote(plan, actor=ANN)
    assert world.aliases["champion"] == 3


def test_what_was_champion_at_a_time_is_known(world: World) -> None:
    moments = [datetime.now(UTC)]
    for version in (1, 2):
        world.promote(version)
        moments.append(datetime.now(UTC))
    world.rollback()

    assert [world.history(moment).champion for moment in moments] == [None, 1, 2]
    assert world.history().champion == 1
    assert world.history(moments[1]).then.entry.actor == "ann@shop"
    assert len(world.history(moments[1]).events) == 1


@pytest.mark.parametrize("alias", ["latest", "v3", "previous", "a/b", ""])
def test_some_aliases_cannot_be_given(world: World, alias: str) -> None:
    with pytest.raises(InputError, match="MNB734"):
        world.plan(1, to=alias)


def test_another_alias_leaves_champion_and_previous_alone(world: World) -> None:
    world.promote(1)
    promote(world.plan(2, to="staging"), actor=ANN)

    assert world.aliases == {"champion": 1, "staging": 2}


def test_a_hook_is_told_and_its_failure_leaves_the_move(world: World, tmp_path: Path) -> None:
    script = tmp_path / "hook.py"
    script.write_text(
        "import json, os, sys\nopen('told.json', 'w').write(sys.stdin.read())\n"
        "sys.exit(f\"no {os.environ['MLOPS_NB_ALIAS']} here\")"
    )
    rules = PromotionRules(hook=f"{sys.executable} {script}")

    done = promote(world.plan(1, rules=rules), actor=ANN, folder=tmp_path)

    assert done.hook_fault == "it ended with code 1: no champion here"
    assert world.aliases == {"champion": 1}
    assert '"version": 1' in (tmp_path / "told.json").read_text()
    gone = PromotionRules(hook="no-such-command --now")
    assert "No such file" in promote(world.plan(2, rules=gone), actor=ANN).hook_fault
    web = PromotionRules(hook="http://127.0.0.1:9/hook", hook_timeout_s=2)
    assert "was not reached" in promote(world.plan(3, rules=web), actor=ANN).hook_fault


TABLES = {
    "not a table": (5, "a table"),
    "unknown": ({"aprovals": 1}, "'approvals'"),
    "negative": ({"approvals": -1}, "whole number from 0"),
    "true": ({"approvals": True}, "whole number from 0"),
    "names": ({"approvers": "bob"}, "list of names"),
    "too few": ({"approvals": 2, "approvers": ["bob", "bob"]}, "Name as many"),
    "hook": ({"hook": ""}, "a command or a URL"),
    "timeout": ({"hook_timeout": "soon"}, "a duration"),
}


@pytest.mark.parametrize("case", TABLES)
def test_rules_that_cannot_be_read_are_refused(case: str) -> None:
    value, said = TABLES[case]
    with pytest.raises((InputError, ValueError), match=said):
        parse_promotion_table(value)


def test_rules_are_read_and_shown_without_what_is_secret() -> None:
    table = {
        "approvals": 1,
        "approvers": ["bob"],
        "hook": "https://hooks.test/T0/secret",
        "hook_timeout": "5s",
        "max_load": 2,
        "max_memory": "1GB",
    }
    rules = parse_promotion_table(table)

    assert (rules.approvals, rules.hook_timeout_s) == (1, 5.0)
    assert (rules.max_load_s, rules.max_memory_bytes) == (2.0, 1_000_000_000)
    assert rules.to_table()["hook"] == "https://hooks.test/…"


ACTS = st.one_of(
    st.tuples(st.just("promote"), st.integers(1, 4)),
    st.tuples(st.just("rollback"), st.none()),
    st.tuples(st.just("foreign"), st.one_of(st.none(), st.integers(1, 4))),
    st.tuples(
        st.just("crash"),
        st.tuples(st.integers(1, 4), st.integers(0, 7), st.sampled_from(["before", "after"])),
    ),
)


@given(acts=st.lists(ACTS, max_size=12), embedded=st.booleans())
def test_whatever_happens_history_explains_the_alias(
    acts: list[Any], embedded: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world = World(tmp_path_factory.mktemp("law"), embedded=embedded)
    with pytest.MonkeyPatch.context() as patch:
        from promotion_world import count_appended, promoters_die

        count_appended(patch, world.steps)
        promoters_die(patch)
        for kind, what in acts:
            try:
                if kind == "promote":
                    promote(world.plan(what, judge=approving), actor=ANN)
                elif kind == "rollback":
                    world.rollback()
                elif kind == "foreign":
                    world.move_in_mlflow("champion", what)
                else:
                    version, number, moment = what
                    world.kill_at(number, moment)
                    promote(world.plan(version), actor=ANN)
            except (MlopsNbError, Killed):
                pass
            world.revive()
            told = world.history()
            assert not told.problems
            assert told.champion == world.aliases.get("champion")
            changes = [
                event.entry
                for event in told.events
                if event.entry.alias == "champion"
                and event.outcome in ("done", "noted", "not noted yet")
            ]
            newest = changes[-1].after if changes else None
            assert newest == world.aliases.get("champion")
            earlier = [entry.before for entry in changes]
            assert earlier == [None, *(entry.after for entry in changes[:-1])][: len(earlier)]

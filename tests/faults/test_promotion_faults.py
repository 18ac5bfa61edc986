"""A promoter may die between any two steps: alias and history agree after the next use."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from promotion_world import ANN, MODEL, Killed, World, count_appended, promoters_die

from mlops_nb.errors import InfrastructureError
from mlops_nb.registry.archiving import archive
from mlops_nb.registry.promotion import ledger

EMBEDDED = [pytest.param(True, id="embedded"), pytest.param(False, id="server")]
# The writes of a promotion over an older champion, in their order.
STEPS = (
    "line",
    "alias champion",
    "alias previous",
    "version tags",
    "line",
    "anchor",
)
MOMENTS = [
    pytest.param(number, moment, id=f"{moment} {number} {name}")
    for number, name in enumerate(STEPS)
    for moment in ("before", "after")
]


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path, embedded=request.param)
    count_appended(monkeypatch, made.steps)
    promoters_die(monkeypatch)
    made.promote(1)
    made.promote(2)
    return made


def is_explained(world: World) -> bool:
    """Return whether the newest change in the history is what the alias says; none is open."""
    told = world.history()
    changes = [event.entry.after for event in told.events if event.outcome in ("done", "noted")]
    return (
        changes[-1] == world.aliases["champion"]
        and not told.problems
        and all(event.outcome in ("done", "noted", "given up") for event in told.events)
    )


@pytest.mark.parametrize("world", EMBEDDED, indirect=True)
def test_a_promotion_writes_these_steps_in_this_order(world: World) -> None:
    world.steps.names.clear()

    world.promote(3)

    assert tuple(world.steps.names) == STEPS


@pytest.mark.parametrize("world", EMBEDDED, indirect=True)
@pytest.mark.parametrize(("number", "moment"), MOMENTS)
def test_after_a_kill_at_any_step_alias_and_history_agree_again(
    world: World, number: int, moment: str
) -> None:
    world.kill_at(number, moment)
    with pytest.raises(Killed):
        world.promote(3)
    world.revive()
    has_moved = world.aliases["champion"] == 3

    assert world.history().champion == world.aliases["champion"]
    world.promote(4)

    assert world.aliases == {"champion": 4, "previous": 3 if has_moved else 2}
    assert is_explained(world)
    assert not any(event.entry.kind == "external" for event in world.history().events)


@pytest.mark.parametrize("world", EMBEDDED, indirect=True)
@pytest.mark.parametrize(("number", "moment"), MOMENTS)
def test_after_a_kill_at_any_step_of_a_rollback_the_next_one_goes_to_the_right_version(
    world: World, number: int, moment: str
) -> None:
    world.promote(3)
    world.kill_at(number, moment)
    with pytest.raises(Killed):
        world.rollback()
    world.revive()
    has_moved = world.aliases["champion"] == 2

    assert world.rollback().version == (1 if has_moved else 2)

    assert is_explained(world)


@pytest.mark.parametrize("world", EMBEDDED, indirect=True)
@pytest.mark.parametrize(("number", "moment"), MOMENTS)
def test_recovery_itself_may_be_killed_at_any_step(world: World, number: int, moment: str) -> None:
    world.kill_at(1, "after")
    with pytest.raises(Killed):
        world.promote(3)
    world.kill_at(number, moment)
    with pytest.raises(Killed):
        world.promote(4)
    world.revive()

    world.promote(1)

    assert world.aliases["champion"] == 1
    assert is_explained(world)


@pytest.mark.parametrize("world", EMBEDDED[:1], indirect=True)
@pytest.mark.parametrize("n_lines", [0, 1])
def test_a_full_disk_ends_a_promotion_with_5_and_leaves_no_half_line(
    world: World, n_lines: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, sync = [n_lines], os.fsync

    def full(descriptor: int) -> None:
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        left[0] -= 1
        sync(descriptor)

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(InfrastructureError, match=r"MNB714.*No space left") as caught:
            world.promote(3)
    assert caught.value.exit_code == 5
    assert ("The next use of the history" in str(caught.value)) is (n_lines == 1)
    assert world.aliases["champion"] == (3 if n_lines else 2)
    assert world.history().champion == world.aliases["champion"]

    world.promote(4)

    assert is_explained(world)
    assert not any(event.entry.kind == "external" for event in world.history().events)


@pytest.mark.parametrize("world", EMBEDDED, indirect=True)
def test_a_registry_that_refuses_the_move_leaves_it_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise InfrastructureError("MNB713", MODEL, "the registry refused.", "Try again.")

    with monkeypatch.context() as registry:
        registry.setattr(world, "move_alias", refuse)
        with pytest.raises(InfrastructureError, match="MNB713"):
            world.promote(3)

    assert world.history().events[-1].outcome == "given up"
    assert world.aliases == {"champion": 2, "previous": 1}
    world.promote(3)
    assert is_explained(world)


def test_who_waits_for_a_promoter_that_hangs_takes_over_after_its_lease(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "LEASE_S", 0.0)
    world = World(tmp_path, embedded=False)
    world.promote(1)
    world.kill_at(1, "before")
    with pytest.raises(Killed):
        world.promote(2)  # by this very process, which lives
    world.revive()

    world.promote(3)

    assert [event.outcome for event in world.history().events] == ["done", "given up", "done"]


@pytest.mark.parametrize("world", EMBEDDED, indirect=True)
@pytest.mark.parametrize("undo", [False, True], ids=["archive", "unarchive"])
def test_an_archiver_that_dies_is_settled_by_whoever_comes_next(world: World, undo: bool) -> None:
    def put_away(*, undo: bool) -> None:
        archive(world, MODEL, 3, actor=ANN, reason="leaks", undo=undo)

    if undo:
        put_away(undo=False)
    for number, moment in ((0, "before"), (0, "after"), (1, "after"), (2, "after")):
        world.kill_at(number, moment)
        with pytest.raises(Killed):
            put_away(undo=undo)
        world.revive()

        world.promote(2 if world.aliases["champion"] == 1 else 1)

        told = [event.entry.kind for event in world.history().events if event.entry.after == 3]
        is_archived = bool(world.tags[3].get("mlops_nb.archived"))
        assert is_archived is (told[-1:] == ["archive"])
        assert is_archived is (undo if (number, moment) == (0, "before") else not undo)
        assert not world.history().problems
        if (number, moment) != (0, "before"):
            put_away(undo=not undo)

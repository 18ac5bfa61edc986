"""A promoter may die between any two steps: alias and history agree after the next use."""

from __future__ import annotations

from pathlib import Path

import pytest
from promotion_world import Killed, World, count_appended, promoters_die

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

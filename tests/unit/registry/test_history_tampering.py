"""Whoever changes the history of a model is found out; what cannot be seen is told in README."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from promotion_world import MODEL, World

from mlops_nb.errors import InputError
from mlops_nb.registry.promotion.audit_entry import parse_line
from mlops_nb.registry.promotion.chain import ANCHOR_TAG, Anchor

KEY = "0123456789abcdef0123"
Lines = list[str]


def changed(line: str, **fields: object) -> str:
    content = {**json.loads(line), **fields}
    return json.dumps(content, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True)
class Case:
    """One way to change the lines, and what is said of it."""

    name: str
    change: Callable[[Lines], Lines]
    said: str


CASES = [
    Case("another person", lambda x: [changed(x[0], actor="eve"), *x[1:]], "Entry 1 was changed"),
    Case("another reason", lambda x: [*x[:2], changed(x[2], reason="ok"), *x[3:]], "Entry 3 was"),
    Case("another time", lambda x: [*x[:-1], changed(x[-1], at="2026-01-01T00:00:00+00:00")], "12"),
    Case("a line dropped at the front", lambda x: x[1:], "Entry 2 follows entry 0"),
    Case("a line dropped inside", lambda x: [*x[:4], *x[5:]], "Entry 6 follows entry 4"),
    Case("two lines swapped", lambda x: [x[1], x[0], *x[2:]], "Entry 2 follows entry 0"),
    Case("the end cut off", lambda x: x[:-1], "It ends with entry 11; the registry knows of 12"),
    Case("everything gone", lambda x: [], "It ends with entry 0; the registry knows of 12"),
    Case("a line twice", lambda x: [*x, x[-1]], "Entry 12 follows entry 12"),
    Case("no JSON", lambda x: [*x[:3], "{", *x[4:]], "Line 4 cannot be read"),
    Case("blanks", lambda x: [x[0].replace(",", ", ", 1), *x[1:]], "Line 1 cannot be read"),
    Case("another field", lambda x: [changed(x[0], extra=1), *x[1:]], "Line 1 cannot be read"),
]


def log_of(world: World) -> Path:
    return next((world.store.record_dir / "history").glob("*.jsonl"))


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path, embedded=True)
    for version in (1, 2, 3):
        made.promote(version)
    made.rollback()
    made.promote(4)
    made.rollback()
    return made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_changed_lines_are_found(world: World, case: Case) -> None:
    assert not world.history().problems
    file = log_of(world)
    lines = case.change(file.read_text().splitlines())
    file.write_text("".join(f"{line}\n" for line in lines))

    assert case.said in " ".join(world.history().problems)


def test_each_single_field_of_each_line_counts(world: World) -> None:
    file = log_of(world)
    lines = file.read_text().splitlines()
    for number, line in enumerate(lines):
        for name, value in json.loads(line).items():
            other = changed(line, **{name: f"{value}x" if isinstance(value, str) else 77})
            file.write_text("\n".join([*lines[:number], other, *lines[number + 1 :], ""]))
            assert world.history().problems, (number, name)


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("11 sha256:" + "0" * 64, "Entry 11 is not the one"),
        ("12 sha256:" + "0" * 64, "Entry 12 is not the one"),
        ("99 sha256:" + "0" * 64, "the registry knows of 99"),
        ("2", "not one that mlops_nb writes"),
        ("", "not one that mlops_nb writes"),
        (None, "The anchor in the registry is missing"),
    ],
)
def test_a_changed_anchor_is_found(world: World, tag: str | None, said: str) -> None:
    if tag is None:
        del world.model_tags[ANCHOR_TAG]
    else:
        world.model_tags[ANCHOR_TAG] = tag

    assert said in " ".join(world.history().problems)


def test_a_history_that_was_changed_is_neither_extended_nor_covered_up(world: World) -> None:
    file = log_of(world)
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:-2], ""]))
    before = file.read_bytes(), dict(world.model_tags), dict(world.aliases)

    with pytest.raises(InputError, match="MNB728"):
        world.promote(1)
    with pytest.raises(InputError, match="MNB728"):
        world.rollback()

    assert (file.read_bytes(), world.model_tags, world.aliases) == before


def test_who_goes_past_a_changed_history_is_kept_and_the_next_one_need_not(world: World) -> None:
    file = log_of(world)
    file.write_text("\n".join([*file.read_text().splitlines()[:-2], ""]))

    done = world.promote(1, force=True, reason="the disk was restored from a backup")
    later = world.promote(3)

    assert done.forced == ("MNB728",)
    assert later.forced == ()
    assert world.history().problems, "what happened stays visible"
    assert world.aliases["champion"] == 3


def test_with_a_key_lines_that_were_written_anew_with_right_hashes_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLOPS_NB_STORE_KEY", KEY)
    world = World(tmp_path, embedded=True)
    for version in (1, 2, 3, 1, 2, 3):
        world.promote(version)
    assert not world.history().problems
    file = log_of(world)
    forged, prev = [], ""
    for number, line in enumerate(file.read_text().splitlines()[:-1], start=1):
        entry = parse_line(changed(line, actor="eve", signature=json.loads(line)["signature"]))
        sealed = entry.sealed(prev, None)
        assert sealed.seq == number
        forged.append(sealed.to_line())
        prev = sealed.hash
    file.write_text("\n".join([*forged, ""]))
    world.model_tags[ANCHOR_TAG] = Anchor(seq=len(forged), hash=prev).to_tag()

    assert world.history().problems == ("No entry is signed, though there is a key.",)
    monkeypatch.delenv("MLOPS_NB_STORE_KEY")
    assert not world.history().problems, "which is what nobody can see without a key"


def test_a_signature_vouches_for_what_was_written_before_there_was_a_key(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLOPS_NB_STORE_KEY", KEY)
    assert world.history().problems
    world.promote(1, force=True, reason="from now on with a key")

    assert not world.history().problems
    world.promote(3)
    monkeypatch.setenv("MLOPS_NB_STORE_KEY", KEY[::-1])
    assert "is not signed with this key" in " ".join(world.history().problems)


def test_a_line_whose_writer_died_half_way_is_no_sign_of_a_change(world: World) -> None:
    file = log_of(world)
    with file.open("a") as log:
        log.write('{"seq":13,"ki')

    assert not world.history().problems
    world.promote(4)
    assert not world.history().problems
    assert [event.entry.after for event in world.history().events][-1] == 4
    assert world.history().name == MODEL

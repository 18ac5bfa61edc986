"""How does a person go through a suggestion? Stage by stage: accept, rename, skip, all, quit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import click

from mlops_nb.cli.printing import print_out
from mlops_nb.pipeline.cells import Cell, StageName
from mlops_nb.pipeline.option_values import STAGE_NAME
from mlops_nb.pipeline.suggestion import SuggestedStage, SuggestedTag, Suggestion

_CHOICES = click.Choice(["y", "r", "n", "a", "q"])
_QUESTION = "[y] accept, [r] rename, [n] skip, [a] accept all, [q] stop here"
_LINES_SHOWN = 3
_WIDTH = 88


def ask_each(cells: Sequence[Cell], suggestion: Suggestion) -> Suggestion:
    """Return the part of `suggestion` that is accepted; what is asked goes to stderr.

    ``q`` keeps what was accepted so far.
    """
    stages: list[SuggestedStage] = []
    tags: list[SuggestedTag] = []
    items: list[SuggestedStage | SuggestedTag] = [*suggestion.stages, *suggestion.tags]
    taken = {_plain(tag.partition(":")[2]) for c in cells for tag in c.tags if tag[:6] == "stage:"}
    answer = ""
    for number, item in enumerate(items, start=1):
        _show(cells, item, f"{number}/{len(items)}")
        if answer != "a":
            answer = click.prompt(
                _QUESTION, type=_CHOICES, default="y", show_choices=False, err=True
            )
        if answer == "q":
            break
        if answer == "n":
            continue
        if isinstance(item, SuggestedTag):
            tags.append(item)
            continue
        name = _new_name(taken) if answer == "r" else item.name
        while _plain(name) in taken:
            print_out(f"There is a stage {name!r} already.", err=True)
            name = _new_name(taken)
        taken.add(_plain(name))
        stages.append(replace(item, name=name))
    return replace(suggestion, stages=tuple(stages), tags=tuple(tags))


def _new_name(taken: set[str]) -> StageName:
    """Return a name that a stage may have."""
    while True:
        name = click.prompt("name", err=True).strip()
        if not STAGE_NAME.fullmatch(name):
            print_out("Use letters, digits, - and _, with no digit or - in front.", err=True)
        elif _plain(name) in taken:
            print_out(f"There is a stage {name!r} already.", err=True)
        else:
            return StageName(name)


def _plain(name: str) -> str:
    """Return the name as it counts: ``a-b`` and ``a_b`` are one."""
    return name.replace("-", "_")


def _show(cells: Sequence[Cell], item: SuggestedStage | SuggestedTag, number: str) -> None:
    if isinstance(item, SuggestedTag):
        print_out(f"\n{number}  tag {item.tag}  ({item.reason})", err=True)
        _show_cell(cells[item.cell])
        return
    options = f"  {item.option_text}" if item.option_text else ""
    seconds = "" if item.seconds is None else f", {item.seconds:.1f} s"
    print_out(f"\n{number}  stage {item.name}{options}  ({item.reason}{seconds})", err=True)
    for index in item.cells:
        _show_cell(cells[index])


def _show_cell(cell: Cell) -> None:
    """Print the beginning of a cell."""
    lines = [line for line in cell.source.split("\n") if line.strip()]
    for position, line in enumerate(lines[:_LINES_SHOWN]):
        shown = line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"
        print_out(f"  {cell.index if position == 0 else '':>4} | {shown}", err=True)
    if len(lines) > _LINES_SHOWN:
        print_out(f"       | … {len(lines) - _LINES_SHOWN} more lines", err=True)

"""Which cells belong together? Runs of cells, cut where headings and what cells do change.

A group is an interval of the cells that do work, so that its stage can always be drawn together;
what only looks at values stays where it is, unless the group changes later what it looked at.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mlops_nb.pipeline.stages import Pipeline
from mlops_nb.pipeline.suggestion.facts import CellFacts, Heading
from mlops_nb.pipeline.suggestion.roles import Role

# More stages than these nobody reads: sections are joined.
_MOST = 12
# A section of so few cells, loading aside, is one stage whatever it does.
_SMALL = 4
_PHASES = {
    Role.LOAD: 0,
    Role.CLEAN: 1,
    Role.FEATURES: 1,
    Role.SPLIT: 2,
    Role.TRAIN: 3,
    Role.EVALUATE: 4,
    Role.PREDICT: 4,
    Role.SAVE: 5,
}
# Which part of a cell that plays several gives it its name.
_HEAVIEST = (
    Role.TRAIN,
    Role.EVALUATE,
    Role.LOAD,
    Role.SPLIT,
    Role.PREDICT,
    Role.SAVE,
    Role.FEATURES,
    Role.CLEAN,
)
_NO_PHASE = -1


@dataclass(frozen=True, slots=True)
class Group:
    """Cells of a stage to be, in order."""

    cells: tuple[CellFacts, ...]

    @property
    def role(self) -> Role | None:
        """What the group is for: the heaviest part that a cell of it plays."""
        mains = {main_role(cell) for cell in self.cells}
        return next((role for role in _HEAVIEST if role in mains), None)

    @property
    def phase(self) -> int:
        return _NO_PHASE if self.role is None else _PHASES[self.role]

    @property
    def phases(self) -> set[int]:
        return {phase_of(cell) for cell in self.cells} - {_NO_PHASE}

    @property
    def is_mixed(self) -> bool:
        """Whether it does so much that no one word says it."""
        return len(self.phases) > 2 or (3 in self.phases and bool(self.phases & {0, 1, 2}))

    @property
    def section(self) -> tuple[Heading, ...]:
        """The headings above all of its cells."""
        return functools.reduce(_shared, (cell.section for cell in self.cells))

    @property
    def indices(self) -> tuple[int, ...]:
        return tuple(cell.index for cell in self.cells)

    def and_(self, other: Group) -> Group:
        """Return this group with the one after it."""
        return Group((*self.cells, *other.cells))

    def needs(self, other: Group) -> bool:
        """Return whether a cell of this group reads what `other`, before it, makes."""
        mine = set(self.indices)
        return any(mine.intersection(cell.needed_by) for cell in other.cells)


def main_role(cell: CellFacts) -> Role | None:
    """Return the heaviest part a cell plays."""
    return next((role for role in _HEAVIEST if role in cell.roles), None)


def phase_of(cell: CellFacts) -> int:
    """Return how far along a pipeline a cell is."""
    role = main_role(cell)
    return _NO_PHASE if role is None else _PHASES[role]


def find_groups(facts: Sequence[CellFacts], breaks: Sequence[int]) -> list[Group]:
    """Return the groups; none if the notebook is no pipeline.

    Parameters
    ----------
    facts : sequence of CellFacts
    breaks : sequence of int
        Cells of stages that are there already: no group spans one.
    """
    work = [cell for cell in facts if cell.is_work]

    def are_apart(before: Group, after: Group) -> bool:
        start, end = before.indices[-1], after.indices[0]
        return any(start < place < end for place in breaks)

    groups: list[Group] = []
    for group in _by_section(work, breaks):
        groups += _cut(group)
    groups = _joined(groups, _belongs, are_apart)
    groups = _joined(groups, _is_same_work, are_apart)
    is_pipeline = any(_says_pipeline(cell) for group in groups for cell in group.cells)
    if is_pipeline:
        return _few([g for g in groups if _is_kept(g, groups)], are_apart)
    # An analysis starts where something is loaded; before that, somebody explains something.
    sure = [g for g in groups if any(c.is_sure and main_role(c) for c in g.cells)]
    start = next((i for i, group in enumerate(sure) if 0 in group.phases), len(sure))
    groups = _few(sure[start:], are_apart)
    return groups if len(groups) > 1 else []


def _by_section(work: Sequence[CellFacts], breaks: Sequence[int]) -> list[Group]:
    """Return runs of cells under one heading."""
    groups: list[Group] = []
    for cell in work:
        last = groups[-1] if groups else None
        is_broken = last and any(last.indices[-1] < place < cell.index for place in breaks)
        if last is not None and not is_broken and last.cells[-1].section == cell.section:
            groups[-1] = Group((*last.cells, cell))
        else:
            groups.append(Group((cell,)))
    return groups


def _cut(group: Group) -> list[Group]:
    """Cut a section where what it does changes; a section with a heading only before training."""
    is_headed = bool(group.section)
    phases = group.phases
    is_small = len(group.section) > 1 and len(group.cells) <= _SMALL and 0 not in phases
    if is_headed and (is_small or not (3 in phases and phases & {0, 1, 2})):
        return [group]
    parts: list[list[CellFacts]] = []
    waiting: list[CellFacts] = []
    current = _NO_PHASE
    for cell in group.cells:
        phase = phase_of(cell)
        if is_headed and phase in (3, 4):
            phase = 3 if current in (3, _NO_PHASE) or phase == 3 else phase
        if phase == _NO_PHASE:
            waiting.append(cell)
            continue
        if phase != current or not parts:
            parts.append([])
            current = phase
            is_wanted = any(cell.index in w.needed_by for w in waiting)
            if len(parts) > 1 and not is_wanted:
                parts[-2] += waiting
                waiting = []
        parts[-1] += [*waiting, cell]
        waiting = []
    if not parts:
        return [group]
    parts[-1] += waiting
    return [Group(tuple(part)) for part in parts]


def _joined(
    groups: Sequence[Group],
    belong: Callable[[Group, Group], bool],
    are_apart: Callable[[Group, Group], bool],
) -> list[Group]:
    """Return the groups, neighbours that belong together joined."""
    found: list[Group] = []
    for group in groups:
        if found and not are_apart(found[-1], group) and belong(found[-1], group):
            found[-1] = found[-1].and_(group)
        else:
            found.append(group)
    return found


def _belongs(before: Group, after: Group) -> bool:
    """Return whether one of two groups has no part or title of its own, and serves the other."""
    return not (_stands(before, after) and _stands(after, before)) and after.needs(before)


def _stands(group: Group, neighbour: Group) -> bool:
    """Return whether a group is worth a stage beside its neighbour."""
    if group.role is not None or any(cell.is_costly for cell in group.cells):
        return True
    return len(group.section) > 1 and group.section[-1] not in neighbour.section


def _says_pipeline(cell: CellFacts) -> bool:
    """Return whether a cell is what only pipelines have: training, judging, saving, or a cost."""
    return cell.is_costly or (cell.is_sure and phase_of(cell) in (3, 4, 5))


def _is_kept(group: Group, groups: Sequence[Group]) -> bool:
    """Return whether a group becomes a stage: it plays a part, costs, or is a titled source."""
    if group.role is not None or any(cell.is_costly for cell in group.cells):
        return True
    return len(group.section) > 1 and any(g.needs(group) for g in groups if g.role is not None)


def _is_same_work(before: Group, after: Group) -> bool:
    """Return whether two groups prepare, or judge, alike; each training is a stage of its own."""
    return before.phase == after.phase and before.phase in (0, 1, 2, 4, 5)


def _few(groups: list[Group], are_apart: Callable[[Group, Group], bool]) -> list[Group]:
    """Return at most a readable number of groups: those deepest below one heading are joined."""
    groups = list(groups)

    def cost(place: int) -> tuple[bool, int, int]:
        one, two = groups[place], groups[place + 1]
        depth = len(_shared(one.section, two.section))
        return are_apart(one, two), -depth, len(one.cells) + len(two.cells)

    costs = [cost(place) for place in range(len(groups) - 1)]
    while len(groups) > _MOST:
        place = min(range(len(costs)), key=costs.__getitem__)
        if costs[place][0]:
            break
        groups[place : place + 2] = [groups[place].and_(groups[place + 1])]
        del costs[place]
        for beside in (place - 1, place):
            if 0 <= beside < len(costs):
                costs[beside] = cost(beside)
    return groups


def _shared(one: Sequence[Heading], two: Sequence[Heading]) -> tuple[Heading, ...]:
    """Return the headings above both."""
    pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False))
    return tuple(heading for heading, _ in pairs)


def with_looks(group: Group, pipeline: Pipeline, candidates: Sequence[int]) -> tuple[int, ...]:
    """Return the cells of a stage: the group's, and those between them that it changes later.

    ``df.head()`` between two cells of which the second binds ``df`` anew must be drawn with them,
    and so must a function between them that rests on one and is called by the other.
    """
    cells = set(group.indices)
    span = [i for i in candidates if group.indices[0] <= i <= group.indices[-1]]
    resting = set(cells)
    for index in span:
        if resting.intersection(pipeline.edges[index]):
            resting.add(index)
    found = set(cells)
    changed: set[str] = set()
    needed: set[int] = set()
    for index in reversed(span):
        flow = pipeline.flows[index]
        is_wanted = index in needed or bool(changed & {*flow.reads, *flow.binds})
        if index in cells or (index in resting and is_wanted):
            found.add(index)
            changed |= {*flow.binds, *flow.mutates, *flow.may_mutate}
            needed.update(pipeline.needs[index])
    return tuple(sorted(found))

"""Where do passes over one notebook differ, and in which unit does a difference begin?

Units are compared in order: a value that differs is held against the unit that made it different,
not against all that follow. Nothing is executed or read here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mlops_nb.execution.verify_outputs import describe_output_change, plain_outputs
from mlops_nb.execution.verify_pass import OTHER, CellSeen, PassSeen
from mlops_nb.execution.verify_report import Cause, Difference, DifferenceKind, UnitReport
from mlops_nb.pipeline.incremental.facts import FactKind, name_fact

# A digest of what has none.
_NO_DIGEST = "none"
_ORDER: tuple[DifferenceKind, ...] = ("ending", "value", "file", "metric", "output")
UNSEEN = "it changed here, and nothing shows that the cell changes it"
_NOT_COMPARED = ("not run", "skipped")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What is compared as one: a stage, or a cell of no stage.

    Attributes
    ----------
    label : str
    stage : str or None
    cells : tuple of int
        Indices in the source that run, ascending.
    accepts : str
        Why it may differ, if it says so itself; else empty.
    """

    label: str
    stage: str | None
    cells: tuple[int, ...]
    accepts: str = ""


@dataclass(slots=True)
class Gone:
    """What differs in one pass by now, with the unit that made it so.

    Attributes
    ----------
    names, files : dict of str to str
        To the label of the unit.
    accepted : set of str
        Labels of units that may differ, and of those that differ for their sake.
    """

    names: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    accepted: set[str] = field(default_factory=set)


Explain = Callable[[Unit, Difference, Mapping[str, Gone]], Cause]


def compare_passes(
    units: Sequence[Unit], first: PassSeen, others: Sequence[PassSeen], *, explain: Explain
) -> tuple[UnitReport, ...]:
    """Return a report for each unit.

    Parameters
    ----------
    units : sequence of Unit
        In the order of their last cells.
    first : PassSeen
        What the others are held against.
    others : sequence of PassSeen
    explain : callable
        ``explain(unit, difference, gone)`` returns the likely cause; `gone` says by pass what
        differed before the unit.
    """
    gone = {seen.name: Gone() for seen in (first, *others)}
    unseen = _unseen_changes(first)
    reports = []
    for unit in units:
        found = {first.name: [d for i in unit.cells for d in unseen.get(i, ())]}
        found |= {other.name: list(_differences(unit, first, other, gone)) for other in others}
        differences = _merge(found)
        cause = explain(unit, differences[0], gone) if differences else None
        accepts = unit.accepts if differences else ""
        if differences and not accepts:
            accepts = _accepted_for(unit, differences, first, gone)
        for difference in differences:
            _note(difference, unit, gone, is_accepted=bool(accepts))
        _forget(unit, first, others, differences, gone)
        reports.append(
            UnitReport(
                label=unit.label,
                stage=unit.stage,
                cells=unit.cells,
                differences=differences,
                cause=cause,
                accepts=accepts,
                chance=_chances(unit, [first, *others]),
                unverified=_unverified(unit, first),
                absent=tuple(o.name for o in others if not _came_to(unit, o)),
            )
        )
    return tuple(reports)


def is_known(digest: str | None) -> bool:
    """Return whether a digest can be compared: a name that is not bound has one, None."""
    return digest is None or not digest.startswith(_NO_DIGEST)


def names_written(unit: Unit, seen: PassSeen) -> dict[str, str | None]:
    """Return the names that a unit left bound, changed or deleted, with their digests."""
    return _written(unit, seen, FactKind.NAME)


def _written(unit: Unit, seen: PassSeen, kind: FactKind) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for index in unit.cells:
        cell = seen.cells.get(index)
        if cell is not None:
            found |= {f.key: digest for f, digest in cell.writes.items() if f.kind is kind}
    return found


def _came_to(unit: Unit, seen: PassSeen) -> bool:
    cells = [seen.cells.get(index) for index in unit.cells]
    return all(cell is not None and cell.status not in _NOT_COMPARED for cell in cells)


def _differences(
    unit: Unit, first: PassSeen, other: PassSeen, gone: Mapping[str, Gone]
) -> Iterator[Difference]:
    """Yield in what a pass differs from the first in one unit, and did not before."""
    if not _came_to(unit, first):
        return
    ending = _ending(unit, first, other)
    if ending is not None:
        yield ending
    for joint in other.joints:
        if joint.last in unit.cells:
            yield Difference(
                kind="ending",
                subject="",
                cell=joint.last,
                passes=(other.name,),
                detail=f"it cannot run apart: {joint.reason}",
            )
    if ending is not None or not _came_to(unit, other):
        return
    yield from _values(unit, first, other, gone[other.name])
    last = unit.cells[-1]
    files = _written(unit, first, FactKind.FILE), _written(unit, other, FactKind.FILE)
    for path in sorted(files[0].keys() | files[1].keys()):
        if files[0].get(path) != files[1].get(path):
            yield Difference(kind="file", subject=path, cell=last, passes=(other.name,))
    if unit.stage is not None:
        yield from _metrics(unit, first, other)
    for index in unit.cells:
        before, after = first.cells[index].outputs, other.cells[index].outputs
        if plain_outputs(before) != plain_outputs(after):
            detail = describe_output_change(before, after)
            yield Difference(
                kind="output", subject="", cell=index, passes=(other.name,), detail=detail
            )


def _unseen_changes(seen: PassSeen) -> dict[int, list[Difference]]:
    """Return, by cell, the names whose values changed while it ran though it did not change them
    as far as any watch can tell."""
    found: dict[int, list[Difference]] = {}
    before: Mapping[str, str | None] = {}
    for index, cell in seen.cells.items():
        if cell.survey is None:
            continue
        for name in sorted(before.keys() & cell.survey.keys()):
            one, two = before[name], cell.survey[name]
            is_seen = name_fact(name) in cell.writes or not (is_known(one) and is_known(two))
            if one != two and not is_seen:
                told = Difference(
                    kind="value", subject=name, cell=index, passes=(seen.name,), detail=UNSEEN
                )
                found.setdefault(index, []).append(told)
        before = cell.survey
    return found


def _ending(unit: Unit, first: PassSeen, other: PassSeen) -> Difference | None:
    error = other.error
    if error is None or error.cell not in unit.cells or first.cells[error.cell].status == "failed":
        return None
    return Difference(
        kind="ending", subject="", cell=error.cell, passes=(other.name,), detail=error.message
    )


def _values(unit: Unit, first: PassSeen, other: PassSeen, gone: Gone) -> Iterator[Difference]:
    """Yield names that differ: those the unit left, and any that differ since."""
    last = unit.cells[-1]
    wrote, wrote_too = names_written(unit, first), names_written(unit, other)
    here, there = first.cells[last].survey, other.cells[last].survey
    names = wrote.keys() | (here.keys() & there.keys() if here and there else set())
    for name in sorted(names):
        is_left = name in wrote or name in wrote_too
        if name in gone.names and not is_left:
            continue
        one = _digest_of(name, here, wrote)
        if there is not None and name not in there and name not in wrote_too:
            if name in wrote and wrote[name] is not None and other.name == OTHER:
                yield _value(name, last, other, "it is not there")
            continue
        two = _digest_of(name, there, wrote_too)
        if one is _UNKNOWN or two is _UNKNOWN or one == two:
            continue
        yield _value(name, last, other, _show(name, unit, first, other))


_UNKNOWN = "?"


def _digest_of(
    name: str, survey: Mapping[str, str | None] | None, wrote: Mapping[str, str | None]
) -> str | None:
    digest = survey.get(name, wrote.get(name)) if survey is not None else wrote.get(name, _UNKNOWN)
    return digest if is_known(digest) else _UNKNOWN


def _value(name: str, cell: int, other: PassSeen, detail: str) -> Difference:
    return Difference(kind="value", subject=name, cell=cell, passes=(other.name,), detail=detail)


def _show(name: str, unit: Unit, first: PassSeen, other: PassSeen) -> str:
    """Return both values of a name, where they are short and no code."""
    fact = name_fact(name)
    texts = []
    for seen in (first, other):
        cells = [c for i in unit.cells if (c := seen.cells.get(i)) and fact in c.writes]
        texts.append(cells[-1].shown.get(fact, "") if cells else "")
    is_plain = all(text and "\n" not in text for text in texts)
    return f"{texts[0]} and {texts[1]}" if is_plain and texts[0] != texts[1] else ""


def _metrics(unit: Unit, first: PassSeen, other: PassSeen) -> Iterator[Difference]:
    here, there = (seen.metrics.get(str(unit.stage), {}) for seen in (first, other))
    for name in sorted(here.keys() | there.keys()):
        one, two = here.get(name), there.get(name)
        if one != two and not (one != one and two != two):  # not a number is no difference
            detail = f"{one!r} and {two!r}" if name in here and name in there else ""
            yield Difference(
                kind="metric",
                subject=name,
                cell=unit.cells[-1],
                passes=(other.name,),
                detail=detail,
            )


def _merge(found: Mapping[str, Iterable[Difference]]) -> tuple[Difference, ...]:
    """Return what is different, once for all passes in which it is, the first in the unit first."""
    merged: dict[tuple[str, str, int], Difference] = {}
    for difference in (d for differences in found.values() for d in differences):
        key = (difference.kind, difference.subject, difference.cell)
        known = merged.get(key)
        passes = (*known.passes, *difference.passes) if known else difference.passes
        merged[key] = replace(known or difference, passes=passes)
    return tuple(sorted(merged.values(), key=lambda d: (_ORDER.index(d.kind), d.cell, d.subject)))


def _note(
    difference: Difference, unit: Unit, gone: Mapping[str, Gone], *, is_accepted: bool
) -> None:
    for name in difference.passes:
        if difference.kind == "value":
            gone[name].names[difference.subject] = unit.label
        if difference.kind == "file":
            gone[name].files[difference.subject] = unit.label
        if is_accepted:
            gone[name].accepted.add(unit.label)


def _forget(
    unit: Unit,
    first: PassSeen,
    others: Sequence[PassSeen],
    differences: Collection[Difference],
    gone: Mapping[str, Gone],
) -> None:
    """Take back what the unit made equal again, by binding the name anew."""
    for other in others:
        still = {d.subject for d in differences if d.kind == "value" and other.name in d.passes}
        if _came_to(unit, other):
            for name in names_written(unit, first).keys() & gone[other.name].names.keys() - still:
                del gone[other.name].names[name]


def _accepted_for(
    unit: Unit, differences: Collection[Difference], first: PassSeen, gone: Mapping[str, Gone]
) -> str:
    """Return for whose sake the unit may differ: it reads what another, which may, left."""
    makers = set()
    for name in {name for difference in differences for name in difference.passes}:
        reads = {f.key for i in unit.cells for f in first.cells[i].reads}
        makers |= {label for read, label in gone[name].names.items() if read in reads}
        makers |= {label for read, label in gone[name].files.items() if read in reads}
        if not makers or not makers <= gone[name].accepted:
            return ""
    return f"it reads what {sorted(makers)[0]} left, which may differ"


def _chances(unit: Unit, passes: Sequence[PassSeen]) -> tuple[str, ...]:
    cells = (seen.cells.get(index) for seen in passes for index in unit.cells)
    told = (b.message for cell in cells if cell is not None for b in cell.blockers)
    return tuple(dict.fromkeys(told))


def _unverified(unit: Unit, first: PassSeen) -> dict[str, str]:
    """Return the names that a unit left without a fingerprint."""
    cells: list[CellSeen] = [first.cells[i] for i in unit.cells if i in first.cells]
    wrote = names_written(unit, first)
    return {
        name: why
        for cell in cells
        for name, why in cell.obstacles.items()
        if name in wrote and not is_known(wrote[name])
    }

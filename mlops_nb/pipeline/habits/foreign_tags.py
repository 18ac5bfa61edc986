"""Is the notebook tagged for Kale, whose tags mean nothing here? MNB257.

Told once for all tags that are Kale's own, and once for each that is nearly one: that one means
nothing in Kale either. Words that anybody may use (``imports``, ``functions``, ``limit:…``) say
nothing alone. A cell that also says what it is here needs no word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.migration.kale_tags import is_kale_tag, parse_tags
from mlops_nb.pipeline.option_values import STAGE_NAME
from mlops_nb.pipeline.stages import Pipeline

_WITH_NAMES = ("block", "step", "prev")
_PIPELINE = re.compile(r"pipeline(?P<what>parameters?|params?|metrics?)")
_OURS = frozenset({"parameters", "setup", "skip"})
_SHOWN = 3
_MIGRATE = "'mlops-nb migrate' turns Kale's tags into stages"


def foreign_tag_findings(pipeline: Pipeline) -> Iterator[Diagnostic]:
    """Yield what is told of Kale's tags, and of tags that are nearly Kale's."""
    cells = [
        cell
        for cell in pipeline.cells
        if cell.type == "code"
        and cell.index not in pipeline.directives
        and not _OURS.intersection(cell.tags)
    ]
    tagged = [(cell, tag) for cell in cells for tag in cell.tags if is_kale_tag(tag)]
    if tagged:
        yield _tell_all(tagged)
    for cell in cells:
        for tag in cell.tags:
            meant = kale_tag_meant(tag)
            if meant:
                yield _tell_near(cell, tag, meant)
    has_steps = any(parse_tags(cell.tags).steps for cell in pipeline.cells)
    for cell, tag in tagged:
        if tag.startswith("prev:") and not parse_tags(cell.tags).role and has_steps:
            yield _tell_alone(cell, tag)


def kale_tag_meant(tag: str) -> str:
    """Return the tag of Kale's that `tag` nearly is; ``""`` if it is one, or like none.

    >>> [kale_tag_meant(t) for t in ("blocks:load", "Steps:load", "pipeline_params", "stop:load")]
    ['block:load', 'step:load', 'pipeline-parameters', '']
    """
    if is_kale_tag(tag):
        return ""
    word, colon, name = tag.strip().partition(":")
    if colon:
        near = next((w for w in _WITH_NAMES if _is_slip(word.strip().casefold(), w)), "")
        named = STAGE_NAME.fullmatch(name.strip())
        return f"{near}:{name.strip()}" if near and named else ""
    match = _PIPELINE.fullmatch(re.sub(r"[\s_-]+", "", tag.casefold()))
    if match is None:
        return ""
    return "pipeline-metrics" if match["what"].startswith("m") else "pipeline-parameters"


def _is_slip(word: str, meant: str) -> bool:
    """Return whether two words have the same letters, or one has a letter more; four at least."""
    if len(word) < len("prev") or abs(len(word) - len(meant)) > 1:
        return False
    if len(word) == len(meant):
        return sorted(word) == sorted(meant)
    short, long = sorted((word, meant), key=len)
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def _tell_all(tagged: list[tuple[Cell, str]]) -> Diagnostic:
    tags = list(dict.fromkeys(tag for _, tag in tagged))
    more = f" and {len(tags) - _SHOWN} more" if len(tags) > _SHOWN else ""
    shown = ", ".join(repr(tag) for tag in tags[:_SHOWN])
    return Diagnostic(
        code="MNB257",
        severity="warning",
        cell=tagged[0][0].index,
        message=f"cells are tagged for Kale ({shown}{more}): here these tags mean nothing, and "
        "the cells are of no stage.",
        remedy=f"Run it: {_MIGRATE}, and keeps outputs and ids.",
    )


def _tell_near(cell: Cell, tag: str, meant: str) -> Diagnostic:
    word, _, name = meant.partition(":")
    ours = f"'stage:{name}'" if word in ("block", "step") else ""
    ours = "'parameters'" if meant == "pipeline-parameters" else ours
    here = f", or {ours} to say it here" if ours else ""
    return Diagnostic(
        code="MNB257",
        severity="warning",
        cell=cell.index,
        message=f"the tag {tag!r} is nearly Kale's {meant!r}, and means nothing, here or in Kale.",
        remedy=f"Write {meant!r} and migrate the notebook ({_MIGRATE}){here}.",
    )


def _tell_alone(cell: Cell, tag: str) -> Diagnostic:
    return Diagnostic(
        code="MNB257",
        severity="warning",
        cell=cell.index,
        message=f"the tag {tag!r} stands without 'step:' or 'block:': in Kale the cell belongs to "
        "the step above it, and waits for nothing.",
        remedy=f"Give the cell the step it was meant as, then migrate the notebook: {_MIGRATE}.",
    )

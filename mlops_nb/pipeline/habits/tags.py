"""Which tags are nearly ones that mean something? MNB251.

Only what can hardly be anything else: other cases, spaces, plurals, a slip of a letter or two, and
words people use for the same. A tag of another tool is nobody's slip.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.option_values import STAGE_NAME
from mlops_nb.pipeline.stages import Pipeline

_MEANINGS = {
    "parameters": "a value given with '-p' does not reach it",
    "setup": "it runs as any cell, and not in every kernel",
    "skip": "it runs headless",
    "raises-exception": "an exception in it ends the run",
}
_MEANT = {
    "parameter": "parameters",
    "params": "parameters",
    "param": "parameters",
    "parameters-cell": "parameters",
    "parameter-cell": "parameters",
    "papermill": "parameters",
    "papermill-parameters": "parameters",
    "setups": "setup",
    "set-up": "setup",
    "skipped": "skip",
    "skips": "skip",
    "skip-cell": "skip",
    "raise-exception": "raises-exception",
    "raises-exceptions": "raises-exception",
    "raises-error": "raises-exception",
    "raise-error": "raises-exception",
}
# Tags of others that come near.
_OTHERS = frozenset({"skip-execution", "skip-test", "skip-ci", "pipeline-parameters"})
_STAGE = re.compile(r"\s*stage[-_ ]+(?P<name>[\w-]+)\s*", re.IGNORECASE)


def tag_findings(pipeline: Pipeline) -> Iterator[Diagnostic]:
    """Yield one finding for each tag of a code cell that is nearly one of ours."""
    for cell in pipeline.cells:
        for tag in cell.tags if cell.type == "code" else ():
            meant = meant_tag(tag)
            if not meant or meant in cell.tags:
                continue
            why = _MEANINGS.get(meant, "the cell is of no stage")
            yield Diagnostic(
                code="MNB251",
                severity="warning",
                cell=cell.index,
                message=f"the tag {tag!r} means nothing here: {why}.",
                remedy=f"Write the tag as {meant!r}, or remove it.",
            )


def meant_tag(tag: str) -> str:
    """Return the tag that `tag` nearly is; ``""`` if it is one, or like none.

    >>> meant_tag("Parameter"), meant_tag("stage_train"), meant_tag("parameters")
    ('parameters', 'stage:train', '')
    """
    if tag in _MEANINGS:
        return ""
    stage = _STAGE.fullmatch(tag)
    if stage is not None and STAGE_NAME.fullmatch(stage["name"]):
        return f"stage:{stage['name']}"
    word = re.sub(r"[\s_]+", "-", tag.strip().casefold()).strip("-:")
    if word in _MEANINGS:
        return word
    if word in _OTHERS:
        return ""
    if word in _MEANT:
        return _MEANT[word]
    long_words = [name for name in _MEANINGS if len(name) > 6]
    close = difflib.get_close_matches(word, long_words, n=1, cutoff=0.85)
    return close[0] if close else ""

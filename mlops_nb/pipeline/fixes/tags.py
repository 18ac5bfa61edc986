"""How is a tag that is nearly one put right? MNB251, where it is the word itself: other letters, a
plural, a short form. A word of the same meaning is for a person.
"""

from __future__ import annotations

from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.fixes.context import FixContext
from mlops_nb.pipeline.fixes.edits import Fix, TagEdit
from mlops_nb.pipeline.fixes.texts import is_typo
from mlops_nb.pipeline.habits.tags import meant_tag

_SHORTEST = 4


def fix_near_tag(finding: Diagnostic, context: FixContext) -> Fix | None:
    """Return what writes the tag that the finding is about as the one it is meant as."""
    for tag in context.cells[finding.cell].tags:
        meant = meant_tag(tag)
        if meant and f"tag {tag!r} " in finding.message and _is_same_word(tag, meant):
            edit = TagEdit(cell=finding.cell, old=tag, new=meant)
            return Fix(title=f"Write the tag as {meant}", edits=(edit,), reveals=True)
    return None


def _is_same_word(tag: str, meant: str) -> bool:
    word = "-".join(tag.strip(" -_:").casefold().replace("_", " ").split())
    if meant.startswith("stage:") or word == meant or is_typo(word, meant):
        return True
    shorter, longer = sorted((word, meant), key=len)
    return len(shorter) >= _SHORTEST and longer.startswith(shorter)

"""Which findings can be mended by a machine, and how? One function a code; each is pure.

A function answers with edits, or with None where a person must choose. What is proposed here is
proved by whoever makes it: the notebook with the edits is checked again (`project.fixing`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.fixes.comments import fix_idle_comment, fix_ignore_comment
from mlops_nb.pipeline.fixes.context import FixContext
from mlops_nb.pipeline.fixes.directives import (
    fix_near_directive,
    fix_option_name,
    fix_option_value,
    fix_stage_tag,
)
from mlops_nb.pipeline.fixes.edits import Fix
from mlops_nb.pipeline.fixes.imports import fix_stage_import, fix_star_import
from mlops_nb.pipeline.fixes.parameters import fix_computed_default
from mlops_nb.pipeline.fixes.seeds import fix_unseeded
from mlops_nb.pipeline.fixes.tags import fix_near_tag

__all__ = ["FIXERS", "propose_fixes"]

FIXERS: Mapping[str, Callable[[Diagnostic, FixContext], Fix | None]] = {
    "MNB204": fix_option_value,
    "MNB206": fix_option_value,
    "MNB210": fix_stage_tag,
    "MNB211": fix_option_name,
    "MNB216": fix_near_directive,
    "MNB232": fix_star_import,
    "MNB236": fix_unseeded,
    "MNB238": fix_computed_default,
    "MNB249": fix_stage_import,
    "MNB251": fix_near_tag,
    "MNB260": fix_ignore_comment,
    "MNB261": fix_idle_comment,
}


def propose_fixes(findings: Sequence[Diagnostic], context: FixContext) -> dict[int, Fix]:
    """Return a fix for each of `findings` that has one, by its position."""
    found = {}
    for position, finding in enumerate(findings):
        fixer = FIXERS.get(finding.code)
        fix = fixer(finding, context) if fixer is not None and finding.cell >= 0 else None
        if fix is not None:
            found[position] = fix
    return found

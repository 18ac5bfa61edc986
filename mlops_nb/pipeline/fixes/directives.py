"""How are misspelt directives mended? MNB216, MNB210 and MNB211, and names in options: MNB204,
MNB206.

Only where one word is meant and no other: a typo of exactly one valid word, and a directive that
can be read once it is put right.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.directive_lines import COMMENT_LINE, MAGIC_LINE, directive_lines
from mlops_nb.pipeline.directives import DirectiveError, parse_magic_line
from mlops_nb.pipeline.fixes.context import FixContext
from mlops_nb.pipeline.fixes.edits import Fix, TagEdit, TextEdit
from mlops_nb.pipeline.fixes.texts import CellText, typo_of
from mlops_nb.pipeline.option_values import STAGE_NAME
from mlops_nb.pipeline.options import flags

_NEAR_COMMENT = re.compile(
    r"#[ \t]*ml_?ops[ \t]*(?P<mark>[:_-]?)[ \t]*(?P<word>\w+)[ \t]*:?[ \t]+(?P<text>\S.*)"
)
_NEAR_MAGIC = re.compile(r"[ \t]*(?P<word>%%?\w+)[ \t]+(?P<text>\S.*)")
_NEAR_TAG = re.compile(r"\s*stages?\s*[:=]\s*(?P<name>[^\s:=]+)\s*", re.IGNORECASE)


def fix_near_directive(finding: Diagnostic, context: FixContext) -> Fix | None:
    """Return what makes a line or tag the directive that it nearly is: MNB216."""
    cell = context.cells[finding.cell]
    if not finding.line:
        return _fix_tag(cell)
    if cell.code is None or directive_lines(cell.source):
        return None  # there is one already: whoever wrote two must say which
    text = context.texts[cell.index]
    line = text.line(finding.line)
    if COMMENT_LINE.fullmatch(line) or MAGIC_LINE.fullmatch(line):
        return _move_up(text, finding.line)
    written = _respelt(line)
    if written is None or any(_is_code(text.line(n)) for n in range(1, finding.line)):
        return None
    start = text.starts[finding.line - 1]
    indent = len(line) - len(line.lstrip())
    edit = TextEdit(
        cell=cell.index, start=start + indent, end=start + len(line), text=written.strip()
    )
    return Fix(title=f"Write {written.strip()}", edits=(edit,), reveals=True)


def fix_stage_tag(finding: Diagnostic, context: FixContext) -> Fix | None:
    """Return what takes the spaces out of a tag ``stage: NAME``: MNB210."""
    return None if finding.line else _fix_tag(context.cells[finding.cell])


def fix_option_name(finding: Diagnostic, context: FixContext) -> Fix | None:
    """Return what puts a misspelt option right: MNB211 in a magic or comment line."""
    text = _directive_text(finding, context)
    if text is None:
        return None
    try:
        parse_magic_line(text)
    except DirectiveError as error:
        meant = typo_of(error.option, flags()) if error.option.startswith("--") else None
        return _replace_word(finding, context, error.option, meant)
    return None


def fix_option_value(finding: Diagnostic, context: FixContext) -> Fix | None:
    """Return what puts a misspelt name behind an option right: MNB206 names, MNB204 stages."""
    directive = context.pipeline.directives.get(finding.cell)
    if directive is None:
        return None
    stages = {stage.name for stage in context.pipeline.stages}
    last = max(s.cells[-1] for s in context.pipeline.stages if s.name == directive.stage)
    bound = {n for i, flow in context.pipeline.flows.items() if i <= last for n in flow.binds}
    for option, value in directive.options.items():
        known: Collection[str] = stages - {directive.stage} if option == "needs" else bound
        words = value if isinstance(value, tuple) else (value,)
        for word in words:
            says = f"'--{option} {word}'" in finding.message or option == "needs"
            if not says or not isinstance(word, str) or word in known:
                continue
            if option == "needs" and f"stage {word!r}" not in finding.message:
                continue
            return _replace_word(finding, context, word, typo_of(word, sorted(known)))
    return None


def _respelt(line: str) -> str | None:
    """Return a line as the directive it nearly is; None if it is not surely one."""
    stripped = line.strip()
    if stripped.startswith("#"):
        match = _NEAR_COMMENT.fullmatch(stripped)
        if match is None or not _means(match["word"], "stage"):
            return None
        written = f"# mlops: stage {match['text']}"
    else:
        match = _NEAR_MAGIC.fullmatch(line)
        if match is None or not _means(match["word"], "%%mlops_stage"):
            return None
        written = f"%%mlops_stage {match['text']}"
    try:
        parse_magic_line(match["text"])
    except DirectiveError:
        return None
    return written


def _means(word: str, meant: str) -> bool:
    return word == meant or typo_of(word, [meant]) is not None


def _move_up(text: CellText, number: int) -> Fix | None:
    """Return what puts a directive that stands below code at the top of its cell."""
    line = text.line(number)
    match = COMMENT_LINE.fullmatch(line) or MAGIC_LINE.fullmatch(line)
    try:
        parse_magic_line((match and match["text"]) or "")
    except DirectiveError:
        return None
    others = [n for n in range(1, len(text.starts) + 1) if n != number and _says(text.line(n))]
    if others:
        return None
    start = text.starts[number - 1]
    end = text.starts[number] if number < len(text.starts) else len(text.source)
    if end == len(text.source) and number > 1:
        start = text.starts[number - 2] + len(text.line(number - 1))
    cell = text.cell.index
    edits = (
        TextEdit(cell=cell, start=0, end=0, text=line.strip() + text.newline),
        TextEdit(cell=cell, start=start, end=end, text=""),
    )
    return Fix(title="Move the directive to the top of its cell", edits=edits, reveals=True)


def _says(line: str) -> bool:
    return bool(COMMENT_LINE.fullmatch(line) or MAGIC_LINE.fullmatch(line))


def _fix_tag(cell: Cell) -> Fix | None:
    near = [tag for tag in cell.tags if _NEAR_TAG.fullmatch(tag)]
    unfit = [tag for tag in near if not STAGE_NAME.fullmatch(tag.removeprefix("stage:"))]
    if len(near) != 1 or len(unfit) != 1:
        return None
    match = _NEAR_TAG.fullmatch(unfit[0])
    if match is None or not STAGE_NAME.fullmatch(match["name"]):
        return None
    new = f"stage:{match['name']}"
    edit = TagEdit(cell=cell.index, old=unfit[0], new=new)
    return Fix(title=f"Write the tag as {new}", edits=(edit,), reveals=True)


def _directive_text(finding: Diagnostic, context: FixContext) -> str | None:
    """Return what the directive line of the finding says after the word stage."""
    found = directive_lines(context.cells[finding.cell].source)
    return next((text for line, _, text in found if line == finding.line), None)


def _replace_word(
    finding: Diagnostic, context: FixContext, word: str, meant: str | None
) -> Fix | None:
    """Return what puts `meant` for `word`, which must stand once in the finding's line."""
    if meant is None or not word or _directive_text(finding, context) is None:
        return None
    text = context.texts[finding.cell]
    pattern = rf"(?<![\w-]){re.escape(word)}(?![\w-])"
    places = list(re.finditer(pattern, text.line(finding.line)))
    if len(places) != 1:
        return None
    start = text.starts[finding.line - 1] + places[0].start()
    edit = TextEdit(cell=finding.cell, start=start, end=start + len(word), text=meant)
    return Fix(title=f"Write {meant}", edits=(edit,), reveals=True)


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")

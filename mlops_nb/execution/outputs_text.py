"""How does an output look where there is only text: a terminal, a log?

A pure function over outputs as notebook files hold them (text whole or as a list of lines). What a
program printed is passed on as it is, colours and carriage returns with it (other commands to a
terminal are for `leave_out_commands`); of a display the text that its author gave; what has none is
named with its type and size.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# The text/plain of an object that is only there for its other forms.
_SAYS_NOTHING = re.compile(r"<(?:IPython\.core\.display|IPython\.lib\.display)\.\w+ object>")
# In this order, where text/plain says nothing; they are read as they stand.
_READABLE = ("text/markdown", "text/latex", "application/json")
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNITS = ("B", "kB", "MB", "GB")
_COMMANDS = re.compile(
    r"\x1b(?!\[[0-9;:]*m)(?:\[[0-?]*[ -/]*[@-~]?|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])?"
    r"|[\x00-\x07\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]"
)


def render_output(output: Mapping[str, Any]) -> str:
    """Return one output of a cell as text for a terminal.

    Parameters
    ----------
    output : Mapping
        In nbformat 4's form. Of a stream it may be a part: the text is returned as it is.

    Returns
    -------
    str
        Ends with a line break unless it is a stream's; empty for what shows nothing. Lone
        surrogates, which no terminal can take, are replaced by U+FFFD.
    """
    kind = output.get("output_type")
    if kind == "stream":
        return _clean(_joined(output.get("text", "")))
    if kind == "error":
        lines = output.get("traceback") or [f"{output.get('ename')}: {output.get('evalue')}"]
        return _clean("\n".join(map(str, lines))) + "\n"
    if kind in ("display_data", "execute_result"):
        text = _render_display(output.get("data") or {})
        return _clean(text).rstrip("\n") + "\n" if text else ""
    return ""


def head_cell(index: int | None, stage: str | None = None) -> str:
    """Return the line above a cell's output: ``── stage train, cell 7 ──``.

    `index` is None for the cell of injected parameters, which no one counts.
    """
    cell = "parameters" if index is None else f"cell {index}"
    return f"── {cell} ──" if stage is None else f"── stage {stage}, {cell} ──"


def phrase_bytes(count: int) -> str:
    """Return `count` bytes as a person says it: ``512 B``, ``3.2 kB``, ``100 MB``.

    >>> [phrase_bytes(count) for count in (1, 2_048, 20_000_000)]
    ['1 B', '2.05 kB', '20 MB']
    """
    size, unit = float(count), 0
    while size >= 999.5 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.3g} {_UNITS[unit]}" if size < 1000 else f"{size:.0f} {_UNITS[unit]}"


def _render_display(data: Mapping[str, Any]) -> str:
    plain = _joined(data.get("text/plain", ""))
    if plain and not _SAYS_NOTHING.fullmatch(plain):
        return plain
    for kind in _READABLE:
        if data.get(kind):
            return _joined(data[kind])
    others = [kind for kind in data if kind != "text/plain"]
    sizes = (
        f"{kind}, {phrase_bytes(len(_joined(data[kind]).encode(errors='replace')))}"
        for kind in others
    )
    return f"[{'; '.join(sizes)}]" if others else plain


def _joined(value: Any) -> str:
    """Return the text of a value that files may hold as a list of lines."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    return json.dumps(value, ensure_ascii=False)


def _clean(text: str) -> str:
    return _SURROGATE.sub("�", text)


def leave_out_commands(text: str) -> str:
    r"""Return `text` without what a notebook may not tell a terminal: all commands and controls but
    colours, tabs, backspaces and ends of lines.

    >>> leave_out_commands("\x1b[31mred\x1b[0m\x1b[2J \x1b]52;c;ZXZpbA==\x07\x07end\n")
    '\x1b[31mred\x1b[0m end\n'
    """
    return _COMMANDS.sub("", text)

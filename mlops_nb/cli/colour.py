"""Is output coloured, how wide may it be, and which colour says what?

As terminals and CI systems agree (no-color.org, force-color.org): an option wins, then NO_COLOR,
then FORCE_COLOR, then whether somebody sits there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import TextIO

import click

from mlops_nb.export.code_frames import Look, plain

_ROLES: Mapping[str, Mapping[str, str | bool]] = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "info": {"fg": "cyan", "bold": True},
    "place": {"bold": True},
    "gutter": {"fg": "blue"},
    "related": {"fg": "blue", "bold": True},
    "remedy": {"fg": "green"},
    "added": {"fg": "green"},
    "removed": {"fg": "red"},
    "head": {"fg": "cyan"},
}


def paint(text: str, role: str) -> str:
    """Return `text` in the colour of `role`."""
    return click.style(text, **_ROLES[role])  # type: ignore[arg-type]  # fg: text, bold: truth


def is_coloured(stream: TextIO | None, *, said: str, environment: Mapping[str, str]) -> bool:
    """Return whether what goes to `stream` is coloured; `said` is ``auto``, ``always`` or
    ``never``."""
    if said != "auto":
        return said == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    is_dumb = environment.get("TERM") == "dumb"
    return stream is not None and stream.isatty() and not is_dumb


def look_of(stream: TextIO | None, *, said: str) -> Look:
    """Return how frames look on `stream`: cut to its width where it is a terminal."""
    coloured = is_coloured(stream, said=said, environment=os.environ)
    has_width = stream is not None and stream.isatty()
    return Look(
        width=shutil.get_terminal_size().columns if has_width else None,
        paint=paint if coloured else plain,
    )

"""Which notebook could somebody have meant who named one that is not there?"""

from __future__ import annotations

import difflib
from pathlib import Path

MOST_NAMED = 5


def name_beside(path: Path) -> str:
    """Return a sentence with the notebooks in the folder of `path`, the likeliest first."""
    beside = sorted(found.name for found in path.parent.glob("*.ipynb")) if path.name else []
    if not beside:
        return "Check the path."
    stems = [name.removesuffix(".ipynb") for name in beside]
    close = difflib.get_close_matches(path.stem, stems, n=MOST_NAMED, cutoff=0.6)
    likely = [f"{stem}.ipynb" for stem in close]
    named = [*likely, *(name for name in beside if name not in likely)][:MOST_NAMED]
    more = f" and {len(beside) - len(named)} more" if len(beside) > len(named) else ""
    return f"Notebooks in that folder: {', '.join(named)}{more}."

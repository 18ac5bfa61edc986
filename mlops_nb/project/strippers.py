"""Which tools that clean notebooks does this project set up? Their files, read for the judgement.

The project's own folder counts, and the top of its git repository.
"""

from __future__ import annotations

from pathlib import Path

from mlops_nb.pipeline.strippers import FILES, Stripper, find_strippers

_LARGEST = 1_000_000


def project_strippers(root: Path) -> list[Stripper]:
    """Return the tools that are set up at `root` to delete metadata of cells that we read."""
    tops = [folder for folder in (root, *root.parents) if (folder / ".git").exists()]
    texts: dict[str, str] = {}
    for folder in dict.fromkeys((*tops[:1], root)):
        for name in FILES:
            text = _read(folder / name)
            if text is not None:
                texts[name] = text
    return find_strippers(texts)


def _read(path: Path) -> str | None:
    try:
        if path.stat().st_size > _LARGEST:
            return None
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None

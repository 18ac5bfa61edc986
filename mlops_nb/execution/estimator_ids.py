"""How are the displays of scikit-learn's estimators numbered where only some cells ran?

Each display has ids that its library counts in the process (``sk-container-id-2``); its style sheet
and what unfolds by a click go by them. Beside restored displays, those of a kernel that began to
count anew would have the same ids. They are numbered as in a run of all cells: in their order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

_ID = re.compile(r"\b(sk-(?:container|estimator)-id-)(\d+)\b")
_MARK = "sk-container-id-"
# What makes displays that stand in no output.
_HIDING = re.compile(r"capture|_repr_|clear_output|\bOutput\(")


def number_estimators(cells: Sequence[Any]) -> list[int]:
    """Number the displays of estimators in executed cells, of which some were restored.

    Where some display may have been made and not shown, ids that ascend stay as they are.

    Parameters
    ----------
    cells : sequence of NotebookNode
        Changed in place.

    Returns
    -------
    list of int
        Positions of cells that changed.
    """
    shown = list(_displays(cells))
    states = {cell.metadata.get("mlops_nb", {}).get("status") for cell in cells} if shown else set()
    if "restored" not in states:
        return []
    found = [_ID.search(data["text/html"]) for _, data in shown]
    first = [int(one[2]) for one in found if one is not None]
    is_hiding = any(_HIDING.search(cell.source) for cell in cells)
    if is_hiding and all(a < b for a, b in pairwise(first)):
        return []
    count, changed = Counter[str](), []
    for position, data in shown:
        numbered = _numbered(data["text/html"], count)
        if numbered != data["text/html"]:
            data["text/html"] = numbered
            changed.append(position)
    return sorted(set(changed))


def _displays(cells: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    for position, cell in enumerate(cells):
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            html = data.get("text/html")
            if isinstance(html, str) and _MARK in html:
                yield position, data


def _numbered(html: str, count: Counter[str]) -> str:
    """Return a display with the next ids of each kind, in the order in which they stand in it."""
    known: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        if found[0] not in known:
            count[found[1]] += 1
            known[found[0]] = f"{found[1]}{count[found[1]]}"
        return known[found[0]]

    return _ID.sub(number, html)

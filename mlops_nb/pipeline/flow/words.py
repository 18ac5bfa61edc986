"""How are the tables of known names written? As plain text, a word each."""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    """Return the words of `text`.

    >>> sorted(word_set("fit  append"))
    ['append', 'fit']
    """
    return frozenset(text.split())

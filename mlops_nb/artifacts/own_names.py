"""Which names in the namespace of a notebook are the user's own?

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# What IPython itself puts among the user's names, beside those it says it hides; all of it begins
# with an underscore, or is one of these.
_SHELL_WORDS = frozenset({"In", "Out", "exit", "quit", "get_ipython"})
_OF_THE_SHELL = re.compile(
    r"__(name|doc|package|loader|spec|builtins?|annotations|conditional_annotations|session|"
    r"warningregistry|cached|vsc_ipynb_file)__|_+|_\d+|_i+|_i\d+|_[iod]h|_exit_code|In|Out|exit|quit|get_ipython"
)


def own_names(namespace: Mapping[str, Any], hidden: Mapping[str, Any]) -> dict[str, Any]:
    """Return the user's own names with their values.

    Parameters
    ----------
    namespace : Mapping
    hidden : Mapping
        Names the shell put there itself, with their values.
    """
    # A kernel has two or three of the shell's names for each cell that ran: they are known.
    found = {name: value for name, value in dict(namespace).items() if name not in _known_words}
    # No name of the user's is looked at by itself: there may be thousands.
    doubted = {name for name in found if name[:1] == "_"}
    doubted |= (_SHELL_WORDS | hidden.keys()) & found.keys()
    for name in doubted:
        if is_of_the_shell(name, found[name], hidden):
            del found[name]
    return found


def is_of_the_shell(name: str, value: Any, hidden: Mapping[str, Any]) -> bool:
    """Return whether a name with that value is IPython's, and not the user's."""
    is_hidden = name in hidden and hidden[name] is value
    return is_hidden or _is_word_of_the_shell(name)


def _is_word_of_the_shell(name: str) -> bool:
    if name in _known_words:
        return True
    is_one = _OF_THE_SHELL.fullmatch(name) is not None
    if is_one and type(name) is str:
        _known_words.add(name)
    return is_one


# Which of the names that were asked for are the shell's, whatever they are bound to.
_known_words: set[str] = set()

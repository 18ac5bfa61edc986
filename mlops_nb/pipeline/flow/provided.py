"""Which names are there without a cell that binds them? Python's builtins, and IPython's own."""

from __future__ import annotations

import builtins
import re

from mlops_nb.pipeline.flow.words import word_set

_IPYTHON = word_set(
    """
    display get_ipython In Out exit quit _ __ ___ _i _ii _iii _ih _oh _dh _exit_code _sh
    __name__ __doc__ __builtins__ __builtin__ __loader__ __spec__ __package__ __debug__
    """
)
# Names there are without a cell that binds them. Later Pythons have a few more builtins than the
# one this runs on.
PROVIDED = (
    _IPYTHON
    | frozenset(dir(builtins))
    | word_set(
        """
    aiter anext BaseExceptionGroup ExceptionGroup PythonFinalizationError
    """
    )
)

# What IPython calls the inputs and outputs of single cells.
_NUMBERED = re.compile(r"_i?\d+")


def is_provided(name: str) -> bool:
    """Return whether there is a name without a cell that binds it.

    >>> [is_provided(name) for name in ("len", "_", "_12", "_i3", "_x1")]
    [True, True, True, True, False]
    """
    return name in PROVIDED or (name[:1] == "_" and _NUMBERED.fullmatch(name) is not None)


# What IPython keeps of what cells said and gave.
_HISTORY = re.compile(r"_{1,3}|_i{1,3}|_i?\d+|_[io]h|In|Out")


def is_history(name: str) -> bool:
    """Return whether IPython keeps under a name what cells before said or gave.

    >>> [is_history(name) for name in ("_", "_12", "Out", "_dh", "x")]
    [True, True, True, False, False]
    """
    return _HISTORY.fullmatch(name) is not None

"""What is a value, in a few words? Its kind and size, nothing of its content.

Shapes are asked only of what is known to answer at once: an attribute of any other object may run
code of the user's.
"""

from __future__ import annotations

from typing import Any

_SHAPED = frozenset(
    {
        ("numpy", "ndarray"),
        ("pandas", "DataFrame"),
        ("pandas", "Series"),
        ("polars", "DataFrame"),
        ("polars", "Series"),
        ("torch", "Tensor"),
        ("scipy", "csr_matrix"),
        ("scipy", "csc_matrix"),
        ("scipy", "csr_array"),
        ("scipy", "csc_array"),
    }
)
_COUNTED = (list, tuple, dict, set, frozenset)


def describe_value(value: Any) -> str:
    """Return the kind and size of a value.

    >>> describe_value([1, 2]), describe_value(0.5), describe_value("text")
    ('list of 2', '0.5', 'str of 4 characters')
    """
    kind = type(value)
    if value is None or kind in (bool, int, float):
        return f"{value:,}" if kind is int else f"{value:.6g}" if kind is float else repr(value)
    if kind in (str, bytes):
        return f"{kind.__name__} of {len(value):,} {'characters' if kind is str else 'bytes'}"
    if kind in _COUNTED:
        return f"{kind.__name__} of {len(value):,}"
    shape = shape_of(value)
    return kind.__name__ if shape is None else f"{kind.__name__} {_phrase(shape)}".rstrip()


def shape_of(value: Any) -> tuple[int, ...] | None:
    """Return the shape of an array, a frame or a tensor; None for other values."""
    kind = type(value)
    if (str(kind.__module__).partition(".")[0], kind.__name__) not in _SHAPED:
        return None
    try:
        return tuple(int(n) for n in value.shape)
    except (TypeError, ValueError, AttributeError, RuntimeError):
        return None


def _phrase(shape: tuple[int, ...]) -> str:
    return " × ".join(f"{n:,}" for n in shape)

"""How does nbformat load in a tenth of a second instead of a whole one? Without a grammar of URIs.

Nine tenths of ``import nbformat`` build a grammar for URIs (rfc3987_syntax, since nbformat pulls in
jsonschema's format checks) that no notebook needs. jsonschema takes its absence for an extra that
is not installed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_GRAMMAR = "rfc3987_syntax"


@contextmanager
def without_grammar() -> Iterator[None]:
    """Hide the grammar while nbformat may be imported, in a process that is ours alone.

    Where jsonschema is imported meanwhile, it does not check formats ``uri`` and ``iri`` for the
    life of the process, which is why only the command line does this. Does nothing where jsonschema
    or the grammar is there already.
    """
    if _GRAMMAR in sys.modules or "jsonschema" in sys.modules:
        yield
        return
    sys.modules[_GRAMMAR] = None  # type: ignore[assignment]  # the import system's word for "absent"
    try:
        yield
    finally:
        del sys.modules[_GRAMMAR]

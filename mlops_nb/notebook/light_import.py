"""How do nbformat and papermill load in a tenth of a second each? Without what no notebook needs.

Nine tenths of ``import nbformat`` build a grammar for URIs (rfc3987_syntax, since nbformat pulls in
jsonschema's format checks) that no notebook needs. jsonschema takes its absence for an extra that
is not installed. papermill loads each library for a storage that it finds, whatever is to be read:
with pyarrow a third of its import, with cloud clients most of it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_GRAMMAR = "rfc3987_syntax"
# What `papermill.iorw` imports if it is there.
_STORAGES = ("azure", "boto3", "gcsfs", "github", "pyarrow.fs")


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


@contextmanager
def without_storages() -> Iterator[None]:
    """Hide the libraries of storages while papermill is imported, in a process that is ours alone
    and reads and writes files.

    papermill takes them for not installed, for the life of the process. Does nothing where
    papermill is there already; libraries that are there stay.
    """
    is_late = "papermill.iorw" in sys.modules
    hidden = [name for name in _STORAGES if not (is_late or name in sys.modules)]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # as above
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]

"""Can a part of a value be pickled? Tried without a store, to find what is to blame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .blob_folder import Blob
from .codec_pickle import encode_pickle

_NO_BLOB = Blob(digest="sha256:" + "0" * 64, size_bytes=0)


def picklable_in(namespace: Mapping[str, Any]) -> Callable[[object], bool]:
    """Return a function that says whether a value can be pickled; it never raises."""

    def is_storable(part: object) -> bool:
        try:
            encode_pickle({"part": part}, _Nowhere(), namespace=namespace)
        except BaseException as fault:  # whatever a hostile __reduce__ raises
            if isinstance(fault, KeyboardInterrupt):
                raise
            return False
        return True

    return is_storable


class _Nowhere:
    """Stands for a store and for a draft, and keeps nothing."""

    def put(self, *_: Any) -> Blob:
        return _NO_BLOB

    def draft(self) -> _Nowhere:
        return self

    def __enter__(self) -> _Nowhere:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def write(self, part: Any) -> int:
        return len(part)

    def commit(self) -> Blob:
        return _NO_BLOB

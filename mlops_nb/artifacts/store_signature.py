"""Who wrote this record? Whoever has the key: ``MLOPS_NB_STORE_KEY`` signs what others may read.

A pickle is code, and a record names its pickles by digest; so a signature over the record (HMAC of
SHA-256) vouches for all that it names. The key is never written, nor is anything derived from it
but signatures.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from mlops_nb.errors import InputError

VARIABLE = "MLOPS_NB_STORE_KEY"
_SHORTEST = 16
_PURPOSE = b"mlops_nb record 1\n"


def read_key(environment: Mapping[str, str]) -> bytes | None:
    """Return the key that `environment` sets, if any.

    Raises
    ------
    InputError
        ``MNB840`` if it is too short to protect anything.
    """
    text = environment.get(VARIABLE, "")
    if not text:
        return None
    if len(text) < _SHORTEST:
        raise InputError(
            "MNB840",
            f"environment {VARIABLE}",
            f"the key has {len(text)} characters; anybody could guess it.",
            f"Set at least {_SHORTEST}, such as the output of: openssl rand -hex 32",
        )
    return text.encode()


def sign(content: bytes, key: bytes) -> str:
    """Return the signature of `content`."""
    return f"hmac-sha256:{hmac.digest(key, _PURPOSE + content, 'sha256').hex()}"


def is_signed(content: bytes, signature: object, key: bytes | None) -> bool:
    """Return whether `signature` was made of `content` with `key`; False without a key."""
    if key is None or not isinstance(signature, str):
        return False
    return hmac.compare_digest(signature.encode(), sign(content, key).encode())

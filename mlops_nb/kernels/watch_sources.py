"""What is the source of a local module worth? Its code: comments and layout do not count.

Asked after every cell of every module that it used, so a file is read again only when something
touched it.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from .watch_digests import Digests

_LAYOUT = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER})
_SHAPE = frozenset({tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE})


def digest_source(path: str) -> str | None:
    """Return the digest of the code in a file; None if there is no file.

    What is not Python (a compiled extension) counts byte for byte.
    """
    return _sources.look(path)


def digest_code(content: bytes) -> str:
    """Return the digest of source as Python reads it: tokens, without comments and layout.

    Examples
    --------
    >>> digest_code(b"x = 1  # one") == digest_code(b"x  =  1")
    True
    >>> digest_code(b"x = 1") == digest_code(b"x = 2")
    False
    """
    digest = hashlib.sha256()
    try:
        for token in tokenize.tokenize(io.BytesIO(content).readline):
            if token.type not in _LAYOUT:
                text = "" if token.type in _SHAPE else token.string
                told = text.encode("utf-8", "surrogatepass")
                digest.update(b"%d:%d:" % (token.exact_type, len(told)))
                digest.update(told)
    except (tokenize.TokenError, SyntaxError, UnicodeError):
        return _hash(content)
    return f"code:{digest.hexdigest()}"


def imported_names(path: str, package: str) -> frozenset[tuple[str, bool]]:
    """Return the modules that a source file imports anywhere in it, and what may be modules.

    Each with whether it is at hand whole: of ``from a.b import c`` only ``a.b.c`` is, and other
    parts of the packages cannot be reached through it.

    Parameters
    ----------
    path : str
    package : str
        The package that relative imports start from.
    """
    return _imported_names(path, digest_source(path), package)


@lru_cache(maxsize=4096)
def _imported_names(path: str, digest: str | None, package: str) -> frozenset[tuple[str, bool]]:
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return frozenset()
    return frozenset(_imports(tree, package))


def _imports(tree: ast.Module, package: str) -> Iterator[tuple[str, bool]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, True
                yield alias.name.partition(".")[0], True
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".") if package else []
                kept = parents[: len(parents) - node.level + 1]
                base = ".".join([*kept, *([base] if base else [])])
            yield base, any(alias.name == "*" for alias in node.names)
            for alias in node.names:
                yield f"{base}.{alias.name}", True


def _hash(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class _Sources(Digests):
    """Digests of sources, kept as long as nothing touches them."""

    def look(self, path: str, asked: str = "") -> str | None:
        found = super().look(path, asked)
        return None if found in ("folder", "special") else found

    def _digest(self, path: str) -> str:
        content = Path(path).read_bytes()
        return digest_code(content) if path.endswith(".py") else _hash(content)


_sources = _Sources()

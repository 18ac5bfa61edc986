"""Which distributions are installed, and which of them offer a name to import?

`importlib.metadata` answers that, too: it parses the metadata of every distribution as a letter,
each time that it is asked, and makes a path of each of their files, which takes a third of a second
where two hundred are installed. Here the few lines that matter are looked for in the text.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import metadata

_NAME = re.compile(r"^Name:\s*(\S+)", re.MULTILINE | re.IGNORECASE)
_VERSION = re.compile(r"^Version:\s*(\S+)", re.MULTILINE | re.IGNORECASE)
# A package by a file in it, or a module by its own; extensions carry the name of their platform.
_TOP = re.compile(
    r"^\"?([^/,\n\".]+)(?:/[^,\n]*\.py|(?:\.[^/,\n]*)?\.(?:py|so|pyd))\"?,", re.MULTILINE
)


@lru_cache(maxsize=1)
def offered_names() -> Mapping[str, tuple[str, ...]]:
    """Return for each name to import the distributions that offer it, by their own names.

    Found once in a process. What cannot be read offers nothing.
    """
    found: dict[str, list[str]] = {}
    for one in metadata.distributions():
        try:
            name, tops = _read_name(one), _read_tops(one)
        except Exception:  # metadata of somebody else's making
            continue
        for top in tops:
            found.setdefault(top, []).append(name)
    return {top: tuple(names) for top, names in found.items()}


def read_pin(one: metadata.Distribution) -> tuple[str, str]:
    """Return name and version of a distribution; an empty name where the metadata have none."""
    header = (one.read_text("METADATA") or "").replace("\r\n", "\n").partition("\n\n")[0]
    name, version = _NAME.search(header), _VERSION.search(header)
    if name is None or version is None:
        told = one.metadata["Name"]
        return (told, one.version) if told else ("", "")
    return name.group(1), version.group(1)


def _read_name(one: metadata.Distribution) -> str:
    text = one.read_text("METADATA") or ""
    match = _NAME.search(text)
    return one.metadata["Name"] if match is None else match.group(1)


def _read_tops(one: metadata.Distribution) -> Iterable[str]:
    declared = (one.read_text("top_level.txt") or "").split()
    if declared:
        return declared
    record = one.read_text("RECORD")
    if record is not None:
        return set(_TOP.findall(record))
    return {path.parts[0].partition(".")[0] for path in one.files or () if path.suffix == ".py"}

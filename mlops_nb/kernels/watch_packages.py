"""In which version is a distribution installed, and is anything installed under a name?

Versions are those of the metadata, which a runner can look up without a kernel. Distributions that
were built from a folder or a URL can change without a change of version: their files count.

Part of what is injected into kernels, and executed alone in other interpreters: standard library
only, Python 3.9.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import sysconfig
from importlib import metadata
from importlib.machinery import PathFinder
from typing import Any

# Import names that are not their distribution's; others are looked up in all metadata, once.
DISTRIBUTIONS = {
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "PIL": "pillow",
    "yaml": "PyYAML",
    "cv2": "opencv-python",
    "bs4": "beautifulsoup4",
    "dateutil": "python-dateutil",
    "mpl_toolkits": "matplotlib",
    "pylab": "matplotlib",
    "attr": "attrs",
    "dotenv": "python-dotenv",
    "_polars_runtime_32": "polars-runtime-32",
}
# Of a distribution's files: what says where it came from, bytecode, and scripts for this place.
_BESIDE = re.compile(r"^[^,]*(\.dist-info/|\.pyc,)|^\"?\.\./")
_VERSION = re.compile(r"^Version:[ \t]*(\S+)[ \t\r]*$", re.MULTILINE)


def python_version() -> str:
    """Return what of Python's version can change results."""
    name = "" if sys.implementation.name == "cpython" else f"{sys.implementation.name} "
    return f"{name}{sys.version_info[0]}.{sys.version_info[1]}"


def distribution_version(name: str) -> str | None:
    """Return the version of an installed distribution; None if there is none of that name.

    ``"python"`` is Python itself. ``"xgboost?"`` asks whether there is anything to import under
    that name: ``"there"``.
    """
    if name == "python":
        return python_version()
    if name.endswith("?"):
        return "there" if _is_importable(name[:-1]) else None
    try:
        found = metadata.distribution(name)
        version = _read_version(found)
    except Exception:  # not installed, or its metadata is damaged
        return None
    return None if version is None else version + _build_of(found)


def _read_version(found: metadata.Distribution) -> str | None:
    """Return the version of a distribution, without a look at all that its metadata say."""
    match = _VERSION.search(read_header(found))
    version: str | None = found.version if match is None else match.group(1)
    return version


def read_header(found: metadata.Distribution) -> str:
    """Return what metadata say before they describe anything; empty if they are kept otherwise."""
    return (found.read_text("METADATA") or "").replace("\r\n", "\n").partition("\n\n")[0]


def _is_importable(top: str) -> bool:
    """Return whether a library of that name is installed, by its files or its metadata."""
    folders = {sysconfig.get_path(kind) for kind in ("purelib", "platlib", "stdlib")}
    if PathFinder.find_spec(top, [folder for folder in folders if folder]) is not None:
        return True
    return distribution_version(DISTRIBUTIONS.get(top, top)) is not None


def normal_name(name: str) -> str:
    """Return a distribution's name as any two spellings of it have it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _build_of(found: Any) -> str:
    """Return what tells builds of one version apart, if it came from a folder or a URL."""
    source = found.read_text("direct_url.json")
    files = found.read_text("RECORD")
    if not source or not files or json.loads(source).get("dir_info", {}).get("editable"):
        return ""
    lines = sorted(line for line in files.splitlines() if not _BESIDE.search(line))
    return "+" + hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]

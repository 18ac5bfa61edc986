"""Where does code come from: an installed library, or somewhere its author still edits?

A function or class of a library stands for itself by module, name and the library's version. One of
the notebook, of a module beside it or of a project installed for editing is read: it may change
without a change of any version. Found out once per module; nothing is imported.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import json
import os
import sys
import sysconfig
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from .fingerprint_atoms import encode_text
from .fingerprint_digest import combine
from .identity import identity
from .installed import offered_names

_LIBRARY_FOLDERS = frozenset({"site-packages", "dist-packages"})
_OURS = frozenset({"mlops_nb", "_mlops_nb_session"})
_PYTHON = "{}.{}".format(*sys.version_info)


def module_name(module: Any) -> str:
    """Return the name of a module; "" if it has none, as one that ``%run`` made and left behind."""
    name = getattr(module, "__name__", "")
    return name if isinstance(name, str) else ""


def library_version(module_name: Any) -> str | None:
    """Return the version of the library that a module belongs to; None if it is no library's.

    The standard library has Python's version, as far as its second number.
    """
    module = _module_of(module_name)
    return None if module is None else _version_of(module_name, identity(module))


def is_library(module_name: Any) -> bool:
    """Return whether a module belongs to a library, whose version nobody has to look up for it."""
    module = _module_of(module_name)
    return module is not None and _origin_of(module_name, identity(module)) is not None


def _module_of(name: Any) -> Any:
    if not isinstance(name, str) or name in ("__main__", "__mp_main__", ""):
        return None
    return sys.modules.get(name)


@lru_cache(maxsize=4096)
def _version_of(name: str, ident: int) -> str | None:
    origin = _origin_of(name, ident)
    if origin == "distribution":
        return _distribution_version(name.partition(".")[0])
    return None if origin is None else _PYTHON


@lru_cache(maxsize=4096)
def _origin_of(name: str, _ident: int) -> Literal["python", "distribution"] | None:
    top = name.partition(".")[0]
    if top in sys.builtin_module_names or top in _stdlib_names():
        return "python"
    file = _file_of(sys.modules[name]) or _file_of(sys.modules.get(top))
    if file is None:
        return None
    if top in _OURS or not _LIBRARY_FOLDERS.isdisjoint(file.replace(os.sep, "/").split("/")):
        return "distribution"
    if Path(file).is_relative_to(sysconfig.get_path("stdlib")):
        return "python"
    return "distribution" if _is_installed_at(top, file) else None


def _stdlib_names() -> frozenset[str]:
    return getattr(sys, "stdlib_module_names", frozenset())  # from Python 3.10 on


def _file_of(module: Any) -> str | None:
    space = vars(module) if isinstance(module, ModuleType) else {}
    file = space.get("__file__")
    if isinstance(file, str):
        return file
    paths = space.get("__path__")  # a namespace package
    first = next(iter(paths), None) if paths is not None else None
    return first if isinstance(first, str) else None


def _distribution_version(top: str) -> str:
    return _look_up_version(top, identity(sys.modules.get(top)))


@lru_cache(maxsize=1024)
def _look_up_version(top: str, _ident: int) -> str:
    """Return the version of a library: once, since its metadata are read for it."""
    module = sys.modules.get(top)
    version = vars(module).get("__version__") if isinstance(module, ModuleType) else None
    try:
        distribution = metadata.distribution(top)
    except Exception:  # the distribution is called otherwise, or its metadata is damaged
        distribution = None
    if not isinstance(version, str) and distribution is not None:
        version = distribution.version
    if not isinstance(version, str):
        names = set(offered_names().get(top, ()))
        versions = sorted(f"{name} {metadata.version(name)}" for name in names)
        version = ",".join(versions) or "?"
    return version + ("" if distribution is None else _build_of(distribution))


def _build_of(distribution: metadata.Distribution) -> str:
    """Return what tells builds of one version apart, if it came from a folder or a URL."""
    try:
        source = distribution.read_text("direct_url.json")
        files = distribution.read_text("RECORD")
    except Exception:
        return ""
    if not source or not files:
        return ""
    lines = sorted(line for line in files.splitlines() if ".py," in line)
    return "+" + combine(b"files", [encode_text(line) for line in lines]).hex()


def _is_installed_at(top: str, file: str) -> bool:
    """Return whether a distribution called `top` put `file` where it is, and not for editing."""
    try:
        distribution = metadata.distribution(top)
        folder = Path(str(distribution.locate_file("")))
        direct = json.loads(distribution.read_text("direct_url.json") or "{}")
    except Exception:
        return False
    editable = bool(direct.get("dir_info", {}).get("editable"))
    return not editable and Path(file).is_relative_to(folder)


def find_named(module_name: Any, path: Any) -> Any:
    """Return what `path` (dotted) is called in a loaded module; None if there is no such thing."""
    module = sys.modules.get(module_name) if isinstance(module_name, str) else None
    if module is None or not isinstance(path, str):
        return None
    found: Any = module
    for name in path.split("."):
        spaces = found.__mro__ if isinstance(found, type) else (found,)
        for space in spaces:
            attributes = getattr(space, "__dict__", {})
            if name in attributes:
                found = attributes[name]
                break
        else:
            return None
        if isinstance(found, (staticmethod, classmethod)):
            found = found.__func__
    return found


def library_name(value: Any, module_name: Any, path: Any) -> bytes | None:
    """Return the part of what a library offers under a name; None if `value` is not that."""
    version = library_version(module_name)
    if version is None or find_named(module_name, path) is not value:
        return None
    return name_part(module_name, path, version)


def name_part(module_name: str, path: str, version: str) -> bytes:
    """Return the part of something that stands for itself by its name."""
    return b"#" + combine(b"name", [encode_text(t) for t in (module_name, path, version)])

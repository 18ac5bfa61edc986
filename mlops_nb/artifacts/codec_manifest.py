"""What describes stored values? A manifest: JSON that says which names lie in which blobs, and how.

    {"format": 1, "python": "3.11", "groups": [
        {"names": ["df"], "codec": "arrow", "blobs": ["sha256:…"], "size_bytes": 800, "meta": {…},
         "needs": {"pandas": "3.1.1", …}, "types": {"df": "pandas.DataFrame"}}]}

The names of a group share memory and are read together; a small plain value has no blob, but stands
in the manifest. What a manifest needs of the environment (format, versions, names of the notebook)
is compared before anything is read.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from .blob_faults import NotStorableError
from .identity import identity

FORMAT = 1
CODECS = frozenset({"json", "npy", "arrow", "pyarrow", "polars", "marshal", "pickle"})
RUNS_CODE = frozenset({"pickle"})
NEEDS_TRUST = RUNS_CODE | {"marshal"}


def names_that_run_code(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the stored names whose reading runs code, sorted."""
    groups = [g for g in manifest.get("groups", ()) if g["codec"] in RUNS_CODE]
    return tuple(sorted(name for group in groups for name in group["names"]))


def references_of(manifest: Mapping[str, Any], names: Iterable[str] | None = None) -> set[str]:
    """Return the names of the notebook that must be bound before `names` can be read."""
    found: set[str] = set()
    for group in order_groups(manifest, names):
        found |= set(group["meta"].get("references", ()))
    return found - {name for group in manifest["groups"] for name in group["names"]}


def order_groups(
    manifest: Mapping[str, Any], names: Iterable[str] | None
) -> list[Mapping[str, Any]]:
    """Return the groups to read, those that others refer to first.

    Raises
    ------
    NotStorableError
        If the manifest is none, or of another format, or a name is not in it.
    """
    if manifest.get("format") != FORMAT:
        raise NotStorableError(
            f"It is stored in format {manifest.get('format')!r}; this mlops_nb reads {FORMAT}."
        )
    groups = _read_groups(manifest)
    held = {name: group for group in groups for name in group["names"]}
    wanted = list(held) if names is None else list(names)
    missing = sorted(set(wanted) - set(held))
    if missing:
        raise NotStorableError(f"{missing[0]!r} is not among the stored values.")
    ordered: list[Mapping[str, Any]] = []
    visiting: list[int] = []

    def visit(group: Mapping[str, Any]) -> None:
        if any(group is done for done in ordered) or identity(group) in visiting:
            return
        visiting.append(identity(group))
        for reference in group["meta"].get("references", ()):
            if reference in held:
                visit(held[reference])
        ordered.append(group)

    for name in wanted:
        visit(held[name])
    return ordered


_FIELDS = {"names": list, "codec": str, "blobs": list, "meta": dict, "needs": dict}


def _read_groups(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the groups; a manifest may come from anybody, so its form is compared."""
    groups = manifest.get("groups")
    if not isinstance(groups, list) or not all(_is_group(group) for group in groups):
        raise NotStorableError("What describes the stored values has another form than ours.")
    return list(groups)


def _is_group(group: Any) -> bool:
    if not isinstance(group, dict):
        return False
    if not all(isinstance(group.get(name), kind) for name, kind in _FIELDS.items()):
        return False
    texts = [*group["names"], *group["blobs"]]
    return bool(group["names"]) and all(isinstance(text, str) for text in texts)


def compare_needs(needs: Mapping[str, str]) -> None:
    """Compare versions with what is here. Raises NotStorableError where one differs."""
    for package, version in needs.items():
        if package not in _KNOWN_PACKAGES:  # looking for its version would import it
            raise NotStorableError(f"It needs {package!r}, which no codec of ours does.")
        found = _version(package)
        if found != version:
            here = f"here is {found}" if found else "it is not installed here"
            raise NotStorableError(f"It was stored with {package} {version}; {here}.")


_PACKAGES = {
    "npy": ("numpy",),
    "arrow": ("numpy", "pandas", "pyarrow"),
    "pyarrow": ("pyarrow",),
    "polars": ("polars",),
}


_KNOWN_PACKAGES = frozenset(package for needed in _PACKAGES.values() for package in needed)


def versions_needed(codec: str) -> dict[str, str]:
    """Return the versions that must be the same where it is read; none for a pickle."""
    packages = _PACKAGES.get(codec, ())
    return {package: version for package in packages if (version := _version(package))}


def _version(package: str) -> str:
    try:
        return str(import_module(package).__version__)
    except ImportError:
        return ""


def running_python() -> str:
    """Return the version of Python as far as compiled code depends on it."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"

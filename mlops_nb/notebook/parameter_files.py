"""What does a parameter file say? YAML or JSON: one object, a value by parameter name.

YAML guesses types (``007`` is 7, ``no`` is False, ``2026-01-31`` a date). The notebook declares
them, so a bare word at the top level is kept as text, and read as the declared type says; what is
quoted is text.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from mlops_nb.errors import InputError
from mlops_nb.pipeline.parameters import Text


def read_parameter_file(path: Path) -> dict[str, Any]:
    """Return the values in `path` by name; bare YAML words as `Text`.

    Raises
    ------
    InputError
        MNB307 if it cannot be read, or holds no object, or says a name twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".json":
            return _read_json(text, path)
        return _read_yaml(text, path)
    except OSError as error:
        raise _fault(path, f"the file cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise _fault(path, f"the file is not UTF-8 text: {error.reason}") from error
    except json.JSONDecodeError as error:
        raise _fault(path, f"the file is not JSON: {error}") from error
    except yaml.YAMLError as error:
        told = " ".join(str(error).split())
        raise _fault(path, f"the file is not YAML: {told}") from error


def _read_json(text: str, path: Path) -> dict[str, Any]:
    def refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        _check_once([name for name, _ in pairs], path)
        return dict(pairs)

    values = json.loads(text, object_pairs_hook=refuse_twice)
    if not isinstance(values, dict):
        raise _fault(path, f"the file holds a {type(values).__name__}, no object")
    return values


def _read_yaml(text: str, path: Path) -> dict[str, Any]:
    loader = yaml.SafeLoader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return {}
        if not isinstance(root, yaml.MappingNode):
            raise _fault(path, "the file holds no object (NAME: VALUE lines)")
        _check_once([key.value for key, _ in root.value], path)
        return {str(key.value): _value_of(loader, node) for key, node in root.value}
    finally:
        loader.dispose()


def _value_of(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    """Return a bare word as `Text`, null as None, anything else as YAML has it."""
    if isinstance(node, yaml.ScalarNode) and node.style is None:
        return None if node.tag == "tag:yaml.org,2002:null" else Text(node.value)
    return loader.construct_object(node, deep=True)


def _check_once(names: list[Any], path: Path) -> None:
    twice = next((name for index, name in enumerate(names) if name in names[:index]), None)
    if twice is not None:
        raise _fault(path, f"{twice!r} stands there twice")


def _fault(path: Path, fault: str) -> InputError:
    return InputError("MNB307", str(path), f"{fault}.", "Give NAME: VALUE lines (YAML or JSON).")

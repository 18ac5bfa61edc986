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
from mlops_nb.notebook.addresses import is_url, name_in, tell_address, to_local
from mlops_nb.notebook.storage import read_address
from mlops_nb.pipeline.parameters import Text

_NULL = "tag:yaml.org,2002:null"


def read_parameter_file(path: Path | str) -> dict[str, Any]:
    """Return the values in `path`, a local path or an address, by name; bare YAML words as `Text`.

    Raises
    ------
    InputError
        MNB307 if it cannot be read, or holds no object, or says a name twice; of an address as
        `read_address`.
    """
    place = to_local(path)
    told = tell_address(place)
    try:
        raw = read_address(place) if is_url(place) else Path(place).read_bytes()
        text = raw.decode("utf-8-sig")
        name = name_in(place) if is_url(place) else place
        if name.lower().endswith(".json"):
            return _read_json(text, told)
        return _read_yaml(text, told)
    except OSError as error:
        raise _fault(told, f"the file cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise _fault(told, f"the file is not UTF-8 text: {error.reason}") from error
    except json.JSONDecodeError as error:
        raise _fault(told, f"the file is not JSON: {error}") from error
    except RecursionError as error:
        raise _fault(told, "its values are nested too deeply") from error
    except ValueError as error:  # a number with thousands of digits, a date that there is not
        raise _fault(told, f"a value cannot be read: {error}") from error
    except yaml.YAMLError as error:
        words = " ".join(str(error).split())
        raise _fault(told, f"the file is not YAML: {words}") from error


def _read_json(text: str, path: str) -> dict[str, Any]:
    def refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        _check_once([name for name, _ in pairs], path)
        return dict(pairs)

    values = json.loads(text, object_pairs_hook=refuse_twice)
    if not isinstance(values, dict):
        raise _fault(path, f"the file holds a {type(values).__name__}, no object")
    return values


def _read_yaml(text: str, path: str) -> dict[str, Any]:
    loader = yaml.SafeLoader(text)
    try:
        root = loader.get_single_node()
        if root is None or root.tag == _NULL:
            return {}
        if not isinstance(root, yaml.MappingNode):
            raise _fault(path, "the file holds no object (NAME: VALUE lines)")
        _check_keys(root, path)
        loader.flatten_mapping(root)  # ``<<``: what is merged comes first, and is overridden
        return {key.value: _value_of(loader, node) for key, node in root.value}
    finally:
        loader.dispose()


def _value_of(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    """Return a bare word as `Text`, null as None, anything else as YAML has it."""
    if isinstance(node, yaml.ScalarNode) and node.style is None:
        resolve: Any = loader.resolve  # without types
        is_tagged = node.tag != resolve(yaml.ScalarNode, node.value, (True, False))
        if not is_tagged:
            return None if node.tag == _NULL else Text(node.value)
    return loader.construct_object(node, deep=True)


def _check_keys(root: yaml.MappingNode, path: str) -> None:
    """Refuse names that are no words, and names that stand twice, at any depth."""
    if any(not isinstance(key, yaml.ScalarNode) for key, _ in root.value):
        raise _fault(path, "a name in it is a list or an object")
    waiting: list[yaml.Node] = [root]
    seen: set[int] = set()  # aliases make a node the child of several, or of itself
    while waiting:
        node = waiting.pop()
        if id(node) in seen or isinstance(node, yaml.ScalarNode):
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            _check_once([key for key in keys if key != "<<"], path)
            waiting += [value for _, value in node.value]
        else:
            waiting += node.value


def _check_once(names: list[Any], path: str) -> None:
    seen: set[Any] = set()
    twice = next((name for name in names if name in seen or seen.add(name)), None)  # type: ignore[func-returns-value]  # adds
    if twice is not None:
        raise _fault(path, f"{twice!r} stands there twice")


def _fault(path: str, fault: str) -> InputError:
    return InputError("MNB307", path, f"{fault}.", "Give NAME: VALUE lines (YAML or JSON).")

"""Which metadata may a notebook of format 4.5 have? What is of another type is left out.

Keys that the format does not know belong to tools and stay; so does what they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

# Objects by the format, or by us and papermill.
_NOTEBOOK_OBJECTS = ("kernelspec", "language_info", "papermill", "mlops_nb", "widgets")
_CELL_OBJECTS = ("papermill", "mlops_nb", "execution", "jupyter")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_truth(value: Any) -> bool:
    return isinstance(value, bool)


_NOTEBOOK_TYPES: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(_NOTEBOOK_OBJECTS, _is_object),
    "title": _is_text,
    "authors": lambda value: isinstance(value, list),
    "orig_nbformat": lambda value: type(value) is int and value >= 1,
}
_CELL_TYPES: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(_CELL_OBJECTS, _is_object),
    "name": lambda value: _is_name(value) and not value.startswith("\n"),
    "format": _is_text,
    "collapsed": _is_truth,
    "scrolled": lambda value: _is_truth(value) or value == "auto",
}
_LANGUAGE_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "name": _is_text,
    **dict.fromkeys(("file_extension", "mimetype", "pygments_lexer"), _is_text),
    "codemirror_mode": lambda value: isinstance(value, str | dict),
}


def repair_notebook_metadata(metadata: Any) -> dict[str, Any]:
    """Return the metadata of a notebook as the format has it; a new object.

    A kernel specification without a name is left out; the language it tells is kept.
    """
    kept = _of_types(metadata, _NOTEBOOK_TYPES)
    spec = kept.pop("kernelspec", {})
    language = _of_types(kept.pop("language_info", {}), _LANGUAGE_TYPES)
    if _is_name(spec.get("name")):
        shown = spec.get("display_name")
        kept["kernelspec"] = {**spec, "display_name": shown if _is_text(shown) else spec["name"]}
    elif _is_name(spec.get("language")):
        language.setdefault("name", spec["language"])
    if "name" in language:
        kept["language_info"] = language
    return kept


def repair_cell_metadata(metadata: Any) -> dict[str, Any]:
    """Return the metadata of a cell as the format has it; a new object.

    A tag with commas is several tags.
    """
    kept = _of_types(metadata, _CELL_TYPES)
    if "tags" in kept:
        tags = kept["tags"]
        given = [tags] if isinstance(tags, str) else tags if isinstance(tags, list) else []
        words = [word for tag in given if isinstance(tag, str) for word in _parts(tag)]
        kept["tags"] = list(dict.fromkeys(word for word in words if word))
    return kept


def _parts(tag: str) -> list[str]:
    return [part.strip() for part in tag.split(",")] if "," in tag else [tag]


def _of_types(found: Any, types: Mapping[str, Callable[[Any], bool]]) -> dict[str, Any]:
    if not isinstance(found, dict):
        return {}
    return {key: value for key, value in found.items() if key not in types or types[key](value)}

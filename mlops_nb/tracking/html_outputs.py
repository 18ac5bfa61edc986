"""Which of an output's forms can a saved page show? One that needs neither a kernel nor, where the
page is sanitised, a script.

What cannot be shown is told in a line under what can: a figure that vanished without a word would
be taken for one that was never there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlops_nb.tracking.html_clean import clean_piece, shows_something

WIDGET_MIME = "application/vnd.jupyter.widget-view+json"
_SCRIPTS = ("application/javascript", "text/javascript")
# What nbconvert's templates show; the scripts only where they may run.
_SHOWN = frozenset(
    {"text/html", "text/markdown", "image/svg+xml", "text/latex", "image/png", "image/jpeg"}
    | {"text/plain", "application/javascript"}
)
_OTHER_PICTURES = ("image/gif", "image/webp")
_SCRIPTED = re.compile(r"<(?:script|iframe|object|embed)\b", re.IGNORECASE)
_MERMAID = "text/vnd.mermaid"
_WIDGET_NOTE = "(a widget: it lives in the notebook only)"
_SAYS_NOTHING = re.compile(r"<IPython\.\w+\.display\.\w+ object>")
_SCRIPT_NOTE = "(it is drawn by a script, which this page leaves out; see the notebook)"


def to_static(node: Mapping[str, Any], *, sanitize: bool) -> dict[str, Any]:
    """Return a copy of the notebook whose outputs a saved page can show.

    Metadata is left out but for the language and the sizes of pictures: nbconvert refuses some, and
    its templates write some as it stands.
    """
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": _plain_metadata(node.get("metadata", {})),
        "cells": [_static_cell(cell, sanitize=sanitize) for cell in node.get("cells", [])],
    }


def _static_cell(cell: Mapping[str, Any], *, sanitize: bool) -> dict[str, Any]:
    static = {key: cell[key] for key in ("cell_type", "id", "source") if key in cell}
    static["metadata"] = {}
    if cell.get("cell_type") == "code":
        static["outputs"] = list(_static_outputs(cell, sanitize=sanitize))
        count = cell.get("execution_count")
        static["execution_count"] = count if isinstance(count, int) else None
    elif isinstance(cell.get("attachments"), Mapping):
        static["attachments"] = cell["attachments"]
    return static


def _static_outputs(cell: Mapping[str, Any], *, sanitize: bool) -> Iterator[dict[str, Any]]:
    for output in cell.get("outputs", ()):
        kind, bundle = output.get("output_type"), output.get("data")
        if kind in ("stream", "error"):
            yield dict(output)
        elif kind in ("display_data", "execute_result") and isinstance(bundle, Mapping):
            forms = _without_widget(bundle)
            forms = _without_scripts(forms) if sanitize else forms
            static = {
                "output_type": kind,
                "data": forms if _SHOWN.intersection(forms) else _named(forms),
                "metadata": _sizes(output.get("metadata")),
            }
            if kind == "execute_result":
                static["execution_count"] = output.get("execution_count")
            yield static


def _without_widget(bundle: Mapping[str, Any]) -> dict[str, Any]:
    forms = {kind: value for kind, value in bundle.items() if kind != WIDGET_MIME}
    if _MERMAID in forms:  # drawn by a script that the page does not load
        text = _joined(forms.pop(_MERMAID))
        forms.setdefault("text/plain", text)
    if WIDGET_MIME in bundle and "text/html" not in forms:
        plain = _joined(forms.get("text/plain", "a widget"))
        return {"text/plain": f"{plain}\n{_WIDGET_NOTE}"}
    return forms


def _named(forms: Mapping[str, Any]) -> dict[str, Any]:
    """Return text that names what nbconvert has no form for; a picture of another kind is shown."""
    for kind in _OTHER_PICTURES:
        encoded = "".join(_joined(forms.get(kind, "")).split())
        if encoded.rstrip("=").replace("+", "").replace("/", "").isalnum():
            return {"text/html": f'<img alt="figure" src="data:{kind};base64,{encoded}">'}
    kinds = ", ".join(sorted(map(str, forms))) or "no type"
    return {"text/plain": f"(an output of {kinds}: see the notebook)"}


def _without_scripts(forms: Mapping[str, Any]) -> dict[str, Any]:
    """Return the forms that show something without a script."""
    kept = {kind: value for kind, value in forms.items() if kind not in _SCRIPTS}
    is_scripted = len(kept) < len(forms)
    page = _joined(kept.get("text/html", ""))
    # Looked at closely only where there is reason to: cleaning costs.
    if _SCRIPTED.search(page) and not shows_something(clean_piece(page)):
        del kept["text/html"]
        is_scripted = True
    if not is_scripted or any(kind.startswith(("image/", "text/html")) for kind in kept):
        return kept
    plain = _SAYS_NOTHING.sub("", _joined(kept.get("text/plain", "")))
    return {**kept, "text/plain": f"{plain}\n{_SCRIPT_NOTE}".lstrip("\n")}


def _sizes(metadata: Any) -> dict[str, Any]:
    """Return the sizes of pictures that an output's metadata gives in whole pixels."""
    sizes: dict[str, Any] = {}
    for kind, said in metadata.items() if isinstance(metadata, Mapping) else ():
        if isinstance(said, Mapping) and str(kind).startswith("image/"):
            sizes[kind] = {
                key: value
                for key, value in said.items()
                if key in ("width", "height") and isinstance(value, int)
            }
    return sizes


def _plain_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return what chooses the colours of code: a language that can be coloured."""
    info = metadata.get("language_info")
    words = info if isinstance(info, Mapping) else {}
    for said in (words.get("pygments_lexer"), words.get("name"), "ipython3"):
        if isinstance(said, str) and _has_colours(said):
            return {"language_info": {"name": said}}
    return {"language_info": {"name": "text"}}


def _has_colours(language: str) -> bool:
    from pygments.lexers import find_lexer_class_by_name
    from pygments.util import ClassNotFound

    if language in ("ipython2", "ipython3"):  # nbconvert's own
        return True
    try:
        find_lexer_class_by_name(language)
    except ClassNotFound:
        return False
    return True


def _joined(value: Any) -> str:
    """Return the text of a value that files may hold as a list of lines."""
    return "".join(map(str, value)) if isinstance(value, list) else str(value)

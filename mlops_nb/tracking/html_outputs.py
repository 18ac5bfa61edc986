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
_MERMAID = "text/vnd.mermaid"
_WIDGET_NOTE = "(a widget: it lives in the notebook only)"
_SAYS_NOTHING = re.compile(r"<IPython\.\w+\.display\.\w+ object>")
_SCRIPT_NOTE = "(it is drawn by a script, which this page leaves out; see the notebook)"


def to_static(node: Mapping[str, Any], *, sanitize: bool) -> dict[str, Any]:
    """Return a copy of the notebook whose outputs a saved page can show.

    Sanitised, metadata that nbconvert would act upon is left out: its templates write some of it
    as it stands.
    """
    metadata = {key: value for key, value in node.get("metadata", {}).items() if key != "widgets"}
    return {
        **node,
        "metadata": _plain_metadata(metadata) if sanitize else metadata,
        "cells": [_static_cell(cell, sanitize=sanitize) for cell in node.get("cells", [])],
    }


def _static_cell(cell: Mapping[str, Any], *, sanitize: bool) -> dict[str, Any]:
    static = dict(cell)
    if sanitize:
        static["metadata"] = {}
    if cell.get("cell_type") == "code":
        static["outputs"] = list(_static_outputs(cell, sanitize=sanitize))
        count = cell.get("execution_count")
        static["execution_count"] = count if isinstance(count, int) else None
    return static


def _static_outputs(cell: Mapping[str, Any], *, sanitize: bool) -> Iterator[dict[str, Any]]:
    for output in cell.get("outputs", ()):
        bundle = output.get("data")
        if not isinstance(bundle, Mapping):
            yield dict(output)
            continue
        forms = _without_widget(bundle)
        if sanitize:
            forms = _without_scripts(forms)
            yield {**output, "data": forms, "metadata": _sizes(output.get("metadata"))}
        else:
            yield {**output, "data": forms}


def _without_widget(bundle: Mapping[str, Any]) -> dict[str, Any]:
    forms = {kind: value for kind, value in bundle.items() if kind != WIDGET_MIME}
    if _MERMAID in forms:  # drawn by a script that the page does not load
        text = _joined(forms.pop(_MERMAID))
        forms.setdefault("text/plain", text)
    if WIDGET_MIME in bundle and "text/html" not in forms:
        plain = _joined(forms.get("text/plain", "a widget"))
        return {"text/plain": f"{plain}\n{_WIDGET_NOTE}"}
    return forms


def _without_scripts(forms: Mapping[str, Any]) -> dict[str, Any]:
    """Return the forms that show something without a script."""
    kept = {kind: value for kind, value in forms.items() if kind not in _SCRIPTS}
    is_scripted = len(kept) < len(forms)
    if "text/html" in kept and not shows_something(clean_piece(_joined(kept["text/html"]))):
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
    """Return what chooses the colours of code."""
    info = metadata.get("language_info")
    words = info.items() if isinstance(info, Mapping) else ()
    known = {k: v for k, v in words if k in ("name", "pygments_lexer") and isinstance(v, str)}
    return {"language_info": known}


def _joined(value: Any) -> str:
    """Return the text of a value that files may hold as a list of lines."""
    return "".join(map(str, value)) if isinstance(value, list) else str(value)

"""What of a notebook's own HTML is safe to show to somebody who did not write it?

An allow-list, kept by nh3 (Ammonia): elements, attributes, style properties and addresses that only
show something. Everything a notebook says passes it twice: each piece alone, so that it cannot
close what is around it, and all cells together, so that a hole in a template of nbconvert is none
here. Pictures stay, as data; a drawing in SVG becomes a picture, in which no script runs.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

_MORE_TAGS = {"audio", "font", "label", "progress", "source", "tfoot", "video"}
# Image maps; landmarks, which are the page's own.
_FEWER_TAGS = {"area", "aside", "footer", "header", "hgroup", "map", "nav"}
_REMOVED_WHOLE = {
    *("embed", "frameset", "iframe", "math", "noembed", "noframes", "noscript", "object"),
    *("plaintext", "script", "select", "style", "svg", "template", "textarea", "title", "xmp"),
}
_ATTRIBUTES: Mapping[str, set[str]] = {
    "*": {"align", "class", "dir", "id", "lang", "role", "style", "title", "valign"},
    "a": {"href"},
    "audio": {"controls", "src"},
    "col": {"span"},
    "colgroup": {"span"},
    "details": {"open"},
    "div": {"data-mime-type"},
    "font": {"color"},
    "img": {"alt", "height", "src", "width"},
    "li": {"value"},
    "ol": {"reversed", "start", "type"},
    "progress": {"max", "value"},
    "source": {"src", "type"},
    "table": {"border"},
    "td": {"colspan", "headers", "rowspan"},
    "th": {"abbr", "colspan", "headers", "rowspan", "scope"},
    "time": {"datetime"},
    "video": {"controls", "height", "src", "width"},
}
_STYLES = {
    *("background-color", "border", "border-bottom", "border-collapse", "border-color"),
    *("border-left", "border-radius", "border-right", "border-spacing", "border-style"),
    *("border-top", "border-width", "caption-side", "color", "display", "empty-cells"),
    *("flex", "flex-basis", "flex-direction", "flex-wrap", "float", "font", "font-family"),
    *("font-size", "font-style", "font-variant-numeric", "font-weight", "gap", "height"),
    *("letter-spacing", "line-height", "list-style-type", "margin", "margin-bottom"),
    *("margin-left", "margin-right", "margin-top", "max-height", "max-width", "min-height"),
    *("min-width", "opacity", "overflow", "overflow-x", "overflow-y", "padding"),
    *("padding-bottom", "padding-left", "padding-right", "padding-top", "table-layout"),
    *("text-align", "text-decoration", "text-indent", "text-transform", "vertical-align"),
    *("white-space", "width", "word-break", "word-spacing"),
}
_LINKED = re.compile(r"(?:https?:|mailto:|#)", re.IGNORECASE)
_SHOWN = re.compile(
    r"data:(?:image/(?:png|jpeg|gif|webp|bmp|svg\+xml)|(?:audio|video)/[\w.+-]+)[;,]", re.IGNORECASE
)
# A value of a style that loads, runs or escapes; no property above needs one.
_ACTIVE_STYLE = re.compile(r"url\s*\(|expression|javascript|@|\\|image-set", re.IGNORECASE)
_SVG = re.compile(r"<svg\b[^>]*>.*?</svg\s*>", re.IGNORECASE | re.DOTALL)
_SVG_NAMESPACE = "http://www.w3.org/2000/svg"
_SEEN = re.compile(r"<(?:img|audio|video|progress|hr)\b", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


def clean_piece(markup: str) -> str:
    """Return the HTML of one output or one Markdown cell, safe and closed in itself.

    Names that the page itself uses (ids of cells, classes of its summary) are taken out.
    """
    cleaned: str = _cleaner(is_piece=True).clean(_SVG.sub(_to_picture, markup))
    return cleaned


def clean_cells(markup: str) -> str:
    """Return the HTML of all cells, made of clean pieces, safe as a whole."""
    cleaned: str = _cleaner(is_piece=False).clean(markup)
    return cleaned


def shows_something(markup: str) -> bool:
    """Return whether clean HTML has any text or picture.

    >>> shows_something("<div> &nbsp; </div>"), shows_something("<td>1</td>")
    (False, True)
    """
    text = _TAG.sub("", markup).replace("&nbsp;", " ")
    return bool(text.strip()) or _SEEN.search(markup) is not None


@cache
def _cleaner(*, is_piece: bool) -> Any:
    import nh3

    keep = _keep_in_piece if is_piece else _keep
    return nh3.Cleaner(
        tags=(nh3.ALLOWED_TAGS - _FEWER_TAGS) | _MORE_TAGS,
        clean_content_tags=_REMOVED_WHOLE,
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=keep,
        generic_attribute_prefixes={"aria-"},
        filter_style_properties=_STYLES,
        url_schemes={"data", "http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )


def _keep(tag: str, attribute: str, value: str) -> str | None:
    """Return the value that an allowed attribute keeps; None drops it."""
    if attribute == "href":
        return value if _LINKED.match(value.strip()) else None
    if attribute == "src":
        return value if _SHOWN.match(value.strip()) else None
    if attribute == "style" and _ACTIVE_STYLE.search(value):
        return None
    return value


def _keep_in_piece(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "id" and value.startswith(("cell-id=", "mnb")):
        return None
    if attribute == "class":
        return " ".join(name for name in value.split() if not name.startswith(("mnb", "jp-")))
    return _keep(tag, attribute, value)


def _to_picture(found: re.Match[str]) -> str:
    """Return an SVG drawing as a picture."""
    drawing = found.group()
    if _SVG_NAMESPACE not in drawing.partition(">")[0]:
        drawing = f'<svg xmlns="{_SVG_NAMESPACE}"{drawing[4:]}'
    encoded = base64.b64encode(drawing.encode("utf-8", "replace")).decode()
    return f'<img alt="drawing" src="data:image/svg+xml;base64,{encoded}">'

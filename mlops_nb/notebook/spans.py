"""Where in the text of a JSON file is each value, and how is that file laid out?

Enough of a scanner to rewrite an object or a list of a notebook and leave every other byte as it
is: whoever keeps notebooks in git sees only what changed. Values that are not looked into are
skipped by the standard library's decoder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]  # public in name, not in typeshed
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")
_ESCAPE_ABOVE_ASCII = re.compile(r"(?<!\\)(?:\\\\)*\\u(?!00[0-7])")
_decode = json.JSONDecoder().raw_decode


@dataclass(frozen=True, slots=True)
class Raw:
    """A value as text that is put in as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class Span:
    """A value in the text: from `start` to before `end`; of an object's member its key too."""

    start: int
    end: int
    key: str = ""
    key_start: int = -1


@dataclass(frozen=True, slots=True)
class JsonText:
    """The text of a JSON object, and the layout that its writer chose."""

    text: str
    start: int
    unit: str  # of indentation; empty where all stands on one line
    newline: str
    comma: str
    colon: str
    is_ascii: bool

    @classmethod
    def of(cls, text: str) -> JsonText:
        """Return `text`, which holds one JSON object, with its layout."""
        start = _skip(text, 0)
        first = _skip(text, start + 1)
        lead = text[start + 1 : first]
        newline = "\r\n" if "\r\n" in lead else "\n"
        unit = lead.rpartition("\n")[2] if "\n" in lead else ""
        colon = ": "
        if text[first : first + 1] == '"':
            key_end = scanstring(text, first + 1)[1]
            colon_at = _skip(text, key_end)
            after = _skip(text, colon_at + 1)
            colon = ":" + (" " if after > colon_at + 1 else "")
        comma = ", " if not unit and '", "' in text else ","
        has_other = not text.isascii()
        is_ascii = not has_other and _ESCAPE_ABOVE_ASCII.search(text) is not None
        return cls(text, start, unit, newline, comma, colon, is_ascii)

    def members(self, start: int) -> list[Span]:
        """Return the members of the object at `start`; of a key said twice the last."""
        found: dict[str, Span] = {}
        at = _skip(self.text, start + 1)
        while self.text[at] != "}":
            key_start = at
            key, at = scanstring(self.text, at + 1)
            at = _skip(self.text, _skip(self.text, at) + 1)
            end = _decode(self.text, at)[1]
            found[key] = Span(at, end, key, key_start)
            at = self._next(end)
        return list(found.values())

    def items(self, start: int) -> list[Span]:
        """Return the items of the list at `start`."""
        found = []
        at = _skip(self.text, start + 1)
        while self.text[at] != "]":
            end = _decode(self.text, at)[1]
            found.append(Span(at, end))
            at = self._next(end)
        return found

    def member(self, start: int, key: str) -> Span | None:
        """Return the member `key` of the object at `start`."""
        return next((span for span in self.members(start) if span.key == key), None)

    def value(self, span: Span) -> Any:
        """Return the value at `span`."""
        return json.loads(self.text[span.start : span.end])

    def rewrite(self, start: int | None, changes: Mapping[str, Any], *, depth: int) -> str:
        """Return the text of the object at `start` with `changes`; None removes a member.

        Members that stay keep their text. New ones stand where sorted keys would have them, if the
        keys are sorted, else last. Without `start` the object is new.
        """
        spans = [] if start is None else self.members(start)
        keys = [span.key for span in spans]
        texts = {span.key: self.text[span.key_start : span.end] for span in spans}
        for key, value in changes.items():
            if value is None:
                texts.pop(key, None)
                continue
            written = value.text if isinstance(value, Raw) else self.render(value, depth=depth + 1)
            texts[key] = self.render(key, depth=0) + self.colon + written
        if keys == sorted(keys):
            texts = {key: texts[key] for key in sorted(texts)}
        return self.join(list(texts.values()), "{}", depth=depth)

    def join(self, parts: Sequence[str], brackets: str, *, depth: int) -> str:
        """Return an object or a list of `parts` whose brackets stand `depth` levels deep."""
        if not parts:
            return brackets
        if not self.unit:
            return brackets[0] + self.comma.join(parts) + brackets[1]
        lead = self.newline + self.unit * (depth + 1)
        return brackets[0] + lead + ("," + lead).join(parts) + lead[: -len(self.unit)] + brackets[1]

    def render(self, value: Any, *, depth: int) -> str:
        """Return `value` in this layout, keys sorted, to stand `depth` levels deep."""
        try:
            text = json.dumps(
                value,
                ensure_ascii=self.is_ascii,
                indent=self.unit or None,
                sort_keys=True,
                separators=("," if self.unit else self.comma, self.colon),
            )
            text.encode()
        except UnicodeEncodeError:  # a lone surrogate: legal in JSON as an escape only
            text = json.dumps(value, indent=self.unit or None, sort_keys=True)
        return text.replace("\n", self.newline + self.unit * depth)

    def _next(self, end: int) -> int:
        """Return where the next member or item starts, or the closing bracket stands."""
        at = _skip(self.text, end)
        return _skip(self.text, at + 1) if self.text[at] == "," else at


def _skip(text: str, at: int) -> int:
    """Return the place of the next character that is no space."""
    found = _SPACE.match(text, at)
    assert found is not None  # it matches nothing, too
    return found.end()

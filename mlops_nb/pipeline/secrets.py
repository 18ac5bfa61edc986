"""How is text written so that no secret is in it? Whatever holds one in a known form becomes `***`.

One `Masker` knows a run's secrets; text goes through it where it enters the runner or leaves it.
A secret that could be a word or is very short (``test``, ``completed``, ``1234``) is masked in text
for people only: it would be found in the names and states that make up a notebook.

What is not found: a secret that was transformed in another way (reversed, encrypted, compressed,
spelt out), parts of it that are no beginning, and what is shown as an image.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.secret_forms import forms_of
from mlops_nb.pipeline.secret_search import SecretSearch, colours_in

MASK = "***"
# Text in which a secret that overlaps itself goes on and on ("abab" in "ababab…") waits no longer.
_LONGEST_WAIT = 50_000
SHORTEST = 4

_MIME = re.compile(r"(?:application|audio|font|image|model|text|video)/[\w.+-]+")
# Base64 of images would hold short secrets by chance.
_WORD = re.compile(r"[a-z_-]*")
_KEY = re.compile(r"[A-Za-z_.-]+")
_BINARY = re.compile(r"(?:audio|font|image|model|video)/(?!svg\+xml).*|application/pdf")
# What stands under these keys names a thing of Jupyter's; code compares it.
_NAMING_KEYS = word_set(
    """
    action cell_type codemirror_mode comm_id display_id display_name ename execution_state
    experiment folder format id kernel_name language layout mimetype model_id model_module
    model_name model_uri msg_id name nbconvert_exporter notebook output output_path output_type
    pygments_lexer run_id severity started state_id status target_module target_name uri version
    """
)
# What stands under these says which kernel a notebook is for.
_KEPT_KEYS = ("kernelspec", "language_info")


class Masker:
    """Masks the secrets of one run.

    Parameters
    ----------
    secrets : Mapping of str to str
        Values by name.

    Raises
    ------
    ValueError
        If a value cannot be masked; see `why_unmaskable`.
    """

    def __init__(self, secrets: Mapping[str, str] | None = None) -> None:
        values = {value.strip() for value in (secrets or {}).values()}
        for name, value in (secrets or {}).items():
            if why_unmaskable(value):
                raise ValueError(f"secret {name!r} {why_unmaskable(value)}")
        self._values = frozenset(values)
        self._all = SecretSearch(form for value in values for form in forms_of(value))
        strong = [value for value in values if _is_no_word(value)]
        self._strong = SecretSearch(form for value in strong for form in forms_of(value))

    def __bool__(self) -> bool:
        """Return whether there is anything to mask."""
        return bool(self._values)

    def text(self, text: str) -> str:
        """Return `text` without secrets."""
        return _replace(text, self._all) if self._values else text

    def name(self, name: str) -> str:
        """Return a name, path or other text that code compares, without secrets that are no
        words."""
        return _replace(name, self._strong) if self._values else name

    def value(self, value: Any) -> Any:
        """Return plain data without secrets: texts, bytes, keys, frozen data classes, at any depth.

        The same object where nothing changed.
        """
        return self._value(value, self.text) if self._values else value

    def part(self, part: Mapping[str, Any]) -> Any:
        """Return a cell or a notebook's metadata as `value` does; the names of its kernel stay."""
        kept = {key: part[key] for key in _KEPT_KEYS if key in part}
        return {**self.value({k: v for k, v in part.items() if k not in kept}), **kept}

    def parameters(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters without secrets; also where one is a number that is a secret."""
        return {
            name: MASK if str(value).strip() in self._values else self.value(value)
            for name, value in values.items()
        }

    def stream(self) -> MaskedStream:
        """Return a masker for a text that comes in pieces."""
        return MaskedStream(self._all)

    def _value(self, value: Any, mask: Callable[[str], str]) -> Any:
        if isinstance(value, str):
            return mask(value)
        if isinstance(value, Mapping):
            return self._mapping(value, mask)
        if isinstance(value, list | tuple):
            made = [self._value(item, mask) for item in value]
            changed = any(new is not old for new, old in zip(made, value, strict=True))
            return type(value)(made) if changed else value
        if isinstance(value, bytes | bytearray | memoryview):
            raw = bytes(value).decode("utf-8", "surrogateescape")
            masked = mask(raw)
            return value if masked is raw else masked.encode("utf-8", "surrogateescape")
        if is_dataclass(value) and not isinstance(value, type):
            return self._data(value, mask)
        return value

    def _mapping(self, value: Mapping[Any, Any], mask: Callable[[str], str]) -> Any:
        changes: dict[Any, tuple[Any, Any]] = {}
        for key, old in value.items():
            masked = self._key(key, mask)
            new = self._value(old, self._mask_under(key, mask))
            if masked is not key or new is not old:
                changes[key] = (masked, new)
        if not changes:
            return value
        made = dict(changes.get(key, (key, old)) for key, old in value.items())
        return type(value)(made) if isinstance(value, dict) else made

    def _key(self, key: Any, mask: Callable[[str], str]) -> Any:
        if not isinstance(key, str):
            return key
        return self.name(key) if _KEY.fullmatch(key) or _MIME.fullmatch(key) else mask(key)

    def _mask_under(self, key: Any, mask: Callable[[str], str]) -> Callable[[str], str]:
        """Return how to mask what stands under `key`."""
        if not isinstance(key, str):
            return mask
        return self.name if key in _NAMING_KEYS or _BINARY.fullmatch(key) else mask

    def _data(self, value: Any, mask: Callable[[str], str]) -> Any:
        changes = {}
        for field in fields(value):
            old = getattr(value, field.name)
            new = self._value(old, self._mask_under(field.name, mask))
            if new is not old:
                changes[field.name] = new
        return replace(value, **changes) if changes else value


class MaskedStream:
    """One text that comes in pieces; the end of a piece that could begin a secret waits.

    Parameters
    ----------
    search : SecretSearch
    """

    def __init__(self, search: SecretSearch) -> None:
        self._search = search
        self._held = ""

    @property
    def held(self) -> str:
        """What waits; not masked."""
        return self._held

    def feed(self, chunk: str) -> str:
        """Return what can be told by now of the text up to here, without secrets."""
        text = self._held + chunk
        spans, cut = self._search.find(text), self._search.find_cut(text)
        for start, end in reversed(spans):
            if start < cut < end:
                cut = start if len(text) - start < _LONGEST_WAIT else end
        self._held = text[cut:]
        return _written(text[:cut], [span for span in spans if span[1] <= cut])

    def rest(self) -> str:
        """Return what waited, without secrets; the text is at its end, or another begins."""
        text, self._held = self._held, ""
        return _replace(text, self._search)


def why_unmaskable(value: str) -> str | None:
    """Return why a value cannot be masked, as the end of a sentence; None if it can."""
    plain = value.strip()
    if not plain:
        return "is empty"
    if len(plain) < SHORTEST:
        return f"has fewer than {SHORTEST} characters"
    if len(set(plain)) == 1:
        return "is one character again and again"
    return None


def _is_no_word(value: str) -> bool:
    return len(value) >= 16 or (len(value) >= 6 and not _WORD.fullmatch(value))


def _replace(text: str, search: SecretSearch) -> str:
    spans = search.find(text)
    return _written(text, spans) if spans else text


def _written(text: str, spans: list[tuple[int, int]]) -> str:
    if not spans:
        return text
    parts, done = [], 0
    for start, end in spans:
        parts += [text[done:start], MASK, colours_in(text[start:end])]
        done = end
    return "".join([*parts, text[done:]])

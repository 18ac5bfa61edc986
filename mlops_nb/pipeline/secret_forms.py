"""In which forms does a secret appear in text? As it is, and as common encodings write it.

A form is a text to look for. Base64 has no fixed text for a part of what was encoded: the first and
the last character also hold bits of the neighbours. There a form has the characters that depend on
the secret alone, and the sets of characters that can stand beside them.
"""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

# Lines of a secret with several, such as a PEM key, are secrets of their own from here on.
LINE_LENGTH = 8
_NOBODY: frozenset[str] = frozenset()
_STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_URL_SAFE = _STANDARD[:-2] + "-_"
_PERCENT = re.compile(r"%[0-9A-F]{2}")
# What JavaScript's encodeURIComponent and encodeURI leave as it is.
_COMPONENT_SAFE = "!'()*~"
_URI_SAFE = _COMPONENT_SAFE + ";,/?:@&=+$#"
_STAND_IN = "\ue000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One text in which a secret appears.

    Attributes
    ----------
    core : str
        What is looked for.
    before, after : frozenset of str
        Characters that belong to the secret where they stand right beside the core.
    """

    core: str
    before: frozenset[str] = _NOBODY
    after: frozenset[str] = _NOBODY


def forms_of(secret: str) -> tuple[Form, ...]:
    """Return every form of `secret`, sorted; white space around it does not belong to it."""
    plain = secret.strip()
    texts = set(_escaped(plain))
    lines = [line.strip() for line in plain.splitlines()] if "\n" in plain else []
    for line in lines:
        if len(line) >= LINE_LENGTH:
            texts.update(_strings(line))
    raw = plain.encode("utf-8", "surrogateescape")
    texts.update((raw.hex(), raw.hex().upper()))
    found = {Form(core=text) for text in texts} | set(_in_base64(raw))
    return tuple(sorted(found, key=lambda form: (form.core, sorted(form.before))))


def _escaped(text: str) -> Iterator[str]:
    """Yield `text`, escaped in one way or in two, one around the other."""
    yield from _in_urls(text)
    yield shlex.quote(text)[1:-1] if shlex.quote(text) != text else text
    for once in set(_strings(text)):
        yield once
        yield from _strings(once)


def _strings(text: str) -> Iterator[str]:
    """Yield `text` as it stands in JSON, Python literals and HTML."""
    yield text
    written = json.dumps(text)[1:-1]
    yield from (written, json.dumps(text, ensure_ascii=False)[1:-1], written.replace("/", "\\/"))
    yield _escape_all(written, {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "'": "\\u0027"})
    yield repr(text + "'\"")[1:-4]  # both quotes are there: the single one is escaped
    unquoted = repr('"' + text.replace("'", _STAND_IN))[2:-1]
    yield unquoted.replace("\\ue000", "'")
    yield ascii(text)[1:-1]
    yield repr(text.encode("utf-8", "surrogateescape"))[2:-1]
    yield from (html.escape(text), html.escape(text, quote=False))
    yield _escape_all(html.escape(text, quote=False), {"'": "&#39;", '"': "&#34;"})
    yield _escape_all(html.escape(text, quote=False), {"'": "&#39;", '"': "&quot;"})


def _escape_all(text: str, replacements: dict[str, str]) -> str:
    for char, written in replacements.items():
        text = text.replace(char, written)
    return text


def _in_urls(text: str) -> Iterator[str]:
    """Yield `text` percent-encoded, with upper and lower case digits."""
    safe = ("", "/", _COMPONENT_SAFE, _URI_SAFE)
    written = [quote(text, safe=chars, errors="surrogateescape") for chars in safe]
    written.append(quote_plus(text, errors="surrogateescape"))
    for url in written:
        yield url
        yield _PERCENT.sub(lambda match: match.group().lower(), url)


def _in_base64(raw: bytes) -> Iterator[Form]:
    """Yield the forms of `raw` within longer data, which begins at any of three places."""
    for skipped in range(3):
        for alphabet in (_STANDARD, _URL_SAFE):
            yield from _one_alignment(raw, skipped, alphabet)


def _one_alignment(raw: bytes, skipped: int, alphabet: str) -> Iterator[Form]:
    """Yield the form of `raw` after `skipped` other bytes."""
    altchars = alphabet[-2:].encode()
    padded = base64.b64encode(bytes(skipped) + raw + bytes(2), altchars).decode()
    begin, end = -(-8 * skipped // 6), 8 * (skipped + len(raw)) // 6
    core = padded[begin:end]
    before = after = _NOBODY
    if skipped:  # its last bits are the secret's
        known = 4 if skipped == 1 else 2
        value = alphabet.index(padded[begin - 1]) % (1 << known)
        before = frozenset(c for i, c in enumerate(alphabet) if i % (1 << known) == value)
    known = 8 * (skipped + len(raw)) % 6
    if known:  # its first bits are the secret's
        value = alphabet.index(padded[end]) >> (6 - known)
        after = frozenset(c for i, c in enumerate(alphabet) if i >> (6 - known) == value)
    yield Form(core=core, before=before, after=after)
    in_url = quote(core, safe="")
    if in_url != core:
        yield Form(core=in_url)
        yield Form(core=_PERCENT.sub(lambda match: match.group().lower(), in_url))
        yield Form(core=core.replace("/", "\\/"))

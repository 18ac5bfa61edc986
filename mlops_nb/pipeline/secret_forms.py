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
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus, unquote

# Lines of a secret with several, such as a PEM key, and its parts are secrets from here on.
PART_LENGTH = 8
_ADDRESS = re.compile(r"[A-Za-z][\w+.-]*://[^\s:/@]*:(?P<password>[^\s/]+)@[^\s@]+")
_SECRET_NAME = re.compile(r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|key)\Z", re.IGNORECASE)
_WORD = re.compile(r"[a-z]+")
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
    """Return every form of `secret`, sorted; white space around it does not belong to it.

    The secrets within it have forms, too: lines, and what code takes out of it (`secrets_within`).
    """
    plain = secret.strip()
    found: set[Form] = set()
    for one in (plain, *secrets_within(plain)):
        raw = one.encode("utf-8", "surrogateescape")
        found.update(Form(core=text) for text in (*_escaped(one), raw.hex(), raw.hex().upper()))
        found.update(_in_base64(raw))
        lines = [line.strip() for line in one.splitlines()] if "\n" in one else []
        long = [line for line in lines if len(line) >= PART_LENGTH]
        found.update(Form(core=text) for line in long for text in _strings(line))
    return tuple(sorted(found, key=lambda form: (form.core, sorted(form.before))))


def secrets_within(secret: str) -> list[str]:
    """Return what is secret by itself: the password of an address, keys and passwords in JSON."""
    found = [found["password"] for found in [_ADDRESS.fullmatch(secret)] if found]
    found += [unquote(password) for password in found]
    if secret.startswith("{"):
        with suppress(ValueError, RecursionError):  # no JSON, or none that anybody reads
            found += _named_secrets(json.loads(secret))
    kept = [text.strip() for text in found if len(text.strip()) >= PART_LENGTH]
    return [text for text in dict.fromkeys(kept) if text != secret and not _WORD.fullmatch(text)]


def _named_secrets(value: Any) -> Iterator[str]:
    """Yield the texts in `value` that stand under names of secrets."""
    if isinstance(value, list):
        for item in value:
            yield from _named_secrets(item)
    for name, item in value.items() if isinstance(value, dict) else ():
        if isinstance(item, str) and _SECRET_NAME.search(name):
            yield item
        yield from _named_secrets(item)


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

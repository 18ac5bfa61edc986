"""Does a text look like a secret by itself? What stands for one does not, nor do words and names.

What a key of a machine looks like, and what a password that a person chose, are told apart by the
name the literal is given to.
"""

from __future__ import annotations

import math
import re
from collections import Counter

from mlops_nb.pipeline.flow.words import word_set

_PLACEHOLDER = re.compile(
    r"placeholder|change.?me|replace|redacted|insert|your|my[_-]?(?:api|secret|pass|token|key)|todo|"
    r"<[^>]*>|\{[^}]*\}|\$\(|\$[A-Z_]{3,}|%\(|xxxx|\*\*\*|\.\.\.|…|secret.?key|api.?key|password|passwd",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(
    r"example|sample|dummy|fake|test|0123456|1234567|abcdef|deadbeef|foobar|IkpvaG4gRG9lI",
    re.IGNORECASE,
)


def is_placeholder(text: str) -> bool:
    """Return whether `text` only stands for a secret.

    >>> [is_placeholder(t) for t in ("sk-xxxxxxxxxxxx", "<your key>", "hJ7kQ2mZ9x")]
    [True, True, False]
    """
    return len(set(text)) <= 4 or _PLACEHOLDER.search(text) is not None


def is_example(text: str) -> bool:
    """Return whether `text` looks like a key in documentation: in its format, and nobody's."""
    return _EXAMPLE.search(text) is not None


def entropy(text: str) -> float:
    """Return Shannon's entropy of the characters of `text`, in bits per character.

    >>> entropy("aaaa"), entropy("abcd")
    (0.0, 2.0)
    """
    counts = Counter(text).values()
    return 0.0 - sum(n / len(text) * math.log2(n / len(text)) for n in counts)


# What a key of a machine has at least; of English words and names, few come to it.
_KEY_LENGTH, _KEY_ENTROPY = 16, 3.0
# Words, paths, calls and patterns that stand where a password could.
_SPOKEN = re.compile(
    r"[A-Za-z]+(?:[-_.: ][A-Za-z]+)*[:?!.]*|.*[\[\]()\\|^\s].*|https?://.*|[./~].*"
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# A path, an address, a version, a call, words joined by one sign: not what machines give out.
_PART = r"(?:[A-Za-z]+|v?\d+(?:\.\d+)*|[A-Za-z]{0,6}\d{1,3}[A-Za-z]{0,3})"
_NAME_LIKE = re.compile(
    rf"{_PART}(?:[-_./: ]{_PART})*[-_./]?|.*[\[\]()\\|^?\s].*|https?://.*|[a-z]+/.*"
)


def looks_random(text: str) -> bool:
    """Return whether a literal could be a key: long, of letters and digits, of many characters."""
    has_both = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    if len(text) < _KEY_LENGTH or not has_both or _UUID.fullmatch(text):
        return False
    return entropy(text) >= _KEY_ENTROPY and not _NAME_LIKE.fullmatch(text)


def _looks_chosen(text: str) -> bool:
    """Return whether a literal could be a password: a word with digits or signs in it."""
    has_both = any(c.isalpha() for c in text) and not text.isalpha()
    return has_both and text.isprintable() and not _SPOKEN.fullmatch(text)


_KNOWN_PASSWORDS = word_set(
    "root admin user test postgres mysql guest password pass secret neo4j mongo rabbitmq"
)


def accept_login(match: re.Match[str]) -> bool:
    """Return whether the password of an `ADDRESS` is one, and not the default of some server."""
    password = match["secret"]
    if password == match["user"] or password.lower() in _KNOWN_PASSWORDS:
        return False
    return len(password) >= 6 and any(c.isdigit() or not c.isalnum() for c in password)


LITERAL = re.compile(
    r"""(?P<word>pass(?:word|wd|phrase)?|pwd|secret|token|key|credentials?)
    (?:_?\d)?["']?\]?\s*(?::\s*[A-Za-z][\w.\[\]]*\s*(?==))?(?:=|:|,\s*(?:default|value)\s*=)\s*[rbf]?["'](?P<secret>[^"'\n]{6,300})["']""",
    re.IGNORECASE | re.VERBOSE,
)
SHELL = re.compile(
    r"""(?:export|setenv|set_env|env|set)\s+[A-Za-z0-9_]*?
    (?P<word>pass(?:word|wd|phrase)?|pwd|secret|token|key)
    [= ]["']?(?P<secret>[^\s"'$]{6,300})["']?[ \t]*$""",
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
_SECRET_KEY = re.compile(r"(?:api|access|auth|private|secret)_?$", re.IGNORECASE)
ADDRESS = re.compile(
    r"://(?P<user>[^\s:/@\"'<>{}$]{0,64}):(?P<secret>[^\s:/@\"'<>{}$\[\]]{3,128})@[\w.-]+"
)


def accept_literal(match: re.Match[str]) -> bool:
    """Return whether a `LITERAL`'s name holds secrets, as not every key does, and it looks so."""
    text, name, before = match["secret"], match["word"].lower(), match.start("word")
    if name == "key" and not _SECRET_KEY.search(match.string[max(0, before - 8) : before]):
        return False
    return _looks_chosen(text) if name.startswith(("pass", "pwd")) else looks_random(text)


def accept_shell(match: re.Match[str]) -> bool:
    """Return whether a `SHELL` match begins its line, and what it sets looks like a secret."""
    line = match.string[match.string.rfind("\n", 0, match.start()) + 1 : match.start()]
    return not line.strip(" \t!%") and accept_literal(match)

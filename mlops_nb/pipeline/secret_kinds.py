"""Which texts are probably secrets? Keys in a provider's format, and literals given to names that
hold secrets.

A provider's format is unmistakable: a prefix of its own, a length, often a checksum. A literal is
judged by the name it is given to and by what it looks like; words, placeholders and names of models
are none. A false alarm is a defect, so what is merely long or random, such as a hash, is no secret.
"""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mlops_nb.pipeline.flow.words import word_set

# Nothing that could be a part of the key stands before or after it: base64 of images is full of
# what would else look like one.
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_BEFORE, _AFTER = r"(?<![A-Za-z0-9+_])", r"(?![A-Za-z0-9+/_-])"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretKind:
    """One format of secrets.

    Attributes
    ----------
    name : str
        With its article, for a message.
    marks : tuple of str
        Texts of which one is in every such secret, or beside it; searched first, since that is
        fast. In lower case where `ignores_case`.
    pattern : re.Pattern
        The secret is the group ``secret``, or all of the match.
    is_sure : bool
        Whether the format alone proves it.
    begins_with_mark : bool
        Whether the pattern is to be matched where a mark stands, and nowhere else.
    accepts : callable
        Whether a match is one, where the pattern cannot say.
    """

    name: str
    marks: tuple[str, ...]
    pattern: re.Pattern[str]
    is_sure: bool = True
    ignores_case: bool = False
    begins_with_mark: bool = False
    accepts: Callable[[re.Match[str]], bool] = lambda match: True


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSecret:
    """A probable secret in a text, by its place there.

    Not sure if its kind is not, or if it looks like the examples in a provider's documentation.
    """

    kind: SecretKind
    start: int
    end: int
    text: str

    @property
    def is_sure(self) -> bool:
        return self.kind.is_sure and not _EXAMPLE.search(self.text)

    @property
    def shown(self) -> str:
        """What a message may show of it."""
        return f"{self.text[:4]}…"


def find_secrets(text: str) -> list[FoundSecret]:
    """Return the probable secrets in `text`, in order; of two in one place the surer."""
    lowered = text.translate(_LOWER)
    found: list[FoundSecret] = []
    for kind in KINDS:
        searched = lowered if kind.ignores_case else text
        if any(mark in searched for mark in kind.marks):
            found += _find_kind(kind, text, searched)
    kept: list[FoundSecret] = []
    for one in sorted(found, key=lambda f: (not f.kind.is_sure, f.start, -f.end)):
        if all(one.end <= other.start or one.start >= other.end for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda f: f.start)


def _find_kind(kind: SecretKind, text: str, searched: str) -> Iterator[FoundSecret]:
    group = "secret" if "secret" in kind.pattern.groupindex else 0
    for match in _matches(kind, text, searched):
        secret = match.group(group)
        if not is_placeholder(secret) and kind.accepts(match):
            yield FoundSecret(
                kind=kind, start=match.start(group), end=match.end(group), text=secret
            )


def _matches(kind: SecretKind, text: str, searched: str) -> Iterator[re.Match[str]]:
    if not kind.begins_with_mark:
        yield from kind.pattern.finditer(text)
        return
    for mark in kind.marks:
        at = searched.find(mark)
        while at >= 0:
            if match := kind.pattern.match(text, at):
                yield match
            at = searched.find(mark, at + 1)


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
_SPOKEN = re.compile(r"[A-Za-z]+(?:[-_. ][A-Za-z]+)*[:?!.]*|.*[\[\]()\\|^\s].*|https?://.*|[./~].*")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# A path, an address, a version, a call, words joined by one sign: not what machines give out.
_PART = r"(?:[A-Za-z]+|v?\d+(?:\.\d+)*|[A-Za-z]{0,6}\d{1,3}[A-Za-z]{0,3})"
_NAME_LIKE = re.compile(
    rf"{_PART}(?:[-_./: ]{_PART})*[-_./]?|.*[\[\]()\\|^?\s].*|https?://.*|[a-z]+/.*"
)


def _looks_random(text: str) -> bool:
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


def _accept_login(match: re.Match[str]) -> bool:
    password = match["secret"]
    if password == match["user"] or password.lower() in _KNOWN_PASSWORDS:
        return False
    return len(password) >= 6 and any(c.isdigit() or not c.isalnum() for c in password)


def _key(name: str, format_: str, *marks: str, is_sure: bool = True) -> SecretKind:
    pattern = re.compile(f"{_BEFORE}(?:{format_}){_AFTER}")
    return SecretKind(name=name, marks=marks, pattern=pattern, is_sure=is_sure)


_LITERAL = re.compile(
    r"""(?P<word>pass(?:word|wd|phrase)?|pwd|secret|token|key|credentials?)
    (?:_?\d)?["']?\]?\s*(?::\s*[A-Za-z][\w.\[\]]*\s*(?==))?(?:=|:|,\s*(?:default|value)\s*=)\s*[rbf]?["'](?P<secret>[^"'\n]{6,300})["']""",
    re.IGNORECASE | re.VERBOSE,
)
_SHELL = re.compile(
    r"""(?:export|setenv|set_env|env|set)\s+[A-Za-z0-9_]*?
    (?P<word>pass(?:word|wd|phrase)?|pwd|secret|token|key)
    [= ]["']?(?P<secret>[^\s"'$]{6,300})["']?[ \t]*$""",
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
_SECRET_KEY = re.compile(r"(?:api|access|auth|private|secret)_?$", re.IGNORECASE)
_ADDRESS = re.compile(
    r"://(?P<user>[^\s:/@\"'<>{}$]{0,64}):(?P<secret>[^\s:/@\"'<>{}$\[\]]{3,128})@[\w.-]+"
)


def _accept_literal(match: re.Match[str]) -> bool:
    """Return whether the name holds secrets (not every key is one) and the text looks like one."""
    text, name, before = match["secret"], match["word"].lower(), match.start("word")
    if name == "key" and not _SECRET_KEY.search(match.string[max(0, before - 8) : before]):
        return False
    return _looks_chosen(text) if name.startswith(("pass", "pwd")) else _looks_random(text)


def _accept_shell(match: re.Match[str]) -> bool:
    line = match.string[match.string.rfind("\n", 0, match.start()) + 1 : match.start()]
    return not line.strip(" \t!%") and _accept_literal(match)


KINDS: tuple[SecretKind, ...] = (
    _key(
        "an AWS access key id",
        r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",
        "AKIA",
        "ASIA",
        "ABIA",
        "ACCA",
    ),
    SecretKind(
        name="an AWS secret key",
        marks=("aws",),
        ignores_case=True,
        pattern=re.compile(
            r"aws.{0,20}?(?:secret|key).{0,20}?[\s=:\"'](?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
            re.IGNORECASE,
        ),
        accepts=lambda match: entropy(match["secret"]) > 4 and not match["secret"].islower(),
    ),
    _key(
        "a GitHub token", r"gh[pousr]_[A-Za-z0-9]{36,255}", "ghp_", "gho_", "ghu_", "ghs_", "ghr_"
    ),
    _key("a GitHub token", r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}", "github_pat_"),
    _key(
        "a GitLab token",
        r"gl(?:pat|dt|rt|cbt|ptt)-[A-Za-z0-9_-]{20,}",
        "glpat-",
        "gldt-",
        "glrt-",
        "glcbt-",
        "glptt-",
    ),
    _key("a Slack token", r"xox[abeoprs]-(?:\d+-)?[A-Za-z0-9-]{16,}", "xox"),
    _key("a Slack token", r"xapp-\d-[A-Z0-9]+-\d+-[a-z0-9]{32,}", "xapp-"),
    _key(
        "a Slack webhook",
        r"https://hooks\.slack\.com/services/T[A-Z0-9]{7,}/B[A-Z0-9]{7,}/[A-Za-z0-9]{20,}",
        "hooks.slack.com",
    ),
    _key("a Google API key", r"AIza[0-9A-Za-z_-]{35}", "AIza"),
    _key("a Google client secret", r"GOCSPX-[A-Za-z0-9_-]{28}", "GOCSPX-"),
    _key("a Google access token", r"ya29\.[A-Za-z0-9_-]{50,}", "ya29."),
    _key("a Stripe key", r"[sr]k_live_[A-Za-z0-9]{16,}", "k_live_"),
    _key("a Stripe test key", r"[sr]k_test_[A-Za-z0-9]{16,}", "k_test_", is_sure=False),
    _key("an Anthropic key", r"sk-ant-[a-z]+\d\d-[A-Za-z0-9_-]{60,}", "sk-ant-"),
    _key(
        "an OpenAI key", r"sk-(?:[a-z]+-)?[A-Za-z0-9_-]{16,}T3BlbkFJ[A-Za-z0-9_-]{16,}", "T3BlbkFJ"
    ),
    _key(
        "an API key",
        r"sk-(?:[a-z]+-){0,3}(?=\w*\d)(?=\w*[A-Z])[A-Za-z0-9_]{24,}",
        "sk-",
        is_sure=False,
    ),
    _key("a Hugging Face token", r"(?:hf|api_org)_[A-Za-z]{34}", "hf_", "api_org_"),
    _key("an npm token", r"npm_[A-Za-z0-9]{36}", "npm_"),
    _key("a PyPI token", r"pypi-AgE[A-Za-z0-9_-]{50,}", "pypi-AgE"),
    _key("a SendGrid key", r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}", "SG."),
    _key("a Databricks token", r"dapi[0-9a-f]{32}(?:-\d)?", "dapi"),
    _key("a DigitalOcean token", r"do[opr]_v1_[0-9a-f]{64}", "_v1_"),
    _key("a Telegram bot token", r"\d{8,10}:AA[A-Za-z0-9_-]{33}", ":AA"),
    SecretKind(
        name="an Azure storage key",
        marks=("AccountKey=",),
        pattern=re.compile(r"AccountKey=(?P<secret>[A-Za-z0-9+/]{86}==)"),
    ),
    SecretKind(
        name="a Kaggle key",
        marks=("username",),
        pattern=re.compile(
            r"username\\?[\"']\s*:\s*\\?[\"'][^\"']+[\"']\s*,\s*\\?[\"']key\\?[\"']\s*:\s*\\?[\"']"
            r"(?P<secret>[0-9a-f]{32})"
        ),
    ),
    SecretKind(
        name="a private key",
        marks=("PRIVATE KEY",),
        pattern=re.compile(
            r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY(?: BLOCK)?-----"
            r"(?=(?:\s|\\n|[\"',])*(?:[A-Za-z0-9+/=:, -]|\s|\\n|[\"']){60})"
        ),
    ),
    _key(
        "a JSON web token",
        r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}",
        "eyJ",
        is_sure=False,
    ),
    SecretKind(
        name="a Weights & Biases key",
        marks=("wandb",),
        pattern=re.compile(r"wandb\.login\([^)\n]*?[\"'](?P<secret>[0-9a-f]{40})[\"']"),
    ),
    SecretKind(
        name="a token in a header",
        marks=("authorization",),
        ignores_case=True,
        pattern=re.compile(
            r"authorization\\?[\"']?\]?\s*[:=]\s*[rbf]?\\?[\"']?(?:bearer|token|basic)\s+"
            r"(?P<secret>[A-Za-z0-9._~+/-]{16,}=*)",
            re.IGNORECASE,
        ),
        is_sure=False,
        accepts=lambda match: _looks_random(match["secret"]),
    ),
    SecretKind(
        name="a password in an address",
        marks=("://",),
        pattern=_ADDRESS,
        is_sure=False,
        begins_with_mark=True,
        accepts=_accept_login,
    ),
    SecretKind(
        name="a literal given to a name that holds secrets",
        marks=("pass", "pwd", "secret", "token", "key", "credential"),
        pattern=_LITERAL,
        is_sure=False,
        ignores_case=True,
        begins_with_mark=True,
        accepts=_accept_literal,
    ),
    SecretKind(
        name="a literal given to a variable that holds secrets",
        marks=("export", "setenv", "set_env", "env", "set"),
        pattern=_SHELL,
        is_sure=False,
        ignores_case=True,
        begins_with_mark=True,
        accepts=_accept_shell,
    ),
)

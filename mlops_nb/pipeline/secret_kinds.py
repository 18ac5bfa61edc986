"""Which texts are probably secrets? Keys in a provider's format, and literals given to names that
hold secrets.

A provider's format is unmistakable: a prefix of its own, a length, often a checksum. A literal is
judged by the name it is given to and by what it looks like; words, placeholders and names of models
are none. A false alarm is a defect, so what is merely long or random, such as a hash, is no secret.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mlops_nb.pipeline.secret_looks import (
    ADDRESS,
    LITERAL,
    SHELL,
    accept_literal,
    accept_login,
    accept_shell,
    entropy,
    is_example,
    is_placeholder,
    looks_random,
)

# Keeps every character in its place, which `str.lower` does not.
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
# Nothing that could be a part of the key stands before or after it: base64 of images is full of
# what would else look like one.
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
        return self.kind.is_sure and not is_example(self.text)

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
        for mark in kind.marks:  # of each text: `any` of a generator takes three times as long
            if mark in searched:
                found += _find_kind(kind, text, searched)
                break
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


def _key(name: str, format_: str, *marks: str, is_sure: bool = True) -> SecretKind:
    pattern = re.compile(f"{_BEFORE}(?:{format_}){_AFTER}")
    return SecretKind(name=name, marks=marks, pattern=pattern, is_sure=is_sure)


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
        accepts=lambda match: looks_random(match["secret"]),
    ),
    SecretKind(
        name="a password in an address",
        marks=("://",),
        pattern=ADDRESS,
        is_sure=False,
        begins_with_mark=True,
        accepts=accept_login,
    ),
    SecretKind(
        name="a literal given to a name that holds secrets",
        marks=("pass", "pwd", "secret", "token", "key", "credential"),
        pattern=LITERAL,
        is_sure=False,
        ignores_case=True,
        begins_with_mark=True,
        accepts=accept_literal,
    ),
    SecretKind(
        name="a literal given to a variable that holds secrets",
        marks=("export", "setenv", "set_env", "env", "set"),
        pattern=SHELL,
        is_sure=False,
        ignores_case=True,
        begins_with_mark=True,
        accepts=accept_shell,
    ),
)

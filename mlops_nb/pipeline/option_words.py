"""How is a directive's text read and written? Words, quotes and flags; the table gives meaning.

Reading and writing are inverse: ``parse_options(split_words(render_options(x))) == x``.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from mlops_nb.errors import nearest
from mlops_nb.pipeline.options import BY_FLAG, NO_CACHE, OPTIONS, DirectiveError, Option, flags

_WORD = re.compile(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""")
_QUOTED = re.compile(r"""\"([^"]*)\"|'([^']*)'""")
_PLAIN = re.compile(r"[\w@%+=:,./\\*?-]+")


def split_words(text: str) -> list[str]:
    """Return the words of a directive: quotes group, a backslash is a character, ``#`` ends it.

    >>> split_words("train --deps 'my data.csv' # noqa")
    ['train', '--deps', 'my data.csv']

    Raises
    ------
    DirectiveError
        If a quotation is not closed.
    """
    words: list[str] = []
    end = 0
    for match in _WORD.finditer(text):
        if text[end : match.start()].strip():
            break
        if match.group().startswith("#"):
            return words
        end = match.end()
        words.append(_QUOTED.sub(lambda q: q.group(1) or q.group(2) or "", match.group()))
    if text[end:].strip():
        raise DirectiveError(
            "MNB210",
            "",
            f"the quotation in {text.strip()!r} is not closed.",
            "Close it, or leave the quote out.",
        )
    return words


def parse_options(words: Sequence[str]) -> dict[str, Any]:
    """Return the options that the words after the stage name say, by metadata name.

    Raises
    ------
    DirectiveError
        MNB211 unknown option, MNB212 value that does not fit, MNB214 said twice.
    """
    said: dict[str, tuple[Option, list[str]]] = {}
    found: dict[str, Any] = {}
    current: list[str] | None = None
    for word in words:
        if not word.startswith("-"):
            if current is None:
                raise _unexpected(word)
            current.append(word)
            continue
        flag, separator, value = word.partition("=")
        option = OPTIONS["cache"] if flag == NO_CACHE else BY_FLAG.get(flag)
        if option is None:
            raise _unknown(flag, flags(supported=False))
        key = option.name
        if flag == NO_CACHE:
            key = NO_CACHE
        if key in said and not option.type.is_list:
            raise _twice(flag)
        current = said.setdefault(key, (option, []))[1]
        if separator:
            current.append(value)
    if NO_CACHE in said and "cache" in said:
        raise _twice(NO_CACHE)
    for key, (option, values) in said.items():
        parsed = _read(option, option.type.from_words, values)
        found[option.name] = (not parsed) if key == NO_CACHE else parsed
    return found


def read_metadata_options(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options in a cell's ``mlops_nb`` object, stage removed; null is "not said".

    Raises
    ------
    DirectiveError
        MNB211 unknown key, MNB212 value that does not fit.
    """
    found: dict[str, Any] = {}
    for key, value in metadata.items():
        option = OPTIONS.get(key)
        if option is None:
            raise _unknown(key, OPTIONS)
        if value is not None:
            found[key] = _read(option, option.type.from_json, value, _as_json(option, value))
    return found


def refuse_unsupported(options: Iterable[str]) -> None:
    """Raise `DirectiveError` MNB213 for the first option that has no effect yet."""
    for name in options:
        option = OPTIONS[name]
        if not option.is_supported:
            raise DirectiveError(
                "MNB213",
                "",
                f"option {option.flag!r} is not supported yet.",
                "Remove it: it would have no effect.",
                option.flag,
            )


def render_options(options: Mapping[str, Any]) -> str:
    """Return the text after the stage name that `parse_options` reads back as `options`.

    >>> render_options({"metrics": ("accuracy", "f1"), "timeout": 600.0})
    '--metrics accuracy f1 --timeout 10m'
    """
    words: list[str] = []
    for name, value in options.items():
        option = OPTIONS[name]
        if name == "cache":
            words.append("--cache" if value else NO_CACHE)
            continue
        values = option.type.to_words(value)
        if any(word.startswith("-") for word in values):
            words += [f"{option.flag}={_quote(word)}" for word in values]
        else:
            words += [option.flag, *map(_quote, values)]
    return " ".join(words)


def to_metadata(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return `options` as the JSON object that `read_metadata_options` reads back."""
    return {name: OPTIONS[name].type.to_json(value) for name, value in options.items()}


def _as_json(option: Option, value: Any) -> str:
    """Return how metadata say what `value` would mean in a line, or "" if it would mean nothing."""
    words = [*map(str, value)] if isinstance(value, list) else [str(value)]
    try:
        meant = option.type.to_json(option.type.from_words(words))
    except ValueError:
        return ""
    return f"{json.dumps(option.name)}: {json.dumps(meant, ensure_ascii=False)}"


def _read(option: Option, reader: Callable[[Any], Any], value: Any, written: str = "") -> Any:
    try:
        return reader(value)
    except ValueError as error:
        metavar = f" {option.type.metavar}" if option.type.metavar else ""
        raise DirectiveError(
            "MNB212",
            "",
            f"option {option.flag!r} {error}.",
            f"Write {written or f'{option.flag}{metavar}: {option.help}'}.",
            option.flag,
        ) from error


def _unknown(flag: str, candidates: Iterable[str]) -> DirectiveError:
    hint = nearest(flag, candidates)
    word = hint.split("'")[1] if hint.startswith("The nearest") else ""
    return DirectiveError("MNB211", "", f"there is no option {flag!r}.", hint, flag, word)


def _unexpected(word: str) -> DirectiveError:
    close = difflib.get_close_matches("--" + word, flags(supported=False), n=1, cutoff=0.75)
    remedy = (
        f"The nearest option is {close[0]!r}."
        if close
        else "Options start with --, such as --metrics."
    )
    return DirectiveError(
        "MNB211", "", f"{word!r} stands where an option is expected.", remedy, word
    )


def _twice(flag: str) -> DirectiveError:
    return DirectiveError(
        "MNB214", "", f"option {flag!r} is said twice in one directive.", "Say it once.", flag
    )


def _quote(word: str) -> str:
    if _PLAIN.fullmatch(word):
        return word
    return "'" + word.replace("'", "'\"'\"'") + "'"

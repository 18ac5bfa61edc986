"""What can stand behind an option? The grammar of values, in the magic line and in JSON metadata.

One `ValueType` per kind of value, with four directions: from the words of a line, from JSON, and
back. A reader raises ``ValueError`` whose text continues the sentence "option '--x' …"; the caller
adds place and remedy.
"""

from __future__ import annotations

import ast
import keyword
import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

STAGE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?(?:e[+-]?\d+)?)([smhd])")
_UNIT_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kKMGT]i?)?B?")
_SIZE_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_MEMORY = re.compile(r"\d+(?:\.\d+)?(?:[KMGT]i?B)")
_RESOURCES = ("cpu", "gpu", "memory")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueType:
    """One kind of option value.

    Attributes
    ----------
    metavar : str
        How the help shows the value.
    is_list : bool
        Whether an option may be repeated, each time adding to the list.
    from_words, from_json : callable
        Return the parsed value; raise ``ValueError``.
    to_words, to_json : callable
        Inverse of the readers.
    """

    metavar: str
    is_list: bool = False
    from_words: Callable[[Sequence[str]], Any]
    from_json: Callable[[Any], Any]
    to_words: Callable[[Any], Sequence[str]]
    to_json: Callable[[Any], Any]


def parse_duration(text: str) -> float:
    """Return the seconds that `text` says; a bare number is seconds.

    >>> parse_duration("1h30m"), parse_duration("90s"), parse_duration("0.5")
    (5400.0, 90.0, 0.5)

    Raises
    ------
    ValueError
        If `text` is no duration, or not positive, or not finite.
    """
    parts = list(_DURATION_PART.finditer(text))
    seconds = math.nan
    if parts and "".join(part.group() for part in parts) == text:
        units = [part.group(2) for part in parts]
        if len(set(units)) == len(units):
            seconds = sum(float(part.group(1)) * _UNIT_SECONDS[part.group(2)] for part in parts)
    elif re.fullmatch(r"\d+(?:\.\d+)?", text):
        seconds = float(text)
    if not (math.isfinite(seconds) and seconds > 0):
        raise ValueError(f"takes a duration such as 90s, 10m or 1h30m, not {text!r}")
    return seconds


def parse_size(text: str) -> int:
    """Return the bytes that `text` says; a bare number is bytes.

    >>> parse_size("20MB"), parse_size("1.5 kB"), parse_size("2KiB"), parse_size("1G")
    (20000000, 1500, 2048, 1000000000)

    Raises
    ------
    ValueError
        If `text` is no size, or less than a byte.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"takes a size such as 20MB or 500kB, not {text!r}")
    unit = (found.group(2) or "").lower()
    base = 1024 if unit.endswith("i") else 1000
    size = int(float(found.group(1)) * base ** _SIZE_POWERS[unit.removesuffix("i")])
    if size < 1:
        raise ValueError(f"takes a size of at least one byte, not {text!r}")
    return size


def render_duration(seconds: float) -> str:
    """Return the shortest text that `parse_duration` reads back as exactly `seconds`.

    >>> render_duration(600.0), render_duration(0.25)
    ('10m', '0.25s')
    """
    for unit in ("d", "h", "m"):
        count = seconds / _UNIT_SECONDS[unit]
        if count == int(count) and count * _UNIT_SECONDS[unit] == seconds and count < 1e6:
            return f"{int(count)}{unit}"
    return f"{int(seconds)}s" if seconds == int(seconds) and seconds < 1e6 else f"{seconds!r}s"


def parse_name(text: str) -> str:
    """Return the Python variable that `text` names (NFKC, as the compiler has it)."""
    name = unicodedata.normalize("NFKC", text)
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(f"takes names of variables, and {text!r} is none")
    return name


def _parse_stage(text: str) -> str:
    if not STAGE_NAME.fullmatch(text):
        raise ValueError(f"takes names of stages, and {text!r} cannot be one")
    return text


def _parse_environment_name(text: str) -> str:
    if not _ENVIRONMENT_NAME.fullmatch(text):
        raise ValueError(f"takes names of environment variables, and {text!r} cannot be one")
    return text


def _parse_line(text: str) -> str:
    if not text.strip() or any(c in "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029\0" for c in text):
        raise ValueError(f"takes text of one line, not {text!r}")
    return text


def _parse_path(text: str) -> str:
    _parse_line(text)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text):
        raise ValueError(f"takes files and folders of this machine, and {text!r} is an address")
    return text


def _parse_expression(text: str) -> str:
    _parse_line(text)
    try:
        ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"takes a Python expression, and {text!r} is none") from error
    return text.strip()


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"takes text, not {value!r}")
    return value


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"takes a list of texts, not {value!r}")
    return [_text(item) for item in value]


def _one_word(words: Sequence[str]) -> str:
    if len(words) != 1:
        raise ValueError(f"takes one value, not {' '.join(words)!r}" if words else "takes a value")
    return words[0]


def _comma_separated(words: Sequence[str]) -> list[str]:
    return [part.strip() for part in ",".join(words).split(",") if part.strip()]


def _list_of(parse: Callable[[str], str], metavar: str, *, commas: bool = True) -> ValueType:
    def distinct(items: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(parse(item) for item in items))

    def from_words(words: Sequence[str]) -> tuple[str, ...]:
        items = _comma_separated(words) if commas else list(words)
        if not items:
            raise ValueError("takes one value or more")
        return distinct(items)

    return ValueType(
        metavar=metavar,
        is_list=True,
        from_words=from_words,
        from_json=lambda value: distinct(_texts(value)),
        to_words=list,
        to_json=list,
    )


def _single(parse: Callable[[str], Any], render: Callable[[Any], str], metavar: str) -> ValueType:
    return ValueType(
        metavar=metavar,
        from_words=lambda words: parse(_one_word(words)),
        from_json=lambda value: parse(_text(value)),
        to_words=lambda value: [render(value)],
        to_json=render,
    )


def _parse_eval(items: Sequence[str]) -> tuple[str, ...]:
    if len(items) not in (2, 3):
        raise ValueError(f"takes X,y or X,y,slices, not {','.join(items)!r}")
    return tuple(parse_name(item) for item in items)


def _parse_count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"takes a whole number from 0, not {value!r}")
    return value


def _count_of_word(word: str) -> int:
    return _parse_count(int(word) if re.fullmatch(r"\d{1,9}", word) else word)


def _parse_resource(name: str, value: Any) -> Any:
    if name not in _RESOURCES:
        raise ValueError(f"knows gpu, memory and cpu, not {name!r}")
    if name == "memory":
        if not (isinstance(value, str) and _MEMORY.fullmatch(value)):
            raise ValueError(f"takes memory such as 512MB or 8GB, not {value!r}")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError(f"takes a number for {name!r}, not {value!r}")
    return value


def _resources_from_words(words: Sequence[str]) -> dict[str, Any]:
    resources: dict[str, Any] = {}
    for item in _comma_separated(words):
        name, separator, text = item.partition("=")
        if not separator or name in resources:
            raise ValueError(f"takes items such as gpu=1,memory=8GB,cpu=4, each once, not {item!r}")
        value: Any = text
        if re.fullmatch(r"\d{1,9}", text):
            value = int(text)
        elif re.fullmatch(r"\d+\.\d+", text):
            value = float(text)
        resources[name] = _parse_resource(name, value)
    if not resources:
        raise ValueError("takes items such as gpu=1,memory=8GB,cpu=4")
    return dict(sorted(resources.items()))


def _resources_from_json(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"takes an object such as {{'gpu': 1}}, not {value!r}")
    return {name: _parse_resource(name, value[name]) for name in sorted(value)}


def _flag_from_words(words: Sequence[str]) -> bool:
    if words:
        raise ValueError(f"takes no value, not {' '.join(words)!r}")
    return True


def _flag_from_json(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"takes true or false, not {value!r}")
    return value


NAMES = _list_of(parse_name, "NAME…")
STAGES = _list_of(_parse_stage, "STAGE…")
PATHS = _list_of(_parse_path, "PATH…", commas=False)
ENVIRONMENT = _list_of(_parse_environment_name, "VAR…")
NAME = _single(parse_name, str, "NAME")
DURATION = _single(parse_duration, render_duration, "DURATION")
EXPRESSION = _single(_parse_expression, str, "EXPR")
EVAL = ValueType(
    metavar="X,y[,slices]",
    from_words=lambda words: _parse_eval(_comma_separated(words)),
    from_json=lambda value: _parse_eval(_texts(value)),
    to_words=lambda value: [",".join(value)],
    to_json=list,
)
COUNT = ValueType(
    metavar="N",
    from_words=lambda words: _count_of_word(_one_word(words)),
    from_json=_parse_count,
    to_words=lambda value: [str(value)],
    to_json=int,
)
RESOURCES = ValueType(
    metavar="gpu=N,memory=SIZE,cpu=N",
    from_words=_resources_from_words,
    from_json=_resources_from_json,
    to_words=lambda value: [",".join(f"{name}={value[name]}" for name in value)],
    to_json=dict,
)
FLAG = ValueType(
    metavar="",
    from_words=_flag_from_words,
    from_json=_flag_from_json,
    to_words=lambda value: [],
    to_json=bool,
)

"""Does a tool that cleans notebooks delete what makes cells stages? Judged by its configuration.

The texts come in by file name; nothing is run. What each tool deletes was measured with it
(nbstripout 0.9, nb-clean 5 and the options of its earlier versions, nbdev 3.3, nbconvert 7,
jupytext 1.19): nbstripout keeps tags and metadata unless told otherwise, nb-clean and nbdev delete
all they are not told to keep, and jupytext leaves them out of scripts only.
"""

from __future__ import annotations

import configparser
import re
import shlex
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

# Keys of a cell's metadata that directives live in.
TAGS = "tags"
OURS = "mlops_nb"
KEYS = (OURS, TAGS)
PRE_COMMIT = ".pre-commit-config.yaml"
GIT_CONFIG = ".git/config"
ATTRIBUTES = (".gitattributes", ".git/info/attributes")
FILES = (PRE_COMMIT, GIT_CONFIG, *ATTRIBUTES, "pyproject.toml", "settings.ini", "jupytext.toml")
_FILTERED = re.compile(r"^\s*\S*\.ipynb\S*\s.*?\bfilter=(\S+)", re.MULTILINE)
_JQ = re.compile(
    r"\.cells\[\]?\]?\s*\|?\s*\.metadata\s*\)?\s*\|?=\s*\{\s*\}|del\(\.cells\[\]\.metadata"
)
_REMEDIES = {
    "nbstripout": "Take {keys} out of its extra keys",
    "nb-clean": "Have it keep them: --preserve-cell-metadata",
    "nbdev": "Have it keep them: allowed_cell_metadata_keys in nbdev's settings",
    "nbconvert": "Have it keep them: --ClearMetadataPreprocessor.preserve_cell_metadata_mask",
    "jq": "Take the cells' metadata out of the filter",
    "jupytext": "Write {keys} into its cell_metadata_filter",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stripper:
    """A tool that is set up to delete keys of cells' metadata.

    Attributes
    ----------
    tool : str
    file : str
        Where it is set up, as named in the texts.
    line : int
        1-based.
    deletes : tuple of str
        Some of `KEYS`.
    in_scripts : bool
        Whether they are only left out of the script that is paired with a notebook.
    """

    tool: str
    file: str
    line: int
    deletes: tuple[str, ...]
    in_scripts: bool = False

    @property
    def remedy(self) -> str:
        keys = " and ".join(f"cell.metadata.{key}" for key in self.deletes)
        names = ",".join(self.deletes)
        return _REMEDIES[self.tool].format(keys=names if self.in_scripts else keys) + "."


def find_strippers(texts: Mapping[str, str]) -> list[Stripper]:
    """Return the tools that are set up to delete our keys.

    Parameters
    ----------
    texts : Mapping of str to str
        Some of `FILES`, by name. What does not parse sets nothing up.
    """
    allowed, nbdev_file, nbdev_line = _nbdev(texts)
    found: list[Stripper] = []
    for file, line, command in _commands(texts):
        for tool, deletes in _judge(command, allowed):
            if deletes:
                found.append(Stripper(tool=tool, file=file, line=line, deletes=deletes))
    if nbdev_file and not any(stripper.tool == "nbdev" for stripper in found):
        deletes = _without(allowed)
        if deletes:
            found.append(Stripper(tool="nbdev", file=nbdev_file, line=nbdev_line, deletes=deletes))
    return [*found, *_jupytext(texts)]


def _commands(texts: Mapping[str, str]) -> Iterator[tuple[str, int, str]]:
    """Yield the hooks and filters that are set up: file, line, text."""
    for line, hook in _sections(texts.get(PRE_COMMIT, ""), r"^\s*-?\s*(?:-\s*)?id:"):
        yield PRE_COMMIT, line, re.sub(r"(^|\s)#.*", "", hook)
    filters = {
        name
        for file in ATTRIBUTES
        for name in _FILTERED.findall(re.sub(r"(?m)^\s*#.*", "", texts.get(file, "")))
    }
    for line, section in _sections(texts.get(GIT_CONFIG, ""), r"^\s*\["):
        head = re.match(r'\s*\[filter "(.*)"\]', section)
        if head is not None and head[1] in filters:
            lines = re.findall(r"^\s*((?:clean|process|extrakeys)\s*=.*)", section, re.MULTILINE)
            yield GIT_CONFIG, line, " -- ".join(lines)


def _sections(text: str, head: str) -> Iterator[tuple[int, str]]:
    """Yield the parts of `text` that begin with a line like `head`, each with its line."""
    starts = [match.start() for match in re.finditer(head, text, re.MULTILINE)]
    for start, end in pairwise([*starts, len(text)]):
        yield text.count("\n", 0, start) + 1, text[start:end]


def _judge(command: str, allowed: frozenset[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the tools in a command and the keys each deletes."""
    if "nbstripout" in command:
        extra = _keys_after(command, r"--extra-keys|extrakeys")
        yield "nbstripout", tuple(sorted(extra - _keys_after(command, "--keep-metadata-keys")))
    if re.search(r"\bnb-clean\b", command) and not re.search(r"\bnb-clean\s+check\b", command):
        yield "nb-clean", _nb_clean(_words(command))
    if re.search(r"\bnbdev[-_]clean\b", command):
        yield "nbdev", _without(allowed)
    if "ClearMetadataPreprocessor.enabled=True" in command:
        mask = re.search(r"preserve_cell_metadata_mask=(.*)", command)
        yield "nbconvert", _without(re.findall(r"\w+", mask[1] if mask else ""))
    if re.search(r"\bjq\b", command) and _JQ.search(command):
        yield "jq", KEYS


def _keys_after(command: str, option: str) -> set[str]:
    """Return our keys among the values of an option of nbstripout."""
    found: set[str] = set()
    for part in re.findall(rf"(?:{option})(.*?)(?=--|\Z)", command, re.DOTALL):
        found.update(re.findall(r"\bcell\.metadata\.(tags|mlops_nb)(?![\w])", part))
    return found


def _nb_clean(words: list[str]) -> tuple[str, ...]:
    """Return what nb-clean deletes; without fields, ``--preserve-cell-metadata`` keeps all."""
    kept: list[str] = []
    for position, word in enumerate(words):
        name, _, value = word.partition("=")
        if name == "--preserve-cell-metadata-field":
            kept += [value or next(iter(words[position + 1 :]), "")]
        elif name in ("--preserve-cell-metadata", "-m"):
            fields = [value] if value else []
            for after in words[position + 1 :]:
                if after.startswith("-") or not re.fullmatch(r"\w+", after):
                    break
                fields.append(after)
            if not fields:
                return ()
            kept += fields
    return _without(kept)


def _words(command: str) -> list[str]:
    """Return the words of a command line, or of a YAML list of them."""
    plain = re.sub(r"[\[\],]|^\s*-\s", " ", command, flags=re.MULTILINE)
    try:
        return shlex.split(plain)
    except ValueError:
        return plain.split()


def _nbdev(texts: Mapping[str, str]) -> tuple[frozenset[str], str, int]:
    """Return the keys nbdev keeps, and where a project of nbdev is set up."""
    table = _table(texts, "pyproject.toml", "tool", "nbdev")
    if table is not None:
        kept = table.get("allowed_cell_metadata_keys") or ()
        names = kept.split() if isinstance(kept, str) else [str(name) for name in kept]
        line = _line_of(texts["pyproject.toml"], r"^\[tool\.nbdev\]")
        return frozenset(names), "pyproject.toml", line
    settings = configparser.ConfigParser(interpolation=None)
    try:
        settings.read_string(texts.get("settings.ini", ""))
    except configparser.Error:
        return frozenset(), "", 0
    if "nbs_path" not in settings.defaults():
        return frozenset(), "", 0
    names = settings.defaults().get("allowed_cell_metadata_keys", "").split()
    return frozenset(names), "settings.ini", 1


def _jupytext(texts: Mapping[str, str]) -> Iterator[Stripper]:
    for file, path in (("jupytext.toml", ()), ("pyproject.toml", ("tool", "jupytext"))):
        table = _table(texts, file, *path)
        rule = None if table is None else table.get("cell_metadata_filter")
        if not isinstance(rule, str):
            continue
        words = [word.strip() for word in rule.split(",")]
        named = {word for word in words if word in KEYS}
        gone = KEYS if "-all" in words or (named and "all" not in words) else ()
        deletes = sorted(
            {k for k in gone if k not in named} | {k for k in KEYS if f"-{k}" in words}
        )
        if deletes:
            line = _line_of(texts[file], r"^\s*cell_metadata_filter")
            yield Stripper(
                tool="jupytext", file=file, line=line, deletes=tuple(deletes), in_scripts=True
            )


def _table(texts: Mapping[str, str], file: str, *path: str) -> Mapping[str, Any] | None:
    """Return a table of a TOML file; None if there is none."""
    try:
        table: Any = tomllib.loads(texts.get(file, ""))
    except tomllib.TOMLDecodeError:
        return None
    for name in path:
        table = table.get(name) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else None


def _line_of(text: str, pattern: str) -> int:
    match = re.search(pattern, text, re.MULTILINE)
    return 1 if match is None else text.count("\n", 0, match.start()) + 1


def _without(kept: Iterable[str]) -> tuple[str, ...]:
    names = set(kept)
    return tuple(key for key in KEYS if key not in names)

"""What does a magic or a shell line do to names?

A table of the magics people use. An unknown magic is assumed to read what stands in ``{}`` and
after ``$``, and perhaps to bind names that cannot be seen.
"""

from __future__ import annotations

import ast
import re
import shlex
import string
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from mlops_nb.pipeline.flow.carriers import table_names
from mlops_nb.pipeline.flow.words import word_set

# Cell magics that run their body as Python in the notebook's namespace (timeit: in a function of
# its own).
PYTHON_BODIES = word_set(
    """
    time timeit prun capture mlops_stage debug memit scalene snakeviz pyinstrument heat wandb
    notify memray_flamegraph filprofile local manim ipytest run_pytest run_pytest_clean
    """
)
# The function that holds the body of a %%timeit cell; no name of the notebook's.
TIMEIT_BODY = "__mlops_nb_timeit__"

_SHELLS = word_set(
    """
    bash sh script perl ruby python python2 python3 pypy cmd system sx !
    """
)
_TEXTS = word_set(
    """
    writefile file html HTML javascript js latex markdown svg SVG writetemplate
    """
)
_QUIET = word_set(
    """
    matplotlib load_ext reload_ext unload_ext config cd pwd ls ll env set_env pip conda mamba uv
    mkdir rmdir cp mv rm cat less more head tail man autoreload aimport alias unalias automagic
    autocall bookmark colors dhist dirs popd pushd doctest_mode gui hist history lsmagic magic
    load logoff logon logstart logstate logstop notebook page pastebin pdb pdef pdoc pfile
    pprint precision profile psearch psource pycat quickref rehashx save sc system sx tb
    unset_env xmode watermark tensorboard dotenv mlops_check mlops_graph mlops_promote mlops_run
    mlops_stage
    mlops_gate tensorflow_version subplots
    """
)
_INSPECTING = word_set(
    """
    who whos who_ls reset reset_selective
    """
)
_REBINDING = word_set(
    """
    run pylab rerun recall reset reset_selective macro edit paste cpaste
    """
)
# Options that take a value, for magics whose line ends in a statement.
_STATEMENTS = {
    "time": "",
    "timeit": "nrpv",
    "prun": "DlsT",
    "memit": "rtic",
    "lprun": "fmDTuz",
    "mprun": "fTc",
    "snakeviz": "fdw",
    "debug": "b",
}
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True, kw_only=True)
class MagicEffect:
    """What a magic does to names.

    Attributes
    ----------
    reads : tuple of str
        Names in ``{expressions}`` and in options.
    perhaps_reads : tuple of str
        Names after ``$`` and the like: read only where the notebook binds them (``$HOME`` is the
        shell's).
    binds, deletes : tuple of str
    statement : str
        Python run in place; ``is_local`` if what it binds stays inside (``%timeit``).
    rebinds : bool
        True if it may bind any name, those bound before included (``%run``).
    may_bind : bool
        True if it may bind names that cannot be seen.
    inspects : bool
        True if it looks at all names (``%whos``).
    """

    reads: tuple[str, ...] = ()
    perhaps_reads: tuple[str, ...] = ()
    binds: tuple[str, ...] = ()
    deletes: tuple[str, ...] = ()
    statement: str = ""
    is_local: bool = False
    rebinds: bool = False
    may_bind: bool = False
    inspects: bool = False


def line_magic_effect(name: str, line: str) -> MagicEffect:
    """Return what ``%name line`` does.

    >>> line_magic_effect("time", "model.fit(X)").statement
    'model.fit(X)'
    >>> line_magic_effect("store", "-r raw").binds
    ('raw',)
    """
    special = _LINE_MAGICS.get(name)
    if special is not None:
        return special(line)
    reads, perhaps = braced_names(line), dollar_names(line)
    if name in _STATEMENTS:
        return MagicEffect(
            reads=reads,
            perhaps_reads=perhaps,
            statement=_statement(line, _STATEMENTS[name]),
            is_local=name == "timeit",
        )
    return MagicEffect(
        reads=reads,
        perhaps_reads=perhaps,
        inspects=name in _INSPECTING,
        rebinds=name in _REBINDING,
        may_bind=name not in _QUIET and name not in _INSPECTING,
    )


def cell_magic_effect(name: str, line: str, body: str) -> MagicEffect:
    """Return what ``%%name line`` does with a body that is not run as Python here."""
    reads, binds = braced_names(line), header_binds(name, line)
    perhaps = dollar_names(line)
    if name == "sql":
        return _sql(f"{line}\n{body}")
    if name == "R":
        return MagicEffect(reads=(*reads, *_flag_values(line, "-i", "--input")), binds=binds)
    if name == "cython":
        found = re.findall(
            r"^(?:cpdef|def|class|cdef class)\s+(?:\w+\s+)??(\w+)", body, re.MULTILINE
        )
        return MagicEffect(binds=tuple(found), may_bind=True)
    is_known = name in _SHELLS or name in _TEXTS or name in {"bigquery", "R"}
    return MagicEffect(reads=reads, perhaps_reads=perhaps, binds=binds, may_bind=not is_known)


def shell_effect(command: str) -> MagicEffect:
    """Return what ``!command`` does: it reads the names between braces and after ``$``."""
    return MagicEffect(reads=braced_names(command), perhaps_reads=dollar_names(command))


def header_binds(name: str, line: str) -> tuple[str, ...]:
    """Return the names that the line of a cell magic makes the magic bind.

    >>> header_binds("capture", "--no-stderr out")
    ('out',)
    >>> header_binds("bash", "--out listing --err complaints")
    ('listing', 'complaints')
    """
    words = _words(line)
    if name in {"capture", "bigquery"}:
        return tuple(w for w in words if _IDENTIFIER.fullmatch(w))[:1]
    if name in _SHELLS:
        return _flag_values(line, "--out", "--err", "--proc")
    if name == "R":
        return _flag_values(line, "-o", "--output")
    if name == "timeit" and "-o" in words:
        return ("_",)
    return ()


def braced_names(text: str) -> tuple[str, ...]:
    """Return the names in the ``{expression}`` parts of a magic or shell line.

    >>> braced_names("cp {source.name} out_{n + 1:02d}.csv {{left}}")
    ('source', 'n')
    """
    if "{" not in text:
        return ()
    try:
        fields = [field for _, field, _, _ in string.Formatter().parse(text) if field]
    except ValueError:
        fields = re.findall(r"\{([^{}]+)\}", text)
    return tuple(dict.fromkeys(name for field in fields for name in names_in(field)))


def dollar_names(text: str) -> tuple[str, ...]:
    """Return the names after ``$``; the shell's own are among them.

    >>> dollar_names("cp $source $HOME/$$ x$y")
    ('source', 'HOME', 'y')
    """
    return tuple(dict.fromkeys(re.findall(r"(?<!\$)\$([A-Za-z_]\w*)", text)))


def names_in(expression: str) -> list[str]:
    """Return the names a Python expression loads; none if it does not parse."""
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError):
        return []
    return [n.id for n in ast.walk(tree) if isinstance(n, ast.Name)]


def timeit_parts(line: str) -> tuple[str, str]:
    """Return the options and the set-up statement of a ``%%timeit`` line."""
    setup = _statement(line, _STATEMENTS["timeit"])
    return line[: len(line) - len(setup)].strip(), setup


def _statement(line: str, with_value: str) -> str:
    """Return `line` without its leading options; those in `with_value` take a value."""
    rest = line.strip()
    while match := re.match(r"-(-?[A-Za-z][\w-]*)[ \t]*", rest):
        word, rest = match[1], rest[match.end() :]
        if len(word) == 1 and word in with_value:
            rest = re.sub(r"^\S+[ \t]*", "", rest)
    return rest


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def _flag_values(line: str, *flags: str) -> tuple[str, ...]:
    words, found = _words(line), []
    for flag, value in pairwise(words):
        if flag in flags:
            found += [part for part in value.split(",") if _IDENTIFIER.fullmatch(part)]
    found += [w.split("=", 1)[1] for w in words if w.split("=", 1)[0] in flags and "=" in w]
    return tuple(found)


def _store(line: str) -> MagicEffect:
    names = tuple(w for w in line.split() if _IDENTIFIER.fullmatch(w))
    if "-r" in line.split():
        return MagicEffect(binds=names, rebinds=not names)
    return MagicEffect(reads=names)


def _sql(text: str) -> MagicEffect:
    binds = tuple(re.findall(r"\b([A-Za-z_]\w*)\s*=?\s*<<", text)[:1])
    named = re.findall(r"(?<![:\w]):([A-Za-z_]\w*)", text)
    braces = re.findall(r"\{\{?\s*([A-Za-z_]\w*)", text)
    # With DuckDB behind it, a frame of the notebook is a table.
    perhaps = (*named, *braces, *dollar_names(text), *table_names(text))
    return MagicEffect(perhaps_reads=perhaps, binds=binds)


def _inspection(line: str) -> MagicEffect:
    match = _IDENTIFIER.match(line.strip("% "))
    return MagicEffect(perhaps_reads=(match[0],) if match else ())


_LINE_MAGICS: dict[str, Callable[[str], MagicEffect]] = {
    "mlops_gate": lambda line: MagicEffect(),
    "store": _store,
    "sql": _sql,
    "pinfo": _inspection,
    "pinfo2": _inspection,
    "page": _inspection,
    "xdel": lambda line: MagicEffect(
        reads=tuple(_IDENTIFIER.findall(line)[-1:]), deletes=tuple(_IDENTIFIER.findall(line)[-1:])
    ),
    "macro": lambda line: MagicEffect(binds=tuple(_IDENTIFIER.findall(line)[:1])),
    "R": lambda line: MagicEffect(
        reads=_flag_values(line, "-i", "--input"), binds=_flag_values(line, "-o", "--output")
    ),
    "Rpush": lambda line: MagicEffect(reads=tuple(_IDENTIFIER.findall(line))),
    "Rpull": lambda line: MagicEffect(binds=tuple(_IDENTIFIER.findall(line))),
}

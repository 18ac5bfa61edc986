"""What Python does a cell run, line by line in step with its source?

IPython's own transformer is asked, and only for cells that are not plain Python: whatever `ast`
can parse, IPython leaves alone. Bodies of magics that run their cell as Python are unwrapped;
where IPython joins or drops lines, blank lines keep the numbering.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, cast

from mlops_nb.pipeline.cells import Code
from mlops_nb.pipeline.directives import split_directive
from mlops_nb.pipeline.flow.magics import (
    PYTHON_BODIES,
    TIMEIT_BODY,
    braced_names,
    dollar_names,
    header_binds,
    timeit_parts,
)
from mlops_nb.pipeline.trees import nodes_of, parse_python

_PROMPT = re.compile(r"^[ \t]*In \[\d+\]:", re.MULTILINE)
_GATE = "%mlops_gate"
_CELL_MAGIC = re.compile(r"%%(?P<name>[^\s%?]+)(?P<line>[^\n]*)")
# Words IPython runs as magics without % when they are a cell of one line (its automagic).
_AUTOMAGIC = re.compile(
    r"(?:cat|cd|conda|cp|env|head|ls|less|ll|load_ext|man|matplotlib|mkdir|mv|pip|pylab|reload_ext|rm|rmdir"
    r"|run|store|tail|time|timeit|who|whos)[ \t]+[^\s=].*"
)


@lru_cache(maxsize=8192)
def transform_source(source: str) -> Code:
    """Return `source`, a code cell as in the file, as Python that `ast` can parse.

    Notes
    -----
    Pure and cached. ``Code.python`` may be one line longer than the cell (``%%timeit``). Extensions
    that add transformations of their own to a kernel are unknown here; their cells do not parse.
    """
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    if not _PROMPT.search(source) and _parse(source)[0] is not None:
        return Code(python=source)
    unwrapped = _Unwrapped()
    python = unwrapped.unwrap(source)
    tree, error, line = _parse(python)
    if tree is None:
        return Code(
            python=python,
            magics=tuple(unwrapped.magics),
            binds=tuple(unwrapped.binds),
            reads=tuple(unwrapped.reads),
            headers=tuple(unwrapped.headers),
            error=error,
            error_line=line,
        )
    gates = _gates_of(tree) if "mlops_gate" in python else ()
    if gates:
        python = _without_gates(python, tree)
    return Code(
        python=python,
        magics=(*unwrapped.magics, *(name for name in _magics_called(tree) if name != _GATE)),
        binds=tuple(unwrapped.binds),
        reads=tuple(unwrapped.reads),
        headers=tuple(unwrapped.headers),
        gates=gates,
    )


def _gates_of(tree: ast.Module) -> tuple[tuple[int, str, bool], ...]:
    """Return line and text of the gates of a transformed cell, and whether each stands alone."""
    alone = {id(node.value) for node in tree.body if isinstance(node, ast.Expr)}
    return tuple(
        (call.lineno, _literal(call, 1), id(call) in alone)
        for call in _shell_calls(tree)
        if _is_gate(call)
    )


def _without_gates(python: str, tree: ast.Module) -> str:
    """Return a transformed cell with the gates that stand alone as comments."""
    lines = python.split("\n")
    for node in tree.body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _is_gate(node.value):
            lines[node.lineno - 1] = f"# {_GATE} {_literal(node.value, 1)}"
    return "\n".join(lines)


def _is_gate(call: ast.Call) -> bool:
    is_line = isinstance(call.func, ast.Attribute) and call.func.attr == "run_line_magic"
    return is_line and f"%{_literal(call, 0)}" == _GATE


def _parse(python: str) -> tuple[ast.Module | None, str, int]:
    """Return the tree, or why there is none and the line of the fault."""
    try:
        return parse_python(python), "", 0
    except SyntaxError as error:
        line = min(error.lineno or 0, python.count("\n") + 1)
        return None, f"{error.msg} (line {line})", line
    except (ValueError, RecursionError, MemoryError) as error:
        return None, str(error) or "the source is nested too deeply", 0


class _Unwrapped:
    """Collects what the headers of unwrapped cell magics say while a cell is taken apart."""

    def __init__(self) -> None:
        self.magics: list[str] = []
        self.binds: list[str] = []
        self.reads: list[str] = []
        self.headers: list[str] = []

    def unwrap(self, source: str) -> str:
        """Return `source` as Python with the same number of lines (one more for ``%%timeit``)."""
        directive = split_directive(source)
        if directive is not None:
            lines = source.split("\n")
            head, rest = lines[: directive[0]], lines[directive[0] :]
            if directive[1] == "magic":
                head[-1] = f"# {head[-1].strip()}"
                self.magics.append("%%mlops_stage")
            # Below a comment, too, the session runs a cell magic as if it stood first.
            if directive[1] == "magic" or "\n".join(rest).lstrip().startswith("%%"):
                return "\n".join([*head, self.unwrap("\n".join(rest))] if rest else head)
        n_blank = len(source) - len(source.lstrip())
        n_blank = source.count("\n", 0, n_blank)
        text = source.split("\n", n_blank)[-1]
        match = _CELL_MAGIC.match(text)
        if match is None:
            return "\n" * n_blank + _transform_lines(text)
        body = text[match.end() + 1 :]
        return "\n" * n_blank + self._unwrap_magic(match["name"], match["line"].strip(), body)

    def _unwrap_magic(self, name: str, line: str, body: str) -> str:
        self.binds += header_binds(name, line)
        if name not in PYTHON_BODIES:
            call = f"get_ipython().run_cell_magic({name!r}, {line!r}, {body!r})"
            return call + "\n" * (body.count("\n") + 1)
        self.magics.append(f"%%{name}")
        self.headers += [f"%%{name} {line}"] if line and name != "mlops_stage" else []
        self.reads += [*braced_names(line), *dollar_names(line)]
        if name == "timeit":
            return _timeit_function(line, self.unwrap(body))
        return f"# %%{name} {line}\n{self.unwrap(body)}"


def _timeit_function(line: str, body: str) -> str:
    """Return a function and its call: what ``%%timeit`` binds stays inside, as in IPython."""
    setup = timeit_parts(line)[1]
    parameters = []
    for node in ast.parse(setup).body if _parse(setup)[0] is not None else []:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            parameters.append(f"{node.targets[0].id}=({ast.unparse(node.value)})")
        elif isinstance(node, ast.Import | ast.ImportFrom):
            parameters += [f"{(a.asname or a.name).split('.')[0]}=None" for a in node.names]
    indented = "\n".join(f" {text}" if text.strip() else text for text in body.split("\n"))
    tree = _parse(body)[0]
    ending = "" if tree is None or tree.body else " pass"
    return f"def {TIMEIT_BODY}({', '.join(parameters)}):\n{indented}{ending}\n{TIMEIT_BODY}()"


def _transform_lines(text: str) -> str:
    """Return a cell without cell magic as Python, with the same number of lines."""
    is_python = _parse(text)[0] is not None
    if is_python and not _PROMPT.search(text):
        return text
    if not is_python and "\n" not in text.strip() and _AUTOMAGIC.fullmatch(text.strip()):
        name, _, rest = text.strip().partition(" ")
        return f"get_ipython().run_line_magic({name!r}, {rest.strip()!r})"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # IPython's, of line ends that it does not expect
            lines = _line_keeping_transformer().transform_cell(text)
    except (SyntaxError, RuntimeError):
        return text
    return str(lines).removesuffix("\n") + "\n" * (text.endswith("\n"))


@lru_cache(maxsize=1)
def _line_keeping_transformer() -> Any:
    """Return IPython's transformer, made to put blank lines where it joins lines."""
    from IPython.core.inputtransformer2 import TransformerManager

    class LineKeepingTransformer(TransformerManager):  # type: ignore[misc]  # IPython is untyped
        def do_one_token_transform(self, lines: list[str]) -> tuple[bool, list[str]]:
            changed, new = super().do_one_token_transform(lines)
            n_lost = len(lines) - len(new)
            if n_lost > 0:
                same = next(
                    (i for i, (a, b) in enumerate(zip(lines, new, strict=False)) if a != b), 0
                )
                new = [*new[: same + 1], *["\n"] * n_lost, *new[same + 1 :]]
            return changed, new

    return LineKeepingTransformer()


def _magics_called(tree: ast.Module) -> list[str]:
    """Return the magics and shell lines of a transformed cell, in order."""
    found = []
    for node in _shell_calls(tree):
        word = _literal(node, 0)
        kind = {"run_line_magic": f"%{word}", "run_cell_magic": f"%%{word}"}
        shell = {"system": "!", "getoutput": "!"}
        name = {**kind, **shell}.get(cast("ast.Attribute", node.func).attr)
        if name is not None:
            found.append((node.lineno, node.col_offset, name))
    return [name for _, _, name in sorted(found)]


def _shell_calls(tree: ast.Module) -> Iterator[ast.Call]:
    """Yield the calls of methods of ``get_ipython()``."""
    for node in nodes_of(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Call)
            and isinstance(node.func.value.func, ast.Name)
            and node.func.value.func.id == "get_ipython"
        ):
            yield node


def _literal(call: ast.Call, position: int) -> str:
    """Return an argument that is a literal; empty if it is none."""
    node = call.args[position] if len(call.args) > position else None
    return str(node.value) if isinstance(node, ast.Constant) else ""

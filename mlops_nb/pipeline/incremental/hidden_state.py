"""Does a cell change something in the process that no watch sees, or ask what only IPython knows?

Options of well-known libraries, random states, the environment and the like are observed. A magic
that configures the kernel, and a call made for its effect alone into a library that nobody watches,
leave a state that later cells may depend on: it is a fact of its own (`AMBIENT`), and comes about
only by running the cell. Too careful costs a cell that runs again; never the opposite. Of what is
called in local modules the text is read, too, by whoever knows them (`local_code`).
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from mlops_nb.pipeline.cells import Code
from mlops_nb.pipeline.dataflow import CellAnalysis
from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.incremental.code_parts import (
    changed_in,
    imports_in,
    last_name,
    root_of,
    sets_attribute_of,
    split_code,
    stars_in,
)
from mlops_nb.pipeline.incremental.held_code import HeldCode
from mlops_nb.pipeline.incremental.history import HISTORY, is_stored
from mlops_nb.pipeline.incremental.known_code import KnownCode, Verdict
from mlops_nb.pipeline.incremental.library_effects import (
    configures_library,
    fills_class,
    parts_of_libraries,
)
from mlops_nb.pipeline.incremental.process_effects import (
    dotted_path,
    is_unobserved,
    loggers_in,
)
from mlops_nb.pipeline.incremental.spreading import Definition, Spreading, handed_on, holds
from mlops_nb.pipeline.trees import parse_code

# Whose state is watched, or means nothing to the results of later cells.
_WATCHED = word_set(
    """
    numpy pandas matplotlib pylab seaborn sklearn scipy polars pyarrow plotly altair bokeh IPython
    os sys warnings random logging time json pickle csv re math cmath statistics decimal fractions
    pathlib shutil subprocess sqlite3 joblib torch tqdm pprint gc copy itertools functools operator
    collections datetime string calendar requests urllib http typing types io textwrap statsmodels
    networkx PIL cv2 imageio skimage xgboost lightgbm catboost zipfile tarfile gzip bz2 lzma glob
    tempfile doctest unittest timeit inspect traceback contextlib hashlib base64 struct array heapq
    bisect uuid platform getpass threading queue dataclasses enum abc ast dis codecs difflib html
    xml email openpyxl xlsxwriter tabulate rich h5py tables netCDF4 xarray dask yaml toml tomllib
    asyncio
    """
)
CONFIGURING = word_set(
    """
    %load_ext %reload_ext %unload_ext %matplotlib %config %autoreload %aimport %xmode %precision
    %colors %pdb %automagic %autocall %alias %alias_magic %unalias %dotenv %pylab %gui %autoawait
    %doctest_mode %pprint %logstart %logon %logoff %logstop %rehashx
    """
)
# What these do is observed, or concerns the cell alone.
_OBSERVED = word_set(
    """
    %time %%time %timeit %%timeit %%capture %%mlops_stage %mlops_graph %mlops_check %who %whos
    %who_ls %%html %%HTML %%markdown %%latex %%svg %%SVG %%javascript %%js %%writefile %%file %cd
    %pwd %ls %env %set_env %pip %conda %mamba %micromamba %uv ! !! %%bash %%sh %%script %%system %sx
    %system %run %prun %%prun %lsmagic %magic %quickref %pinfo %pinfo2 %psource %pdoc %pfile %pdef
    %page %psearch %xdel %reset_selective %%perl %%ruby %%cython %mkdir %cat %cp %mv %rm
    %rmdir %ll %lf %lx %ldir %lk %less %more %man %dirs %pushd %popd %dhist %bookmark %notebook
    """
)

# What such a function of an unknown library is called for, whatever it returns.
_CONFIGURES = re.compile(
    r"(set|reset|register|unregister|enable|disable|config|configure|init|seed|use|patch|install|"
    r"activate|setup)(_|$)"
)


# By what a cell leaves a hidden state: by magics alone, by a last call that may be made for the
# value that it shows, or by anything that stands in it.
Leaver = Literal["nothing", "magics", "last call", "code"]


class HiddenStates:
    """Which cells of a notebook leave a hidden state? To be asked of them in order.

    Parameters
    ----------
    asks_subclasses : bool, default=False
        Whether some cell asks a class for those made from it: then who makes one of an imported
        class leaves it there.
    known : KnownCode, optional
        The local modules.

    Attributes
    ----------
    held : frozenset of str
        Names that code looks up which the process holds by now.
    imports : dict of str to str
        Names that stand for something imported, with what that is.
    defined : set of str
        Names of functions and classes.
    """

    def __init__(self, *, asks_subclasses: bool = False, known: KnownCode | None = None) -> None:
        self._asks_subclasses = asks_subclasses
        self._known = known
        self._parts: set[str] = set()
        self._functions: set[str] = set()
        self._makers: set[str] = set()
        self._setters: set[str] = set()
        self._code = HeldCode()
        self._spreading = Spreading()
        self._definitions: list[Definition] = []
        self.imports: dict[str, str] = {}
        self.defined: set[str] = set()
        self.held: frozenset[str] = frozenset()

    def left_by(self, code: Code, analysis: CellAnalysis) -> Leaver:
        """Return by what the next cell changes what nothing observes."""
        tree = parse_code(code)
        self._learn_imports(imported_by(analysis))
        if tree is None:
            return "nothing"
        outside = self._learn(tree)
        ours = sum(_loads_us(node) for node in outside)
        is_configured = sum(magic in CONFIGURING for magic in code.magics) > ours
        leaver: Leaver = "magics" if is_configured else "nothing"
        for statement in tree.body:
            nodes = split_code(statement)[0]
            if self._is_touched_by(nodes):
                is_last = statement is tree.body[-1] and leaver == "nothing"
                is_shown = is_last and isinstance(statement, ast.Expr)
                for_value = is_shown and not self._is_touched_by(nodes[1:])
                leaver = "last call" if for_value else "code"
                self.held |= self._code.names_in(statement)
        self._functions |= set(self._made_in(outside))
        return leaver

    def learn_module(self, tree: ast.Module, *, package: str) -> None:
        """Take note of what a module defines; it was imported from `package`."""
        self._learn_imports(imports_in(ast.walk(tree), package=package))
        outside = self._learn(tree, package=package)
        self._functions |= set(self._made_in(outside))

    def is_left_by(self, statement: ast.stmt) -> bool:
        """Return whether a statement leaves a hidden state, by what was learned so far."""
        return self._is_touched_by(split_code(statement)[0])

    def verdict_of(self, name: str, *, path: str) -> Verdict:
        """Return what is known of a name that was learned."""
        return Verdict(
            path=path,
            is_known=name in self.defined,
            leaves=name in self._functions,
            makes=name in self._makers,
            sets=name in self._setters,
        )

    def _learn(self, tree: ast.Module, *, package: str = "") -> list[ast.AST]:
        """Take note of what code defines and imports; return the nodes that run with it."""
        self._code.learn(tree)
        outside, definitions = split_code(tree)
        stored = {node.id for node in outside if is_stored(node)}
        self.imports = {n: w for n, w in self.imports.items() if n not in self._parts & stored}
        self._learn_stars(outside, package)
        inner = imports_in((n for one in definitions for n in one.body), package=package)
        self._learn_imports({n: what for n, what in inner.items() if n not in self.imports})
        self._learn_names(outside)
        self._learn_definitions(definitions)
        self._functions |= handed_on(outside, self._functions)
        return outside

    def _learn_imports(self, imported: Mapping[str, str]) -> None:
        for name, path in imported.items():
            verdict = self._verdict(path)
            self.imports[name] = verdict.path
            for names, is_one in (
                (self._functions, verdict.leaves),
                (self._makers, verdict.makes),
                (self._setters, verdict.sets),
            ):
                if is_one:
                    names.add(name)

    def _learn_stars(self, nodes: Sequence[ast.AST], package: str) -> None:
        for star in stars_in(nodes, package=package) if self._known is not None else ():
            assert self._known is not None
            names = self._known.names_of(star)
            self._learn_imports({name: f"{star}.{name}" for name in names})

    def _learn_definitions(self, definitions: Sequence[Definition]) -> None:
        """Take note of what leaves a hidden state when it is called, by whatever it calls."""
        changed = set(self.imports)
        self._definitions += definitions
        self.defined |= {one.name for one in definitions}
        for one in definitions:
            self._spreading.learn(one)
            if sets_attribute_of(one.parameters, one.body):
                self._setters.add(one.name)
                changed.add(one.name)
        for one in definitions:
            if self._is_left_by(one) or one.looks_up() & self._functions:
                self._functions.add(one.name)
                changed.add(one.name)
        self._spreading.spread(changed, self._functions, self._is_left_by)
        self._makers |= self._functions & self._code.classes
        while news := {d.name for d in self._definitions if self._makes(d)} - self._makers:
            self._makers |= news

    def _makes(self, definition: Definition) -> bool:
        """Return whether a function may return an object whose methods leave a hidden state."""
        return definition.name in self._functions and not self._makers.isdisjoint(
            definition.looks_up()
        )

    def _is_left_by(self, definition: Definition) -> bool:
        return self._is_touched_by(definition.body)

    def _learn_names(self, nodes: Sequence[ast.AST]) -> None:
        """Take note of names that stand for something imported."""
        self.imports |= loggers_in(nodes, self.imports)
        parts = parts_of_libraries(nodes, self.imports)
        self._learn_imports(parts)
        self._parts |= parts.keys()

    def _made_in(self, nodes: Sequence[ast.AST]) -> Iterator[str]:
        """Yield the names of objects whose methods leave a hidden state."""
        for node in nodes:
            if isinstance(node, ast.Assign):
                calls = (n for n in ast.walk(node.value) if isinstance(n, ast.Call))
                if any(self._is_maker(call.func) for call in calls):
                    yield from (t.id for t in node.targets if isinstance(t, ast.Name))

    def _is_maker(self, function: ast.expr) -> bool:
        return root_of(function) in self._makers or self._judge(function).makes

    def _is_touched_by(self, nodes: Sequence[ast.AST]) -> bool:
        if any(self._is_foreign(changed) for changed in changed_in(nodes)):
            return True
        if any(fills_class(c) and root_of(c) not in self.defined for c in changed_in(nodes)):
            return True
        imports = {**self.imports, **loggers_in(nodes, self.imports)}
        imports |= parts_of_libraries(nodes, imports)
        if any(is_unobserved(node, imports) for node in nodes):
            return True
        if configures_library(nodes, imports, is_known=lambda p: self._verdict(p).is_known):
            return True
        if self._asks_subclasses and any(self._derives(node) for node in nodes):
            return True
        if any(self._leaves(decorator) for decorator in _decorators_in(nodes)):
            return True
        return any(self._touches(node) for node in nodes if isinstance(node, ast.Call))

    def _touches(self, call: ast.Call) -> bool:
        """Return whether a function is called that leaves a hidden state."""
        name, verdict = root_of(call.func), self._judge(call.func)
        if name in self._functions or verdict.leaves:
            return True
        if name in self._code.classes and last_name(call.func) == "register":
            return True  # of an abstract class, as what is counted to it
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        if any(self._hands_over(one) for one in given):
            return True  # it may be called there
        if name in self._setters or verdict.sets:
            return any(root_of(one) in self.imports for one in given)
        what = self.imports.get(name, "").partition(".")[0]
        is_ours = not what or what in _WATCHED or verdict.is_known
        return not is_ours and _CONFIGURES.match(last_name(call.func)) is not None

    def _hands_over(self, value: ast.expr) -> bool:
        if holds(value, self._functions):
            return True
        inner = ast.walk(value) if self._known is not None else ()
        return any(self._judge(n).leaves for n in inner if isinstance(n, ast.Attribute))

    def _leaves(self, function: ast.expr) -> bool:
        return root_of(function) in self._functions or self._judge(function).leaves

    def _derives(self, node: ast.AST) -> bool:
        """Return whether a class is made from one that was imported."""
        bases = node.bases if isinstance(node, ast.ClassDef) else ()
        return any(root_of(base) in self.imports for base in bases)

    def _is_foreign(self, changed: ast.expr) -> bool:
        what = self.imports.get(root_of(changed))
        if what is None or what.partition(".")[0] in _WATCHED:
            return False
        return not self._judge(changed).is_known

    def _judge(self, expression: ast.expr) -> Verdict:
        """Return what is known of what an expression begins with."""
        path = "" if self._known is None else dotted_path(expression, self.imports)
        return self._verdict(path)

    def _verdict(self, path: str) -> Verdict:
        if self._known is None or not path:
            return Verdict(path=path)
        return self._known.judge(path)


def imported_by(analysis: CellAnalysis) -> dict[str, str]:
    """Return the names that a cell imports, with what they import."""
    return {name: what for name, (kind, what) in analysis.kinds.items() if kind == "import"}


def is_watched(what: str) -> bool:
    """Return whether something imported is Python's own, or of a library whose state is watched."""
    top = what.partition(".")[0]
    return top in _WATCHED or top in sys.stdlib_module_names


def unknown_magic(code: Code) -> str:
    """Return a magic of which nobody knows what it does, or an empty text."""
    for magic in code.magics:
        if magic not in CONFIGURING and magic not in _OBSERVED and magic not in HISTORY:
            return magic
    return ""


def _loads_us(node: ast.AST) -> bool:
    """Return whether a node is ``%load_ext mlops_nb``, which changes no result."""
    if not isinstance(node, ast.Call) or len(node.args) != 2:
        return False
    said = [a.value for a in node.args if isinstance(a, ast.Constant)]
    return said == ["load_ext", "mlops_nb"]


def _decorators_in(nodes: Iterable[ast.AST]) -> Iterator[ast.expr]:
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from node.decorator_list

"""Does a cell change something in the process that no watch sees, or ask what only IPython knows?

Options of well-known libraries, random states, the environment and the like are observed. A magic
that configures the kernel, and a call made for its effect alone into a library that nobody watches,
leave a state that later cells may depend on: it is a fact of its own (`AMBIENT`), and comes about
only by running the cell. Too careful costs a cell that runs again; never the opposite.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from mlops_nb.pipeline.cells import Code
from mlops_nb.pipeline.dataflow import CellAnalysis
from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.incremental.held_code import HeldCode
from mlops_nb.pipeline.incremental.history import HISTORY, is_stored
from mlops_nb.pipeline.incremental.library_effects import configures_library, parts_of_libraries
from mlops_nb.pipeline.incremental.process_effects import is_unobserved, loggers_in
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


# By what a cell leaves a hidden state: by magics alone, or by anything that stands in it.
Leaver = Literal["nothing", "magics", "code"]


class HiddenStates:
    """Which cells of a notebook leave a hidden state? To be asked of them in order.

    Parameters
    ----------
    asks_subclasses : bool, default=False
        Whether some cell asks a class for those made from it: then who makes one of an imported
        class leaves it there.

    Attributes
    ----------
    held : frozenset of str
        Names that code looks up which the process holds by now.
    """

    def __init__(self, *, asks_subclasses: bool = False) -> None:
        self._asks_subclasses = asks_subclasses
        self._imports: dict[str, str] = {}
        self._parts: set[str] = set()
        self._functions: set[str] = set()
        self._setters: set[str] = set()
        self._code = HeldCode()
        self._spreading = Spreading()
        self.held: frozenset[str] = frozenset()

    def left_by(self, code: Code, analysis: CellAnalysis) -> Leaver:
        """Return by what the next cell changes what nothing observes."""
        imported = imported_by(analysis)
        self._imports |= imported
        tree = parse_code(code)
        if tree is None:
            return "nothing"
        self._code.learn(tree)
        outside, definitions = _split(tree)
        stored = {node.id for node in outside if is_stored(node)}
        self._imports = {n: w for n, w in self._imports.items() if n not in self._parts & stored}
        self._learn_names(outside)
        self._learn_definitions(definitions, news=imported)
        self._functions |= handed_on(outside, self._functions)
        ours = sum(_loads_us(node) for node in outside)
        is_configured = sum(magic in CONFIGURING for magic in code.magics) > ours
        leaver: Leaver = "magics" if is_configured else "nothing"
        for statement in tree.body:
            if self._is_touched_by(_split(statement)[0]):
                leaver = "code"
                self.held |= self._code.names_in(statement)
        self._functions |= set(self._made_of_classes(outside))
        return leaver

    def _learn_definitions(
        self, definitions: Sequence[Definition], *, news: Mapping[str, str]
    ) -> None:
        """Take note of what leaves a hidden state when it is called, by whatever it calls."""
        changed = set(news)
        for one in definitions:
            self._spreading.learn(one)
            if _sets_attribute_of(one.parameters, one.body):
                self._setters.add(one.name)
                changed.add(one.name)
        for one in definitions:
            if self._is_left_by(one) or one.looks_up() & self._functions:
                self._functions.add(one.name)
                changed.add(one.name)
        self._spreading.spread(changed, self._functions, self._is_left_by)

    def _is_left_by(self, definition: Definition) -> bool:
        return self._is_touched_by(definition.body)

    def _learn_names(self, nodes: Sequence[ast.AST]) -> None:
        """Take note of names that stand for something imported."""
        self._imports |= loggers_in(nodes, self._imports)
        parts = parts_of_libraries(nodes, self._imports)
        self._imports |= parts
        self._parts |= parts.keys()

    def _made_of_classes(self, nodes: Sequence[ast.AST]) -> Iterator[str]:
        """Yield the names of objects whose methods leave a hidden state."""
        kinds = self._functions & self._code.classes
        for node in nodes:
            if isinstance(node, ast.Assign) and kinds:
                called = (n.func for n in ast.walk(node.value) if isinstance(n, ast.Call))
                if any(_root_of(function) in kinds for function in called):
                    yield from (t.id for t in node.targets if isinstance(t, ast.Name))

    def _is_touched_by(self, nodes: Sequence[ast.AST]) -> bool:
        if any(self._is_foreign(root) for root in _roots_of_effects(nodes)):
            return True
        imports = {**self._imports, **loggers_in(nodes, self._imports)}
        imports |= parts_of_libraries(nodes, imports)
        if any(is_unobserved(node, imports) for node in nodes):
            return True
        if configures_library(nodes, imports):
            return True
        if self._asks_subclasses and any(self._derives(node) for node in nodes):
            return True
        return any(self._touches(node) for node in nodes if isinstance(node, ast.Call))

    def _touches(self, call: ast.Call) -> bool:
        """Return whether a function is called that leaves a hidden state."""
        name = _root_of(call.func)
        if name in self._functions:
            return True
        if name in self._code.classes and _last_name(call.func) == "register":
            return True  # of an abstract class, as what is counted to it
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        if any(holds(one, self._functions) for one in given):
            return True  # it may be called there
        if name in self._setters:
            return any(_root_of(one) in self._imports for one in given)
        what = self._imports.get(name, "").partition(".")[0]
        is_ours = not what or what in _WATCHED
        return not is_ours and _CONFIGURES.match(_last_name(call.func)) is not None

    def _derives(self, node: ast.AST) -> bool:
        """Return whether a class is made from one that was imported."""
        bases = node.bases if isinstance(node, ast.ClassDef) else ()
        return any(_root_of(base) in self._imports for base in bases)

    def _is_foreign(self, root: str) -> bool:
        what = self._imports.get(root)
        return what is not None and what.partition(".")[0] not in _WATCHED


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


def _split(tree: ast.Module | ast.stmt) -> tuple[list[ast.AST], list[Definition]]:
    """Return the nodes that run with the cell, and the functions and classes in it.

    What stands in a method counts to its class.
    """
    outside: list[ast.AST] = []
    definitions: list[Definition] = []
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        outside.append(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bases = node.bases if isinstance(node, ast.ClassDef) else []
            body = [inner for part in (*node.body, *bases) for inner in ast.walk(part)]
            definitions.append(Definition(name=node.name, parameters=_parameters(node), body=body))
            todo += node.decorator_list
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            body, parameters = list(ast.walk(node.value)), _parameters(node.value)
            definitions += [Definition(name=n, parameters=parameters, body=body) for n in names]
        else:
            todo += ast.iter_child_nodes(node)
    return outside, definitions


def _parameters(node: ast.AST) -> frozenset[str]:
    arguments = getattr(node, "args", None)
    return (
        frozenset(n.arg for n in ast.walk(arguments) if isinstance(n, ast.arg))
        if (arguments is not None)
        else frozenset()
    )


def _sets_attribute_of(parameters: frozenset[str], body: Sequence[ast.AST]) -> bool:
    """Return whether code sets an attribute of what is handed to it."""
    stored = (n for n in body if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store))
    called = (n for n in body if isinstance(n, ast.Call) and n.args)
    set_by_name = (n.args[0] for n in called if _last_name(n.func) == "setattr")
    return any(_root_of(node) in parameters for node in (*stored, *set_by_name))


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _roots_of_effects(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Yield the names that calls whose result is thrown away, and attributes that are set, begin
    with."""
    for node in nodes:
        targets: list[ast.expr] = []
        if isinstance(node, ast.Expr):
            value = node.value.value if isinstance(node.value, ast.Await) else node.value
            targets = [value.func] if isinstance(value, ast.Call) else []
        elif isinstance(node, ast.Assign):
            targets = [t for t in node.targets if isinstance(t, ast.Attribute | ast.Subscript)]
        elif isinstance(node, ast.AugAssign | ast.AnnAssign) and not isinstance(
            node.target, ast.Name
        ):
            targets = [node.target]
        yield from (root for target in targets if (root := _root_of(target)))


def _is_space(node: ast.Call) -> bool:
    """Return whether a call is `vars` of something, or an attribute of it by name."""
    return _last_name(node.func) in ("vars", "getattr") and bool(node.args)


def _root_of(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        if isinstance(node, ast.Call):
            node = node.args[0] if _is_space(node) else node.func
        else:
            node = node.value
    return node.id if isinstance(node, ast.Name) else ""

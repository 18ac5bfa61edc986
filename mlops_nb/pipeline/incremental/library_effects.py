"""Which calls configure a watched library past what is watched of it?

`_HEARD` names what the watches in the kernel observe. Whatever else of a library, or of Python, is
called for configuring (``yaml.add_representer``, ``calendar.setfirstweekday``) leaves a state that
only running brings about. Told from the dotted path of the call, as long as it begins with an
import and passes through no call: what an object is told is in its value.

A name that is bound to something of a library stands for it, as if it had been imported.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence

from mlops_nb.pipeline.incremental.process_effects import dotted_path

# What such functions are called, whatever they return.
_CONFIGURING = re.compile(
    r"(?!__|(get|is|has|read|load|save|to|from|show|print|list)_)"
    r"([a-z_]+_)?(set|reset|register|unregister|reconfigure|enable|disable|config|configure|init|initialize|"
    r"seed|use|patch|install|activate|deactivate|setup|backend)([A-Z_].*)?|set[a-z]\w*|output_\w+"
)
# And what changes things if nothing is made of the result.
_CHANGING = re.compile(
    r"add\w*_\w+|addfont|append|extend|insert|remove|discard|pop|popitem|clear|update|setdefault|"
    r"sort|reverse|define|__setitem__|__delitem__"
)
# What changes a list, a table or a set, whatever is made of the result, with the most arguments.
FILLING = {
    "add": 1, "append": 1, "extend": 1, "update": 1, "discard": 1, "remove": 1, "clear": 0,
    "pop": 2, "popitem": 0, "insert": 2, "setdefault": 2,
}  # fmt: skip
_CLASS = re.compile(r"[A-Z][a-z]\w*|__class__")
_HEARD = re.compile(
    r"os\.(environ\.\w+|remove|set\w*id|set\w*groups|setxattr)|sys\.path\.\w+|sys\.setrecursionlimit|"
    r"(random|warnings)\.\w+|"
    r"decimal\.(setcontext|getcontext)|locale\.(setlocale|resetlocale)|socket\.setdefaulttimeout|"
    r"logging\.(disable|basicConfig)|"
    r"numpy\.(set_printoptions|seterr|random\.\w+|set(diff|xor)1d|sort|append|insert)|"
    r"pandas(\.\w+)*\.(set_option|reset_option)|pandas\.options\..*|"
    r"(matplotlib|pylab)(\.\w+)*\.(use|setp|set_cmap|rcParams\.\w+)|"
    r"seaborn(\.\w+)*\.(set\w*|reset\w*|use)|sklearn(\.\w+)*\.set_config|polars\.Config\.\w+|"
    r"xarray\.set_options|networkx(\.\w+)*\.set_\w+_attributes|"
    r"torch\.(set_default_dtype|set_num_threads|use_deterministic_algorithms|"
    r"set_float32_matmul_precision|set_grad_enabled|set_rng_state|random\.\w+)"
)


def configures_library(
    nodes: Sequence[ast.AST],
    imports: Mapping[str, str],
    *,
    is_known: Callable[[str], bool] = lambda path: False,
) -> bool:
    """Return whether one of the calls among `nodes` changes a library, and nobody hears of it.

    Parameters
    ----------
    nodes : sequence of ast.AST
    imports : Mapping of str to str
    is_known : callable
        Whether a dotted path leads to code that was read: that tells more than its name.
    """
    thrown_away = {
        value
        for node in nodes
        if isinstance(node, ast.Expr)
        for value in [node.value.value if isinstance(node.value, ast.Await) else node.value]
    }
    undone = {
        item.context_expr
        for node in nodes
        if isinstance(node, ast.With | ast.AsyncWith)
        for item in node.items
    }
    stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    own = stored - parts_of_libraries(nodes, imports).keys()
    foreign = {name: what for name, what in imports.items() if name not in own}
    calls = (node for node in nodes if isinstance(node, ast.Call) and node not in undone)
    called = [(call, straight_path(call.func, foreign)) for call in calls]
    unheard = [
        path
        for call, path in called
        if _is_unheard(path, is_thrown_away=call in thrown_away) or _fills(call, path)
    ] + [
        path
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        for decorator in node.decorator_list
        if _is_unheard(path := straight_path(decorator, foreign), is_thrown_away=True)
    ]
    return not all(is_known(path) for path in unheard)


def is_heard_call(path: str) -> bool:
    """Return whether what is called at a dotted path may set what the watches in the kernel
    observe."""
    return _HEARD.fullmatch(path) is not None


def _is_unheard(path: str, *, is_thrown_away: bool) -> bool:
    last = path.rpartition(".")[2]
    if _CONFIGURING.fullmatch(last) is None and not (
        is_thrown_away and _CHANGING.fullmatch(last) is not None
    ):
        return False
    return "." in path and not is_heard_call(path)


def _fills(call: ast.Call, path: str) -> bool:
    """Return whether a call is one of a collection's methods, and none of a module's functions."""
    steps = path.split(".")
    is_method = len(steps) > 2 and len(call.args) <= FILLING.get(steps[-1], -1)
    return is_method and _HEARD.fullmatch(path) is None


def fills_class(changed: ast.expr) -> bool:
    """Return whether what is changed is kept by a class that stands in an object of a library's.

    >>> fills_class(ast.parse("nlp.Defaults.stop_words.add", mode="eval").body)
    True
    >>> fills_class(ast.parse("table.Age.fillna", mode="eval").body)
    False
    """
    if isinstance(changed, ast.Attribute) and changed.attr in FILLING:
        changed = changed.value
    elif isinstance(changed, ast.Attribute) and isinstance(changed.ctx, ast.Load):
        return False
    inner = changed.value if isinstance(changed, ast.Attribute) else changed
    steps = []
    while isinstance(inner, ast.Attribute):
        steps.append(inner.attr)
        inner = inner.value
    return isinstance(inner, ast.Name) and any(_CLASS.fullmatch(step) for step in steps)


def straight_path(node: ast.expr, imports: Mapping[str, str]) -> str:
    """Return the dotted path of an expression that passes through no call; else an empty text.

    >>> straight_path(ast.parse("plt.cm.viridis", mode="eval").body, {"plt": "matplotlib.pyplot"})
    'matplotlib.pyplot.cm.viridis'
    >>> straight_path(ast.parse("plt.gca().set", mode="eval").body, {"plt": "matplotlib.pyplot"})
    ''
    """
    inner = node
    while isinstance(inner, ast.Attribute | ast.Subscript):
        inner = inner.value
    return dotted_path(node, imports) if isinstance(inner, ast.Name) else ""


def parts_of_libraries(nodes: Sequence[ast.AST], imports: Mapping[str, str]) -> dict[str, str]:
    """Return the names that are bound to something of a library or of IPython's shell, with what
    they stand for."""
    return {
        target.id: path
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute | ast.Subscript)
        if (path := _place_of(node.value, imports))
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _place_of(node: ast.expr, imports: Mapping[str, str]) -> str:
    keys = [inner.slice for inner in ast.walk(node) if isinstance(inner, ast.Subscript)]
    if not all(isinstance(key, ast.Constant) and isinstance(key.value, str) for key in keys):
        return ""  # a part that is made when it is asked for, such as np.c_[a, b]
    path = dotted_path(node, imports)
    return path if path.startswith("get_ipython.") else straight_path(node, imports)

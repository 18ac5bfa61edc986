"""Which statements change a watched library in a way that its watch does not see?

Options, random states, the environment and the like are observed by what they are; an attribute
that a cell sets on a module or on a class of one, and functions of Python that configure the
process for good, are not. Told from the dotted path that a statement begins with.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence

# Attributes and items of imported things that are observed when they are set.
_OBSERVED = re.compile(
    r"os\.environ|sys\.path|(matplotlib|pylab|seaborn)(\.\w+)*\.rcParams(\.|$)|"
    r"pandas\.(core\.config\.)?options(\.|$)|decimal\.getcontext(\.|$)"
)
# Functions that change what all later code sees, and that nobody hears of.
_UNHEARD = re.compile(
    r"gc\.(set_threshold|enable|disable|freeze|unfreeze|set_debug|callbacks\.\w+)|time\.tzset|"
    r"signal\.(signal|setitimer|alarm|set_wakeup_fd|siginterrupt)|atexit\.\w+|codecs\.register\w*|"
    r"mimetypes\.(add_type|init)|copyreg\.\w+|faulthandler\.\w+|threading\.(settrace|setprofile|"
    r"stack_size)|sys\.(set(?!recursionlimit)\w+|addaudithook|modules\.\w+|meta_path\.\w+|"
    r"path_hooks\.\w+)|os\.(putenv|unsetenv|nice|setpriority|pipe2?|open|dup2?|openpty)|"
    r"csv\.(un)?register_dialect|csv\.field_size_limit|"
    r"logging\.(getLogger|Logger|root)(\.\w+)*\.(setLevel|addHandler|removeHandler|addFilter|"
    r"removeFilter|clear)|logging\.(setLoggerClass|setLogRecordFactory|captureWarnings|"
    r"addLevelName|config\.\w+)|(?!mlflow)[\w.]+\.register(_\w+)?|"
    r"(asyncio|multiprocessing)\.set_\w+|"
    r"IPython\.(display|core\.pylabtools)\.set_matplotlib_\w+|"
    # Magics are told by their names.
    r"get_ipython\.(?!(run_line_magic|run_cell_magic|magic|system|getoutput)$).*|"
    r"weakref\.(ref|proxy|finalize|Weak\w+)|resource\.setrlimit|readline\.\w+|"
    r"polars\.set_random_seed|unittest\.mock\.patch(\.\w+)*\.(start|stop|__enter__|__exit__)"
)
# What is known by what it was made by, as if it had been imported.
_LASTING = re.compile(
    r"(?P<logger>logging\.getLogger(\.getChild)*)|(?P<patch>unittest\.mock\.patch(\.\w+)*)|"
    r"(?P<shell>get_ipython|IPython\.(core\.getipython\.)?get_ipython|IPython\..*\.instance)"
)
# DuckDB keeps the tables of its own connection in the process.
_ASKED_IN_SQL = re.compile(
    r"duckdb\.(default_connection\.)?(sql|query|execute|executemany|from_query|query_df)"
)
_KEPT_BY_DUCKDB = re.compile(
    r"duckdb\.([\w.]+\.)?(create(_view|_function)?|to_(table|view)|insert(_into)?|append|begin|"
    r"rollback|load_extension)"
)
_ONLY_READS = re.compile(
    r"\s*(select|from|with|describe|show|summarize|explain|values|table|pivot|unpivot|\()"
    r"(?!.*\b(insert|update|delete|create|nextval)\b)",
    re.IGNORECASE | re.DOTALL,
)


def dotted_path(node: ast.expr, imports: Mapping[str, str]) -> str:
    """Return what an expression begins with, by imports; empty if it begins with no such name.

    Items and calls are passed through: ``logging.getLogger('x').setLevel`` is
    ``logging.getLogger.setLevel``.
    """
    parts = []
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
        if isinstance(node, ast.Call):
            is_space = isinstance(node.func, ast.Name) and node.func.id == "vars" and node.args
            node = node.args[0] if is_space else node.func
        else:
            node = node.value
    if not isinstance(node, ast.Name):
        return ""
    root = "get_ipython" if node.id == "get_ipython" else imports.get(node.id, "")
    return ".".join([root, *reversed(parts)]) if root else ""


def loggers_in(nodes: Sequence[ast.AST], imports: Mapping[str, str]) -> dict[str, str]:
    """Return the names that are bound to loggers, patches or IPython's shell, as if they were
    imported."""
    return {
        target.id: "logging.getLogger" if found["logger"] else found["patch"] or "get_ipython"
        for node in nodes
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and (found := _LASTING.fullmatch(dotted_path(node.value, imports)))
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def is_unobserved(node: ast.AST, imports: Mapping[str, str]) -> bool:
    """Return whether a node changes a module, or the process, in a way that nobody sees."""
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in ("setattr", "delattr") and node.args:
            return bool(dotted_path(node.args[0], imports))
        path = dotted_path(node.func, imports)
        return _UNHEARD.fullmatch(path) is not None or _changes_duckdb(node, path)
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign | ast.Delete):
        targets = list(node.targets)
    elif isinstance(node, ast.AugAssign | ast.AnnAssign):
        targets = [node.target]
    is_joined = isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add | ast.BitOr)
    paths = [dotted_path(t, imports) for t in targets if is_joined or not isinstance(t, ast.Name)]
    return any(path and not _OBSERVED.match(path) for path in paths)


def _changes_duckdb(call: ast.Call, path: str) -> bool:
    """Return whether a call may change what DuckDB keeps in the process, by its name and SQL."""
    if _ASKED_IN_SQL.fullmatch(path) is None:
        return _KEPT_BY_DUCKDB.fullmatch(path) is not None
    given = call.args[0] if call.args else next((word.value for word in call.keywords), None)
    parts = given.values if isinstance(given, ast.JoinedStr) else [given]
    texts = [part.value if isinstance(part, ast.Constant) else "?" for part in parts]
    return _ONLY_READS.match("".join(map(str, texts))) is None

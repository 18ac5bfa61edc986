"""What changes a module or the process, and nobody hears of, is told from the statement."""

from __future__ import annotations

import ast

import pytest

from mlops_nb.pipeline.incremental.process_effects import dotted_path, is_unobserved, loggers_in

IMPORTS = {
    "math": "math",
    "os": "os",
    "sys": "sys",
    "gc": "gc",
    "logging": "logging",
    "time": "time",
    "plt": "matplotlib.pyplot",
    "pd": "pandas",
    "getcontext": "decimal.getcontext",
    "InteractiveShell": "IPython.core.interactiveshell.InteractiveShell",
}
UNSEEN = (
    "math.law = 1",
    "InteractiveShell.ast_node_interactivity = 'all'",
    "logging.getLogger('x').setLevel(10)",
    "logging.getLogger('x').propagate = False",
    "log = logging.getLogger('x')\nlog.addFilter(None)",
    "log = logging.getLogger('x')\nlog.disabled = True",
    "gc.set_threshold(700)",
    "old = gc.disable()",
    "time.tzset()",
    "os.putenv('A', 'b')",
    "sys.modules['x'] = None",
    "sys.setswitchinterval(1)",
    "get_ipython().events.register('post_execute', print)",
    "del math.pi",
    "pd.DataFrame.show = print",
)
SEEN = (
    "os.environ['A'] = 'b'",
    "sys.path[:] = []",
    "sys.path.insert(0, 'x')",
    "sys.setrecursionlimit(3000)",
    "plt.rcParams['lines.linewidth'] = 2",
    "pd.options.display.max_rows = 5",
    "getcontext().prec = 3",
    "logging.info('x')",
    "logging.basicConfig(level=10)",
    "log = logging.getLogger('x')\nlog.info('x')",
    "x = math.pi",
    "df['a'] = math.pi",
    "thing.attribute = 1",
    "gc.collect()",
    "print(os.environ['A'])",
)


def _is_unseen(source: str) -> bool:
    nodes = list(ast.walk(ast.parse(source)))
    imports = {**IMPORTS, **loggers_in(nodes, IMPORTS)}
    return any(is_unobserved(node, imports) for node in nodes)


@pytest.mark.parametrize("source", UNSEEN)
def test_what_nobody_hears_of_is_told(source: str) -> None:
    assert _is_unseen(source)


@pytest.mark.parametrize("source", SEEN)
def test_what_is_observed_or_changes_values_alone_is_not(source: str) -> None:
    assert not _is_unseen(source)


def test_a_path_passes_through_calls_and_items() -> None:
    node = ast.parse("logging.getLogger('x').handlers[0].setLevel", mode="eval").body
    assert dotted_path(node, IMPORTS) == "logging.getLogger.handlers.setLevel"
    assert dotted_path(ast.parse("own.thing", mode="eval").body, IMPORTS) == ""

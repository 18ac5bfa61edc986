"""What is a code cell for? Its tags decide, then its directive, then what it holds."""

from __future__ import annotations

import ast

from mlops_nb.pipeline.cells import Cell, CellKind
from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.trees import parse_code

# Magics that configure a kernel: a cell of them is set-up.
_CONFIGURING = word_set(
    """
    %load_ext %reload_ext %matplotlib %config %autoreload %aimport %xmode %precision %env
    %set_env %colors %pdb %automagic %autocall %alias %dotenv
    """
)


def cell_kind(cell: Cell, *, is_stage: bool) -> CellKind:
    """Return the kind of `cell`; tags win over a directive, a directive over what it holds."""
    if cell.type != "code":
        return CellKind.NOT_CODE
    if "skip" in cell.tags:
        return CellKind.SKIP
    if "parameters" in cell.tags:
        return CellKind.PARAMETERS
    if is_stage:
        return CellKind.STAGE
    if "setup" in cell.tags or _is_setup(cell):
        return CellKind.SETUP
    return CellKind.INLINE


def _is_setup(cell: Cell) -> bool:
    """Return True for imports, definitions, literal assignments and configuring magics only."""
    if cell.code is None or not set(cell.code.magics) <= _CONFIGURING:
        return False
    tree = parse_code(cell.code)
    return tree is not None and all(_is_setup_statement(node) for node in tree.body)


def _is_setup_statement(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom | ast.ClassDef | ast.Pass):
        return True
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return True
    if isinstance(node, ast.Assign):
        return _is_literal(node.value) and all(_is_plain_target(t) for t in node.targets)
    if isinstance(node, ast.AnnAssign):
        return (node.value is None or _is_literal(node.value)) and _is_plain_target(node.target)
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) or _is_magic(node.value)
    return False


def _is_plain_target(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple | ast.List):
        return all(_is_plain_target(part) for part in node.elts)
    return isinstance(node, ast.Name)


def _is_literal(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return all(_is_literal(part) for part in node.elts)
    if isinstance(node, ast.Dict):
        return all(k is not None and _is_literal(k) for k in node.keys) and all(
            _is_literal(v) for v in node.values
        )
    if isinstance(node, ast.BinOp):
        return _is_literal(node.left) and _is_literal(node.right)
    if isinstance(node, ast.UnaryOp):
        return _is_literal(node.operand)
    return isinstance(node, ast.Constant)


def _is_magic(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "run_line_magic"
    )

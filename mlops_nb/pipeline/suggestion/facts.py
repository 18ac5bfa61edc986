"""What is known of each cell before stages are suggested: its part, its section, who needs it."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlops_nb.pipeline.carrying import has_directive
from mlops_nb.pipeline.cells import Cell, CellKind
from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.habits.calls import find_calls, running_cells
from mlops_nb.pipeline.headings import cell_headings
from mlops_nb.pipeline.stages import Pipeline
from mlops_nb.pipeline.suggestion.roles import Role, find_roles, role_of_heading

# Roles that are work whoever needs what comes of it.
_LASTING = frozenset({Role.TRAIN, Role.EVALUATE})
# A cell is costly from this share of all seconds on, and these seconds.
_COSTLY_SHARE, _COSTLY_S = 0.1, 1.0
_CONFIGURING = word_set(
    """
    warnings.filterwarnings warnings.simplefilter matplotlib.pyplot.style.use matplotlib.pyplot.rc
    matplotlib.style.use matplotlib.rc matplotlib.use matplotlib.pyplot.ion matplotlib.pyplot.ioff
    matplotlib.pyplot.rcParams.update matplotlib.rcParams.update seaborn.set_color_codes
    seaborn.set seaborn.set_style seaborn.set_theme seaborn.set_context seaborn.set_palette
    pandas.set_option pandas.plotting.register_matplotlib_converters numpy.set_printoptions
    numpy.seterr numpy.random.seed random.seed torch.manual_seed tensorflow.random.set_seed
    keras.utils.set_random_seed tensorflow.keras.utils.set_random_seed logging.basicConfig
    sklearn.set_config os.chdir sys.path.append sys.path.insert
    """
)
# What paths are made of: no work, but set-up.
_PLACES = word_set(
    """
    os.path.join os.path.expanduser os.path.abspath os.getcwd os.getenv os.environ.get pathlib.Path
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading above a cell: its level, its text, and which one it is."""

    level: int
    text: str
    cell: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFacts:
    """One code cell that says nothing yet.

    Attributes
    ----------
    index : int
    roles : frozenset of Role
    section : tuple of Heading
        From the outermost to the innermost heading above it.
    needed_by : tuple of int
        Later cells that read what it surely binds or changes.
    is_work : bool
        Whether it belongs into a stage; else it is a plot, a look at something, or of no use.
    is_costly : bool
        Whether past runs spent much of their time in it.
    is_sure : bool
        Whether its code says what it does, not its heading alone.
    """

    index: int
    roles: frozenset[Role]
    section: tuple[Heading, ...]
    needed_by: tuple[int, ...]
    is_work: bool
    is_costly: bool
    is_sure: bool


def find_facts(pipeline: Pipeline, seconds: Mapping[int, float]) -> tuple[CellFacts, ...]:
    """Return the facts of the cells that could be of a stage, in order."""
    sections = find_sections(pipeline.cells)
    aside = find_configuring(pipeline)
    free = [c.index for c in pipeline.cells if c.index not in aside and _is_free(c, pipeline)]
    seen = find_roles(running_cells(pipeline))
    roles = _with_headings(seen, pipeline, sections)
    needed = _needed_by(pipeline, roles)
    total = sum(seconds.values())
    costly = {i for i in free if seconds.get(i, 0) >= max(_COSTLY_S, _COSTLY_SHARE * total)}
    possible = set(free)
    # Where nothing is trained, what is shaped for plots is the work.
    is_analysis = not any(mine & _LASTING for mine in seen.values())
    work: set[int] = set()
    for index in reversed(free):
        mine = roles.get(index, frozenset())
        users = needed.get(index, ())
        is_saving = Role.SAVE in mine and Role.PLOT not in mine
        is_source = bool(users) and bool(mine & {Role.LOAD, Role.SPLIT})
        is_used = any(user in work or user not in possible for user in users)
        is_shaping = is_analysis and bool(seen.get(index, mine) & {Role.CLEAN, Role.FEATURES})
        is_wanted = bool(users) and (is_shaping or index in costly)
        if mine & _LASTING or is_saving or is_source or is_used or is_wanted:
            work.add(index)
    return tuple(
        CellFacts(
            index=index,
            roles=roles.get(index, frozenset()),
            section=sections.get(index, ()),
            needed_by=needed.get(index, ()),
            is_work=index in work,
            is_costly=index in costly,
            is_sure=bool(seen.get(index)),
        )
        for index in free
    )


def find_sections(cells: Sequence[Cell]) -> dict[int, tuple[Heading, ...]]:
    """Return the headings above every code cell."""
    path: list[Heading] = []
    found = {}
    for cell in cells:
        for level, text in cell_headings(cell):
            path = [h for h in path if h.level < level]
            path.append(Heading(level=level, text=text, cell=cell.index))
        if cell.type == "code":
            found[cell.index] = tuple(path)
    return found


def find_configuring(pipeline: Pipeline) -> frozenset[int]:
    """Return the inline cells that only import, define and configure: set-up in all but kind.

    ``np.random.seed(0)`` and ``plt.rcParams[...] = 9`` count, a generator in a name does not.
    """
    cells = running_cells(pipeline)
    dotted = {id(call.node): call.name for call in find_calls(cells)}
    found = set()
    for cell, tree in cells:
        if pipeline.kinds[cell.index] is not CellKind.INLINE or not tree.body:
            continue
        has_import = any(isinstance(node, ast.Import | ast.ImportFrom) for node in tree.body)
        is_alone = has_import or not pipeline.needs[cell.index]
        if is_alone and all(_configures(node, dotted) for node in tree.body):
            found.add(cell.index)
    return frozenset(found)


def _configures(node: ast.stmt, dotted: Mapping[int, str]) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.ClassDef() | ast.Pass():
            return True
        case ast.Assign(targets=[ast.Name()], value=ast.Constant()):
            return True
        case ast.Assign(targets=[ast.Name()], value=ast.Call() as call):
            return dotted.get(id(call), "") in _PLACES
        case ast.Assign(targets=[ast.Subscript(value=ast.Attribute(attr="rcParams"))]):
            return True
        case ast.Assign(targets=[ast.Attribute()], value=ast.Constant()):
            return True
        case ast.Assign(targets=[ast.Name()], value=ast.Attribute()):
            return True
        case ast.Assign(targets=[ast.Name()], value=ast.List() | ast.Tuple() | ast.Dict() as value):
            return not any(isinstance(part, ast.Call | ast.Name) for part in ast.walk(value))
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="run_line_magic"))):
            return True
        case ast.Expr(value=ast.Call() as call):
            return dotted.get(id(call), "") in _CONFIGURING
    return False


def _is_free(cell: Cell, pipeline: Pipeline) -> bool:
    """Return whether `cell` runs, is understood, and says nothing of ours."""
    if pipeline.kinds[cell.index] is not CellKind.INLINE or has_directive(cell):
        return False
    is_seen = cell.code is not None and cell.code.error is None
    return is_seen and bool(cell.source.strip()) and "raises-exception" not in cell.tags


def _with_headings(
    roles: Mapping[int, frozenset[Role]],
    pipeline: Pipeline,
    sections: Mapping[int, tuple[Heading, ...]],
) -> dict[int, frozenset[Role]]:
    """Return the roles; cells that bind names and say nothing do what their heading says."""
    found = dict(roles)
    for index, mine in roles.items():
        section = sections.get(index, ())
        if mine or len(section) < 2 or not pipeline.flows[index].binds:
            continue
        role = role_of_heading(section[-1].text)
        if role is not None:
            found[index] = frozenset({role})
    return found


def _needed_by(
    pipeline: Pipeline, roles: Mapping[int, frozenset[Role]]
) -> dict[int, tuple[int, ...]]:
    """Return who reads what a cell makes; a possible change counts where the cell is no plot."""
    found: dict[int, list[int]] = {}
    for index, before in pipeline.needs.items():
        for other in before:
            flow = pipeline.flows[other]
            prepares = roles.get(other, frozenset()) & {Role.CLEAN, Role.FEATURES}
            made = {*flow.binds, *flow.mutates, *(flow.may_mutate if prepares else ())}
            if made.intersection(pipeline.flows[index].reads):
                found.setdefault(other, []).append(index)
    return {index: tuple(users) for index, users in found.items()}

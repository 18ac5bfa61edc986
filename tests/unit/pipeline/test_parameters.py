"""Parameters: declared by the notebook, checked before a kernel starts, passed as data."""

import ast
import datetime
import math
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.errors import InputError
from mlops_nb.pipeline.cells import Cell, CellId, Code
from mlops_nb.pipeline.parameters import (
    Text,
    declared_parameters,
    encode_parameters,
    resolve_parameters,
)


def _cells(source: str) -> list[Cell]:
    return [
        Cell(
            index=0,
            id=CellId("p"),
            type="code",
            source=source,
            tags=("parameters",),
            code=Code(python=source),
        )
    ]


@dataclass(frozen=True)
class Read:
    declared: str
    text: str
    value: Any


READ = {
    "leading zeros are text for a text": Read("p = 'a'", "007", "007"),
    "a text named None is text": Read("p = 'a'", "None", "None"),
    "quotes stay": Read("p = 'a'", "'a'\"", "'a'\""),
    "code is text": Read("p = 'a'", '"); import os', '"); import os'),
    "an integer": Read("p = 1", "-7", -7),
    "None for an integer default": Read("p = 1", "None", None),
    "a number": Read("p = 0.1", "3", 3.0),
    "infinity": Read("p = 0.1", "inf", math.inf),
    "an annotation beats the default": Read("p: float = 1", "2", 2.0),
    "a truth value": Read("p = True", "false", False),
    "an optional integer": Read("p: int | None = None", "null", None),
    "an optional text": Read("p: Optional[str] = None", "None", None),
    "integer before text in a union": Read("p: str | int = 1", "3", 3),
    "a choice": Read("p: Literal['a', 'b'] = 'a'", "b", "b"),
    "a list as JSON": Read("p = [1]", '["a", null]', ["a", None]),
    "a dictionary as Python": Read("p: dict[str, int] = {}", "{'a': 1}", {"a": 1}),
    "a tuple": Read("p = (1,)", "[1, 2]", (1, 2)),
    "a date": Read("p: date = date(2026, 1, 1)", "2026-02-03", datetime.date(2026, 2, 3)),
    "a path": Read("p = Path('data')", "a b/c", PurePath("a b/c")),
    "a number by a call": Read("p = float('nan')", "1", 1.0),
    "anything: leading zeros are text": Read("p = compute()", "007", "007"),
    "anything: a literal": Read("p = None", "[1, 2]", [1, 2]),
    "anything: a word": Read("p = None", "hello", "hello"),
    "anything: a truth value": Read("p = None", "true", True),
    "unpacked": Read("p, q = 1, 'a'", "2", 2),
    "unpacked from a call": Read("p, q = f()", "x", "x"),
}


@pytest.mark.parametrize("case", READ.values(), ids=READ)
def test_text_is_read_as_the_declared_type_says(case: Read) -> None:
    values = resolve_parameters(_cells(case.declared), {"p": Text(case.text)}, notebook="nb")
    assert values == {"p": case.value}
    assert type(values["p"]) is type(case.value)


@dataclass(frozen=True)
class Refused:
    declared: str
    given: dict[Any, Any]
    code: str
    says: str


REFUSED = {
    "unknown": Refused("n_estimators = 1", {"n_estimator": 2}, "MNB301", "'n_estimators'"),
    "a name by another spelling twice": Refused(
        "µ = 1", {"µ": 1, "μ": 2}, "MNB301", "passed twice"
    ),
    "a number beyond floats": Refused("p = 1.0", {"p": 10**400}, "MNB302", "a number"),
    "an integer beyond text": Refused("p = None", {"p": 10**5000}, "MNB305", "thousands of digits"),
    "an integer beyond text for a text": Refused("p = 'a'", {"p": 10**5000}, "MNB302", "a int"),
    "a word for an integer": Refused("p = 1", {"p": Text("abc")}, "MNB302", "an integer"),
    "a fraction for an integer": Refused("p = 1", {"p": Text("1.5")}, "MNB302", "an integer"),
    "a truth value for an integer": Refused("p = 1", {"p": True}, "MNB302", "a bool"),
    "a text for an integer": Refused("p = 1", {"p": "1"}, "MNB302", "a str"),
    "None where it is annotated": Refused("p: int = 1", {"p": None}, "MNB302", "an integer"),
    "no such choice": Refused("p: Literal['a', 'b'] = 'a'", {"p": Text("c")}, "MNB302", "'a'"),
    "code as a name": Refused("p = 1", {"import os; a": 1}, "MNB303", "import os; a"),
    "a keyword": Refused("p = 1", {"class": 1}, "MNB303", "class"),
    "no text as a name": Refused("p = 1", {1: 1}, "MNB303", "1"),
    "no literal": Refused("p = None", {"p": object()}, "MNB305", "object"),
    "no default and not passed": Refused("p: int\nq = 1", {"q": 2}, "MNB306", "-p p VALUE"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_passed_is_refused_with_a_remedy(case: Refused) -> None:
    with pytest.raises(InputError) as caught:
        resolve_parameters(_cells(case.declared), case.given, notebook="nb.ipynb")
    assert caught.value.code == case.code
    assert case.says in str(caught.value)


def test_without_a_parameters_cell_nothing_can_be_passed() -> None:
    with pytest.raises(InputError, match="MNB304"):
        resolve_parameters([], {"p": 1}, notebook="nb.ipynb")


def test_comments_are_descriptions() -> None:
    source = "a = 1  # how many\n# where from\n# and to\nb: str = 'x'\n\nc = 3\n"
    declared = declared_parameters(_cells(source))
    assert [(p.name, p.default, p.description) for p in declared] == [
        ("a", "1", "how many"),
        ("b", "'x'", "where from and to"),
        ("c", "3", ""),
    ]


def test_attributes_subscripts_and_calls_declare_nothing() -> None:
    assert declared_parameters(_cells("import os\nx.y = 1\nz[0] = 2\nprint(3)\n")) == ()


_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.dates(),
    st.times(),
    st.datetimes(timezones=st.one_of(st.none(), st.just(datetime.UTC))).map(
        lambda moment: moment.replace(fold=0)
    ),
    st.timedeltas(),
    st.complex_numbers(),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.text(max_size=5), inner, max_size=3),
        st.sets(st.integers(), max_size=1),  # the order of more is not fixed
    ),
    max_leaves=8,
)


@given(_VALUES)
def test_a_value_arrives_as_what_it_is(value: Any) -> None:
    names: dict[str, Any] = {}
    exec(encode_parameters({"p": value}), names)  # what the kernel does with the injected cell
    # By repr: nan is not equal to itself, and 0.0 is equal to -0.0.
    assert repr(names["p"]) == repr(value)


@pytest.mark.parametrize(
    "value",
    [object(), type("Text", (str,), {})("x"), len, [1, object()]],
    ids=["object", "subclass", "function", "inside a list"],  # the same in every process
)
def test_what_has_no_literal_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match="MNB305"):
        encode_parameters({"p": value})


def test_a_list_that_holds_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(InputError, match="holds itself"):
        encode_parameters({"p": value})


def test_a_numpy_number_arrives_as_a_number() -> None:
    numpy = pytest.importorskip("numpy")
    assert encode_parameters({"p": numpy.float64(0.5)}).endswith("p = 0.5")
    for declared, passed, value in (
        ("p: int = 1", numpy.int64(3), 3),
        ("p = 1.0", numpy.float32(3), 3.0),
        ("p = True", numpy.bool_(False), False),
        ("p = 'a'", numpy.str_("b"), "b"),
    ):
        resolved = resolve_parameters(_cells(declared), {"p": passed}, notebook="nb")
        assert (resolved, type(resolved["p"])) == ({"p": value}, type(value))


def test_a_name_is_what_python_reads() -> None:
    assert resolve_parameters(_cells("µ = 1"), {"µ": 2}, notebook="nb") == {"μ": 2}


def test_what_aliases_blow_up_is_refused_at_once() -> None:
    value: list[Any] = ["x"] * 10
    for _ in range(9):
        value = [value] * 10
    with pytest.raises(InputError, match="more than 1,000,000 values"):
        encode_parameters({"p": value})
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InputError, match="nested too deeply"):
        encode_parameters({"p": deep})


_DECLARATIONS = st.sampled_from(
    [
        *("p = None", "p = 'a'", "p = 1", "p = 1.0", "p = True", "p = []", "p = {}", "p = ()"),
        *("p = {1}", "p: Path = 'a'", "p: date = None", "p: int | str | None = 1"),
    ]
)
_HOSTILE = st.one_of(
    st.text(),
    st.sampled_from(
        ['"); import os; os.abort()', "__import__('os')", "{x}", "\n1/0\n", "'" * 3, "\\", "[*()]"]
    ),
    st.recursive(st.integers() | st.text(), lambda inner: st.lists(inner, max_size=2)).map(repr),
)
_DATA = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.UnaryOp, ast.USub, ast.Load)
# The expressions for what has no literal; nothing else is called.
_CALLED = {"float", "complex", "set", "frozenset", "__import__", "date", "datetime", "Path"}


@given(_DECLARATIONS, _HOSTILE)
def test_a_text_becomes_data_and_never_code(declared: str, text: str) -> None:
    try:
        values = resolve_parameters(_cells(declared), {"p": Text(text)}, notebook="nb")
    except InputError:
        return
    (assignment,) = ast.parse(encode_parameters(values)).body
    assert isinstance(assignment, ast.Assign)
    for node in ast.walk(assignment.value):
        if isinstance(node, ast.Name | ast.Attribute):
            assert (node.id if isinstance(node, ast.Name) else node.attr) in _CALLED
        elif isinstance(node, ast.Call):
            modules = [part.value for part in node.args if isinstance(part, ast.Constant)]
            is_import = isinstance(node.func, ast.Name) and node.func.id == "__import__"
            assert not is_import or modules[0] in ("datetime", "pathlib")
        else:
            assert isinstance(node, _DATA)

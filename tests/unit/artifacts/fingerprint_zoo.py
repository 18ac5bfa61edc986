"""Values of all kinds: every maker returns a new value, and no two makers return equal ones.

Run as a program, it prints the digest of each as JSON; the tests compare that with their own.
"""

from __future__ import annotations

import array
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import io
import ipaddress
import json
import operator
import pathlib
import random
import re
import types
import uuid
import weakref
import zoneinfo
from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import pandas as pd
import pyarrow as pa
import pydantic
import scipy.sparse
import scipy.special


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


class Level(enum.IntEnum):
    LOW = 1


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


@dataclasses.dataclass
class Point:
    x: float
    y: float = 0.0
    tags: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class Pin:
    x: float
    y: float = 0.0


@attrs.define
class Parcel:
    size: int
    notes: dict[str, int] = attrs.Factory(dict)


Pair = collections.namedtuple("Pair", "left right")


class Slotted:
    __slots__ = ("first", "second")

    def __init__(self, first: Any) -> None:
        self.first = first


class SlottedWithDict(Slotted):
    pass


class Plain:
    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


class Texts(list[str]):
    pass


class Table(dict[str, int]):
    pass


class Names(set[str]):
    pass


class Number(int):
    pass


class Hostile:
    """Cannot be compared, hashed, shown or asked for attributes."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("eq")

    def __hash__(self) -> int:
        raise RuntimeError("hash")

    def __repr__(self) -> str:
        raise RuntimeError("repr")

    def __bool__(self) -> bool:
        raise RuntimeError("bool")

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


class Reduced:
    def __init__(self, secret: int) -> None:
        self.secret = secret

    def __reduce__(self) -> Any:
        return (Reduced, (self.secret,))


class ReducedSlots:
    """Its pickles forget the second slot."""

    __slots__ = ("first", "second")

    def __init__(self, first: int, second: int = 2) -> None:
        self.first, self.second = first, second

    def __reduce__(self) -> Any:
        return (ReducedSlots, (self.first,))


class Settings(pydantic.BaseModel):
    depth: int
    rates: list[float] = [0.1]


def helper(value: int, *, scale: int = 2) -> int:
    return value * scale


def outer(scale: int) -> Callable[[int], int]:
    def inner(value: int) -> int:
        return helper(value, scale=scale)

    return inner


def even(n: int) -> bool:
    return n == 0 or odd(n - 1)


def odd(n: int) -> bool:
    return n != 0 and even(n - 1)


@functools.lru_cache(maxsize=10)
def cached(n: int) -> int:
    return n * 3


class Child(Plain):
    factor = 3

    @property
    def double(self) -> int:
        return 2 * self.factor

    @classmethod
    def make(cls) -> Child:
        return cls(made=True)

    @staticmethod
    def one() -> int:
        return 1

    @functools.cached_property
    def slow(self) -> int:
        return 5


def _cyclic() -> list[Any]:
    found: list[Any] = [1]
    found.append(found)
    return found


def _cyclic_pair() -> list[Any]:
    first: list[Any] = []
    second = [first]
    first.append(second)
    return first


def _cyclic_tuple() -> tuple[Any, ...]:
    inner: list[Any] = []
    found = (inner, 1)
    inner.append(found)
    return found


def _cyclic_object() -> Plain:
    found = Plain(name="a")
    found.me = found
    return found


def _shared() -> list[list[int]]:
    row = [1, 2]
    return [row, row]


def _with_cause() -> ValueError:
    error = ValueError("second")
    error.__cause__ = KeyError("first")
    return error


def _rng(kind: Any, draws: int) -> Any:
    found = np.random.Generator(kind(7))
    found.random(draws)
    return found


def _read_only() -> Any:
    found = np.arange(6.0)
    found.setflags(write=False)
    return found


def _frame(**changes: Any) -> pd.DataFrame:
    columns: dict[str, Any] = {
        "n": [1, 2, 3],
        "x": [0.5, np.nan, -0.0],
        "s": ["a", None, "c"],
        "o": pd.Series(["a", 1, None], dtype=object),
        "c": pd.Categorical(["u", "v", "u"]),
        "t": pd.date_range("2024-01-01", periods=3, tz="Europe/Vienna"),
        "b": [True, False, True],
    }
    columns.update(changes)
    return pd.DataFrame(columns)


def _with(value: Any, **attributes: Any) -> Any:
    for name, attribute in attributes.items():
        setattr(value, name, attribute)
    return value


MakerTable = dict[str, Callable[[], Any]]

PLAIN: MakerTable = {
    "none": lambda: None,
    "true": lambda: True,
    "one": lambda: 1,
    "one float": lambda: 1.0,
    "one text": lambda: "1",
    "one bytes": lambda: b"1",
    "one complex": lambda: 1 + 0j,
    "zero": lambda: 0.0,
    "minus zero": lambda: -0.0,
    "minus zero complex": lambda: complex(0.0, -0.0),
    "nan": lambda: float("nan"),
    "inf": lambda: float("inf"),
    "huge": lambda: 10**400,
    "minus huge": lambda: -(10**400),
    "minus one": lambda: -1,
    "255": lambda: 255,
    "128": lambda: 128,
    "minus 128": lambda: -128,
    "empty text": lambda: "",
    "surrogate": lambda: "\ud800",
    "emoji": lambda: "😀",
    "long text": lambda: "ab" * 5000,
    "long bytes": lambda: b"ab" * 5000,
    "ellipsis": lambda: ...,
    "not implemented": lambda: NotImplemented,
    "decimal": lambda: decimal.Decimal(1),
    "decimal 1.0": lambda: decimal.Decimal("1.0"),
    "fraction": lambda: fractions.Fraction(1, 3),
    "date": lambda: datetime.date(2024, 1, 2),
    "datetime": lambda: datetime.datetime(2024, 1, 2),
    "datetime fold": lambda: datetime.datetime(2024, 1, 2, fold=1),
    "datetime utc": lambda: datetime.datetime(2024, 1, 2, tzinfo=datetime.UTC),
    "datetime zone": lambda: datetime.datetime(2024, 1, 2, tzinfo=zoneinfo.ZoneInfo("UTC")),
    "time": lambda: datetime.time(1, 2),
    "timedelta": lambda: datetime.timedelta(1),
    "timezone": lambda: datetime.timezone(datetime.timedelta(hours=1)),
    "timezone named": lambda: datetime.timezone(datetime.timedelta(hours=1), "X"),
    "zoneinfo": lambda: zoneinfo.ZoneInfo("Europe/Vienna"),
    "path": lambda: pathlib.Path("a/b"),
    "pure path": lambda: pathlib.PurePosixPath("a/b"),
    "windows path": lambda: pathlib.PureWindowsPath("a/b"),
    "uuid": lambda: uuid.UUID(int=5),
    "ipv4": lambda: ipaddress.ip_address("10.0.0.1"),
    "ipv6": lambda: ipaddress.ip_address("::1"),
    "network": lambda: ipaddress.ip_network("10.0.0.0/8"),
    "pattern": lambda: re.compile("a+"),
    "pattern flags": lambda: re.compile("a+", re.I),
    "pattern bytes": lambda: re.compile(b"a+"),
    "range": lambda: range(3),
    "range step": lambda: range(0, 3, 2),
    "slice": lambda: slice(1, None),
    "enum": lambda: Colour.RED,
    "enum other": lambda: Colour.GREEN,
    "int enum": lambda: Level.LOW,
    "flag": lambda: Rights.READ,
    "flags": lambda: Rights.READ | Rights.WRITE,
    "object": lambda: object(),
}
CONTAINERS: MakerTable = {
    "list": lambda: [1, 2],
    "list swapped": lambda: [2, 1],
    "list of bool": lambda: [True, 2],
    "list of floats": lambda: [1.0, 2.0],
    "list of texts": lambda: ["1", "2"],
    "list joined": lambda: ["12", ""],
    "list joined other": lambda: ["", "12"],
    "list of surrogates": lambda: ["\ud83d", "\ude00"],
    "list of emoji": lambda: ["😀"],
    "list of huge": lambda: [1, 10**30],
    "empty list": list,
    "empty tuple": lambda: (),
    "empty dict": dict,
    "empty set": lambda: set(),
    "empty frozenset": lambda: frozenset(),
    "tuple": lambda: (1, 2),
    "nested": lambda: [[1], [2]],
    "nested other": lambda: [[1, [2]]],
    "nested three": lambda: [[1], 2],
    "nested tuple": lambda: ((1, 2), (3,)),
    "list of None": lambda: [None, None],
    "list of three None": lambda: [None] * 3,
    "shared rows": _shared,
    "equal rows": lambda: [[1, 2], [1, 2]],
    "dict": lambda: {"a": 1, "b": 2},
    "dict other order": lambda: {"b": 2, "a": 1},
    "dict swapped values": lambda: {"a": 2, "b": 1},
    "dict int keys": lambda: {1: "a"},
    "dict bool keys": lambda: {True: "a"},
    "dict tuple keys": lambda: {(1, 2): [3]},
    "dict of lists": lambda: {"a": [1], "b": []},
    "dict of lists other": lambda: {"a": [], "b": [1]},
    "set": lambda: {1, 2, 3},
    "set of texts": lambda: {"a", "b", "c", "ab"},
    "set of tuples": lambda: {("a", 1), ("b", 2)},
    "frozenset": lambda: frozenset({"a", "b", "c"}),
    "set of frozensets": lambda: {frozenset({"a"}), frozenset({"b", "c"})},
    "bytearray": lambda: bytearray(b"1"),
    "memoryview": lambda: memoryview(b"1"),
    "memoryview writable": lambda: memoryview(bytearray(b"1")),
    "array b": lambda: array.array("b", [1]),
    "array q": lambda: array.array("q", [1]),
    "deque": lambda: collections.deque([1, 2]),
    "deque maxlen": lambda: collections.deque([1, 2], 5),
    "defaultdict": lambda: collections.defaultdict(list, {"a": 1, "b": 2}),
    "defaultdict int": lambda: collections.defaultdict(int, {"a": 1, "b": 2}),
    "ordered dict": lambda: collections.OrderedDict({"a": 1, "b": 2}),
    "counter": lambda: collections.Counter("aab"),
    "chain map": lambda: collections.ChainMap({"a": 1}, {"b": 2}),
    "mapping proxy": lambda: types.MappingProxyType({"a": 1}),
    "namespace": lambda: types.SimpleNamespace(a=1),
    "dict keys": lambda: {"a": 1}.keys(),
    "dict items": lambda: {"a": 1}.items(),
    "cyclic": _cyclic,
    "cyclic pair": _cyclic_pair,
    "cyclic tuple": _cyclic_tuple,
    "cyclic object": _cyclic_object,
    "bytes io": lambda: io.BytesIO(b"abc"),
    "text io": lambda: io.StringIO("abc"),
    "exception": lambda: ValueError("second"),
    "exception with cause": _with_cause,
    "os error": lambda: OSError(2, "gone", "a.csv"),
    "os error other file": lambda: OSError(2, "gone", "b.csv"),
    "exception other": lambda: KeyError("second"),
}
OBJECTS: MakerTable = {
    "dataclass": lambda: Point(1.0),
    "dataclass int": lambda: Point(1),
    "frozen dataclass": lambda: Pin(1.0),
    "attrs": lambda: Parcel(1),
    "namedtuple": lambda: Pair(1, [2]),
    "namedtuple plain": lambda: Pair(1, 2),
    "slots": lambda: Slotted(1),
    "slots and dict": lambda: _with(SlottedWithDict(1), extra=2),
    "plain": lambda: Plain(a=1, b=[2]),
    "child": lambda: Child(a=1, b=[2]),
    "list subclass": lambda: Texts(["a"]),
    "list subclass with attribute": lambda: _with(Texts(["a"]), note=1),
    "dict subclass": lambda: Table(a=1),
    "set subclass": lambda: Names({"a", "b", "c"}),
    "set subclass with attribute": lambda: _with(Names({"a", "b", "c"}), note=1),
    "int subclass": lambda: Number(5),
    "hostile": lambda: Hostile(),
    "reduced": lambda: Reduced(1),
    "reduced other": lambda: Reduced(2),
    "reduced with more": lambda: _with(Reduced(1), note=1),
    "reduced slots": lambda: ReducedSlots(1, 2),
    "reduced slots other": lambda: ReducedSlots(1, 3),
    "pydantic": lambda: Settings(depth=3),
    "pydantic other": lambda: Settings(depth=4),
    "enum in a list": lambda: [Colour.RED, Colour.RED],
    "set of objects": lambda: {Pin(1.0), Pin(2.0), Pin(3.0)},
    "weakref": lambda: weakref.ref(Colour.RED),
    "random": lambda: random.Random(1),
    "random drawn": lambda: (lambda r: (r.random(), r)[1])(random.Random(1)),
}
CODE: MakerTable = {
    "function": lambda: helper,
    "closure 2": lambda: outer(2),
    "closure 3": lambda: outer(3),
    "lambda": lambda: lambda x: x + 1,
    "lambda 2": lambda: lambda x: x + 2,
    "lambda default": lambda: lambda x=1: x + 1,
    "lambda default 2": lambda: lambda x=2: x + 1,
    "even": lambda: even,
    "odd": lambda: odd,
    "cached": lambda: cached,
    "partial": lambda: functools.partial(helper, scale=3),
    "partial 4": lambda: functools.partial(helper, scale=4),
    "partial library": lambda: functools.partial(np.sum, axis=0),
    "itemgetter": lambda: operator.itemgetter(1, 2),
    "attrgetter": lambda: operator.attrgetter("a.b"),
    "method": lambda: Child(a=1).make,
    "bound": lambda: Point(1.0).__repr__,
    "builtin": lambda: len,
    "bound builtin": lambda: [].append,
    "method descriptor": lambda: str.upper,
    "class": lambda: Child,
    "class base": lambda: Plain,
    "class dataclass": lambda: Point,
    "class attrs": lambda: Parcel,
    "class pydantic": lambda: Settings,
    "class enum": lambda: Colour,
    "class builtin": lambda: dict,
    "class library": lambda: pd.DataFrame,
    "generic alias": lambda: list[int],
    "union": lambda: int | None,
    "module": lambda: json,
    "submodule": lambda: np.linalg,
    "library function": lambda: json.dumps,
    "numpy function": lambda: np.mean,
    "ufunc": lambda: np.exp,
    "scipy ufunc": lambda: scipy.special.expit,
    "code": lambda: helper.__code__,
}
NUMPY: MakerTable = {
    "np.int64": lambda: np.int64(1),
    "np.int32": lambda: np.int32(1),
    "np.float64": lambda: np.float64(1),
    "np.bool": lambda: np.bool_(True),
    "np.str": lambda: np.str_("1"),
    "np.datetime64": lambda: np.datetime64("2024-01-02"),
    "np.datetime64 ns": lambda: np.datetime64("2024-01-02", "ns"),
    "np.longdouble": lambda: np.longdouble(1) / 3,
    "np.void": lambda: np.array([(1, 2.0)], dtype="i1,f8")[0],
    "0-d": lambda: np.array(1),
    "1-d": lambda: np.array([1]),
    "2-d": lambda: np.array([[1]]),
    "arange": lambda: np.arange(6),
    "arange 2x3": lambda: np.arange(6).reshape(2, 3),
    "arange 3x2": lambda: np.arange(6).reshape(3, 2),
    "arange F": lambda: np.asfortranarray(np.arange(6).reshape(2, 3)),
    "arange i4": lambda: np.arange(6, dtype="i4"),
    "f4 one": lambda: np.array([1.0], "f4"),
    "i4 same bits": lambda: np.array([1065353216], "i4"),
    "big endian": lambda: np.arange(6, dtype=">i8"),
    "read only": _read_only,
    "read only copy": lambda: np.arange(6.0),
    "empty": lambda: np.empty(0),
    "empty 0x3": lambda: np.empty((0, 3)),
    "empty i8": lambda: np.empty(0, "i8"),
    "strided": lambda: np.arange(20)[::2],
    "reversed": lambda: np.arange(7)[::-1],
    "3-d view": lambda: np.arange(60).reshape(3, 4, 5)[:, ::2, 1:],
    "3-d transposed": lambda: np.arange(60).reshape(3, 4, 5).transpose(1, 2, 0),
    "bool array": lambda: np.array([True, False]),
    "complex array": lambda: np.array([1 + 2j]),
    "longdouble": lambda: np.array([1, 3], "g") / 3,
    "clongdouble": lambda: np.array([1j, 3], "G") / 3,
    "half": lambda: np.array([1, 3], "f2"),
    "datetimes": lambda: np.array(["2024-01-01", "NaT"], "M8[D]"),
    "datetimes s": lambda: np.array(["2024-01-01", "NaT"], "M8[s]"),
    "timedeltas": lambda: np.array([1, 2], "m8[D]"),
    "texts": lambda: np.array(["a", "bc"]),
    "texts wide": lambda: np.array(["a", "bc"], "U5"),
    "bytes": lambda: np.array([b"a", b"bc"]),
    "void": lambda: np.array([b"abc"], "V3"),
    "string dtype": lambda: np.array(["a", "bc" * 20], np.dtypes.StringDType()),
    "string dtype na": lambda: np.array(
        ["a", None], np.dtypes.StringDType(na_object=None, coerce=False)
    ),
    "objects": lambda: np.array(["a", 1, None], object),
    "objects nested": lambda: np.array([[1], {"a": 2}, None], object),
    "objects 2x2": lambda: np.array([["a", 1], [None, 2.0]], object),
    "structured": lambda: np.array([(1, 2.0)], "i1,f8"),
    "structured aligned": lambda: np.array([(1, 2.0)], np.dtype("i1,f8", align=True)),
    "structured nested": lambda: np.array([(1, (2, 3))], [("a", "i1"), ("b", "i2,i4")]),
    "structured array": lambda: np.array([([1, 2], 3)], [("a", "f4", (2,)), ("b", "i2")]),
    "structured object": lambda: np.array([(1, "x")], [("a", "i1"), ("b", "O")]),
    "record": lambda: np.rec.array([(1, 2.0)], "i1,f8"),
    "masked": lambda: np.ma.array([1, 2, 3], mask=[0, 1, 0]),
    "masked none": lambda: np.ma.array([1, 2, 3]),
    "masked fill": lambda: np.ma.array([1, 2, 3], mask=[0, 1, 0], fill_value=7),
    "dtype": lambda: np.dtype("i4"),
    "dtype structured": lambda: np.dtype("i1,f8"),
    "pcg64": lambda: _rng(np.random.PCG64, 0),
    "pcg64 drawn": lambda: _rng(np.random.PCG64, 1),
    "mt19937": lambda: _rng(np.random.MT19937, 0),
    "philox": lambda: _rng(np.random.Philox, 3),
    "random state": lambda: np.random.RandomState(3),
    "seed sequence": lambda: np.random.SeedSequence(3),
    "overlapping": lambda: (lambda a: [a, a[:2]])(np.arange(4)),
    "not overlapping": lambda: [np.arange(4), np.arange(2)],
}
PANDAS: MakerTable = {
    "frame": _frame,
    "frame value": lambda: _frame(n=[1, 2, 4]),
    "frame dtype": lambda: _frame(n=[1.0, 2.0, 3.0]),
    "frame i4": lambda: _frame(n=np.array([1, 2, 3], "i4")),
    "frame Int64": lambda: _frame(n=pd.array([1, 2, 3], "Int64")),
    "frame Int64 missing": lambda: _frame(n=pd.array([1, None, 3], "Int64")),
    "frame boolean": lambda: _frame(n=pd.array([True, None, False], "boolean")),
    "frame Float64": lambda: _frame(n=pd.array([1.0, None, 3], "Float64")),
    "frame ordered": lambda: _frame(c=pd.Categorical(["u", "v", "u"], ordered=True)),
    "frame categories": lambda: _frame(c=pd.Categorical(["u", "v", "u"], categories=["v", "u"])),
    "frame more categories": lambda: _frame(c=pd.Categorical(["u", "v", "u"], ["u", "v", "w"])),
    "frame zone": lambda: _frame(t=pd.date_range("2024-01-01", periods=3, tz="UTC")),
    "frame two zones": lambda: _frame(
        n=pd.date_range("2024-01-01", periods=3, tz="Europe/Vienna"),
        b=pd.date_range("2024-01-02", periods=3, tz="Europe/Vienna"),
    ),
    "frame sparse blocks": lambda: _frame(x=pd.arrays.SparseArray([0.0, 1.0, 2.0], kind="block")),
    "frame naive": lambda: _frame(t=pd.date_range("2024-01-01", periods=3)),
    "frame seconds": lambda: _frame(t=pd.date_range("2024-01-01", periods=3, unit="s")),
    "frame texts pyarrow": lambda: _frame(s=pd.array(["a", None, "c"], "string[pyarrow]")),
    "frame texts python": lambda: _frame(s=pd.array(["a", None, "c"], "string[python]")),
    "frame texts object": lambda: _frame(n=[0, 0, 0], s=pd.Series(["a", None, "c"], dtype=object)),
    "frame arrow": lambda: _frame(s=pd.array([1, None, 3], pd.ArrowDtype(pa.int64()))),
    "frame arrow list": lambda: _frame(
        s=pd.array([[1], None, [2, 3]], pd.ArrowDtype(pa.list_(pa.int64())))
    ),
    "frame period": lambda: _frame(t=pd.period_range("2024-01", periods=3, freq="M")),
    "frame interval": lambda: _frame(t=pd.interval_range(0, 3)),
    "frame interval closed": lambda: _frame(t=pd.interval_range(0, 3, closed="left")),
    "frame sparse": lambda: _frame(x=pd.arrays.SparseArray([0.0, 1.0, 0.0])),
    "frame sparse fill": lambda: _frame(x=pd.arrays.SparseArray([0.0, 1.0, 0.0], fill_value=1.0)),
    "frame nested": lambda: _frame(o=[[1], {"a": 1}, None]),
    "frame nested other": lambda: _frame(o=[[1], {"a": 2}, None]),
    "frame columns": lambda: _frame().rename(columns={"n": "m"}),
    "frame column order": lambda: _frame()[["x", "n", "s", "o", "c", "t", "b"]],
    "frame columns name": lambda: _frame().rename_axis(columns="k"),
    "frame index": lambda: _frame().set_axis([5, 6, 7]),
    "frame index plain": lambda: _frame().set_axis([0, 1, 2]),
    "frame index name": lambda: _frame().rename_axis("k"),
    "frame index texts": lambda: _frame().set_axis(["a", "b", "c"]),
    "frame multiindex": lambda: _frame().set_index(["n", "s"]),
    "frame multiindex order": lambda: _frame().set_index(["s", "n"]),
    "frame duplicate labels": lambda: pd.DataFrame([[1, 2]], columns=["a", "a"]),
    "frame attrs": lambda: _with(_frame(), attrs={"source": "x"}),
    "frame flags": lambda: _frame().set_flags(allows_duplicate_labels=False),
    "empty frame": lambda: pd.DataFrame(),
    "empty frame with index": lambda: pd.DataFrame(index=[1, 2]),
    "series": lambda: pd.Series([1, 2, 3]),
    "series name": lambda: pd.Series([1, 2, 3], name="a"),
    "series tuple name": lambda: pd.Series([1, 2, 3], name=("a", 1)),
    "series frame": lambda: pd.Series([1, 2, 3]).to_frame(),
    "series of times": lambda: pd.Series(pd.date_range("2024-01-01", periods=3)),
    "series of decimals": lambda: pd.Series([decimal.Decimal(1), None]),
    "series of objects": lambda: pd.Series(
        [pd.NA, pd.NaT, "a", pd.Timestamp("2024-01-01"), datetime.date(2024, 1, 1)] * 5,
        dtype=object,
    ),
    "series of objects other": lambda: pd.Series(
        [pd.NaT, pd.NA, "a", pd.Timestamp("2024-01-01"), datetime.date(2024, 1, 1)] * 5,
        dtype=object,
    ),
    "list of timestamps": lambda: [pd.Timestamp("2024-01-01").as_unit("ns")] * 20,
    "list of timestamps s": lambda: [pd.Timestamp("2024-01-01").as_unit("s")] * 20,
    "list of zoned timestamps": lambda: [pd.Timestamp("2024-01-01", tz="UTC")] * 20,
    "list of decimals": lambda: [decimal.Decimal(1)] * 20,
    "list of dates": lambda: [datetime.date(2024, 1, 1)] * 20,
    "list of datetimes": lambda: [datetime.datetime(2024, 1, 1)] * 20,
    "list of np.int64": lambda: [np.int64(1)] * 20,
    "list of np.int32": lambda: [np.int32(1)] * 20,
    "list of np.float64": lambda: [np.float64(1)] * 20,
    "index": lambda: pd.Index([1, 2, 3]),
    "index name": lambda: pd.Index([1, 2, 3], name="a"),
    "range index": lambda: pd.RangeIndex(1, 4),
    "datetime index": lambda: pd.date_range("2024-01-01", periods=3),
    "datetime index without freq": lambda: pd.DatetimeIndex(
        ["2024-01-01", "2024-01-02", "2024-01-03"]
    ),
    "period index": lambda: pd.period_range("2024-01", periods=3, freq="M"),
    "categorical index": lambda: pd.CategoricalIndex(["a", "b"]),
    "interval index": lambda: pd.interval_range(0, 3),
    "multiindex": lambda: pd.MultiIndex.from_product([["a", "b"], [1, 2]]),
    "multiindex names": lambda: pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["p", "q"]),
    "multiindex used": lambda: pd.MultiIndex.from_product([["a", "b"], [1, 2]])[:2],
    "pandas array": lambda: pd.array([1, None]),
    "categorical": lambda: pd.Categorical(["a", "b"]),
    "timestamp": lambda: pd.Timestamp("2024-01-02"),
    "timestamp zone": lambda: pd.Timestamp("2024-01-02", tz="UTC"),
    "timedelta": lambda: pd.Timedelta("1D"),
    "period": lambda: pd.Period("2024-01", "M"),
    "interval": lambda: pd.Interval(0, 1),
    "NaT": lambda: pd.NaT,
    "NA": lambda: pd.NA,
    "offset": lambda: pd.offsets.MonthEnd(2),
    "date offset": lambda: pd.DateOffset(months=1),
    "pandas dtype": lambda: pd.CategoricalDtype(["a", "b"]),
    "pandas dtype zone": lambda: pd.DatetimeTZDtype("ns", "UTC"),
    "grouper": lambda: pd.Grouper(freq="D"),
}
ARROW: MakerTable = {
    "table": lambda: pa.table({"a": [1, None, 3], "s": ["x", None, "zz"]}),
    "table name": lambda: pa.table({"b": [1, None, 3], "s": ["x", None, "zz"]}),
    "table metadata": lambda: pa.table({"a": [1]}).replace_schema_metadata({"k": "v"}),
    "batch": lambda: pa.record_batch({"a": [1, None, 3], "s": ["x", None, "zz"]}),
    "arrow array": lambda: pa.array([1, 2]),
    "arrow int32": lambda: pa.array([1, 2], pa.int32()),
    "arrow bool": lambda: pa.array([True, None, False]),
    "arrow binary": lambda: pa.array([b"a", b""]),
    "arrow large text": lambda: pa.array(["a", ""], pa.large_string()),
    "arrow text": lambda: pa.array(["a", ""]),
    "arrow text view": lambda: pa.array(["a", ""], pa.string_view()),
    "arrow list": lambda: pa.array([[1], [], None, [2, 3]]),
    "arrow list other": lambda: pa.array([[1], None, [], [2, 3]]),
    "arrow struct": lambda: pa.array([{"a": 1, "b": "x"}, None]),
    "arrow map": lambda: pa.array([[("k", 1)], None, []], pa.map_(pa.string(), pa.int64())),
    "arrow dictionary": lambda: pa.array(["a", "b", "a"]).dictionary_encode(),
    "arrow decimal": lambda: pa.array([decimal.Decimal("1.5"), None]),
    "arrow timestamps": lambda: pa.array([1, None], pa.timestamp("us", "UTC")),
    "arrow fixed": lambda: pa.array([b"ab", None], pa.binary(2)),
    "arrow fixed list": lambda: pa.array([[1, 2], None], pa.list_(pa.int8(), 2)),
    "arrow null": lambda: pa.nulls(2),
    "arrow null typed": lambda: pa.nulls(2, pa.int64()),
    "arrow schema": lambda: pa.schema([("a", pa.int64())]),
    "arrow type": lambda: pa.int64(),
    "arrow scalar": lambda: pa.scalar(1),
    "chunked": lambda: pa.chunked_array([[1], [2]]),
}
SPARSE: MakerTable = {
    **{
        f"sparse {form}": lambda form=form: scipy.sparse.csr_array(
            np.array([[0, 1.0], [2, 0]])
        ).asformat(form)
        for form in ("csr", "csc", "lil", "dok", "dia", "bsr")
    },
    "sparse matrix": lambda: scipy.sparse.csr_matrix(np.array([[0, 1.0], [2, 0]])),
    "sparse coordinates": lambda: scipy.sparse.coo_array(np.array([[0, 1.0], [2, 0]])),
    "sparse wide": lambda: scipy.sparse.csr_array(np.array([[0, 1.0, 0], [2, 0, 0]])),
    "sparse explicit zero": lambda: scipy.sparse.csr_array(
        (np.array([1.0, 2.0, 0.0]), np.array([1, 0, 1]), np.array([0, 1, 3])), shape=(2, 2)
    ),
}
MAKERS: MakerTable = {
    f"{group}: {name}": maker
    for group, table in {
        "plain": PLAIN,
        "containers": CONTAINERS,
        "objects": OBJECTS,
        "code": CODE,
        "numpy": NUMPY,
        "pandas": PANDAS,
        "arrow": ARROW,
        "sparse": SPARSE,
    }.items()
    for name, maker in table.items()
}

if __name__ == "__main__":
    import fingerprint_zoo  # so that classes have the module they have in the tests

    from mlops_nb.artifacts.fingerprint import Fingerprinter

    with Fingerprinter() as fingerprinter:
        digests = {
            name: fingerprinter.fingerprint(maker()).digest
            for name, maker in fingerprint_zoo.MAKERS.items()
        }
    print(json.dumps(digests))

"""Notebooks of nearly all of the language: a grammar as text, drawn from by hypothesis.

Productions name what they need in braces; a line that is ``{B}`` alone is a block. The first cell
binds all names, so that most of what follows runs.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

FIRST = textwrap.dedent(
    """
    import bisect, collections, contextlib, copy, functools, heapq, itertools, operator, random
    from types import SimpleNamespace
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    import strange
    i, j, k = 1, 2, 3
    p, q = [1, 2], [[3], 4]
    r = p
    d, e = {"a": [1], "b": 2}, {"a": p}
    dd = collections.defaultdict(list)
    s, t = {1, 2}, {3}
    u, v = np.arange(6.0), np.ones((2, 3))
    df = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0]})
    dg, ser = df.copy(), pd.Series([1.0, 2.0, 3.0])
    est, sca = LinearRegression(), StandardScaler()
    pipe = make_pipeline(sca, est)
    rng, dq, cnt = np.random.default_rng(0), collections.deque([1, 2]), collections.Counter("ab")
    ns = SimpleNamespace(a=[1], b=p)
    text = "a,b"
    def f(x):
        return x
    def h(x, *rest, key=p, **named):
        return [x, key]
    g = lambda x: x
    table = {"f": f, "g": g}
    class Box:
        kept = []
        def __init__(self, content=()):
            self.content = content
            self.label = k
        def put(self, item):
            self.content.append(item)
            return self
        @property
        def first(self):
            return self.content[0] if len(self.content) else p
        @first.setter
        def first(self, value):
            self.content = [value]
        @staticmethod
        def static(x):
            return [x, i]
        @classmethod
        def make(cls, x):
            cls.kept.append(1)
            return cls([x])
        def __len__(self):
            return len(self.content) + i
        def __iter__(self):
            return iter(list(self.content))
        def __enter__(self):
            return self
        def __exit__(self, *what):
            self.closed = True
        def __call__(self, x):
            return self.put(x).content
        def __getitem__(self, key):
            return q
    box, bag = Box(q), Box([5])
    gen = (n for n in range(9))
    """
)

GRAMMAR = {
    # numbers
    "N": """
        {n} | {n} | 0 | 2 | len({L}) | ({N} + {N}) | (0 if {N} > 1 else {N}) | ({n} := {N})
        sum(x for x in range({N}))
        ({N} and {N}) | ({N} or {N}) | -{N} | int({u}[0]) | len({s}) | next(gen, 0) | box.label
        abs({N}) | len(box)
        (lambda x=i: x + k)() | max({N}, {N}) | {d}.get("b", 1) | bool({L}) | text.count("a")
        (await later({N}))
    """,
    "n": "i | j | k",
    # lists
    "L": """
        {l} | {l} | [{N}] | box.content | list({L}) | [{L}, {L}] | ({L} + {L})
        [x for x in {L} if {N}] | {C}({L})
        (lambda x={L}: x)() | functools.partial({c}, {L})() | next(iter([{L}]))
        {{"key": {L}}}["key"] | sorted([{L}], key=len)[0]
        ({L} or {L}) | [*{L}, {L}][-1] | {d}["a"] | dd["b"] | {d}.setdefault("c", {L}) | ns.a
        ns.b | box.first | bag.first
        list(map({c}, [{L}]))[0] | strange.identity({L}) | strange.part([{L}])
        strange.wrapped({L}) | strange.call({c}, {L})
        copy.copy({L}) | copy.deepcopy({L}) | [y for x in [{L}] for y in x] | list(gen)
        (x for x in [{L}]).__next__() | {l}[:]
        ({l} if {N} else {L}) | ({l} := {L}) | Box.static({N}) | Box.kept | h({N})
        h({N}, key={L})[1] | box({N}) | list(many({L}))
        functools.reduce(lambda x, y: x, [{L}]) | list(itertools.chain({L}, {L}))
        list(zip({L}, {L})) | [x := {L}][0]
        list({d}.values()) | (await later({L})) | {{n: x for n, x in [(1, {L})]}}[1]
        [lambda: {L}][0]() | operator.itemgetter(0)([{L}])
        table["f"]({L}) | [f, g][{N} % 2]({L}) | getattr(box, "content") | vars(ns)["a"]
        globals()["{l}"] | eval("{l}") | (yielding := {L})
    """,
    "l": "p | q | r",
    # what else there is
    "D": """
        {d} | {{"a": {L}}} | dict({D}) | {{**{D}, "b": {N}}} | ({D}|{D}) | dict(a={L})
        {{k: v for k, v in {D}.items()}}
    """,
    "d": "d | e",
    "s": "s | t",
    "u": "u | v",
    "U": """
        {u} | {u}[1:] | {u}.T | {u}.reshape(-1) | {u} + {N} | np.ravel({u}) | {u}.copy()
        np.sort({u}) | {u}[{u} > 1]
    """,
    "f": "df | dg",
    "F": """
        {f} | {f} | {f}.copy() | {f}[["a"]] | {f}.dropna() | {f}.assign(c={N}) | {f}.head(2)
        {f}[{f}["a"] > {N}] | {f}.rename(columns={{"b": "c"}}) | pd.concat([{F}, {f}])
        strange.identity({f}) | {c}({f}) | {f}.pipe(lambda x: x) | {f}.apply(lambda x: x + {N})
        [{F}, {F}][-1] | {{"a": {F}}}["a"] | copy.copy({f}) | {f}.sort_values("a")
    """,
    "G": """
        ser | {f}["a"] | {f}["a"] + {N} | {f}.a | {f}["a"].fillna(0) | {f}.loc[:, "a"]
        {F}["a"].copy() | ser.map(lambda x: x + {N}) | {f}["a"].where({f}["a"] > {N}, 0)
        pd.Series({U}.reshape(-1)[:3])
    """,
    "X": '{f}[["a"]] | {F}[["a"]] | df[["a", "b"]] | np.ones((3, 1))',
    "E": "est | sca | pipe | LinearRegression() | make_pipeline(sca, est)",
    "O": """
        box | bag | Box({L}) | Box.make({L}) | copy.copy(box) | strange.identity(box)
        box.put({L})
    """,
    "c": "f | g",
    "C": """
        {c} | {c} | (lambda x: {L}) | strange.decorate({c}) | table['g']
        functools.partial(h, key={L}) | box
    """,
    # simple statements
    "P": """
        {n} = {N} | {l} = {L} | {n} += {N} | {l} += {L} | {l}, {l} = {L}, {L} | {l} = {l} = {L}
        {l}, *{l} = {L}, {L}, {N} | {l}: list = {L}
        {l}.append({N}) | {l}.append({L}) | {l}.extend({L}) | {l}.insert(0, {N}) | {l}.pop()
        {l}.sort(key=str) | {l}.reverse() | {l}.clear()
        {l}[0] = {L} | {l}[0:1] = [{N}] | {l}[0] += {N} | del {n} | del {l} | del {l}[:1]
        del {d}["a"] | {l}.remove({l}[0])
        {d} = {D} | {d}["a"] = {L} | {d}["a"] += {L} | {d}["x"] = {N} | {d}.update({D})
        {d}.update(b={L}) | {d}.pop("b", None) | {d} |= {D}
        {d}["a"].append({N}) | dd["a"].append({N}) | dd[{N}]
        {d}.setdefault("z", []).append({N}) | {d}.clear()
        {s}.add({N}) | {s} |= {{{N}}} | {s} = {s}|{{{N}}} | {s}.discard({N}) | {s}.update({{{N}}})
        {u}[0] = {N} | {u} = {U} | {u} += {N} | {u}.sort() | {u}.fill({N}) | {u} = {u}[1:]
        np.add({u}, 1, out={u}) | {u}[0:1] *= 2 | {u}.flat[0] = {N}
        {c}({L}) | {c} = {C} | {c} = {l}.append | {c} = {c} | table["f"] = {C} | table["g"]({L})
        {c} = box.put | {c} = Box
        box.put({N}) | box = {O} | bag = {O} | box.content = {L} | bag.first = {L} | bag.first
        box.first.append({N}) | Box.kept.append({N}) | box.extra = {L}
        box.content += {L} | del box.label | setattr(box, "label", {N}) | Box.limit = {N}
        ns.a = {L} | ns.a.append({N}) | ns.b += [{N}]
        strange.change({L}) | strange.change_inside([{L}]) | strange.change_inside({D})
        strange.change(box) | strange.kept.append({L})
        list(map({c}, [{L}])) | for x in {L}: x | [x for x in {L}] | next(gen)
        gen = (x for x in {L}) | gen = many({L}) | gen = iter({L})
        ({O} if {N} else box) | assert {N} > -99, {L} | global {n} | exec("{n} = 5")
        exec("{l}.append(1)") | globals()["{n}"] = {N} | text = f"{{{L}}} {{{N}!r}}"
        from math import * | import math | from collections import deque as {c}
        {n} = math.pi if "math" in globals() else 1 | (await later({L})).append({N})
        operator.setitem({l}, 0, {N}) | {l}.__setitem__(0, {N}) | {l} = [*{L}, *{L}]
        print({L}, end="") | {l} = sorted({L}, key=str)
        {f}["a"] = {N} | {f}["c"] = {G} | {f}.loc[0, "a"] = {N} | {f}.loc[{f}["a"] > {N}, "b"] = 0
        {f}.iloc[0, 0] = {N} | {f}.at[0, "a"] = {N} | {f}["a"] += {N} | {f}[["a", "b"]] *= 2
        {f} = {F} | {f}.drop(columns="b", inplace=True) | {f}.fillna(0, inplace=True)
        {f}.rename(columns={{"b": "c"}}, inplace=True) | {f}.sort_values("b", inplace=True)
        {f} = {f}.drop(columns="b", inplace=False) | {f}.insert(0, "n", {N}) | {f}.pop("b")
        del {f}["b"] | {f}.columns = ["a", "b"] | {f}.index = {f}.index + {N} | {f}.update({F})
        {f}.reset_index(drop=True, inplace={N} > 1) | {f}.a = {N} | ser = {G}
        ser.iloc[0] = {N} | ser[{N}] = {N} | ser += {N} | ser.fillna(0, inplace=True)
        ser.name = "s" | {f}.describe() | {f}.groupby("a").sum() | {f}.to_numpy()[0] | len({F})
        ser.str | {f}.iterrows() | for x in {f}: x | for x, y in {f}.items(): y
        {u}[i] += {N} | {u}[{u} > {N}] = 0 | {u}.T[0] = {N} | {u}.reshape(-1)[0] = {N}
        np.ravel({u})[0] = {N} | np.asarray({u})[0] = {N} | np.clip({U}, 0, 1, out={u})
        {u}.clip(0, 2, out={u}) | np.copyto({u}, {N}) | np.fill_diagonal(v, {N}) | {u}.put(0, {N})
        np.multiply({u}, {N}, {u}) | np.random.shuffle({u}) | rng.shuffle({u}) | {u} *= {N}
        for x in v: x[0] = {N} | for x in v: x += {N} | {n} = rng.normal() | np.sort({u})
        est.fit({X}, {G}) | sca.fit({X}) | pipe.fit({X}, {G}) | {E}.fit({X}, {G}) | sca.fit({U})
        sca.partial_fit({X}) | {f}["b"] = est.fit({X}, {G}).predict({X}) | sca.fit_transform({X})
        sca.transform({X}) | est.predict({X}) | est.coef_ = {U} | est.set_params(copy_X={N} > 1)
        est = {E} | sca = StandardScaler() | pipe = make_pipeline(sca, est) | pipe[0].fit({X})
        pipe.named_steps["standardscaler"].fit({X}) | pipe.steps.append({L}) | est.score({X}, {G})
        dq.append({L}) | dq.popleft() | dq.rotate({N}) | dq.extend({L}) | cnt.update("ab")
        cnt["a"] += {N} | {d}.popitem() | {d}.__setitem__("a", {L}) | {s}.pop() | {s} &= {s}
        {s}.difference_update({{{N}}}) | {s} ^= {{{N}}} | random.shuffle({l}) | {l} *= 2
        heapq.heappush({l}, {N}) | heapq.heapify({l}) | bisect.insort({l}, {N})
        list(map({l}.append, [{N}])) | functools.partial({l}.append, {N})() | {c} = {d}.update
        {c} = {s}.add | {c} = {f}.insert | {c}(0, "m", {N}) | {c} = est.fit | {c}({X}, {G})
        {c} = {u}.fill | {c}({N}) | {c}({F}) | {c}({u}) | ns.a = {F} | ns.a["b"] = {N}
        table["f"]({F}) | box.content = {u} | box.content[0] = {N} | {d}["a"] = {F}
        {d}["a"]["b"] = {N} | np.add.at({u}, [0], {N}) | {u}.shape = -1 | {u} = {f}["a"].to_numpy()
        {u} = np.asarray({f}) | {u} = {f}["a"].values | strange.change({f}) | strange.change({u})
    """,
    # where a statement has statements inside
    "S": """
        {P} || {P} || {P} || {P} || {P}
        ||if {N}:
            {B}
        ||if {N}:
            {B}
        elif {N}:
            {B}
        else:
            {B}
        ||for {n} in range({N} % 4):
            {B}
        ||for {l} in [{L}, {L}]:
            {B}
            break
        ||for x in {L}[:2]:
            if x == 3: continue
            {B}
        else:
            {B}
        ||while {N} < 3:
            {B}
            break
        else:
            {B}
        ||while True:
            if {N}: break
            {B}
            break
        ||try:
            {B}
        except (TypeError, IndexError) as {n}:
            {B}
        except Exception:
            {B}
        else:
            {B}
        finally:
            {B}
        ||try:
            {B}
            raise ValueError({L})
        except ValueError as error:
            {B}
        ||try:
            raise ExceptionGroup("g", [ValueError(1), KeyError(2)])
        except* ValueError:
            {B}
        except* KeyError as {n}:
            {B}
        ||for x in range(2):
            try:
                {B}
                continue
            finally:
                {B}
        ||with box as {l}, open("/dev/null") as handle:
            {B}
        ||with contextlib.suppress(Exception):
            {B}
        ||match {L}:
            case [first, *{l}] if {N}:
                {B}
            case [[{n}], _]:
                {B}
            case {{"a": rest}} | [rest]:
                {B}
            case _:
                {B}
        ||def {c}(x={L}):
            {W}
            {B}
            return {L}
        ||def {c}(x={F}):
            x["n"] = {N}
            {B}
            return x
        ||def {c}(x, y={U}):
            y[0] += {N}
            x.append(y) if hasattr(x, "append") else x
            {B}
            return y
        ||def {c}(x, y={E}):
            y.fit({X}, {G})
            {B}
            return y
        ||def {c}(x, *args, key={L}, **named):
            {W}
            {B}
            return x
        ||def {c}(x):
            total = {L}
            def inner(y={L}):
                nonlocal total
                {W}
                total = {L}
                {B}
                return total
            {B}
            return inner()
        ||def make(x):
            def inner(*args):
                x.append(1)
                {B}
                return x
            return inner
        {c} = make({L})
        ||def {c}(x, depth=2):
            if depth <= 0: return {L}
            {B}
            return {c}(x, depth - 1)
        ||@strange.decorate
        def {c}(x):
            {B}
            return {L}
        ||def wrap(function):
            def inner(*args):
                {B}
                return function(*args)
            return inner
        @wrap
        def {c}(x):
            return {L}
        ||def many(x):
            {W}
            {B}
            yield x
            {B}
            yield from {L}
        ||async def later(x):
            {B}
            return x
        ||async def stream(x):
            {B}
            yield x
        async for {l} in stream({L}):
            {B}
        ||class Box(Box):
            limit = {N}
            size, items = {N}, {L}
            {Q}
            def put(self, item):
                super().put(item)
                {B}
                return self
        ||class Box(Box):
            def __init__(self, *args):
                super().__init__(*args)
                {B}
            @property
            def first(self):
                {B}
                return {L}
            @first.setter
            def first(self, value):
                {B}
            def __len__(self):
                {B}
                return 1
        ||class Other:
            content = {L}
            for n in [1]:
                {Q}
            def __getattr__(self, name):
                return {L}
        box = Other()
    """,
    "W": "pass | global i | global p, q | global l, k | x = x | n = 1",
    "Q": "mine = {L} | p.append({N}) | q = {L} | n = [x for x in {L}] | own = lambda self: {L}",
}
_NEED = re.compile(r"\{\{|\}\}|\{([A-Za-z])\}")


def _alternatives(name: str, text: str) -> list[str]:
    if name == "S":
        return [textwrap.dedent(f"        {part}").strip("\n") for part in text.split("||")]
    return [part.strip() for part in re.split(r" \| |\n", text) if part.strip()]


PRODUCTIONS = {name: _alternatives(name, text) for name, text in GRAMMAR.items()}
PRODUCTIONS["S"] = [s.strip() for s in PRODUCTIONS["S"] if s.strip()]
# What ends a derivation that has become too deep.
_SIMPLE = {
    "N": "{n}",
    "L": "{l}",
    "D": "{d}",
    "U": "{u}",
    "O": "box",
    "C": "{c}",
    "S": "{P}",
    "F": "{f}",
    "G": "ser",
    "X": "{f}",
    "E": "est",
}
_MOST_DEPTH = 3


class Writer:
    """Writes code; every choice is hypothesis's, so that failing notebooks shrink."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self.draw = draw

    def write(self, name: str, depth: int) -> str:
        """Return a text that `name` stands for."""
        choices = PRODUCTIONS[name]
        if depth >= _MOST_DEPTH and name in _SIMPLE:
            chosen = _SIMPLE[name]
        else:
            chosen = choices[self.draw(st.integers(0, len(choices) - 1))]
        return self.fill(chosen, depth)

    def fill(self, text: str, depth: int) -> str:
        lines = []
        for line in text.split("\n"):
            if line.strip() == "{B}":
                indent = line[: len(line) - len(line.lstrip())]
                lines.append(textwrap.indent(self.block(depth + 1), indent))
            else:
                lines.append(_NEED.sub(lambda found: self.need(found, depth), line))
        return "\n".join(lines)

    def need(self, found: re.Match[str], depth: int) -> str:
        if found[1] is None:
            return found[0][0]
        return self.write(found[1], depth + 1 if found[1].isupper() else depth)

    def block(self, depth: int) -> str:
        n_lines = self.draw(st.integers(1, 2))
        return "\n".join(self.write("S", depth) for _ in range(n_lines))

    def cell(self) -> str:
        """Return the source of a cell; what Python would not compile is written again."""
        for _ in range(4):
            source = "\n".join(self.write("S", 1) for _ in range(self.draw(st.integers(1, 3))))
            try:
                compile(source, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            except SyntaxError:
                continue
            return source
        return "i = 1"


LATER = """
async def later(x):
    return x
def many(x):
    yield x
    yield p
"""


@st.composite
def language_notebooks(draw: Callable[[Any], Any]) -> list[str]:
    """Return sources of two to five cells, the first of which binds all names."""
    writer = Writer(draw)
    return [FIRST + LATER, *(writer.cell() for _ in range(draw(st.integers(1, 4))))]

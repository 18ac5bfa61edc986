"""Random numbers that another run would repeat are told from those that it would not."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlops_nb.kernels.watch_asker import Origins
from mlops_nb.kernels.watch_entropy import EntropyWatch
from mlops_nb.kernels.watch_imports import ImportHook
from mlops_nb.kernels.watch_random import FRESH, RandomWatch
from mlops_nb.kernels.watch_seen import Seen

Run = Callable[..., Seen]
HEAD = "import numpy as np, random, secrets, uuid, tempfile, os\n"


@pytest.fixture
def imports() -> Iterator[ImportHook]:
    made = ImportHook(lambda name, spec, is_done: None)
    yield made
    made.close()


@pytest.fixture
def generators(imports: ImportHook) -> Iterator[RandomWatch]:
    kept = (random.getstate(), np.random.get_state())
    watch = RandomWatch(lambda: True)
    watch.install(imports)
    yield watch
    watch.close()
    random.setstate(kept[0])
    np.random.set_state(kept[1])


@pytest.fixture
def run(generators: RandomWatch, imports: ImportHook) -> Iterator[Run]:
    is_on = [False]
    entropy = EntropyWatch(lambda: is_on[0], Origins())
    entropy.install(imports)

    def run(source: str, **names: Any) -> Seen:
        seen = Seen()
        code = compile(HEAD + source, "<cell>", "exec")
        generators.start()
        entropy.start()
        is_on[0] = True
        try:
            exec(code, {"__name__": "__main__", **names})
        finally:
            is_on[0] = False
        generators.stop(seen)
        entropy.stop(seen)
        return seen

    yield run
    entropy.close()


SEEDED = {
    "np.random.seed(1); np.random.rand()": "random:numpy",
    "random.seed(1); random.random()": "random:python",
    "np.random.set_state(np.random.RandomState(1).get_state()); np.random.rand()": "random:numpy",
    "random.setstate(random.Random(1).getstate()); random.random()": "random:python",
    "from numpy.random import seed, rand; seed(1); rand()": "random:numpy",
    "from random import seed; seed(1)": "random:python",
}


@pytest.mark.parametrize("source", SEEDED)
def test_a_cell_that_seeds_before_it_draws_depends_on_nothing_before(run: Run, source: str) -> None:
    seen = run(source)
    fact = SEEDED[source]
    assert (seen.reads, seen.blockers) == ({}, [])
    assert str(seen.writes[fact]).startswith("sha256:")


FRESHLY = {
    "np.random.rand()": "random:numpy",
    "random.random()": "random:python",
    "random.random(); random.seed(1)": "random:python",
    "random.seed(); random.random()": None,
    "np.random.seed(); np.random.rand()": None,
    "state = random.getstate()": "random:python",
    "s = np.random.get_state(); np.random.seed(1); np.random.set_state(s); np.random.rand()": (
        "random:numpy"
    ),
}


@pytest.mark.parametrize("source", FRESHLY)
def test_a_cell_that_draws_what_nobody_seeded_is_told_so(run: Run, source: str) -> None:
    seen = run(source)
    fact = FRESHLY[source]
    assert {cause for cause, _, _ in seen.blockers} == {"entropy"}
    assert seen.reads == ({fact: FRESH} if fact else {})


def test_a_cell_that_draws_on_depends_on_where_the_seeding_cell_left_it(run: Run) -> None:
    first = run("np.random.seed(1)")
    second = run("np.random.rand()")
    assert second.reads == first.writes
    assert second.blockers == []
    assert second.writes != first.writes
    assert run("np.random.seed(1)").writes == first.writes
    assert run("np.random.seed(1)").reads == {}


def test_a_state_that_is_set_back_is_no_change(run: Run) -> None:
    source = (
        "s = np.random.get_state(); np.random.seed(1); np.random.rand(); np.random.set_state(s)"
    )
    seen = run(source)
    assert (seen.writes, seen.blockers) == ({}, [])
    assert run("np.random.rand()").reads == {"random:numpy": FRESH}


def test_the_state_a_cell_left_is_brought_back(run: Run, generators: RandomWatch) -> None:
    source = "random.seed(1); random.gauss(0, 1); np.random.seed(1); np.random.randn()"
    seen = run(source)
    left = (random.random(), np.random.rand(), random.gauss(0, 1), np.random.randn())
    run("random.seed(2); np.random.seed(2)")
    for fact, effect in seen.effects.items():
        generators.restore(fact.partition(":")[2], effect)
        assert generators.look(fact.partition(":")[2]) == seen.writes[fact]
    assert (random.random(), np.random.rand(), random.gauss(0, 1), np.random.randn()) == left


def test_what_a_library_draws_counts_as_well(run: Run) -> None:
    split = "from sklearn.model_selection import train_test_split as s; s([1, 2, 3, 4]{})"
    assert run(split.format("")).blockers
    seen = run(split.format(", random_state=0"))
    assert (seen.reads, seen.writes, seen.blockers) == ({}, {}, [])


ENTROPY = (
    "import polars; polars.Series([1, 2]).shuffle()",
    "import polars; polars.DataFrame({'a': [1, 2]}).sample(1)",
    "np.random.default_rng()",
    "np.random.Generator(np.random.PCG64())",
    "np.random.RandomState()",
    "[np.random.RandomState(seed) for seed in (None, 1, 2)]",
    "r = np.random.default_rng(); np.random.RandomState(1)",
    "random.Random()",
    "random.SystemRandom().random()",
    "secrets.token_hex()",
    "secrets.choice([1, 2])",
    "uuid.uuid4()",
    "uuid.uuid1()",
    "os.urandom(4)",
)


@pytest.mark.parametrize("source", ENTROPY)
def test_entropy_that_a_cell_asks_for_is_told(run: Run, source: str) -> None:
    assert [cause for cause, _, _ in run(source).blockers] == ["entropy"]


def test_draws_from_a_generator_of_a_library_that_nobody_can_ask_are_entropy(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cv2.py").write_text("def setRNGSeed(n): ...\ndef randu(a, low, high): return a\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "cv2"]:
        monkeypatch.delitem(sys.modules, name)
    assert run("import cv2; cv2.setRNGSeed(1)").blockers == []
    told = [message for _, message, _ in run("cv2.randu(0, 0, 1)", cv2=sys.modules["cv2"]).blockers]
    assert told == ["drew from cv2's own generator, which nobody sees"]
    monkeypatch.delitem(sys.modules, "cv2")


NO_ENTROPY = (
    "import polars; polars.Series([1, 2]).shuffle(1)",
    "import polars; polars.DataFrame({'a': [1, 2]}).sample(1, seed=1)",
    "np.random.default_rng(1).random()",
    "import copy; copy.deepcopy(np.random.default_rng(1)).random()",
    "np.random.RandomState(1).rand()",
    "random.Random(1).random()",
    "uuid.uuid5(uuid.NAMESPACE_DNS, 'x')",
    "tempfile.mkdtemp()",
    "tempfile.NamedTemporaryFile().close()",
    "import pandas as pd; pd.DataFrame({'a': [1]}).style.to_html()",
    "import matplotlib; matplotlib.use('svg'); import io, matplotlib.pyplot as p;"
    "p.figure().savefig(io.BytesIO(), format='svg'); p.close('all')",
    "from sklearn.linear_model import Ridge; Ridge()._repr_html_()",
    "from sklearn.ensemble import RandomForestClassifier as R; "
    "R(2, random_state=0, n_jobs=2).fit([[0], [1]], [0, 1])",
)


@pytest.mark.parametrize("source", NO_ENTROPY)
def test_names_and_ids_that_libraries_make_up_are_no_entropy(run: Run, source: str) -> None:
    seen = run(source)
    assert (seen.reads, seen.writes, seen.blockers) == ({}, {}, [])


def test_what_libraries_draw_while_they_are_imported_is_no_draw_of_the_cell(
    run: Run, generators: RandomWatch
) -> None:
    imports = "watch.importing(is_done=False); random.random(); watch.importing(is_done=True)"
    assert run(imports, watch=generators).blockers == []
    assert run(f"{imports}; random.random()", watch=generators).blockers != []
    run("random.seed(1)")
    seen = run(imports, watch=generators)
    assert list(seen.reads) == list(seen.writes) == ["random:python"]


def test_wrapped_functions_stay_what_they_were_to_others(generators: RandomWatch) -> None:
    import pickle

    for function in (np.random.seed, random.seed, np.random.get_state):
        assert pickle.loads(pickle.dumps(function)) is function


def test_a_state_comes_back_where_its_library_is_not_loaded_yet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hook = ImportHook(lambda name, spec, is_done: None)
    watch = RandomWatch(lambda: True)
    monkeypatch.delitem(sys.modules, "random")
    try:
        watch.install(hook)
        watch.restore("python", {FRESH: True})
        assert watch.look("python") == FRESH
    finally:
        watch.close()
        hook.close()


def test_a_seed_that_a_cell_sets_which_nobody_watches_is_a_seed(imports: ImportHook) -> None:
    kept, is_heard = random.getstate(), False
    watch = RandomWatch(lambda: is_heard)
    watch.install(imports)
    try:
        assert watch.look("python") == FRESH
        random.seed(3)
        seeded = watch.look("python")
        assert seeded != FRESH
        is_heard = True
        seen = Seen()
        watch.start()
        random.random()
        watch.stop(seen)
        assert seen.to_json()["reads"] == {"random:python": seeded}
        assert seen.to_json()["blockers"] == []
        is_heard = False
        random.seed()
        assert watch.look("python") == FRESH
    finally:
        watch.close()
        random.setstate(kept)


def test_a_state_that_was_looked_at_is_looked_at_again(generators: RandomWatch) -> None:
    random.seed(5)
    np.random.seed(5)
    names = ("python", "numpy")
    first = [generators.look(name) for name in names]
    assert [generators.look(name) for name in names] == first
    random.random()
    np.random.rand()
    drawn = [generators.look(name) for name in names]
    assert not {*drawn} & {*first}
    random.seed(5)
    np.random.seed(5)
    assert [generators.look(name) for name in names] == first

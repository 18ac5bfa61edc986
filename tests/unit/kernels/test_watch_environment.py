"""Variables that code asks for are seen, and their values are not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mlops_nb.kernels import watch_environment
from mlops_nb.kernels.watch_environment import EnvironmentWatch, look_up, wrap_environment
from mlops_nb.kernels.watch_seen import Seen

Watched = Callable[..., dict[str, dict[str, Any]]]


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.setenv("MODE", "fast")
    monkeypatch.setenv("TOKEN", "s3cret-value")
    monkeypatch.delenv("ABSENT", raising=False)
    is_on = [False]
    watch = EnvironmentWatch(
        b"key", is_heard=lambda: is_on[0], is_library=lambda name: name.startswith("lib")
    )
    undo = wrap_environment(watch)

    def run(source: str, module: str = "__main__") -> dict[str, dict[str, Any]]:
        watch.start()
        is_on[0] = True
        try:
            exec(source, {"os": os, "subprocess": subprocess, "sys": sys, "__name__": module})
        finally:
            is_on[0] = False
        seen = Seen()
        watch.stop(seen)
        return {
            "reads": {fact.partition(":")[2]: digest for fact, digest in seen.reads.items()},
            "writes": {fact.partition(":")[2]: digest for fact, digest in seen.writes.items()},
            "effects": {fact.partition(":")[2]: effect for fact, effect in seen.effects.items()},
        }

    yield run
    undo()


READS = {
    "os.environ['MODE']": {"MODE"},
    "os.getenv('MODE')": {"MODE"},
    "os.environ.get('ABSENT')": {"ABSENT"},
    "'ABSENT' in os.environ": {"ABSENT"},
    "os.environ.setdefault('MODE', 'slow')": {"MODE"},
    "{**os.environ}['MODE']": {"*", "MODE", "TOKEN"},
    "os.environ.copy()": {"*", "MODE", "TOKEN"},
    "list(os.environ)": {"*", "MODE", "TOKEN"},
    "repr(os.environ)": {"*", "MODE", "TOKEN"},
    "len(os.environ)": {"*", "MODE", "TOKEN"},
    "os.environb[b'MODE']": {"MODE"},
    "os.getenvb(b'ABSENT')": {"ABSENT"},
    "os.environ['HOME'] if 'HOME' in os.environ else 0": {"HOME"},
    "__import__('shutil').get_terminal_size()": {"COLUMNS", "LINES"},
    "x = 1": set(),
}


@pytest.mark.parametrize("source", READS)
def test_what_code_asks_for_is_seen(watched: Watched, source: str) -> None:
    reads = watched(source)["reads"]
    assert READS[source] <= set(reads)
    if "MODE" not in reads:
        assert set(reads) == READS[source]


def test_how_wide_a_parser_of_arguments_writes_is_asked_by_who_makes_it(watched: Watched) -> None:
    reads = watched("__import__('argparse').ArgumentParser(prog='x').format_usage()")["reads"]
    assert {"COLUMNS", "LINES"} <= reads.keys()


def test_a_variable_that_is_not_set_is_a_dependency_too(watched: Watched) -> None:
    assert watched("os.getenv('ABSENT')")["reads"] == {"ABSENT": None}


def test_values_are_told_as_digests_with_a_key(watched: Watched) -> None:
    seen = watched("os.environ['TOKEN']; os.environ['MODE'] = 'other'; del os.environ['TOKEN']")
    assert "s3cret" not in repr(seen)
    assert str(seen["reads"]["TOKEN"]).startswith("hmac:")
    assert set(seen["writes"]) == {"MODE", "TOKEN"}
    assert seen["writes"]["TOKEN"] is None
    other = EnvironmentWatch(b"other", is_heard=lambda: True, is_library=lambda name: False)
    assert other.digest("s3cret-value") != seen["reads"]["TOKEN"]


def test_what_a_cell_set_itself_it_did_not_depend_on_but_on_what_was_before(
    watched: Watched,
) -> None:
    first = watched("os.environ['MODE']")["reads"]["MODE"]
    seen = watched("os.environ['MODE'] = 'x'; os.environ['MODE']")
    assert seen["reads"]["MODE"] == first
    assert seen["writes"]["MODE"] != first


def test_a_library_may_ask_who_and_where_somebody_is(watched: Watched) -> None:
    names = ("HOME", "XDG_CACHE_HOME", "OMP_NUM_THREADS")
    asking = "; ".join(f"os.environ.get({name!r})" for name in names)
    assert set(watched(asking, "library.config")["reads"]) == {"OMP_NUM_THREADS"}
    assert set(watched(asking)["reads"]) == set(names)


def test_who_lists_all_variables_and_picks_proxies_depends_on_these_set_or_not(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    seen = watched("import urllib.request; urllib.request.getproxies()", "library")
    assert {"http_proxy", "NO_PROXY"} <= seen["reads"].keys()
    assert seen["reads"]["NO_PROXY"] is None


def test_who_lists_all_variables_and_picks_some_does_not_depend_on_the_others(
    watched: Watched,
) -> None:
    reads = watched("import urllib.request; urllib.request.getproxies()", "library")["reads"]
    assert not {"*", "MODE", "TOKEN"} & reads.keys()


def test_a_library_that_lists_all_variables_would_find_one_that_is_set_later(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = "{k: v for k, v in os.environ.items() if k.startswith('APP_')}"
    before = watched(settings, "library.settings")["reads"]
    monkeypatch.setenv("APP_DEPTH", "7")
    assert watched(settings, "library.settings")["reads"]["*"] != before["*"]


def test_who_lists_all_variables_is_not_after_what_each_kernel_is_given(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("JPY_PARENT_PID", "MLOPS_NB_KERNEL", "MLOPS_NB_RUN_FILE"):
        monkeypatch.setenv(name, "of this kernel")
    reads = watched("dict(os.environ); [v for k, v in os.environ.items()]")["reads"]
    assert "MODE" in reads
    assert not [name for name in reads if name.startswith(("JPY_", "MLOPS_NB_"))]
    assert "JPY_PARENT_PID" in watched("os.environ['JPY_PARENT_PID']")["reads"]


def test_a_program_that_inherits_the_environment_has_not_asked_for_it(watched: Watched) -> None:
    assert watched("subprocess.run([sys.executable, '-c', ''], check=True)")["writes"] == {}


def test_what_a_cell_set_can_be_brought_back_unless_its_name_says_that_it_is_a_secret(
    watched: Watched,
) -> None:
    sets = "os.environ.update(MODE='slow', MY_API_KEY='s3cret', OPENAI_TOKEN='s3cret')"
    drops = "del os.environ['TOKEN']"
    seen = watched(f"{sets}; {drops}")
    assert set(seen["writes"]) == {"MODE", "MY_API_KEY", "OPENAI_TOKEN", "TOKEN"}
    assert seen["effects"] == {"MODE": {"value": "slow"}, "TOKEN": {"value": None}}


def test_what_a_kernel_set_for_itself_counts_as_what_it_was_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.setattr(watch_environment, "_given", lambda: {"TERM": os.environ.get("TERM", "")})
    watch = EnvironmentWatch(b"key", is_heard=lambda: True, is_library=lambda name: False)
    assert watch.look("MPLBACKEND") is None
    monkeypatch.setenv("MPLBACKEND", "agg")
    assert watch.look("MPLBACKEND") == watch.digest("agg"), "a cell set it"


def test_variables_that_a_library_reads_in_native_code_are_told_as_one_by_who_sets_one(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POLARS_FMT_MAX_ROWS", raising=False)
    seen = watched("os.environ['POLARS_FMT_MAX_ROWS'] = '3'")
    assert seen["reads"] == {"POLARS_*": look_up("POLARS_*", {}, b"key")}
    assert seen["writes"]["POLARS_*"] == look_up("POLARS_*", os.environ, b"key")
    assert seen["effects"]["POLARS_*"] == {}, "the variable itself is brought back"
    del os.environ["POLARS_FMT_MAX_ROWS"]


def test_which_variables_there_are_is_a_dependency_of_code_that_lists_them(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = watched("list(os.environ)")["reads"]["*"]
    monkeypatch.setenv("XDG_SESSION_ID", "7")
    assert watched("list(os.environ)")["reads"]["*"] == first
    monkeypatch.setenv("MY_NEW", "x")
    seen = watched("list(os.environ)")["reads"]
    assert seen["*"] != first
    assert look_up("*", os.environ, b"key") == seen["*"]
    assert look_up("MY_NEW", os.environ, b"key") == seen["MY_NEW"]


def test_what_the_kernel_set_for_itself_counts_as_what_it_was_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    watch = EnvironmentWatch(b"key", is_heard=lambda: True, is_library=lambda name: False)
    watch.start()
    watch.asked("MPLBACKEND")
    monkeypatch.setenv("MPLBACKEND", "agg")
    seen = Seen()
    watch.stop(seen)
    assert seen.reads == {"environment:MPLBACKEND": watch.digest(watch._given["MPLBACKEND"][1])}
    assert seen.writes == {"environment:MPLBACKEND": watch.digest("agg")}

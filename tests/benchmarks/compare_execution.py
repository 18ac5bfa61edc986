"""Is what the analysis says of cells what they do? Real notebooks, run under a tracer and compared.

Run it by hand: ``python tests/benchmarks/compare_execution.py FOLDER_OR_NOTEBOOK… [--seconds 60]``.
Each notebook runs in a process of its own, in its folder, cell by cell, up to the time limit; cells
that fail are left out. Printed are the facts a run showed and the analysis missed (there must be
none), and how many of the facts the analysis stated a run showed. A run takes one path of several,
so not all that is stated and unseen is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import types
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "unit" / "pipeline"))

KINDS = ("reads", "binds", "mutates", "may_mutate", "deletes")
# Libraries whose objects fill caches and scratch memory when they are asked: that is no change.
KEEPING = ("statsmodels", "linearmodels")
# Drawings are changed by what is drawn; that is not looked at.
DRAWING = ("matplotlib", "seaborn", "mpl_toolkits")
MEMORY_BYTES = 6 * 10**9


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--one", action="store_true", help="run one notebook here (internal)")
    parser.add_argument("--facts", type=Path, help="keep what runs showed; do not run those again")
    parser.add_argument("--log", type=Path, help="write what was missed and unseen, as JSON lines")
    options = parser.parse_args()
    if options.one:
        run_one(options.paths[0])
        return
    found = [p for path in options.paths for p in ([path] if path.is_file() else notebooks(path))]
    log = None if options.log is None else options.log.open("w")
    known = read_facts(options.facts)
    total: Counter[str] = Counter()
    print(header(), flush=True)
    for path in found:
        if str(path) not in known:
            rows, end = run_apart(path, options.seconds)
            known[str(path)] = {"notebook": str(path), "rows": rows, "end": end}
            if options.facts is not None:
                with options.facts.open("a") as kept:
                    kept.write(json.dumps(known[str(path)]) + "\n")
        rows, end = known[str(path)]["rows"], known[str(path)]["end"]
        counts, details = compare(path, rows)
        if log is not None:
            log.writelines(json.dumps(d) + "\n" for d in details)
            log.flush()
        total.update(counts)
        if counts["cells"]:
            print(row(f"{path.parent.name}/{path.name}"[-48:], counts, end), flush=True)
    print(row("all", total, ""))
    print(summary(total))


def read_facts(path: Path | None) -> dict[str, dict[str, Any]]:
    """Return what earlier runs showed, by notebook."""
    if path is None or not path.exists():
        return {}
    return {fact["notebook"]: fact for fact in map(json.loads, path.read_text().splitlines())}


def notebooks(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


def run_apart(path: Path, seconds: float) -> tuple[list[dict[str, Any]], str]:
    """Return a row for each cell that was run, and how the run ended."""
    command = [sys.executable, __file__, "--one", str(path.resolve())]
    environment = {**os.environ, "MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command,
        cwd=path.parent,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        out, _ = process.communicate(timeout=seconds)
        end = "" if process.returncode == 0 else f"exit {process.returncode}"
    except subprocess.TimeoutExpired:
        process.kill()
        out, _ = process.communicate()
        end = "time"
    lines = [line for line in out.splitlines() if line.startswith("{") and line.endswith("}")]
    return [json.loads(line) for line in lines], end


def run_one(path: Path) -> None:
    """Run a notebook in this process; a JSON line for each cell goes to standard output."""
    report = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    import builtins

    from IPython.core.interactiveshell import InteractiveShell
    from tracing import TracingNamespace, build_class, contents_of, observe

    names = TracingNamespace()
    sys.path.insert(0, "")
    shell = InteractiveShell.instance(user_ns=names)
    shell.enable_gui = lambda *arguments: None
    shell.events.register("pre_run_cell", lambda info: names.start_cell())
    builtins.__build_class__ = build_class
    before = contents_of(names)
    given = {*before, "open"}  # what IPython puts there, a function of its own for one
    cells = json.loads(path.read_text())["cells"]
    for index, cell in enumerate(cells):
        source = "".join(cell["source"])
        if cell["cell_type"] != "code" or not source.strip():
            continue
        names.start_cell()
        result = shell.run_cell(source, store_history=True)
        code = {
            n
            for n, (v, _) in before.items()
            if isinstance(v, types.ModuleType | types.FunctionType | type)
        }
        seen, before = observe(names, before, completed=bool(result.success))
        facts = {
            "cell": index,
            "ok": seen.completed,
            "read": sorted(seen.read - given),
            "bound": sorted(seen.bound),
            "deleted": sorted(seen.deleted),
            "changed": sorted(seen.changed),
            "code": sorted(code),
            "error": repr(result.error_in_exec or result.error_before_exec)[:200],
        }
        report.write(json.dumps(facts) + "\n")
        report.flush()
    report.close()
    os._exit(0)


def compare(path: Path, rows: list[dict[str, Any]]) -> tuple[Counter[str], list[dict[str, Any]]]:
    """Return counts of stated, seen and missed facts, and what was missed and unseen."""
    counts: Counter[str] = Counter()
    details: list[dict[str, Any]] = []
    analyses, origins = analyse(path)
    bound_in_sight: set[str] = set()
    imported: set[str] = set()
    for seen in rows:
        analysis = analyses.get(seen["cell"])
        if analysis is None or not seen["ok"]:
            counts["failed"] += 1
            continue
        flow = analysis.flow
        seen["read"] = [n for n in seen["read"] if n in bound_in_sight or n in flow.reads]
        # A name that a function binds to the very object it had looks as if it was read.
        seen["read"] = [n for n in seen["read"] if n not in flow.binds or n in flow.reads]
        # What libraries keep in objects of theirs (a generator's state, caches) is not looked at.
        made_by = origins[seen["cell"]]
        kept = {n for n, by in made_by.items() if by in KEEPING} | imported
        seen["changed"] = [n for n in seen["changed"] if n not in kept]
        drawn = {n for n, by in made_by.items() if by in DRAWING}
        seen["code"] += sorted(imported)
        bound_in_sight.update(flow.binds)
        imported.update(n for n, (kind, _) in analysis.kinds.items() if kind == "import")
        counts["cells"] += 1
        counts["opaque"] += bool(flow.opaque)
        stated = {kind: set(getattr(flow, kind)) for kind in KINDS}
        for kind in ("mutates", "may_mutate"):
            counts["drawings"] += len(stated[kind] & drawn)
            stated[kind] -= drawn
        missed = missed_facts(seen, stated)
        if analysis.rebinds or analysis.may_bind:  # it says that it binds names nobody can see
            missed["binds"] = []
        for kind, names in missed.items():
            counts[f"missed {kind}"] += len(names)
        unseen = {} if flow.opaque else count_stated(seen, stated, counts)
        details.append({"nb": str(path), "cell": seen["cell"], "missed": missed, "unseen": unseen})
    return counts, details


def analyse(path: Path) -> tuple[dict[int, Any], dict[int, dict[str, str]]]:
    """Return the analysis of every cell, and the libraries that made what names stand for."""
    from mlops_nb.notebook.stars import star_names
    from mlops_nb.pipeline.dataflow import analyse_cell, new_machine
    from mlops_nb.pipeline.flow.origins import root_of
    from mlops_nb.project import read_pipeline

    machine = new_machine(star_names)
    analyses: dict[int, Any] = {}
    origins: dict[int, dict[str, str]] = {}
    for cell in read_pipeline(path).cells:
        if cell.code is not None:
            origins[cell.index] = {
                n: root_of(machine.heap.origin(v)) for n, v in machine.names.items()
            }
            analyses[cell.index] = analyse_cell(machine, cell.code, is_aside=False)
    return analyses, origins


def missed_facts(seen: dict[str, Any], stated: dict[str, set[str]]) -> dict[str, list[str]]:
    """Return what the run showed and the analysis did not say."""
    changes = stated["mutates"] | stated["may_mutate"] | stated["binds"]
    return {
        "reads": sorted(set(seen["read"]) - stated["reads"]),
        "binds": sorted(set(seen["bound"]) - stated["binds"]),
        "mutates": sorted(set(seen["changed"]) - changes),
        "deletes": sorted(set(seen["deleted"]) - stated["deletes"]),
    }


def count_stated(
    seen: dict[str, Any], stated: dict[str, set[str]], counts: Counter[str]
) -> dict[str, list[str]]:
    """Count stated facts that were seen; return those that were not."""
    shown = {
        "reads": set(seen["read"]),
        "binds": set(seen["bound"]),
        "mutates": set(seen["changed"]),
        "may_mutate": set(seen["changed"]),
        "deletes": set(seen["deleted"]),
    }
    unseen = {}
    for kind in KINDS:
        names = stated[kind]
        if "mutate" in kind:  # what modules and functions keep is not looked at
            names = names - set(seen["code"]) - set(seen["bound"])
        counts[f"stated {kind}"] += len(names)
        counts[f"shown {kind}"] += len(names & shown[kind])
        unseen[kind] = sorted(names - shown[kind])
    counts["real mutates"] += len(shown["mutates"])
    counts["sure of real mutates"] += len(shown["mutates"] & stated["mutates"])
    return unseen


def header() -> str:
    columns = " ".join(f"{kind:>16}" for kind in KINDS)
    return f"{'notebook':48} cells failed opaque missed {columns}  ended"


def summary(total: Counter[str]) -> str:
    """Return what was said of the changes that were seen, and how much was said of others."""
    real, sure = total["real mutates"], total["sure of real mutates"]
    possible = total["shown may_mutate"]
    return (
        f"{real} changes were seen: {sure} stated as sure, {possible} as possible; stated and not "
        f"seen: {total['stated mutates'] - total['shown mutates']} sure, "
        f"{total['stated may_mutate'] - possible} possible; "
        f"{total['drawings']} of drawings, which are not looked at"
    )


def row(name: str, counts: Counter[str], end: str) -> str:
    missed = sum(counts[f"missed {kind}"] for kind in KINDS)
    cells = []
    for kind in KINDS:
        stated, shown = counts[f"stated {kind}"], counts[f"shown {kind}"]
        share = f"{100 * shown / stated:5.1f}%" if stated else "     -"
        cells.append(f"{f'{shown}/{stated}':>9} {share}")
    start = f"{name:48} {counts['cells']:5} {counts['failed']:6} {counts['opaque']:6} {missed:6}"
    return f"{start} {' '.join(cells)}  {end}"


if __name__ == "__main__":
    main()

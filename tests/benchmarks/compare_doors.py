"""Do tagged notebooks give the same values in JupyterLab and headless? Compared name by name.

Run it by hand: ``python tests/benchmarks/compare_doors.py NOTEBOOK…``. Every code cell is made a
stage, by magic, comment and metadata in turn. The copy runs twice in a live kernel, with the cell
metadata that JupyterLab sends, and once by ``mlops-nb run``. Then every public name is compared by
value: arrays by their bytes, frames by hash of rows, names and types, objects by their attributes,
figures by their class. What differs between the two live runs varies by itself.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat

sys.path.insert(0, str(Path(__file__).parents[1] / "integration"))
from live_kernel import live_kernel

_MARK = "@@values@@"
_DRAWN = ("matplotlib", "IPython", "ipykernel", "seaborn", "mpl_toolkits", "ipywidgets")
PROBE = f"""
def _digest_names():
    import hashlib, json, sys, types
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    code = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType,
            types.GeneratorType, type)

    def short(data):
        return hashlib.sha256(data).hexdigest()[:16]

    def tell(value, seen=()):
        kind = type(value).__name__
        if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
            return f"{{kind}}:{{value!r}}"
        if isinstance(value, code) or type(value).__module__.startswith({_DRAWN!r}):
            return f"<{{kind}} {{getattr(value, '__name__', '')}}>"
        if id(value) in seen or len(seen) > 7:
            return f"<{{kind}} again>"
        def inner(part):
            return tell(part, (*seen, id(value)))
        if numpy is not None and isinstance(value, numpy.ndarray):
            if value.dtype.hasobject:
                return f"{{value.shape}}{{[inner(v) for v in value.ravel().tolist()]}}"
            content = short(numpy.ascontiguousarray(value).tobytes())
            return f"{{value.dtype}}{{value.shape}}{{content}}"
        if pandas is not None and isinstance(value, (
            pandas.DataFrame, pandas.Series, pandas.Index
        )):
            frame = value if isinstance(value, pandas.DataFrame) else value.to_frame()
            try:
                rows = pandas.util.hash_pandas_object(frame).to_numpy().tobytes()
            except TypeError:
                rows = frame.to_json(default_handler=str).encode()
            return f"{{kind}}{{list(frame.columns)}}{{list(frame.dtypes)}}{{short(rows)}}"
        if isinstance(value, dict):
            return str([(inner(k), inner(v)) for k, v in value.items()])
        if isinstance(value, (set, frozenset)):
            return kind + str(sorted(map(inner, value)))
        if isinstance(value, (list, tuple)):
            return kind + str([inner(v) for v in value])
        held = getattr(value, "__dict__", None)
        if isinstance(held, dict):
            return kind + str([(k, inner(held[k])) for k in sorted(held, key=str)])
        return kind if " at 0x" in repr(value) else f"{{kind}}:{{value!r}}"

    shell = get_ipython()
    hidden = {{"In", "Out", "exit", "quit", "open", "get_ipython", *shell.user_ns_hidden}}
    names = {{n: v for n, v in shell.user_ns.items() if not n.startswith("_") and n not in hidden}}
    print({_MARK!r} + json.dumps({{n: short(tell(v).encode()) for n, v in names.items()}}))
_digest_names()
"""


def tag(notebook: Path) -> Any:
    """Return a copy of `notebook` whose code cells are stages, with a cell that tells all names.

    A notebook that has stages keeps them.
    """
    node, n_stages = nbformat.read(notebook, as_version=4), 0
    has_stages = any("mlops_stage" in cell.source for cell in node.cells)
    for cell in node.cells if not has_stages else ():
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        name, is_magic = f"s{n_stages}", cell.source.lstrip().startswith("%%")
        if n_stages % 3 == 2 or is_magic:
            cell.metadata["mlops_nb"] = {"stage": name}
        else:
            line = "%%mlops_stage" if n_stages % 3 == 0 else "# mlops: stage"
            cell.source = f"{line} {name}\n{cell.source}"
        n_stages += 1
    node.cells.insert(0, nbformat.v4.new_code_cell("%load_ext mlops_nb"))
    node.cells.append(nbformat.v4.new_code_cell(PROBE))
    node.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    return node


def run_live(node: Any, folder: Path) -> dict[str, str]:
    """Return the digest of every name after running `node` in a kernel, as JupyterLab does it."""
    with live_kernel(cwd=str(folder)) as kernel:
        for cell in node.cells:
            if cell.cell_type == "code":
                sent = json.loads(json.dumps(cell.metadata))
                executed = kernel.run(cell.source, metadata={"cellId": cell.get("id"), **sent})
    return read_digests(executed.text)


def run_headless(node: Any, folder: Path) -> dict[str, str]:
    """Return the digest of every name after ``mlops-nb run``."""
    with tempfile.TemporaryDirectory() as scratch:
        source, output = Path(scratch) / "tagged.ipynb", Path(scratch) / "out.ipynb"
        nbformat.write(node, source)
        command = [sys.executable, "-m", "mlops_nb", "run", source, output]
        subprocess.run([*command, "--no-track", "-q", "--cwd", folder], check=True)
        cell = nbformat.read(output, as_version=4).cells[-1]
    return read_digests("".join(output.get("text", "") for output in cell.outputs))


def read_digests(text: str) -> dict[str, str]:
    """Return what the probe printed."""
    found: dict[str, str] = json.loads(text.partition(_MARK)[2].splitlines()[0])
    return found


def main() -> None:
    """Print a line for each notebook."""
    for path in map(Path, sys.argv[1:]):
        node, folder = tag(path), path.parent
        headless = run_headless(copy.deepcopy(node), folder)
        first, second = run_live(node, folder), run_live(node, folder)
        volatile = {name for name in first if first[name] != second.get(name)}
        different = {n for n in first.keys() | headless.keys() if first.get(n) != headless.get(n)}
        told = "DIFFERENT " + " ".join(sorted(different - volatile))
        word = told if different - volatile else "same"
        print(f"{len(first):4} names, {len(volatile):3} vary  {path.name}: {word}", flush=True)


if __name__ == "__main__":
    main()

"""The half of the store that is sent into kernels: without the package, on old Pythons."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import mlops_nb.artifacts
from mlops_nb.artifacts.blob_folder import BlobFolder
from mlops_nb.artifacts.codec_bundle import MODULES
from mlops_nb.artifacts.codec_writing import encode

FOLDER = Path(mlops_nb.artifacts.__file__).parent

LOADER = """
import builtins, json, sys, types
real = builtins.__import__
def guarded(name, globals=None, locals=None, fromlist=(), level=0):
    if level == 0 and name.partition(".")[0] == "mlops_nb":
        raise ImportError("this kernel has no mlops_nb")
    return real(name, globals, locals, fromlist, level)
builtins.__import__ = guarded
package = types.ModuleType("_mlops_nb_session")
package.__path__ = []
sys.modules["_mlops_nb_session"] = package
for name, source in json.load(open(sys.argv[1])):
    module = types.ModuleType("_mlops_nb_session." + name)
    module.__package__ = "_mlops_nb_session"
    sys.modules[module.__name__] = module
    setattr(package, name, module)
    exec(compile(source, name, "exec"), module.__dict__)
loaded = {m.partition(".")[0] for m in sys.modules} & {"numpy", "pandas", "pyarrow", "cloudpickle"}
assert not loaded, loaded
from pathlib import Path
blobs = package.blob_folder.BlobFolder(Path(sys.argv[2]))
"""


@pytest.mark.parametrize("name", MODULES)
def test_modules_that_are_sent_into_kernels_are_python_3_9_and_import_what_is_before_them(
    name: str,
) -> None:
    source = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 9))
    before = MODULES[: MODULES.index(name)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert all(a.name.partition(".")[0] in sys.stdlib_module_names for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            assert str(node.module).partition(".")[0] in sys.stdlib_module_names
        elif isinstance(node, ast.ImportFrom):
            assert node.module in before
    assert "slots=True" not in source
    assert "kw_only=True" not in source
    assert "strict=True" not in source


def run_in_kernel(tmp_path: Path, code: str, *arguments: str, seed: str = "7") -> str:
    texts = [(name, (FOLDER / f"{name}.py").read_text(encoding="utf-8")) for name in MODULES]
    bundle = tmp_path / "bundle.json"
    bundle.write_text(json.dumps(texts))
    done = subprocess.run(
        [sys.executable, "-c", LOADER + code, str(bundle), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONHASHSEED": seed, "PATH": ""},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


DEFINED = """
class Point:
    def __init__(self, x): self.x = x
    def shifted(self): return self.x + offset
def twice(x, by=2): return helper(x) * by
def helper(x): return x + 1
def counting():
    n = 0
    def count():
        nonlocal n
        n += 1
        return n
    def read(): return n
    return count, read
count, read = counting()
offset = 1
point = Point(4)
square = lambda x: x * x
"""

STORE = (
    DEFINED
    + """
import numpy as np
a = np.arange(6.0)
values = dict(Point=Point, point=point, twice=twice, square=square, count=count, read=read,
              a=a, b=a[::2], table={"lambda": square, "a": a})
result = package.codec_writing.encode(values, blobs=blobs, sharing=[
    ("Point", "point"), ("count", "read"), ("a", "b", "table", "square")])
assert not result.obstacles, result.obstacles
alone = package.codec_writing.encode({"point": point}, blobs=blobs)
print(json.dumps([result.manifest, alone.manifest]))
"""
)

RESTORE = """
first, alone = json.loads(sys.argv[3])
found = package.codec_reading.decode(first, blobs=blobs)
assert not found.obstacles, found.obstacles
v = found.values
assert type(v["point"]) is v["Point"]
offset = 10
assert v["point"].shifted() == 14
def helper(x): return x - 1
assert v["twice"](5) == 8 and v["twice"].__globals__ is globals()
v["count"](); v["count"]()
assert v["read"]() == 2
v["a"][2] = 70.0
assert v["b"][1] == 70.0 and v["table"]["a"] is v["a"] and v["table"]["lambda"] is v["square"]

refused = package.codec_reading.decode(alone, blobs=blobs)
assert "'Point'" in refused.obstacles[0].reason, refused.obstacles
class Point:
    def shifted(self): return "this class"
held = package.codec_reading.decode(alone, blobs=blobs).values["point"]
assert type(held) is Point and held.shifted() == "this class"
print("done")
"""


def test_code_of_the_notebook_lives_in_the_kernel_it_is_restored_into(tmp_path: Path) -> None:
    stored = run_in_kernel(tmp_path, STORE, str(tmp_path / "store"), seed="1")
    told = run_in_kernel(tmp_path, RESTORE, str(tmp_path / "store"), stored, seed="2")
    assert told.strip() == "done"


def test_what_the_runner_stored_a_kernel_without_the_package_reads(tmp_path: Path) -> None:
    import numpy

    values = {"plain": (1, [2]), "array": numpy.arange(5), "pair": [numpy.arange(3)] * 2}
    stored = encode(values, blobs=BlobFolder(tmp_path / "store"))
    check = (
        "found = package.codec_reading.decode(json.loads(sys.argv[3]), blobs=blobs).values\n"
        "assert found['pair'][0] is found['pair'][1] and found['plain'] == (1, [2])\n"
        "print(found['array'].sum())"
    )
    assert run_in_kernel(
        tmp_path, check, str(tmp_path / "store"), json.dumps(stored.manifest)
    ).split() == ["10"]

"""Whether a kernel ran out of memory: counts and limits as Linux writes them."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mlops_nb.kernels.memory import KernelMemory, find_memory_files


@dataclass(frozen=True, kw_only=True)
class Case:
    groups: str
    files: dict[str, str]
    later: dict[str, str] = field(default_factory=dict)
    ran_out: bool
    says: str


_GIB = str(2**30)
CASES = {
    "version 2, killed": Case(
        groups="0::/job\n",
        files={"cgroup/job/memory.events": "oom 0\noom_kill 0\n", "cgroup/job/memory.max": _GIB},
        later={"cgroup/job/memory.events": "oom 1\noom_kill 1\n"},
        ran_out=True,
        says="because memory ran out",
    ),
    "version 2, killed by somebody": Case(
        groups="0::/job\n",
        files={"cgroup/job/memory.events": "oom 0\noom_kill 3\n", "cgroup/job/memory.max": "max"},
        ran_out=False,
        says="not for want of memory, as far as the system tells",
    ),
    "version 2, the group is mounted as the root": Case(
        groups="0::/docker/abc\n",
        files={"cgroup/memory.events": "oom_kill 0\n", "cgroup/memory.max": _GIB},
        later={"cgroup/memory.events": "oom_kill 2\n"},
        ran_out=True,
        says="because memory ran out",
    ),
    "version 1": Case(
        groups="5:cpu:/\n4:memory:/job\n",
        files={
            "cgroup/memory/job/memory.oom_control": "oom_kill_disable 0\noom_kill 0\n",
            "cgroup/memory/job/memory.limit_in_bytes": "9223372036854771712\n",
            "cgroup/memory/memory.limit_in_bytes": _GIB,
        },
        later={"cgroup/memory/job/memory.oom_control": "oom_kill_disable 0\noom_kill 1\n"},
        ran_out=True,
        says="because memory ran out",
    ),
    "the machine's count alone": Case(
        groups="0::/\n",
        files={"proc/vmstat": "pgfault 1\noom_kill 7\n"},
        later={"proc/vmstat": "pgfault 1\noom_kill 8\n"},
        ran_out=True,
        says="because memory ran out",
    ),
    "nothing is counted": Case(
        groups="", files={}, ran_out=False, says="as the system does when memory runs out"
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_ended_a_kernel_is_told_from_what_the_system_counted(
    case: Case, tmp_path: Path
) -> None:
    _write(tmp_path, {"proc/self/cgroup": case.groups, **case.files})
    found = find_memory_files(tmp_path / "cgroup", tmp_path / "proc")
    memory = KernelMemory(0, files=found)
    _write(tmp_path, case.later)
    assert memory.has_run_out() == case.ran_out
    assert memory.describe().startswith(case.says)


def test_the_use_and_the_least_limit_are_told(tmp_path: Path) -> None:
    limits = {"cgroup/job/memory.max": "max", "cgroup/memory.max": str(3 * 2**30)}
    status = {"proc/7/status": "Name:\tpython\nVmHWM:\t 2621440 kB\n"}
    _write(tmp_path, {"proc/self/cgroup": "0::/job\n", **limits, **status})
    found = find_memory_files(tmp_path / "cgroup", tmp_path / "proc")
    memory = KernelMemory(7, files=found, proc=tmp_path / "proc")
    memory.note()
    (tmp_path / "proc/7/status").unlink()
    memory.note()
    assert memory.describe().endswith("; it last used 2.5 GiB of the 3 GiB it may use")


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)

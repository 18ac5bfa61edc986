"""Whatever moment a run is killed at, what it leaves is true, and the next run works."""

import random
import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from kill_runs import Blow, Field, choose_blow

_RUNS = 5


@pytest.mark.slow
@pytest.mark.timeout(900)  # each run loads MLflow and packages a model
def test_runs_killed_at_random_moments_leave_nothing_wrong(tmp_path: Path) -> None:
    ground, chance = Field(tmp_path), random.Random(3)
    longest_s = ground.run_through()
    blows = [choose_blow(chance, longest_s=longest_s) for _ in range(_RUNS - 1)]
    blows.append(Blow(signum=signal.SIGKILL, to_kernel=False, after_s=longest_s / 2))
    trials = [ground.strike(blow, "out.ipynb") for blow in blows]
    assert {str(trial.blow): trial.faults for trial in trials if trial.faults} == {}
    ground.run_through("out.ipynb")
    assert ground.check_end(trials) == []

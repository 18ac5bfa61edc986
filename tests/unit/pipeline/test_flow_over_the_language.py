"""Whatever the language offers: what cells do when they run is what the analysis says."""

from __future__ import annotations

import contextlib
import io

from coverage_of_runs import missed_by_analysis
from hypothesis import HealthCheck, Phase, given, settings
from language_strategies import language_notebooks

several = settings(
    max_examples=100,
    derandomize=True,  # the same notebooks for everybody; more of them by hand
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)


@several
@given(language_notebooks())
def test_what_a_run_of_any_cell_shows_is_said(sources):
    with contextlib.redirect_stdout(io.StringIO()):
        assert missed_by_analysis(sources) == []

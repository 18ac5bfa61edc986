"""Which lines of a cell decide what it leaves unseen in the process?"""

from __future__ import annotations

import pytest

from mlops_nb.notebook.transform import transform_source
from mlops_nb.pipeline.incremental.hidden_state import CONFIGURING
from mlops_nb.pipeline.incremental.kernel_settings import settings_key


def key_of(source: str) -> str | None:
    return settings_key(transform_source(source), CONFIGURING)


def test_one_more_import_beside_plain_magics_leaves_the_same() -> None:
    magics = "%matplotlib inline\n%config InlineBackend.figure_format = 'retina'\n"
    first = key_of(f"{magics}import pandas as pd")
    assert first is not None
    assert key_of(f"import json\n{magics}import pandas as pd\nx = 1") == first
    assert key_of("%matplotlib inline") != first


@pytest.mark.parametrize(
    "source",
    [
        "%matplotlib",  # as the environment says
        "%matplotlib widget",  # as another package does it
        "%matplotlib inline  # here",  # which IPython does not understand
        "if x:\n    %matplotlib inline",
        "%config InlineBackend.figure_format = kind",
        "%config InlineBackend.figure_format = $kind",
        "%load_ext mine",
        "%autoreload 2\n%aimport mine",
        "%pdb",  # to the other of two states
        "get_ipython().run_line_magic('matplotlib', kind)\n%matplotlib inline",
    ],
)
def test_any_other_setting_may_depend_on_the_whole_cell(source: str) -> None:
    assert key_of(source) is None

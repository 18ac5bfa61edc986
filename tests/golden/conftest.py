"""One folder a case: ``input.ipynb`` and what each exporter says of it.

``pytest tests/golden --rewrite-golden`` writes the expected files anew; a person reviews the diff.
"""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-golden",
        action="store_true",
        default=False,
        help="write the expected files of tests/golden anew instead of comparing with them",
    )

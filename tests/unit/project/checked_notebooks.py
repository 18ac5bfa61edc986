"""Notebook files for tests of `check`: written as JupyterLab writes them, or otherwise."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


def notebook_bytes(
    *sources: str,
    tags: Mapping[int, Sequence[str]] | None = None,
    indent: int | None = 1,
    metadata: Mapping[str, Any] | None = None,
) -> bytes:
    """Return the file of a notebook of code cells with `sources`."""
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"id{index}",
            "metadata": {"tags": list(tags[index])} if tags and index in tags else {},
            "outputs": [],
            "source": source.splitlines(keepends=True),
        }
        for index, source in enumerate(sources)
    ]
    node = {
        "cells": cells,
        "metadata": dict(metadata or {}),
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return (json.dumps(node, indent=indent, ensure_ascii=False) + "\n").encode()

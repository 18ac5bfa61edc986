"""What is in this notebook file? Read it as well as can be, or say what is wrong with it.

Plain JSON and a few repairs are enough for notebooks of format 4, so nbformat (a second of
imports) is loaded for older formats only. The node returned is format 4.5: every cell has an id,
metadata and a source string.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.notebook.addresses import is_url as is_url
from mlops_nb.notebook.addresses import tell_address, to_local
from mlops_nb.notebook.decoding import decode, load_json
from mlops_nb.notebook.neighbours import name_beside
from mlops_nb.notebook.repair import to_version_4
from mlops_nb.notebook.storage import read_address
from mlops_nb.pipeline.cells import Cell, CellId, Code


@dataclass(frozen=True, kw_only=True)
class NotebookFile:
    """A notebook as read.

    Attributes
    ----------
    path : str
        A local path as given, or an address without passwords and signatures.
    node : Mapping
        The notebook as a version 4.5 dictionary; copy it before changing it.
    digest : str
        SHA-256 of the file's bytes, in hexadecimal.
    kernel_name : str or None
        Name of the kernel specification it asks for; None if it does not say.
    language : str
        Of its code, lower case; ``"python"`` if it does not say.
    raw : bytes or None
        What was read, if from an address; a file can be read again.
    """

    path: str
    node: Mapping[str, Any]
    digest: str
    kernel_name: str | None
    language: str
    raw: bytes | None = None

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """The cells with their source transformed to Python; made on first use (it imports
        IPython)."""
        return cells_of(self.node, language=self.language)


def read_cells(path: str | Path) -> NotebookFile:
    """Return the notebook at `path`, a local path or an address.

    Raises
    ------
    InputError
        MNB101 not found, MNB102 not readable, MNB103 not UTF-8, MNB104 not JSON, MNB105 not a
        notebook, MNB106 a format that is not known, MNB107 source that is no text; as
        `read_address`.
    InfrastructureError
        MNB122 the storage cannot be reached.
    """
    place = to_local(path)
    raw = read_bytes(place)
    file = parse_notebook(raw, name=tell_address(place))
    return replace(file, raw=raw) if is_url(place) else file


def read_bytes(path: str | Path) -> bytes:
    """Return the bytes at `path`, a local path or an address; raises as `read_cells`."""
    place = to_local(path)
    return read_address(place) if is_url(place) else _read_local(Path(place))


def parse_notebook(raw: bytes, *, name: str) -> NotebookFile:
    """Return the notebook that `raw` holds; `name` stands for it in messages. Raises as
    `read_cells`."""
    return parse_node(load_json(decode(raw, name), name), name=name, raw=raw)


def parse_node(content: Mapping[str, Any], *, name: str, raw: bytes = b"") -> NotebookFile:
    """Return the notebook that a JSON object is; `raw` is the file it was read from, if it was.
    Raises as `read_cells`."""
    node = to_version_4(dict(content), name)
    metadata = node["metadata"]
    spec = metadata.get("kernelspec")
    spec = spec if isinstance(spec, dict) else {}
    return NotebookFile(
        path=name,
        node=node,
        digest=hashlib.sha256(raw).hexdigest(),
        kernel_name=str(spec["name"]) if spec.get("name") else None,
        language=_language_of(metadata, spec),
    )


def cells_of(node: Mapping[str, Any], *, language: str = "python") -> tuple[Cell, ...]:
    """Return the cells of a version 4 notebook dictionary, code cells with their transformed
    source.

    Cells in another language than Python have an empty transformed source: they run, but are not
    analysed.
    """
    # Here, because it imports IPython, which reading a notebook's JSON does not need.
    from mlops_nb.notebook.transform import transform_source

    cells = []
    for index, raw in enumerate(node["cells"]):
        metadata = raw["metadata"]
        ours = metadata.get("mlops_nb")
        code = None
        if raw["cell_type"] == "code":
            code = transform_source(raw["source"]) if language == "python" else Code(python="")
        cells.append(
            Cell(
                index=index,
                id=CellId(raw.get("id") or f"cell-{index}"),
                type=raw["cell_type"],
                source=raw["source"],
                tags=tuple(metadata.get("tags") or ()),
                metadata=ours if isinstance(ours, dict) else {},
                code=code,
            )
        )
    return tuple(cells)


def _read_local(path: Path) -> bytes:
    """Return the bytes of a local file, or say why not."""
    try:
        if not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
            raise InputError(  # reading it might wait for ever
                "MNB102",
                str(path),
                "this is no file, but a device, a pipe or a socket.",
                "Name a notebook file.",
            )
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(
            "MNB101", str(path), "there is no such file.", name_beside(path)
        ) from error
    except IsADirectoryError as error:
        raise InputError(
            "MNB102", str(path), "this is a folder.", "Name the notebook file in it."
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(
            "MNB102", str(path), f"the file cannot be read: {reason}.", "Check its permissions."
        ) from error
    except ValueError as error:  # a NUL byte in the path
        raise InputError("MNB101", repr(str(path)), f"{error}.", "Check the path.") from error


def _language_of(metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> str:
    """Return the language that the metadata names, lower case."""
    described = metadata.get("language_info")
    described = described if isinstance(described, dict) else {}
    return str(described.get("name") or spec.get("language") or "python").lower()

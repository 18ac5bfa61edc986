"""What is a tensor: dtype, layout, device, numbers, and whether it wants a gradient?

A tensor that is the result of tracked operations holds their graph, which no digest and no file
takes in: it has no fingerprint. Modules and optimizers are objects like others.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import sys
from typing import Any

from .fingerprint_atoms import encode_text
from .fingerprint_columns import encode_columns
from .fingerprint_digest import combine, digest_memory
from .fingerprint_node import Node, ReaderTable, Unreadable, Visit
from .fingerprint_origin import library_version


def read_tensor(tensor: Any, visit: Visit) -> Node:
    """Read a tensor or parameter."""
    torch = sys.modules["torch"]
    if tensor.grad_fn is not None:
        raise Unreadable("The tensor holds the graph of how it was computed.", "Bind .detach().")
    kind = type(tensor)
    face = [str(tensor.dtype), str(tensor.layout), str(tensor.device), *tensor.shape]
    face += [tensor.requires_grad, tensor.is_conj(), tensor.is_neg(), tensor.is_quantized]
    known = encode_columns(face) or []
    with torch.no_grad():
        known.append(_content(torch, tensor.detach()))
    attributes = dict(getattr(tensor, "__dict__", {}))
    children: list[Any] = [tensor.grad, attributes or None]
    if kind in (torch.Tensor, torch.nn.Parameter):
        known.append(encode_text(kind.__name__))
    else:
        children.append(kind)
    places = (".grad", ".__dict__", "")
    return Node(b"tensor", known, children, label=places.__getitem__, fresh=True)


def _content(torch: Any, tensor: Any) -> bytes:
    if tensor.device.type == "meta":
        return b"meta"
    if tensor.is_quantized:
        face = encode_text(
            f"{tensor.qscheme()} {tensor!r}" if tensor.numel() < 2 else str(tensor.qscheme())
        )
        return combine(b"quantized", [face, _content(torch, tensor.int_repr()), _scales(tensor)])
    if tensor.layout != torch.strided:
        if tensor.layout == torch.sparse_coo:
            parts = [tensor._indices(), tensor._values()]
        elif tensor.layout in (torch.sparse_csr, torch.sparse_bsr):
            parts = [tensor.crow_indices(), tensor.col_indices(), tensor.values()]
        elif tensor.layout in (torch.sparse_csc, torch.sparse_bsc):
            parts = [tensor.ccol_indices(), tensor.row_indices(), tensor.values()]
        else:
            raise Unreadable(
                f"Tensors of layout {tensor.layout} are not read.", "Bind .to_dense()."
            )
        return combine(b"sparse", [_content(torch, part) for part in parts])
    plain = tensor.cpu().resolve_conj().resolve_neg().contiguous()
    if not plain.numel():
        return b"empty"
    return digest_memory(plain.reshape(-1).view(torch.uint8).numpy())


def _scales(tensor: Any) -> bytes:
    if "per_tensor" in str(tensor.qscheme()):
        return combine(b"scale", encode_columns([tensor.q_scale(), tensor.q_zero_point()]) or [])
    scales = [*tensor.q_per_channel_scales().tolist(), *tensor.q_per_channel_zero_points().tolist()]
    return combine(b"scales", encode_columns([*scales, tensor.q_per_channel_axis()]) or [])


def _read_generator(generator: Any, visit: Visit) -> Node:
    known = [encode_text(str(generator.device)), digest_memory(generator.get_state().numpy())]
    return Node(b"torch generator", known)


def _read_word(word: Any, visit: Visit) -> Node:
    known = [
        encode_text(f"{type(word).__name__} {word}"),
        encode_text(library_version("torch") or ""),
    ]
    return Node(b"torch word", known, mutable=False)


def readers(torch: Any) -> ReaderTable:
    """Return the readers of the types of torch."""
    if not hasattr(torch, "Tensor") or not hasattr(torch, "nn"):
        return []
    return [
        (torch.Tensor, read_tensor),
        (torch.Generator, _read_generator),
        *(
            (getattr(torch, name), _read_word)
            for name in ("dtype", "device", "layout", "memory_format")
        ),
    ]

"""How are the collections of the standard library read?

The order of a dict counts (a program can see it), that of a set does not: its elements are sorted
by their own digests. Collections of plain values are read by columns, without a visit per element.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

from collections import ChainMap, OrderedDict, defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Any

from .fingerprint_atoms import ATOMS, encode_atom
from .fingerprint_columns import encode_columns, sort_plain
from .fingerprint_digest import combine, digest_memory
from .fingerprint_node import Node, ReaderTable, Unreadable, Visit

_HEAVY_FROM = 256
_SHORT = 15


def read_list(items: list[Any], visit: Visit) -> Node:
    """Read a list."""
    return _read_sequence(b"list", list(items), mutable=True)


def read_tuple(items: tuple[Any, ...], visit: Visit) -> Node:
    """Read a tuple."""
    return _read_sequence(b"tuple", items, mutable=False)


def _read_sequence(tag: bytes, items: Sequence[Any], *, mutable: bool) -> Node:
    columns = encode_columns(items)
    heavy = len(items) >= _HEAVY_FROM
    if columns is not None:
        return Node(tag + b" of plain", columns, mutable=mutable, heavy=heavy)
    return Node(tag, (), items, mutable=mutable, heavy=heavy, live=True)


def read_dict(mapping: dict[Any, Any], visit: Visit) -> Node:
    """Read a dict."""
    return read_pairs(b"dict", dict(mapping))


def read_pairs(tag: bytes, pairs: dict[Any, Any], *known: bytes, kind: Any = None) -> Node:
    """Return the node of keys and values in order; `kind` is one more thing to visit before."""
    first = [] if kind is None else [kind]
    keys, values = list(pairs), list(pairs.values())
    heavy = len(keys) >= _HEAVY_FROM
    key_columns = encode_columns(keys)
    if key_columns is None:
        n = len(keys) + len(first)

        def place(at: int) -> str:
            if at < len(first):
                return ""
            return f".keys()[{at - len(first)}]" if at < n else f"[{_show(keys[at - n])}]"

        return Node(tag, known, [*first, *keys, *values], label=place, heavy=heavy, live=True)
    value_columns = encode_columns(values) if not first else None
    if value_columns is not None:
        parts = [*known, *key_columns, *value_columns]
        return Node(tag + b" of plain", parts, heavy=heavy)

    def label(at: int) -> str:
        return "" if at < len(first) else f"[{_show(keys[at - len(first)])}]"

    return Node(
        tag + b" by plain",
        [*known, *key_columns],
        [*first, *values],
        label=label,
        heavy=heavy,
        live=True,
    )


def _show(key: Any) -> str:
    try:
        text = repr(key)
    except Exception:
        return "…"
    return text if len(text) <= 60 else text[:60] + "…"


def read_set(elements: Any, visit: Visit) -> Node:
    """Read a set or frozenset, or the built-in part of a subclass of them."""
    base = set if isinstance(elements, set) else frozenset
    items = list(base.__iter__(elements))
    kind = type(elements)
    face = [] if kind in (set, frozenset) else [kind, dict(getattr(elements, "__dict__", {}))]
    tag = b"set" if base is set else b"frozenset"
    heavy = len(items) >= _HEAVY_FROM
    plain = sort_plain(items)
    if plain is not None:
        columns = encode_columns(plain) or []
        return Node(
            tag + b" of plain", columns, face, mutable=base is set, fresh=bool(face), heavy=heavy
        )
    encoded = [(encode_atom(item) or visit.alone(item, elements), item) for item in items]
    encoded.sort(key=lambda pair: pair[0])
    children = [*face, *(item for _, item in encoded)]
    # Elements have places in no order; the path says which one by its value.
    return Node(
        tag,
        (),
        children,
        label=lambda at: f"{{{_show(children[at])}}}",
        mutable=base is set,
        fresh=bool(face),
        heavy=heavy,
    )


def plain_list(items: list[Any]) -> bytes | None:
    """Return the part of a short list of atoms as `read_list` makes it; None for other lists."""
    if len(items) > _SHORT:
        return None
    try:
        parts = [ATOMS[type(item)](item) for item in items]
    except KeyError:
        return None
    return b"#" + combine(b"list of plain", [b"%d" % len(parts), *parts])


def plain_dict(mapping: dict[Any, Any]) -> bytes | None:
    """Return the part of a short dict of atoms as `read_dict` makes it; None for other dicts."""
    if len(mapping) > _SHORT:
        return None
    mapping = mapping.copy()
    try:
        keys = [ATOMS[type(key)](key) for key in mapping]
        values = [ATOMS[type(value)](value) for value in mapping.values()]
    except KeyError:
        return None
    count = b"%d" % len(keys)
    return b"#" + combine(b"dict of plain", [count, *keys, count, *values])


def read_bytearray(content: bytearray, visit: Visit) -> Node:
    """Read a bytearray."""
    return Node(b"bytearray", [digest_memory(bytes(content))], heavy=True)


def read_memoryview(view: memoryview, visit: Visit) -> Node:
    """Read a memoryview: its bytes, format, shape and whether they can be written to."""
    try:
        face = encode_columns([view.format, *(view.shape or ()), view.readonly]) or []
        content = digest_memory(view.tobytes())
    except ValueError as error:
        raise Unreadable("The memoryview was released.", "Bind the object it showed.") from error
    # What it shows may be shared with the one whose memory it is.
    return Node(b"memoryview", [*face, content], [view.obj], label=lambda at: ".obj", heavy=True)


def read_array(values: Any, visit: Visit) -> Node:
    """Read an array.array."""
    known = [*(encode_columns([values.typecode]) or ()), digest_memory(values.tobytes())]
    return Node(b"array", known, heavy=True)


def read_deque(items: deque[Any], visit: Visit) -> Node:
    """Read a deque."""
    face = encode_columns([items.maxlen]) or []
    node = _read_sequence(b"deque", list(items), mutable=True)
    return Node(node.tag, [*face, *node.known], node.children, heavy=node.heavy)


def read_defaultdict(mapping: defaultdict[Any, Any], visit: Visit) -> Node:
    """Read a defaultdict with its factory."""
    return read_pairs(b"defaultdict", dict(mapping), kind=mapping.default_factory or "")


def read_ordered_dict(mapping: OrderedDict[Any, Any], visit: Visit) -> Node:
    """Read an OrderedDict."""
    return read_pairs(b"OrderedDict", dict(mapping))


def read_view_of_dict(view: Any, visit: Visit) -> Node:
    """Read the keys, values or items of a dict."""
    return Node(type(view).__name__.encode(), (), [list(view)], fresh=True)


def read_mapping_proxy(proxy: Any, visit: Visit) -> Node:
    """Read a read-only view of a mapping."""
    return Node(b"mappingproxy", (), [dict(proxy)], label=lambda at: "", fresh=True)


def read_chain_map(chain: ChainMap[Any, Any], visit: Visit) -> Node:
    """Read a ChainMap."""
    return Node(b"ChainMap", (), list(chain.maps), label=".maps[{}]".format)


def _by_name(tag: bytes, names: Sequence[str]) -> Callable[[Any, Visit], Node]:
    def read(value: Any, visit: Visit) -> Node:
        children = [getattr(value, name) for name in names]
        return Node(tag, (), children, label=lambda at: "." + names[at], mutable=False)

    return read


# Ways round the reader for what values consist of mostly; the parts are the same.
PLAIN: dict[type, Callable[[Any], bytes | None]] = {list: plain_list, dict: plain_dict}
READERS: ReaderTable = [
    (list, read_list),
    (tuple, read_tuple),
    (dict, read_dict),
    (set, read_set),
    (frozenset, read_set),
    (bytearray, read_bytearray),
    (memoryview, read_memoryview),
    (deque, read_deque),
    (defaultdict, read_defaultdict),
    (OrderedDict, read_ordered_dict),
    (ChainMap, read_chain_map),
    (type({}.keys()), read_view_of_dict),
    (type({}.values()), read_view_of_dict),
    (type({}.items()), read_view_of_dict),
    (type(type.__dict__), read_mapping_proxy),
    (range, _by_name(b"range", ("start", "stop", "step"))),
    (slice, _by_name(b"slice", ("start", "stop", "step"))),
]

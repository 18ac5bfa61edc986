"""Ports that nobody is given before the server that asked for one has taken it."""

from __future__ import annotations

import random
import socket

# Below what systems give to whoever asks for any port, as each kernel does five times.
_OURS = range(20_000, 32_000)


def free_port() -> int:
    """Return a port of this machine that nobody listens at; another one with each call."""
    for port in random.SystemRandom().sample(_OURS, 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("none of a hundred ports is free")

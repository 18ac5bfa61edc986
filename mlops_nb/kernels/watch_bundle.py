"""Which modules watch a kernel, and in which order are they sent into it as text?

Each imports the standard library and modules before it; the last one, `watch`, is the door.
"""

from __future__ import annotations

MODULES = (
    "watch_seen",
    "watch_paths",
    "watch_asker",
    "watch_hook",
    "watch_imports",
    "watch_digests",
    "watch_files",
    "watch_lookups",
    "watch_packages",
    "watch_sources",
    "watch_modules",
    "watch_environment",
    "watch_generators",
    "watch_random",
    "watch_entropy",
    "watch",
)

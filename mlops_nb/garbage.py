"""How often does a process of ours look for garbage in cycles? Seldom: most of its time it imports.

What MLflow imports stays. With Python's own threshold a tenth of the time goes into looking through
it. Not in kernels, nor wherever else user code is at home.
"""

import gc


def collect_seldom() -> None:
    """Let Python's collector begin after many more new objects than it does by itself."""
    gc.set_threshold(50_000, 20, 10)

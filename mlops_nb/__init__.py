"""Take a notebook to production without rewriting it. Importing this loads the standard library only."""

__version__ = "0.1.0"

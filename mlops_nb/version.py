"""Which version is this? The one place that says it; the package's metadata is built from here."""

__version__ = "0.1.0"

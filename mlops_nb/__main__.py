"""Run the command line as ``python -m mlops_nb``."""

from mlops_nb.cli import main

main()

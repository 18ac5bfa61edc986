"""What does a door talk to? One `Project`: settings and wiring (floor 7)."""

from mlops_nb.project.project import Project, read_pipeline, run

__all__ = ["Project", "read_pipeline", "run"]
